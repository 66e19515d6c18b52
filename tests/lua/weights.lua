-- weights.lua - nn.save and nn.load as a script sees them.

local tap = require "tests.lua.tap"
local raises = tap.raises

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local base = train.stage1{ data = ds, model = nn.wrn{ depth = 10, padding = "one" }, epochs = 1, name = "saved" }
local file = os.tmpname()
nn.save(base, file, { names = "authors" }) -- waits for the run

-- there and back
local again = nn.load(file, { data = ds, name = "loaded" })
tap.is(again:evaluate("test").nll, base:evaluate("test").nll, "a loaded network says what the saved one said")
tap.is(again:evaluate("valid").nll, base:evaluate("valid").nll, "on valid too")
tap.is(again.state, "done", "it is a run")
tap.is(again.job.kind, "import", "of its own kind")
tap.is(again.job.model.padding, "one", "the file says how it is padded")
tap.is(again.job.train.file, file, "the run knows its file")
tap.is(#again.job.train.hash, 16, "and its hash")
tap.is(#again.job.normalise.mean, 3, "and what its input was normalised with")
tap.is(again.from, nil, "it has no parent")
tap.is(#again.evals, 2, "it was judged twice")
tap.ok(again:temperature().t > 0, "temperature scaling takes it")
tap.is(tostring(again), "run loaded: imported, done", "it prints itself")
local listed = {}
for _, line in ipairs(runs.list()) do listed[line.name] = line end
tap.is(listed.loaded.kind, "import", "it is listed")
tap.near(listed.loaded.nll, again:evaluate("test").nll, 1e-6, "with its scores")

-- frozen
local t = train.tst{ from = again, batch = 32, steps = 20 }:wait()
tap.is(t.from, again, "stage 2 freezes it")
tap.is(t.job.normalise.sd[1], again.job.normalise.sd[1], "with its normalisation")
nn.save(t, file, { names = "authors" })
local loaded = nn.load(file, { data = ds }):wait()
tap.is(loaded.job.title, "imported TST", "and goes through a file too")
tap.is(loaded:evaluate("test").nll, t:evaluate("test").nll, "with the same answers")
local compared = runs.compare(again, again:temperature(), t, loaded)
tap.ok(compared.recipe:find("stage 1: imported", 1, true), "a comparison says that the base is imported")

-- other normalisation, other answers
local other = nn.load(file, { data = ds, normalise = { mean = { 0, 0, 0 }, sd = { 1, 1, 1 } } })
tap.ok(other:evaluate("test").nll ~= t:evaluate("test").nll, "another normalisation gives other answers")
tap.is(other.job.normalise.sd[3], 1, "and is kept")

-- refusals
local function load(options) return function() nn.load(file, options) end end
raises(load{}, "nn.load needs `data`", "no images")
raises(load(), "table expected", "no options")
raises(load{ data = ds, padding = "two" }, "expected one of |same|one", "a padding that is none")
raises(load{ data = ds, nam = "x" }, "did you mean 'name", "a misspelt option")
raises(load{ data = ds, names = "ferles" }, "is no name of \"ferles\"; try names = \"auto\"", "other names")
raises(load{ data = ds, normalise = 3 }, "normalise: expected { mean", "a number for a normalisation")
raises(load{ data = ds, normalise = { mean = { 0, 0, 0 } } }, "normalise.sd: expected a list", "no sd")
raises(load{ data = ds, normalise = { mean = { 0 }, sd = { 1, 1 } } },
    "1 means, but not as many sds", "lists of two lengths")
raises(load{ data = ds, normalise = { mean = { "a" }, sd = { 1 } } }, "normalise.mean[1]: expected a number", "text")
raises(load{ data = ds, normalise = { mean = { 0 }, sd = { 1 } } }, "for 1 channel, and the images of blends have 3",
    "too few channels")
raises(load{ data = ds, normalise = { mean = { 0, 0, 0 }, sd = { 1, 0, 1 } } },
    "channel 2 has mean 0 and sd 0", "an sd of 0")
raises(load{ data = ds, name = "loaded" }, "is there already", "a name that is taken")
raises(function() nn.load("no such file", { data = ds }) end, "no such file", "a file that is not there")
raises(function() nn.load("README.md", { data = ds }) end, "first 8 bytes", "a file that is none")
raises(function() nn.save(base, file, { names = "ferles" }) end,
    "expected one of tare|authors", "names that are not written")
raises(function() nn.save(ds, file) end, "expected a run", "images are no run")
raises(function() nn.save(base, "/no/such/folder/net.safetensors") end, "/no/such/folder", "a folder that is not there")
local mlp = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 1 }
raises(function() nn.save(mlp, file, { names = "authors" }) end,
    "take names = \"tare\"", "a network that they do not know")
os.remove(file)

tap.done()
