-- registry.lua - every function of the registry is there, has help, and its example runs. After prepare.lua.

local tap = require "tests.lua.tap"
local registry = require "tare.registry"
local help = require "tare.help"

-- Small lengths for all that an example does not say itself.
local small = require("tare.recipes").small
small.stage1.epochs, small.tst.steps, small.vtst.steps = 2, 20, 20
small.stage1.batch, small.tst.batch, small.vtst.batch = 16, 32, 32

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 16, layers = 1 }, name = "base" }:wait()

-- Files that examples write go to a temporary name.
local function save(file, ...)
    local name = os.tmpname()
    local fine, message = pcall(plot.save, name .. file, ...)
    os.remove(name)
    os.remove(name .. file)
    if not fine then error(message, 0) end
end

-- What the example prints is of no interest here.
local function run(row)
    local prelude = { ds = ds, base = base, print = function() end, plot = { save = save } }
    local chunk, message = load(row.example, "=" .. row.name, "t", setmetatable(prelude, { __index = _G }))
    if not chunk then return false, message end
    return xpcall(chunk, debug.traceback)
end

local function exists(name)
    local owner, key = name:match "^(%l+)[.:]([%w_]+)$"
    if not owner then return rawget(_G, name) ~= nil end
    if rawget(_G, owner) then return _G[owner][key] ~= nil end
    return true -- of a handle: its example shows it
end

local mute = { help = true } -- prints by itself
for _, row in ipairs(registry.rows) do
    tap.ok(exists(row.name), row.name .. " is there")
    tap.ok(row.summary and #row.summary > 5, row.name .. " has a summary")
    tap.ok(#help.text(row.topic) > 500, row.name .. " has a help page: " .. row.topic)
    tap.ok(#help.text(row.name) > 20, row.name .. " explains itself")
    if not mute[row.name] then
        local fine, message = run(row)
        tap.ok(fine, row.name .. " example runs", message)
    end
end
for _, queued in ipairs(runs.queue()) do pcall(queued.stop, queued) end
tap.done()
