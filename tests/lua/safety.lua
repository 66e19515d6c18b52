-- safety.lua - what could make C read memory that is not its own is refused: bytecode, and values in another's skin.

local tap = require "tests.lua.tap"
local raises = tap.raises

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local net = nn.mlp{}

-- Lua checks no bytecode: a chunk made by hand can read and write any memory.
local chunk = string.dump(function() return 1 end)
local file = os.tmpname()
local out = assert(io.open(file, "wb"))
out:write(chunk)
out:close()

local function refused(name, f, message)
    tap.ok(f == nil and tostring(message):find "binary", name, message)
end
refused("load of a binary chunk", load(chunk))
refused("load by mode b", load(chunk, "chunk", "b"))
refused("load by mode bt with an environment", load(chunk, "chunk", "bt", {}))
refused("load of pieces", load(coroutine.wrap(function() coroutine.yield(chunk) end)))
refused("loadfile", loadfile(file))
refused("loadfile by mode", loadfile(file, "b"))
raises(function() dofile(file) end, "binary", "dofile")
local path = package.path
package.path = file
raises(function() require "anything" end, "binary", "require")
package.path = path
os.remove(file)

-- text is loaded as ever
tap.is(load("return ...", "text", "t")(7), 7, "load of a text")
tap.is(load("return x", "text", nil, { x = 8 })(), 8, "load with an environment")
tap.is(load("return x", "text", "bt", { x = 9 })(), 9, "load with a mode and an environment")
local text = assert(io.open(file, "w"))
text:write "return 5, ...\n"
text:close()
tap.is(select("#", dofile(file)), 1, "dofile of a text")
tap.is(select(2, loadfile(file)(6)), 6, "loadfile of a text")
os.remove(file)
raises(function() load(nil) end, "bad argument #1 to 'load'", "load of nothing names itself")

-- handles stay what they are
local other = debug.getmetatable(net)
raises(function() debug.setmetatable(ds, other) end, "debug.setmetatable", "a data set in the skin of a network")
raises(function() debug.setmetatable(io.stdout, debug.getmetatable(ds)) end, "debug.setmetatable", "a file as one")
raises(function() debug.getregistry() end, "debug.getregistry", "the registry")
raises(function() debug.setupvalue(data.load, 1, ds) end, "debug.setupvalue", "the row of a function")
raises(function() debug.setuservalue(ds, 1, 1) end, "debug.setuservalue", "what a handle keeps")
raises(function() debug.setlocal(1, 1, 1) end, "debug.setlocal", "the stack of a function in C")
raises(function() debug.sethook() end, "debug.sethook", "the hook")
raises(function() debug.getmetatable(ds).__gc(net) end, "expected a data set", "another's finaliser")
raises(function() debug.getmetatable(ds).__gc(io.stdout) end, "expected a data set", "a finaliser on a file")
local spare = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
debug.getmetatable(spare).__gc(spare)
raises(function() return spare.name end, "freed", "a handle that was freed by hand")

-- what debug is good for is there
local x = 1
local function up() return x end
debug.setupvalue(up, 1, 2)
tap.is(up(), 2, "an upvalue of a function in Lua")
tap.is(getmetatable(debug.setmetatable({}, { 1 }))[1], 1, "the metatable of a table")
tap.ok(debug.traceback("here"):find "safety.lua", "a traceback")

-- C ends a text at its first zero byte
raises(function() train.stage1{ data = ds, model = net, name = "a\0b" } end, "zero byte", "a name")
raises(function() runs.open "a\0b" end, "zero byte", "a name that is opened")
raises(function() runs.rename("old", "a\0b") end, "zero byte", "a new name")
raises(function() plot.save("a\0.svg", ds) end, "zero byte", "a path")
raises(function() data.load "fashion\0" end, "zero byte", "a source")
raises(function() data.load{ name = "idx", dir = "a\0b" } end, "zero byte", "an option")
raises(function() nn.load("a\0b", { data = ds }) end, "zero byte", "a file")

tap.done()
