-- memory.lua - what Lua let go of is collected though most of it lies outside of Lua: nobody calls collectgarbage.

local tap = require "tests.lua.tap"

-- How many of the values that make() returned, each dropped at once, are still there after n of them.
local function alive(n, make)
    local kept = setmetatable({}, { __mode = "v" })
    for i = 1, n do kept[i] = make(i) end
    local count = 0
    for _ in pairs(kept) do count = count + 1 end
    return count
end

local sets = alive(20, function(i) return data.load{ name = "fashion", train = 400, valid = 400, test = 400, seed = i } end)
tap.ok(sets < 10, "dropped data sets of 1.2 MB each are collected", sets .. " of 20 are alive")

local ds = data.blends{ size = 16, train = 64, valid = 64, test = 5000 }
local pred = ds:posterior "test"
local fitted = alive(100, function(i) return calib.apply({ t = 1 + i / 100 }, pred) end)
tap.ok(fitted < 30, "dropped predictions of 5,000 images are collected", fitted .. " of 100 are alive")

tap.done()
