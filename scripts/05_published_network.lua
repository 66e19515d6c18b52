-- 05_published_network.lua - a Wide ResNet that others trained on CIFAR-10: is it calibrated, and what mends it?
--     tare run scripts/05_published_network.lua FILE.safetensors [key=value ...]
--
-- It needs the network's weights as a safetensors file (help "weights" says whose names are known) and CIFAR-10's
-- binary files, of which only test_batch.bin is read. About half a minute for a WRN-16-1;
-- results/05_published_network.txt is what it printed of one.
--     dir=DIR                                where test_batch.bin lies, if not where scripts/fetch-data puts it
--     held=data/downloads/cifar10-held-out   a folder that this script fills
--     mean=.4914,.4822,.4465  sd=.2023,.1994,.2010    what the network's input was normalised with: the one
--                                            thing that the file does not say; these are usual for CIFAR-10
--     names=auto  padding=one                where the file's names tell it wrong
--     steps=1500                             most steps of stage 2
-- The network has seen the training images, and is nearly always right on them: what is fitted there (a temperature,
-- an early stop) learns that it may be sure. So the test images are halved: of the first half one part trains the new
-- classifier and the other validates; the second half judges.

local path = arg[1] or error("which file? tare run scripts/05_published_network.lua FILE.safetensors", 0)
local o = require("tare.experiment").arguments({
    dir = (os.getenv "TARE_DATA" or "data/downloads") .. "/cifar-10-batches-bin",
    held = "data/downloads/cifar10-held-out", mean = ".4914,.4822,.4465", sd = ".2023,.1994,.2010",
    "names", "padding", "steps",
}, 2)

local function numbers(text)
    local list = {}
    for word in text:gmatch "[^,]+" do
        list[#list + 1] = tonumber(word) or error(word .. ": expected a number", 0)
    end
    return list
end

local function write(name, bytes)
    local file = assert(io.open(o.held .. "/" .. name, "wb"))
    assert(file:write(bytes))
    assert(file:close())
end

-- Halve the test file: a record is a label and 32 x 32 x 3 bytes.
local record = 1 + 3072
local file = io.open(o.dir .. "/test_batch.bin", "rb")
    or error("no test_batch.bin in " .. o.dir .. ": set dir=DIR, or fetch it: scripts/fetch-data cifar10", 0)
local bytes = file:read "a"
file:close()
local half = #bytes // record // 2 * record
assert(os.execute(("mkdir -p '%s'"):format(o.held)))
write("data_batch_1.bin", bytes:sub(1, half))
write("test_batch.bin", bytes:sub(half + 1))
local ds = data.load{ name = "cifar10", dir = o.held, batches = 1, train = 0, valid = 0, share = 0.5 }

local base = nn.load(path, {
    data = ds, names = o.names, padding = o.padding,
    normalise = { mean = numbers(o.mean), sd = numbers(o.sd) },
})
local results = { base, base:temperature() }
for _, seed in ipairs(arg.seeds) do
    results[#results + 1] = train.tst{ from = base, steps = o.steps, seed = seed }
    results[#results + 1] = train.vtst{ from = base, steps = o.steps, seed = seed }
end
print(base:wait(), base.job.train.file, "hash " .. base.job.train.hash)
print(calib.diagram(base:predict "test"))
print(base:temperature():wait())
return runs.compare(results)
