-- train.lua - tare's side of the comparison with PyTorch: stage 1 of one network, a run for each seed.
--     tare run tests/peer/train.lua NAME DIR EPOCHS [IMAGES] --seeds 1,2,3
-- NAME is a row of the table, DIR holds CIFAR-10's binary files, IMAGES are 5000 where not given. All settings
-- stand here alone: PyTorch's side reads them from the runs' config.json.

local name, dir, epochs, images = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4] or 5000)

local wrn = nn.wrn{ depth = 16, width = 2 }
local settings = {
    wrn = { model = wrn, optimizer = "adam", lr = 2e-3 },
    ["wrn-slow"] = { model = wrn, optimizer = "adam", lr = 1e-4 }, -- the rate of the recipe `paper`
    ["wrn-sgd"] = { model = wrn, optimizer = "sgd", momentum = 0.9, lr = 0.01, weight_decay = 5e-4 },
    vit = {
        model = nn.vit{ dim = 64, depth = 4, heads = 4, patch = 4, mlp_ratio = 2 },
        optimizer = "adamw", lr = 1e-3, weight_decay = 0.05, warmup = 20,
    },
}
if not (settings[name] and dir and epochs and images) then error("expected NAME DIR EPOCHS [IMAGES]", 0) end

local batches = 0 -- the training files that DIR has, from the first on
repeat batches = batches + 1 until batches == 5 or not io.open(("%s/data_batch_%d.bin"):format(dir, batches + 1))
local ds = data.load{ name = "cifar10", dir = dir, batches = batches, train = images, valid = 500, test = 0, seed = 1 }
local last
for _, seed in ipairs(arg.seeds) do
    local job = {
        data = ds, epochs = epochs, batch = 128, schedule = "cosine", augment = "none", keep = "last", log_every = 1,
        bn_momentum = 0.1, seed = seed, name = ("%s-%d"):format(name, seed),
    }
    for key, value in pairs(settings[name]) do job[key] = value end
    last = train.stage1(job)
end
last:wait()
