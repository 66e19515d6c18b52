-- 01_first_look.lua - what over-confidence looks like. About a minute.
--     tare run scripts/01_first_look.lua
--
-- A small network is trained on 2,000 images until it knows them by heart. On images it has never seen it is
-- right less often than it says.

local ds = data.load "fashion"
local base = train.stage1{ data = ds, seed = arg.seed }
base:wait()

local predictions = base:predict "test"
local s = calib.report(predictions)
local last = base.epochs[#base.epochs]
print(("training images  accuracy %5.1f %%   (last epoch)"):format(100 * last.accuracy))
print(("test images      accuracy %5.1f %%   confidence %5.1f %%"):format(100 * s.accuracy, 100 * s.confidence))
print(("ECE %.2f %%   NLL %.3f   Brier %.3f"):format(100 * s.ece, s.nll, s.brier))
print(s.recipe)
print()
print(calib.diagram(predictions))
print()

local points = 100 * s.gap
if points > 1 then
    print(("The network says %.1f %% and is right in %.1f %%: over-confident by %.1f points.")
        :format(100 * s.confidence, 100 * s.accuracy, points))
    print("The shaded gaps between accuracy and confidence, weighted by the counts n, add up to the ECE.")
elseif points < -1 then
    print(("The network is right more often than it says: under-confident by %.1f points."):format(-points))
else
    print("Confidence and accuracy differ by less than a point: little is left to repair here.")
end
print("What mends it: tare run scripts/02_two_stages.lua    What ECE is: tare help ece")
