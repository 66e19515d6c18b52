-- losses.lua - the option `loss`: each of the table trains, and what a loss does not read is refused. After prepare.lua.

local tap = require "tests.lua.tap"

local ds = data.blends{ size = 16, classes = 3, noise = .05, train = 300, valid = 100, test = 100, seed = 3 }
local function stage1(options)
    options.data, options.model, options.epochs, options.lr = ds, nn.mlp{ hidden = 16, layers = 1 }, 12, .01
    return train.stage1(options):wait()
end

local plain, said, brier = stage1{ name = "plain" }, stage1{ loss = "cross-entropy" }, stage1{ loss = "brier", name = "brier" }
tap.is(plain.digest, said.digest, "cross-entropy is the default")
tap.ok(brier.digest ~= plain.digest, "another loss is another training")
tap.is(brier.job.train.loss, "brier", "and it is in the job")
local first, last = brier.epochs[1].loss, brier.epochs[#brier.epochs].loss
tap.ok(first < 2 and last < .5 * first and last >= 0, "the Brier score falls, from below 2", first .. " -> " .. last)
tap.ok(brier.epochs[#brier.epochs].accuracy > .8, "and the training images are learnt", brier.epochs[#brier.epochs].accuracy)

-- The loss of a step is the measure of the same name: one step of one batch that is all of the training images.
local one = train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, loss = "brier", steps = 1, batch = 300, lr = 1e-12 }:wait()
tap.near(one.epochs[1].loss, one:evaluate("valid").brier, .05, "what is minimised is the measure of that name")

local tst = train.tst{ from = plain, loss = "brier", steps = 20, batch = 32 }:wait()
local vtst = train.vtst{ from = plain, loss = "brier", z = 8, steps = 20, batch = 32, kl_weight = 0 }:wait()
tap.ok(tst.state == "done" and vtst.state == "done", "stage 2 takes it as well")
tap.ok(tst.digest ~= train.tst{ from = plain, steps = 20, batch = 32 }:wait().digest, "and heeds it")
tap.ok(stage1{ loss = "brier", smoothing = .1, mixup = .4 }.state == "done", "soft targets go with either loss")

tap.raises(function() stage1{ loss = "brier", focal = 2 } end, "focal = 2 cannot go with loss = \"brier\"",
    "a focal Brier score is none")
tap.raises(function() stage1{ loss = "brie" } end, "brier", "a loss that is not there")
tap.done()
