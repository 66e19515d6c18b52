-- measures.lua - the table of measures is what reports, comparisons, lists and help are made of. After prepare.lua.

local tap = require "tests.lua.tap"
local help = require "tare.help"

local pred = calib.predictions{ p = { { .8, .2 }, { .6, .4 }, { .3, .7 } }, y = { 1, 2, 2 } }
local report, rows, page = calib.report(pred), calib.measures(), help.text "ece"
tap.ok(#rows >= 9, "there are measures")

local known = { n = true, bins = true, recipe = true, clipped = true }
for _, m in ipairs(rows) do
    known[m.name] = true
    tap.ok(type(report[m.name]) == "number", m.name .. " is in a report")
    tap.ok(page:find("\n    " .. m.name .. " ", 1, true) and page:gsub("%s+", " "):find(m.help, 1, true), m.name .. " is in the help")
    tap.ok(m.format:format(m.scale * report[m.name]):find "%d", m.name .. " can be shown")
    tap.ok(("lower higher neither"):find(m.better, 1, true), m.name .. " says which is better")
end
for key in pairs(report) do tap.ok(known[key], key .. " of a report is in the table") end

-- Run and list: a csv of a comparison has every column that is shown.
local ds = data.blends{ size = 16, classes = 3, train = 48, valid = 48, test = 60 }
local run = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 1, name = "measured" }
local file = os.tmpname() .. ".csv"
plot.save(file, runs.compare(run))
local head = assert(io.open(file)):read "a"
os.remove(file)
for _, m in ipairs(rows) do
    if m.column then tap.ok(head:find("," .. m.name .. ",", 1, true), m.name .. " is a column of a csv") end
end
local last = run.evals[#run.evals]
for _, key in ipairs{ "split", "checkpoint", "nll", "brier", "accuracy", "confidence", "ece", "epoch", "step", "seconds", "best" } do
    tap.ok(last[key] ~= nil, "an evaluation has " .. key)
end
local test = run:evaluate "test"
for _, m in ipairs(rows) do
    if m.of == "bins" then tap.near(last[m.name], test[m.name], 1e-6, m.name .. " of an evaluation is the report's") end
end

-- The rate of an epoch is that of its last step.
local steps, peak = 4 * 3, .01
local falling = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 4, batch = 16, lr = peak, schedule = "cosine" }
for i, e in ipairs(falling:wait().epochs) do
    tap.near(e.lr, peak / 2 * (1 + math.cos(math.pi * (3 * i - 1) / steps)), 1e-15, "the learning rate of epoch " .. i)
end
tap.done()
