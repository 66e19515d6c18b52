-- help.lua - help finds functions, handles, modules, pages and words; every page that is spoken of exists.

local tap = require "tests.lua.tap"
local help = require "tare.help"
local registry = require "tare.registry"

local function says(topic, text, name)
    local fine, found = pcall(help.text, topic)
    tap.ok(fine and found:find(text, 1, true), name, found)
end

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
says(train.tst, "two-stage training", "a function, without quotes")
says("train.tst", "two-stage training", "a function by its name")
says(runs.compare, "runs.compare(", "a function written in Lua")
says(ds.labels, "dataset:labels", "a method")
says(ds, "dataset:posterior", "a handle")
says(nn.mlp{}, "model.options", "another")
says(train, "train.vtst", "a module")
says("plot", "plot.save", "a module by its name")
says("predictions", "predictions.origin", "what an error sends to")
says("ECE", "expected calibration error", "a page, in capitals")
says("replay", "--speed", "a page by another name")
says("import", "safetensors", "and another")
says("Brier", "run.evals", "a word: functions, pages")
says("pause", "run:pause", "a word: a method")
says("smoothing", "train.stage1 smoothing =", "a word: an option")
says("smoothing", "recipes", "a word: a page")
says("keys", "F5", "the keys, from their table")
says("networks", "    nn.vit ", "families, from their table")
says("data", "    data.svhn ", "sources, from their table")
tap.raises(function() help.text "eec" end, "no help on 'eec' (did you mean 'ece'?)", "a misspelt topic")
tap.raises(function() help.text(print) end, "expected a topic", "a function that is not tare's")
tap.raises(function() help.text(3) end, "got a number", "a number")
tap.raises(function() help.text "" end, "no help on ''", "nothing at all")

-- What the program, its Lua and its pages send to: help "X", in C with \" for the quotes.
local function each_mention(f)
    local files = io.popen "find app lua scripts README.md -name '*.[ch]' -o -name '*.lua' -o -name '*.md'"
    for path in files:lines() do
        local number = 0
        for line in io.lines(path) do
            number = number + 1
            for topic in line:gsub('\\"', '"'):gmatch 'help "([%w_.:]+)"' do f(topic, path .. ":" .. number) end
        end
    end
    files:close()
end
local mentions, missing = 0, {}
each_mention(function(topic, place)
    mentions = mentions + 1
    local exact = pcall(help.text, topic) and not help.text(topic):find "^functions\n"
    if not exact and topic ~= "name" then missing[#missing + 1] = place .. ": " .. topic end
end)
tap.ok(mentions > 15, "help is spoken of", mentions)
tap.is(table.concat(missing, "\n"), "", "every page that is spoken of exists")

-- Errors name the owner of what is missing as a topic; rows name a page.
for _, row in ipairs(registry.rows) do
    local owner = row.name:match "^(%l+)[.:]"
    local fine, text = pcall(help.text, owner)
    tap.ok(not owner or (fine and #text > 100), row.name .. ": its owner has help", text)
end
for _, topic in ipairs(registry.pages()) do
    local widest = 0
    for line in help.text(topic):gmatch "[^\n]+" do widest = math.max(widest, utf8.len(line) or #line) end
    tap.ok(widest <= 80, topic .. " fits 80 columns", widest)
    tap.ok(not help.text(topic):find "{%l+}", topic .. " has its tables filled in")
end

tap.done()
