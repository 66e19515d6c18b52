-- experiment.lua - what experiments share: their key=value arguments, and the four methods side by side.

local experiment = {}
local registry, numbers = require "tare.registry", require "tare.numbers"

local function refuse(argument, key, known)
    local near = key and registry.nearest(key, known)
    local advice = near and ("did you mean '%s'?"):format(near) or "keys: " .. table.concat(known, ", ")
    error(("%s: expected key=value with a key of this script (%s)"):format(argument, advice), 0)
end

-- A value as its default is: a number, a text, or where there is none a number if it is one.
local function read(argument, text, default)
    if type(default) == "string" then return text end
    local value = tonumber(text)
    if default and not value then error(argument .. ": expected a number", 0) end
    return value or text
end

-- The script's arguments key=value, from the first-th on (1), over defaults: { "epochs", train = 2000 } knows two
-- keys, and epochs is nil where it is not given.
function experiment.arguments(defaults, first)
    local given, known = {}, {}
    for key, value in pairs(defaults) do
        local named = type(key) == "string"
        known[named and key or value] = true
        given[key] = named and value or nil
    end
    for i = first or 1, #arg do
        local key, text = arg[i]:match "^([%a_]+)=(.+)$"
        if not known[key or ""] then refuse(arg[i], key, numbers.sorted_keys(known)) end
        given[key] = read(arg[i], text, defaults[key])
    end
    return given
end

-- Both tables of options in one; the second one's come first.
function experiment.with(options, more)
    local both = {}
    for key, value in pairs(options) do both[key] = value end
    for key, value in pairs(more) do both[key] = value end
    return both
end
local with = experiment.with

-- For each seed of --seeds: a network, its temperature scaling, TST and V-TST, in one table. stage1 are options of
-- train.stage1, stage2 of train.tst and train.vtst. Every run is queued at once; they are trained one after the other.
function experiment.two_stages(stage1, stage2)
    local results = {}
    for i, seed in ipairs(arg.seeds) do
        local base = train.stage1(with(stage1, { seed = seed }))
        local options = with(stage2, { from = base, seed = seed })
        results[i] = { base, train.tst(options), train.vtst(options) }
    end
    for _, one in ipairs(results) do one[#one + 1] = one[1]:temperature() end
    return runs.compare(results)
end

return experiment
