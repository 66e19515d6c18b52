-- predictions.lua - what is given is kept: stated probabilities, logits of networks, rounded rows. After prepare.lua.

local tap = require "tests.lua.tap"

-- Bins are (lo, hi]: a stated confidence on an edge lies in the bin that it closes.
local wrong = {}
for _, count in ipairs{ 5, 10, 15, 20 } do
    for i = 1, count - 1 do
        local c, others = i / count, math.ceil(count / i) -- enough of them that none is larger
        local p = { c }
        for k = 1, others do p[k + 1] = (1 - c) / others end
        for k, b in ipairs(calib.bins(calib.predictions{ p = { p }, y = { 1 } }, { bins = count })) do
            if b.count > 0 and k ~= i then wrong[#wrong + 1] = ("%d/%d"):format(i, count) end
        end
    end
end
tap.is(table.concat(wrong, " "), "", "confidences on an edge close their bin")
tap.is(calib.ece(calib.predictions{ p = { { .7, .3 } }, y = { 2 } }), .7, "a stated confidence of .7 is .7")

-- Nothing is clipped but what the NLL takes the log of; that is counted and told.
local sure = calib.predictions{ p = { { 0, 1 }, { 1, 0 }, { .5, .5 } }, y = { 1, 1, 1 } }
local report = calib.report(sure)
tap.is(report.clipped, 1, "the images whose label had a probability of 0 are counted")
tap.ok(report.recipe:find("less than 1e-15 counts as that in the NLL: 1 images", 1, true), "and told in the recipe")
tap.near(report.nll, (-math.log(1e-15) + math.log(2)) / 3, 1e-12, "1e-15 is what they count as")
tap.is(report.confidence, (1 + 1 + .5) / 3, "the confidence is not clipped")
local usual = calib.report(calib.predictions{ p = { { .9, .1 } }, y = { 1 } })
tap.ok(usual.clipped == 0 and not usual.recipe:find "1e-15", "where there is nothing to tell, nothing is told")
tap.is(calib.fit("temperature", sure).clipped, 2, "a temperature counts them as well")

-- Rounded rows.
local rounded = { p = { { .333, .333, .333 } }, y = { 1 } }
tap.raises(function() calib.predictions(rounded) end,
    "row 1: the probabilities sum to 0.999, not 1; normalise = true divides each row by its sum", "rounded rows are refused")
rounded.normalise = true
tap.near(calib.report(calib.predictions(rounded)).confidence, 1 / 3, 1e-15, "and taken with normalise = true")
tap.raises(function() calib.predictions{ p = { { 0, 0 } }, y = { 1 }, normalise = true } end,
    "row 1: the probabilities sum to 0", "a row of zeros has no sum to divide by")

-- Words.
local function refused(options, text, name)
    tap.raises(function() calib.predictions(options) end, text, name)
end
refused({ p = { .9, .8, .3 }, y = { 1, 1, 2 } }, "p: row 1 is one number; a row is a table", "a vector of two classes")
refused({ p = { { .9 }, { .8 } }, y = { 1, 1 } }, "p: row 1 is one number; a row is a table", "a column of two classes")
refused({ p = {}, y = {} }, "p is empty", "no rows")
refused({ p = { { .5, 0 / 0 } }, y = { 1 } }, "row 1: the probability of class 2 is nan,", "NaN has no sign, and classes count from 1")
refused({ p = { { .5, -.5 } }, y = { 1 } }, "row 1: the probability of class 2 is -0.5", "classes count from 1")
refused({ p = { { 1, 0 } }, logits = { { 1, 0 } }, y = { 1 } }, "or logits in place of p", "p and logits")
refused({ logits = { { 1, 0 } }, y = { 1 }, normalise = true }, "normalise is for p", "logits are not normalised")
refused({ p = { { 1, 0 } }, y = { 1 }, normalize = true }, "did you mean 'normalise'", "an option misspelt")

-- Logits stay logits.
local logits = calib.predictions{ logits = { { 1001, 1000 }, { -5, 700 } }, y = { 1, 1 } }
tap.is(logits.form, "logits", "logits are kept")
tap.near(calib.report(logits).nll, (math.log(1 + math.exp(-1)) + 705) / 2, 1e-9, "and no probability is too small for their NLL")
local ds = data.blends{ size = 16, classes = 3, train = 48, valid = 48, test = 60 }
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 1, name = "said" }
local function head(samples)
    return train.vtst{ from = base, z = 4, steps = 2, batch = 16, samples = samples }
end
tap.is(base:predict("test").form, "logits", "a network's predictions are its logits")
tap.is(head(0):predict("test").form, "logits", "those of V-TST without draws too")
tap.is(head(3):predict("valid").form, "logp", "a mean over draws has none")
tap.is(ds:posterior("test").form, "p", "a known posterior is probabilities")
tap.done()
