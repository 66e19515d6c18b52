-- options.lua - wrong options are refused with a message that says what was meant.

local tap = require "tests.lua.tap"
local raises = tap.raises

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local net = nn.mlp{ hidden = 8, layers = 1 }
local function stage1(options)
    options.data, options.model = options.data or ds, net
    return function() return train.stage1(options) end
end

raises(stage1{ epoch = 3 }, "unknown option 'epoch' (did you mean 'epochs'?)", "a misspelt option")
raises(function() train.stage1{ dta = ds } end, "did you mean 'data'?", "a misspelt option of the binding's own")
raises(stage1{ zzzzzz = 3 }, "options: data, model, name, recipe", "an option like no other lists all")
raises(stage1{ epochs = 0 }, "epochs = 0: expected a whole number from 1", "a number out of range")
raises(stage1{ epochs = 1.5 }, "epochs = 1.5: expected a whole number", "a fraction")
raises(stage1{ lr = "fast" }, "lr = \"fast\": expected a number", "text for a number")
raises(stage1{ lr = 0 / 0 }, "lr = ", "no number")
raises(stage1{ epochs = { 3 } }, "epochs: a table cannot be an option's value", "a table for a number")
raises(stage1{ schedule = "linear" }, "expected one of constant|cosine", "a choice that is none")
raises(stage1{ recipe = "smal" }, "unknown recipe 'smal' (did you mean 'small'?)", "a misspelt recipe")
raises(stage1{ recipe = "imagenet-full" }, "recipes: paper, small", "a recipe like no other lists all")
raises(stage1{ data = "fashion" }, "expected a data set", "a name for a data set")
raises(stage1{ 3 }, "options are named", "an option without a name")
raises(stage1{ name = "../up" }, "name", "a name that leaves the folder")
raises(function() train.stage1{ model = net } end, "needs `data`", "no data")
raises(function() train.stage1() end, "table expected", "no table")
raises(function() train.tst{} end, "train.tst needs `from`", "no parent")
raises(function() train.tst{ from = 3 } end, "expected a run, got number", "a number for a parent")
raises(function() train.tst{ data = ds } end, "data: it is the parent's", "data of its own for a frozen body")
raises(function() train.vtst{ end_to_end = true } end, "train.vtst needs `data`", "end to end without data")
raises(function() train.tst{ end_to_end = true, data = ds, from = "a" } end, "from: end_to_end = true freezes no",
    "end to end from a parent")
raises(function() train.tst{ end_to_end = true, data = ds, model = net, bn = "batch" } end, "`bn` has no meaning",
    "end to end with an option of the frozen body")
raises(stage1{ optimizer = "rmsprop" }, "expected one of adam|adamw|sgd|nesterov", "an optimiser that is none")
raises(stage1{ warmup = 60, epochs = 1 }, "warmup = 60 leaves nothing of the run's 2 steps", "a warm-up beyond the end")
raises(stage1{ ema = 1 }, "ema = 1: expected a number from 0 to 0.999999", "averages that never move")
raises(function() train.vtst{ from = "no such run" } end, "no such run", "a parent that is not there")
raises(function() nn.wrn{ dept = 10 } end, "did you mean 'depth'?", "a misspelt option of a network")
raises(function() nn.mlp(3) end, "expected a table of options", "a number for options")
raises(function() data.load "fasion" end, "did you mean 'fashion'?", "a misspelt data set")
raises(function() data.load{ name = "cifar100", labels = "medium" } end, "expected one of fine|coarse",
    "labels that are none")
raises(function() data.load{ name = "fashion", labels = "coarse" } end, "unknown option 'labels'",
    "labels of a data set that has one kind")
raises(function() data.load "npy" end, "x_train.npy", "arrays without a folder")
raises(function() data.blends{ bayes = 2 } end, "bayes = 2: expected a number from", "blends out of range")
raises(function() return ds.tran end, "did you mean 'train'?", "a misspelt field")
raises(function() ds.train = 3 end, "", "a field cannot be set")
raises(function() data.load{ name = "fashion", train = 100, valid = 100, test = 100 }:posterior() end, "data.blends",
    "a posterior that is not known")
raises(function() return runs.compare() end, "nothing to compare", "an empty comparison")
raises(function() return runs.compare(3) end, "got number", "a comparison of a number")
raises(function() runs.open "stage9" end, "stage9", "a run that is not there")

-- recipes
local resolve = require("tare.recipes").resolve
local whole = resolve("vtst", { end_to_end = true, z = 32 })
tap.is(whole.lr, 2e-3, "end to end trains at the rate of stage 1")
tap.is(whole.epochs .. " " .. whole.steps .. " " .. whole.patience, "30 0 0", "as long as stage 1")
tap.is(whole.kl_weight, 0.1 / 32, "with the classifier's own options")
tap.is(resolve("vtst", {}).lr, 1e-4, "a frozen body has the rate of stage 2")
tap.is(resolve("stage1", { recipe = "paper", data = ds }).augment, "crop-flip", "the paper crops and flips")
tap.is(resolve("stage1", { recipe = "paper", data = { name = "svhn" } }).augment, "none", "but not digits")

-- predictions from tables
local function predictions(p, y) return function() return calib.predictions{ p = p, y = y } end end
local pred = predictions({ { 0.9, 0.1 }, { 0.9, 0.1 }, { 0.6, 0.4 }, { 0.3, 0.7 } }, { 1, 2, 1, 2 })()
tap.near(calib.ece(pred), (2 * 0.4 + 0.4 + 0.3) / 4, 1e-6, "ten bins: gaps .4 of two, .4 and .3 of one")
tap.near(calib.ece(pred, { bins = 1 }), 0.025, 1e-6, "one bin: |mean confidence .775 - accuracy .75|")
tap.near(calib.report(pred).accuracy, 0.75, 1e-12, "accuracy")
tap.near(calib.report(pred).gap, 0.025, 1e-6, "signed gap")
tap.is(#calib.bins(pred, { bins = 5 }), 5, "bins")
tap.is(calib.bins(pred, { bins = 5 })[1].accuracy, nil, "an empty bin has no accuracy")
tap.is(calib.bins(pred, { bins = 5 })[5].count, 2, ".9 and .9 fall in the last of five bins, .7 in the one before")
tap.is(pred.n, 4, "n")
raises(predictions({ { 0.9, 0.2 } }, { 1 }), "row 1", "a row that does not sum to 1")
raises(predictions({ { 0.9, 0.1 }, { 1 } }, { 1, 1 }), "row 2 is no table of 2", "a short row")
raises(predictions({ { 0.9, 0.1 } }, { 0 }), "expected a label from 1 to 2", "labels count from 1")
raises(predictions({ { 0.9, 0.1 } }, { 1, 2 }), "1 rows and y 2 labels", "rows and labels")
raises(function() calib.ece(pred, { bins = 0 }) end, "bins = 0: expected a whole number from 1", "no bins")
raises(function() calib.ece(pred, { bin = 5 }) end, "did you mean 'bins'?", "a misspelt option of a score")
raises(function() calib.ece {} end, "expected predictions", "a table for predictions")
raises(function() calib.fit("platt", pred) end, "no calibrator 'platt'", "a calibrator that is not there")
raises(function() calib.apply({ t = -1 }, pred) end, "temperature -1", "a negative temperature")

-- runs
local run = train.stage1{ data = ds, model = net, epochs = 1, name = "options" }:wait()
tap.is(run.state, "done", "a run ends")
tap.is(run, runs.open "options", "one handle a run")
tap.is(run.job.train.epochs, 1, "the job says what was asked")
tap.is(run.job.train.recipe, "small", "and the recipe")
raises(function() return run.stat end, "did you mean 'state'?", "a misspelt field of a run")
raises(function() run:predict "tset" end, "no predictions on 'tset'", "a split that is none")
raises(function() run:set{ lr = 1 } end, "options", "a command to a run that has ended")
raises(function() run:set{ lrr = 1 } end, "did you mean 'lr'?", "a misspelt setting")
raises(function() run:on_epoch(3) end, "function expected", "a number for a callback")
raises(stage1{ name = "options" }, "options", "a name that is taken")
raises(function() run:cancel() end, "no longer queued", "cancel is for queued runs")

tap.done()
