-- plot.lua - plot.save: every object in every format; the numbers in the files are those of the scores.

local tap = require "tests.lua.tap"

local nowhere = "/no/such/folder/fig.svg" -- for what must fail before it writes
local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local base = train.stage1{
    data = ds, model = nn.mlp{ hidden = 8, layers = 1 }, batch = 16, epochs = 3, log_every = 1, seed = 7, name = "figures",
}:wait()
local pred = base:predict "test"
local comparison = runs.compare{ ["Z < 8 & \"more\" ±"] = { base }, temperature = { base:temperature() } }

local function saved(suffix, ...)
    local name = os.tmpname()
    plot.save(name .. suffix, ...)
    local file = assert(io.open(name .. suffix, "rb"))
    local text = file:read "a"
    file:close()
    os.remove(name)
    os.remove(name .. suffix)
    os.remove(name .. suffix .. ".json") -- of a csv
    return text
end

-- The recipe beside a csv.
local function recipe_of(...)
    local name = os.tmpname()
    plot.save(name .. ".csv", ...)
    local file = assert(io.open(name .. ".csv.json"))
    local text = file:read "a"
    file:close()
    for _, suffix in ipairs{ "", ".csv", ".csv.json" } do os.remove(name .. suffix) end
    return text
end

-- What is wrong with a csv for programs that take its first line for names and the others for rows, as pandas.read_csv
-- and R's read.csv do; nil when nothing is.
local function unreadable(text)
    local columns
    for line in text:gmatch "([^\n]*)\n" do
        local fields = select(2, line:gsub('"[^"]*"', ""):gsub(",", "")) + 1
        if line:find "^#" or line == "" then return "a line of no row: " .. line end
        if fields ~= (columns or fields) then return "a row of " .. fields .. " fields: " .. line end
        columns = fields
    end
    return not text:find "\n$" and "no newline at the end" or nil
end

-- nil, or what is wrong with the nesting of an XML text's tags.
local function unbalanced(text)
    local open = {}
    for slash, name, rest in text:gmatch "<(/?)([%w:]+)([^<>]*)>" do
        if slash == "/" then
            if table.remove(open) ~= name then return "</" .. name .. "> closes another" end
        elseif rest:sub(-1) ~= "/" then
            open[#open + 1] = name
        end
    end
    if #open > 0 then return "<" .. open[#open] .. "> stays open" end
    local left = text:gsub("<[^<>]*>", ""):gsub("&%l+;", "")
    return left:find "[<>&]" and "a bare < > or &"
end

local function xmllint(text)
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(text)
    file:close()
    local pipe = io.popen("command -v xmllint >/dev/null || exit 0; xmllint --noout " .. name .. " 2>&1")
    local said = pipe:read "a"
    pipe:close()
    os.remove(name)
    return said
end

local function holds(text, part, name) tap.ok(text:find(part, 1, true) ~= nil, name, text:sub(1, 2000)) end

local function sound(text, name)
    tap.is(unbalanced(text), nil, name .. ": tags are balanced")
    tap.is(xmllint(text), "", name .. ": xmllint agrees")
    tap.is(text:find "nan" or text:find "inf,", nil, name .. ": no number is none")
    for _, part in ipairs{ "<title>", "<desc>", "<tare:recipe>", "seed" } do
        holds(text, part, name .. " has " .. part)
    end
end

-- ---- predictions --------------------------------------------------------------------------------

local svg = saved(".svg", pred)
sound(svg, "diagram")
holds(svg, ("ECE %.2f %%"):format(100 * calib.ece(pred)), "the diagram's title says the ECE")
holds(svg, "blends test of figures (stage 1, recipe small, seed 7", "and its description where it comes from")
holds(svg, "width=\"480\"", "usual size")
holds(saved(".svg", pred, { width = 700, height = 300 }), "width=\"700\" height=\"300\"", "a given size")
sound(saved(".svg", calib.predictions{ p = { { 1, 0 } }, y = { 1 } }):gsub("</desc>", "seed</desc>"), "diagram of one image")

local csv, ece, n = saved(".csv", pred, { bins = 15 }), 0, 0
tap.is(unreadable(csv), nil, "bins as others read csv")
for count, accuracy, confidence in csv:gmatch "\n[%d.]+,[%d.]+,(%d+),([%d.]*),([%d.]*)" do
    n = n + count
    if tonumber(count) > 0 then ece = ece + count / 100 * math.abs(accuracy - confidence) end
end
tap.is(n, 100, "the csv's bins hold every image")
tap.near(ece, calib.ece(pred, { bins = 15 }), 1e-8, "and add up to the ECE")
tap.is(select(2, csv:gsub("\n", "\n")), 16, "a header, a line a bin")
local recipe = recipe_of(pred, { bins = 15 })
tap.ok(recipe:find '"recipe": "top label, 15 equal%-width bins.-seed 7' and recipe:find '"tare": "%d', "its recipe is beside it", recipe)

local txt = saved(".txt", pred, { width = 50, height = 12 })
holds(txt, "reliability, ECE", "the text has its title")
holds(txt, "recipe small, seed 7", "and its recipe")

-- ---- a run --------------------------------------------------------------------------------------

svg = saved(".svg", base)
sound(svg, "curves")
holds(svg, "epochs = 3", "what was asked")
tap.is(select(2, svg:gsub("<polyline", "")), 3, "three curves")
csv = saved(".csv", base)
tap.is(unreadable(csv), nil, "curves as others read csv")
tap.is(select(2, csv:gsub("\nloss %(train%),", "")), 12, "every logged step's loss")
local evals = {}
for _, e in ipairs(base.evals) do
    if e.split == "valid" and e.checkpoint == "now" then evals[#evals + 1] = e end
end
local step, value = csv:match "\nECE %(valid%),(%d+),([%d.]+)"
tap.is(tonumber(step), evals[1].step, "the first validation's step")
tap.near(tonumber(value), 100 * evals[1].ece, 1e-7, "and its ECE in %")
holds(saved(".txt", base), "ECE %", "a run as text")
local before = train.stage1{ data = ds, model = nn.mlp{}, name = "paused", batch = 16, epochs = 1000 }:pause()
local queued = train.stage1{ data = ds, model = nn.mlp{}, name = "unborn", batch = 16, epochs = 1 } -- behind it
local early = saved(".svg", queued)
tap.is(unbalanced(early), nil, "a run that has not begun has a figure too")
tap.raises(function() plot.save(nowhere, queued, { pane = "reliability" }) end, "no evaluation yet", "but no diagram")
before:stop()
queued:wait()

-- ---- panes of a run ----------------------------------------------------------------------------

local child = train.tst{ from = base, batch = 16, steps = 12, log_every = 4, seed = 7, name = "child" }:wait()
svg = saved(".svg", child)
sound(svg, "curves of two stages")
holds(svg, ">features freeze<", "the rule has a name")
holds(svg, ">stage 1, step<", "stage 1 lies left of it")
holds(svg, ">TST, step<", "and the run right")
svg = saved(".svg", child, { pane = "reliability" })
sound(svg, "a run's diagram")
local function ece_of(run, bins)
    local newest
    for _, e in ipairs(run.evals) do newest = e.split == "valid" and e or newest end
    if bins == 10 then return newest.ece end
    return calib.ece(run:predict "valid", { bins = bins })
end
holds(svg, ("child, TST: ECE %.2f %% (was %.2f %%)"):format(100 * ece_of(child, 10), 100 * ece_of(base, 10)),
    "its title says both ECE")
holds(svg, "valid n = 64: acc ", "the note says of how many images")
holds(svg, ">stage 1<", "the ghosts are in the legend")
holds(saved(".svg", child, { pane = "reliability", bins = 20 }),
    ("ECE %.2f %% (was %.2f %%)"):format(100 * ece_of(child, 20), 100 * ece_of(base, 20)), "by other bins")
csv = saved(".csv", child, { pane = "reliability", bins = 5 })
holds("\n" .. csv, "\nlo,hi,count,accuracy,confidence,gap,was\n", "the csv has what was")
tap.is(select(2, csv:gsub("\n", "\n")), 6, "a line a bin")
holds(saved(".txt", child, { pane = "reliability" }), "child, TST: ECE ", "as text")
svg = saved(".svg", base, { pane = "reliability" })
tap.is(svg:find("was", 1, true), nil, "stage 1 has nothing behind it")
svg = saved(".svg", child, { pane = "loss", log = true })
holds(svg, ">loss (log)<", "a logarithmic axis")
tap.is(svg:find(">ECE", 1, true), nil, "one pane alone")
csv = saved(".csv", child, { pane = "ece" })
holds(csv, "\nstage 1 ECE (valid),", "stage 1 is in the csv")
tap.is(csv:find("loss", csv:find "curve,step", true), nil, "without the loss")

-- ---- png ---------------------------------------------------------------------------------------

-- Width and height in a png's header.
local function size(png)
    tap.is(png:sub(1, 8), "\137PNG\r\n\26\n", "a png")
    tap.is(png:sub(-8, -5), "IEND", "whole")
    return table.concat({ (">I4I4"):unpack(png, 17) }, " x ", 1, 2)
end

local png = saved(".png", pred)
tap.is(size(png), "960 x 960", "two pixels to a unit")
holds(png, "Title", "it has a title")
holds(png, "recipe small, seed 7", "and its recipe")
tap.ok(png == saved(".png", pred), "the same bytes again")
tap.is(size(saved(".png", pred, { width = 700, height = 300 })), "1400 x 600", "a given size")
tap.is(size(saved(".png", pred, { width = 1, height = 1 })), "400 x 400", "the least size")
tap.is(size(saved(".png", child, { width = 2000, height = 2000 })), "4000 x 4000", "the largest")
size(saved(".png", child, { pane = "reliability" }))
size(saved(".png", comparison))

-- ---- a list of runs ----------------------------------------------------------------------------

local list = runs.list()
svg = saved(".svg", list)
sound(svg, "a list")
holds(svg, ">figures</text>", "it names a run")
csv = saved(".csv", list)
tap.is(unreadable(csv), nil, "a list as others read csv")
holds("\n" .. csv, "\nrun,kind,state,from,data,recipe,seed,acc %,ECE %,s,note\n", "the csv has its columns")
holds(csv, "\nchild,tst,done,figures,blends,small,7,", "and a line a run")
holds(saved(".txt", list), tostring(list), "as text it is what it prints")
size(saved(".png", list))

-- ---- a comparison -------------------------------------------------------------------------------

svg = saved(".svg", comparison)
sound(svg, "table")
holds(svg, "Z &lt; 8 &amp; \"more\" ±", "words are escaped")
csv = saved(".csv", comparison)
tap.is(unreadable(csv), nil, "a comparison as others read csv")
holds(csv, "\"Z < 8 & \"\"more\"\" ±\",figures,7,100,", "a label with quotes in a csv")
holds(csv, ("%.10g"):format(comparison.rows[1].mean.ece), "the mean ECE")
tap.is(saved(".txt", comparison), tostring(comparison) .. "\n", "as text it is what it prints")

-- ---- refusals -----------------------------------------------------------------------------------

tap.raises(function() plot.save("fig.pdf", pred) end, "there are .svg, .png, .txt and .csv", "pdf is not written")
tap.raises(function() plot.save("figure", pred) end, "ends in no format", "a name without a suffix")
tap.raises(function() plot.save("/no/such/folder/fig.svg", pred) end, "/no/such/folder", "a folder that is not there")
tap.raises(function() plot.save(nowhere) end, "expected predictions, a run, a comparison or runs.list(), got nil", "nothing")
tap.raises(function() plot.save(nowhere, {}) end, "got table", "some table")
tap.raises(function() plot.save("/no/such/folder/fig.png", pred) end, "/no/such/folder", "nor for a png")
tap.raises(function() plot.save("fig.png", pred, { width = 1e9 }) end, "from 0 to 2000", "an absurd width")
tap.raises(function() plot.save("fig.png", pred, { height = -1 }) end, "from 0 to 2000", "an absurd height")
tap.raises(function() plot.save(nowhere, pred, { pane = "ece" }) end, "are for a run", "a pane of predictions")
tap.raises(function() plot.save(nowhere, comparison, { log = true }) end, "are for a run", "a comparison has no axis")
tap.raises(function() plot.save(nowhere, base, { pane = "log" }) end, "curves|loss|ece|reliability", "no such pane")
tap.raises(function() plot.save(nowhere, base, { bins = 7 }) end, "take 5, 6, 10,", "bins that a run lacks")
tap.raises(function() plot.save(nowhere, pred, { widht = 3 }) end, "did you mean 'width'?", "a misspelt option")

tap.done()
