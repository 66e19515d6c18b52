-- plot.lua - plot.save: every object in every format; the numbers in the files are those of the scores.

local tap = require "tests.lua.tap"

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local base = train.stage1{
    data = ds, model = nn.mlp{ hidden = 8, layers = 1 }, batch = 16, epochs = 3, log_every = 1, seed = 7, name = "figures",
}:wait()
local pred = base:predict "test"
local comparison = runs.compare{ ["Z < 8 & \"more\" ±"] = { base }, temperature = { base:temperature() } }

local function saved(suffix, ...)
    local name = os.tmpname()
    plot.save(name .. suffix, ...)
    local file = assert(io.open(name .. suffix))
    local text = file:read "a"
    file:close()
    os.remove(name)
    os.remove(name .. suffix)
    return text
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
for count, accuracy, confidence in csv:gmatch "\n[%d.]+,[%d.]+,(%d+),([%d.]*),([%d.]*)" do
    n = n + count
    if tonumber(count) > 0 then ece = ece + count / 100 * math.abs(accuracy - confidence) end
end
tap.is(n, 100, "the csv's bins hold every image")
tap.near(ece, calib.ece(pred, { bins = 15 }), 1e-8, "and add up to the ECE")
tap.is(select(2, csv:gsub("\n", "\n")), 18, "two comments, a header, a line a bin")
tap.ok(csv:find "^# tare %S+\n# top label, 15 equal%-width bins.-seed 7", "the comments are its recipe", csv)

local txt = saved(".txt", pred, { width = 50, height = 12 })
holds(txt, "reliability, ECE", "the text has its title")
holds(txt, "recipe small, seed 7", "and its recipe")

-- ---- a run --------------------------------------------------------------------------------------

svg = saved(".svg", base)
sound(svg, "curves")
holds(svg, "epochs = 3", "what was asked")
tap.is(select(2, svg:gsub("<polyline", "")), 3, "three curves")
csv = saved(".csv", base)
tap.is(select(2, csv:gsub("\nloss %(train%),", "")), 12, "every logged step's loss")
local evals = {}
for _, e in ipairs(base.evals) do
    if e.split == "valid" and e.checkpoint == "now" then evals[#evals + 1] = e end
end
local step, value = csv:match "\nECE %(valid%),(%d+),([%d.]+)"
tap.is(tonumber(step), evals[1].step, "the first validation's step")
tap.near(tonumber(value), 100 * evals[1].ece, 1e-7, "and its ECE in %")
holds(saved(".txt", base), "ECE %", "a run as text")
local queued = train.stage1{ data = ds, model = nn.mlp{}, name = "unborn", batch = 16, epochs = 1 }
local early = saved(".svg", queued)
tap.is(unbalanced(early), nil, "a run that has not begun has a figure too")
queued:wait()

-- ---- a comparison -------------------------------------------------------------------------------

svg = saved(".svg", comparison)
sound(svg, "table")
holds(svg, "Z &lt; 8 &amp; \"more\" ±", "words are escaped")
csv = saved(".csv", comparison)
holds(csv, "\"Z < 8 & \"\"more\"\" ±\",figures,7,100,", "a label with quotes in a csv")
holds(csv, ("%.10g"):format(comparison.rows[1].mean.ece), "the mean ECE")
tap.is(saved(".txt", comparison), tostring(comparison) .. "\n", "as text it is what it prints")

-- ---- refusals -----------------------------------------------------------------------------------

tap.raises(function() plot.save("fig.png", pred) end, "there are .svg, .txt and .csv", "png is not written")
tap.raises(function() plot.save("figure", pred) end, "ends in no format", "a name without a suffix")
tap.raises(function() plot.save("/no/such/folder/fig.svg", pred) end, "/no/such/folder", "a folder that is not there")
tap.raises(function() plot.save("fig.svg") end, "expected predictions, a run or a comparison, got nil", "nothing")
tap.raises(function() plot.save("fig.svg", {}) end, "got table", "some table")
tap.raises(function() plot.save("fig.svg", pred, { widht = 3 }) end, "did you mean 'width'?", "a misspelt option")

tap.done()
