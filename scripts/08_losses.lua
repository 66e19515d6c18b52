-- 08_losses.lua - what calibrates while stage 1 trains, against what mends afterwards: label smoothing, the focal loss
-- and mixup beside plain cross-entropy, each as it is, with temperature scaling, and with TST on its frozen body.
--     tare run scripts/08_losses.lua --seeds 1,2,3 [key=value ...]
--
-- Data: fashion comes with tare. results/08_losses.txt is what it printed.
--     data=fashion     the data set, as in data.load    train=2000  valid=2000  images
--     smoothing=0.1    of labels                        focal=3     gamma       mixup=0.2   alpha
--     epochs=30        of stage 1                       steps=1500  most steps of stage 2
--     depth=10 width=1 of the Wide ResNet
-- The strengths are usual ones (help "recipes" has the papers), not tuned here. Stage 2 is plain cross-entropy in every
-- row: TST asks whether a body that was trained otherwise has better features (on fashion, the one of mixup has).

local experiment = require "tare.experiment"
local o = experiment.arguments{
    data = "fashion", smoothing = 0.1, focal = 3, mixup = 0.2, depth = 10, width = 1, "train", "valid", "epochs", "steps",
}
local ds = data.load{ name = o.data, train = o.train, valid = o.valid }
local net = nn.wrn{ depth = o.depth, width = o.width }
local losses = { "plain", "smoothing", "focal", "mixup" }

local results = {} -- by their row's label, a run or its temperature for each seed
for _, loss in ipairs(losses) do
    local base, tst = {}, {}
    for i, seed in ipairs(arg.seeds) do
        local options = { data = ds, model = net, epochs = o.epochs, seed = seed }
        if loss ~= "plain" then options[loss] = o[loss] end
        base[i] = train.stage1(options)
        tst[i] = train.tst{ from = base[i], steps = o.steps, seed = seed }
    end
    results[loss], results[loss .. " + TST"] = base, tst
end
for _, loss in ipairs(losses) do
    local scaled = {}
    for i, base in ipairs(results[loss]) do scaled[i] = base:temperature() end
    results[loss .. " + T"] = scaled
end
return runs.compare(results)
