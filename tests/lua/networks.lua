-- networks.lua - every family trains, both stages; a summary's figures; what does not fit is refused.

local tap = require "tests.lua.tap"
local raises = tap.raises

local ds = data.blends{ size = 16, classes = 4, train = 128, valid = 64, test = 100 }
local models = {
    nn.wrn{},
    nn.vit{ dim = 16, depth = 2, heads = 2, dropout = 0.1, drop_path = 0.1 },
    nn.cnn{},
    nn.mlp{ hidden = 16 },
}
for _, model in ipairs(models) do
    local name = model.family
    local base = train.stage1{ data = ds, model = model, epochs = 2, batch = 32, name = name }:wait()
    tap.is(base.state, "done", name .. " trains")
    tap.is(base.job.model.family, name, name .. " is recorded")
    local tst = train.tst{ from = base, steps = 10, batch = 32, name = name .. "2" }:wait()
    tap.is(tst.state, "done", name .. " is frozen for stage 2")
    local again = train.stage1{ data = ds, model = model, epochs = 2, batch = 32, name = name .. "-again" }:wait()
    tap.is(calib.report(again:predict "test").nll, calib.report(base:predict "test").nll, name .. ": the same again")
    tap.ok(tostring(runs.compare(base, tst)):find(name == "mlp" and "MLP" or name == "vit" and "ViT" or name:upper(), 1, true),
        "a comparison names the " .. name, tostring(runs.compare(base, tst)))
end

-- What a step drops depends on its number: a stop in between leaves no trace.
local torn = train.stage1{ data = ds, model = models[2], epochs = 2, batch = 32, name = "torn" }
torn:on_epoch(function(r, epoch) if epoch.epoch == 1 then r:stop() end end)
tap.is(torn:wait().state, "stopped", "a vit is stopped between its epochs")
local whole = runs.resume("torn"):wait()
tap.is(whole.state, "done", "and goes on")
tap.is(calib.report(whole:predict "test").nll, calib.report(runs.open("vit"):predict "test").nll,
    "to where it would have been")

local function has(text, pattern, name) tap.ok(text:find(pattern), name, text) end

local wrn = nn.summary(nn.wrn{})
has(wrn, "init_conv +conv +32 x 32 x 16 +432 +0%.885", "a convolution's row")
has(wrn, "total +77,850 +25%.003", "WRN-10-1 has 77,850 parameters")
has(nn.summary(nn.wrn{}, { classes = 100 }), "logits +linear +100 +6,500", "classes")
local vit = nn.summary(nn.vit{}, { data = ds })
has(vit, "cls_token +tokens +17 x 64 +1,152", "a vit's tokens of 16 x 16 images")
has(vit, "blocks%.3%.mlp%.fc2 +linear +64 +8,256", "the last block has one token")
has(nn.summary(nn.cnn{}, { size = 28, channels = 1 }), "fc1 +linear +120 +30,840 +0%.061", "a cnn's linear layer")
local function megabytes(batch)
    return tonumber(nn.summary(nn.vit{}, { batch = batch }):match "batch %d+: ([%d.]+) MB")
end
tap.near(megabytes(128) / megabytes(64), 2, 0.2, "memory grows with the batch")

raises(function() nn.summary(nn.wrn{}, { size = 30 }) end, "does not divide by 4", "a size that does not fit")
raises(function() nn.summary(nn.vit{ heads = 5 }) end, "heads = 5 does not divide dim = 64", "heads that do not fit")
raises(function() nn.summary(nn.wrn{}, { clases = 3 }) end, "did you mean 'classes'?", "a misspelt option")
raises(function() nn.summary(ds) end, "expected a network", "a data set for a network")
raises(function() nn.vit{ dropout = 1 } end, "dropout = 1: expected a number from 0 to 0.9", "all dropped")
raises(function() nn.cnn{ width = 3 } end, "unknown option 'width'", "an option of another family")
raises(function() train.stage1{ data = ds, model = nn.vit{ patch = 5 } } end, "patch = 5 does not divide images",
    "a patch that does not fit")
tap.done()
