-- 01_first_look.lua - what over-confidence looks like. About a minute.
--     tare run scripts/01_first_look.lua
--
-- A small network is trained on 2,000 images until it knows them by heart. On images it has never seen it is right less often
-- than it says.

local ds = data.load "fashion"
local base = train.stage1{ data = ds, seed = arg.seed }
base:wait()

local function line(title, images)
    print(("%-14s accuracy %5.1f %%   confidence %5.1f %%"):format(title, 100 * images.accuracy, 100 * images.confidence))
end

local predictions = base:predict "test"
local s = calib.report(predictions)
local last = base.epochs[#base.epochs]
print(("training set   accuracy %5.1f %%   (last epoch, as it was seen)"):format(100 * last.accuracy))
line("test set", s)
print(("ECE %.2f %%   NLL %.3f   Brier %.3f   (%s)"):format(100 * s.ece, s.nll, s.brier, s.recipe))
print()
print(calib.diagram(predictions))
print()

local points = 100 * s.gap
if points > 1 then
    print(("The network says %.1f %% and is right in %.1f %%: over-confident by %.1f points."):format(100 * s.confidence,
        100 * s.accuracy, points))
    print("In most bins the accuracy lies below the mean confidence: that gap, weighted by the bins' counts, is the ECE.")
else
    print(("Confidence and accuracy differ by only %.1f points: little is left to repair here."):format(points))
end
print("What mends it: tare run scripts/02_two_stages.lua    What ECE is: tare help ece")
