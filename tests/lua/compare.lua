-- compare.lua - recipes and comparisons on fixed numbers: no training.

local tap = require "tests.lua.tap"
local recipes, compare, verdict_of = require "tare.recipes", require "tare.compare", require("tare.verdict").of

-- ---- recipes ------------------------------------------------------------------------------------

local o = recipes.resolve("vtst", {})
tap.is(o.recipe, "small", "the default recipe is small")
tap.is(o.z, 128, "its Z")
tap.near(o.kl_weight, 0.1 / 128, 1e-15, "KL weight 0.1/Z")
tap.near(recipes.resolve("vtst", { z = 8 }).kl_weight, 0.1 / 8, 1e-15, "of the user's Z")
tap.is(recipes.resolve("vtst", { z = 8, kl_weight = 1 }).kl_weight, 1, "a given KL weight comes first")
tap.near(recipes.resolve("vtst", { recipe = "paper" }).kl_weight, 1 / 128, 1e-15, "paper: 1/Z")
tap.is(recipes.resolve("tst", {}).steps, 1500, "small: stage 2 counts steps")
tap.is(recipes.resolve("tst", { epochs = 3 }).steps, 0, "a length in epochs replaces the recipe's in steps")
tap.is(recipes.resolve("tst", { epochs = 3, steps = 9 }).steps, 9, "unless steps are given too")
tap.is(recipes.resolve("stage1", { recipe = "paper" }).augment, "crop-flip", "paper augments")
tap.is(recipes.resolve("tst", { recipe = "paper" }).features, "faithful", "and so does not cache features")
tap.is(type(recipes.small.vtst.kl_weight), "function", "resolving leaves the recipe as it is")
tap.raises(function() recipes.resolve("tst", { recipe = "resolve" }) end, "unknown recipe", "a function is no recipe")

-- ---- the comparison -----------------------------------------------------------------------------

local rank = { base = 0, temperature = 1, TST = 2, ["V-TST"] = 3 }
local function entry(method, seed, accuracy, ece, nll, brier, seconds)
    return {
        method = method, rank = rank[method], name = method .. "-" .. seed, seed = seed, seconds = seconds, floor = 0.006, facts = {},
        scores = {
            accuracy = accuracy, ece = ece, mce = 2 * ece, nll = nll, brier = brier, gap = ece, n = 10000, bins = 10,
        },
    }
end

local entries = {
    entry("V-TST", 1, 0.83, 0.012, 0.520, 0.240, 5), entry("base", 1, 0.82, 0.064, 0.50, 0.24, 40),
    entry("base", 2, 0.84, 0.066, 0.56, 0.26, 50), entry("temperature", 1, 0.82, 0.016, 0.479, 0.230),
    entry("temperature", 2, 0.84, 0.017, 0.481, 0.232), entry("TST", 1, 0.82, 0.014, 0.506, 0.237, 4),
    entry("TST", 2, 0.84, 0.015, 0.508, 0.239, 6), entry("V-TST", 2, 0.83, 0.013, 0.521, 0.241, 7),
}
compare.label(entries)
local rows = compare.rows(entries)
tap.is(#rows, 4, "a row a method")
tap.is(rows[1].label .. rows[2].label .. rows[3].label .. rows[4].label, "basetemperatureTSTV-TST", "in their order")
tap.near(rows[1].mean.accuracy, 0.83, 1e-12, "mean over seeds")
tap.near(rows[1].sd.ece, math.sqrt(2 * 0.001 ^ 2), 1e-12, "sd over seeds divides by n - 1")
tap.near(rows[1].seconds, 45, 1e-12, "mean seconds")
tap.is(rows[2].seconds, nil, "temperature scaling trains nothing")
tap.is(table.concat(rows[3].seeds, ","), "1,2", "seeds")

-- As calib.paired would answer: a difference beyond `noise` is one.
local noise = { accuracy = 0.02, ece = 0.005, mce = 0.01, nll = 0.01, brier = 0.005 }
local function judge(a, b, measure)
    local difference = a.mean[measure] - b.mean[measure]
    return { difference = difference, p = math.abs(difference) > noise[measure] and 0.01 or 0.5 }
end

local verdict = verdict_of(rows, judge)
local function says(text) tap.ok(verdict:find(text, 1, true) ~= nil, "says: " .. text, verdict) end
says "Lowest ECE: V-TST, 1.25 %, within noise of temperature (1.65 %) and TST (1.45 %)."
says "Temperature scaling against TST: better on NLL (.480, .507) and Brier (.231, .238);"
says "within noise on ECE (1.65 %, 1.45 %) and MCE (3.3 %, 2.9 %); the same on accuracy (83.00 %, 83.00 %)."
says "Temperature scaling against V-TST: "
tap.is(rows[3].values.ece[2], 0.015, "each run's value is kept")

says "an ECE of about 0.60 % at n = 10,000"
says "Paired over the 10,000 images and the 2 seeds; 5 of 100 comparisons of equals"
tap.is(verdict:find "Single runs", nil, "two seeds are no single run")
verdict = verdict_of(rows, function() return nil, "the predictions are of other images" end)
says "Temperature scaling against TST: no verdict, the predictions are of other images."
says "Lowest ECE: V-TST, 1.25 %; no verdict on base, temperature and TST, the predictions are of other images."

local full = {
    ["data.name"] = "fashion", ["data.train"] = 2000, ["model.family"] = "wrn", ["model.depth"] = 10, ["model.width"] = 1,
    recipe = "small", checkpoint = "", ["from.keep"] = "last", z = 128, kl_weight = 0.1 / 128, samples = 10,
}
for _, e in ipairs(entries) do e.facts = full end
tap.is(compare.recipe(entries), "data fashion; 2,000 training images; WRN-10-1; recipe small; stage 1: last checkpoint; "
    .. "Z = 128; KL weight 0.1/Z; M = 10; 10 equal-width bins (lo, hi]; n = 10,000 test images; seeds 1, 2", "recipe line")

local scaled = entry("temperature", 1, 0.8, 0.01, 0.5, 0.2)
scaled.base, scaled.facts = "import-1", { ["model.family"] = "mlp", keep = "best", ["from.keep"] = "imported" }
scaled.facts["model.layers"], scaled.facts["model.hidden"], scaled.facts["data.train"] = 1, 8, 0
tap.ok(compare.recipe{ scaled }:find("stage 1: imported checkpoint", 1, true), "a calibrator judges its parent's checkpoint")

local train = recipes.resolve("tst", { steps = 20, z = 8 })
tap.is(compare.changes{ kind = "tst", method = "TST", options = train }, "TST steps = 20", "what is not the recipe's is said; Z has its own place")
tap.is(compare.changes{ kind = "tst", method = "TST", options = recipes.resolve("tst", {}) }, nil, "a plain recipe has no changes")
train = recipes.resolve("stage1", { mixup = 0.4, clip = 0, optimizer = "sgd", log_every = 1 })
tap.is(compare.changes{ kind = "stage1", method = "base", options = train }, "base mixup = 0.4, optimizer = sgd",
    "so is what no recipe speaks of, where it is not as usual")

-- each of two losses has its temperature: a TST is held against that of its own network
local own = {
    entry("temperature", 1, 0.8, 0.01, 0.500, 0.2), entry("temperature", 1, 0.8, 0.01, 0.700, 0.2),
    entry("TST", 1, 0.8, 0.01, 0.600, 0.2), entry("TST", 1, 0.8, 0.01, 0.800, 0.2),
}
for i, e in ipairs(own) do e.base, e.label = i % 2 == 1 and "plain" or "focal", e.method .. i end
verdict = verdict_of(compare.rows(own), judge)
says "Temperature scaling1 against TST3: better on NLL (.500, .600)"
says "Temperature scaling2 against TST4: better on NLL (.700, .800)"
tap.is(select(2, verdict:gsub(" against ", "")), 2, "and against no other's")
own[4].base = "neither"
verdict = verdict_of(compare.rows(own), judge)
says "Temperature scaling1 against TST4:"
says "Temperature scaling2 against TST4:"
tap.is(select(2, verdict:gsub(" against ", "")), 3, "and against all where its own has none")

-- facts that differ are named, and keep rows apart
local a, b = entry("TST", 1, 0.8, 0.02, 0.5, 0.2), entry("TST", 1, 0.8, 0.03, 0.5, 0.2)
a.facts, b.facts = { z = 8, lr = 1 }, { z = 128, lr = 1 }
compare.label{ a, b }
tap.is(a.label, "TST, z = 8", "the label names what differs")
local c, d = entry("base", 1, 0.8, 0.02, 0.5, 0.2), entry("base", 1, 0.8, 0.03, 0.5, 0.2)
c.facts, d.facts = { focal = 0.0, ema = 0 }, { focal = 3.0, ema = 0 }
compare.label{ c, d }
tap.is(c.label .. " | " .. d.label, "base | base, focal = 3", "but not what is switched off")
rows = compare.rows{ a, b }
tap.is(#rows, 2, "two rows")
tap.is(rows[1].sd.ece, nil, "one run has no sd")
verdict = verdict_of(rows, judge)
says "Single runs"
says "Lowest ECE: TST, z = 8, 2.00 %."

-- ---- verdicts of predictions ---------------------------------------------------------------------

-- Two networks that say nearly the same, now one better and now the other: single runs have noise, too.
local function said(shift)
    local p, y = {}, {}
    for i = 1, 200 do
        local c = 0.6 + 0.3 * (i * 37 % 100) / 100 + shift(i)
        p[i], y[i] = { c, 1 - c }, i * 61 % 100 < 70 and 1 or 2
    end
    return calib.predictions{ p = p, y = y }
end
local function row(...) return { predictions = { ... }, seeds = select("#", ...) > 1 and { 1, 2 } or { 1 } } end
local paired = require("tare.verdict").paired
local plain = said(function() return 0 end)
local other = said(function(i) return i % 2 == 0 and 1e-3 or -1.01e-3 end)
local worse = said(function(i) return -0.3 - i % 3 / 100 end)
for _, measure in ipairs{ "nll", "brier", "ece" } do
    local apart = paired(row(plain), row(other), measure, 10)
    tap.ok(apart.difference ~= 0 and apart.p > 0.05, "single runs that hardly differ: " .. measure, apart.p)
end
tap.ok(paired(row(plain), row(worse), "nll", 10).p < 0.05, "single runs that differ")
tap.is(paired(row(plain), row(plain), "accuracy", 10).p, 1, "the same predictions")
-- two seeds that disagree about a difference far beyond the images' noise say nothing
tap.ok(paired(row(plain, worse), row(worse, plain), "nll", 10).p > 0.3, "two seeds that disagree")
local short = calib.predictions{ p = { { 0.6, 0.4 } }, y = { 1 } }
local none, why = paired(row(plain), row(short), "nll", 10)
tap.ok(none == nil and why:find "other images", "other images are no pair", why)

-- ---- labels and order ---------------------------------------------------------------------------

local twice = { entry("TST", 1, 0.8, 0.02, 0.5, 0.2), entry("TST", 1, 0.8, 0.03, 0.5, 0.2) }
twice[2].name = "other"
compare.label(twice)
tap.is(#compare.rows(twice), 2, "one seed twice is two rows")
tap.is(twice[2].label, "TST (other)", "told apart by name")
local unsorted = {}
for i, z in ipairs{ 32, 8, 32, 8 } do
    unsorted[i] = entry("TST", i < 3 and 2 or 1, 0.8, 0.02, 0.5, 0.2)
    unsorted[i].facts = { z = z }
end
compare.label(unsorted)
rows = compare.rows(unsorted)
tap.is(rows[1].label .. " | " .. rows[2].label, "TST, z = 8 | TST, z = 32", "rows by the size of numbers")
tap.is(table.concat(rows[1].seeds, ","), "1,2", "and the runs of a row by their seeds, so that rows are pairs")
local natural = { "z = 128", "z = 8", "z = 32", "a", "z = 8b" }
table.sort(natural, require("tare.numbers").natural)
tap.is(table.concat(natural, " | "), "a | z = 8 | z = 8b | z = 32 | z = 128", "numbers in names by their size")

-- sqrt(2/pi) sd: 100 samples at .5 stray by sqrt(.25/100) sqrt(2/pi)
local floor = compare.floor{ { count = 100, confidence = 0.5 }, { count = 0 } }
tap.near(floor, 0.05 * math.sqrt(2 / math.pi), 1e-12, "noise floor")

tap.done()
