-- 03_vit.lua - a small Vision Transformer on CIFAR-10: base, temperature scaling, TST and V-TST.
--     tare run scripts/03_vit.lua --seeds 1,2 [key=value ...]
--
-- Data: CIFAR-10; `scripts/fetch-data cifar10` fetches it. results/03_vit.txt is what it printed.
--     data=cifar10   any of data.load whose images divide by patch    train=5000  valid=2000   images
--     dim=64 depth=4 heads=4 patch=4    of the Vision Transformer     epochs=30   batch=64     of stage 1
--     steps=1500     most steps of stage 2                            z=128       units of the last hidden layer
--     batches=5      of CIFAR-10's training files, of 10,000 images each
-- A ViT is trained by AdamW (decay on matrices alone), and warms up. Its stage 2 is over after few steps, so that the
-- validation NLL is read every 5 of them.

local experiment = require "tare.experiment"
local o = experiment.arguments{
    data = "cifar10", train = 5000, valid = 2000, dim = 64, depth = 4, heads = 4, patch = 4, epochs = 30, batch = 64,
    "steps", "z", "batches",
}
local ds = data.load{ name = o.data, train = o.train, valid = o.valid, batches = o.batches }
local stage1 = {
    data = ds, model = nn.vit{ dim = o.dim, depth = o.depth, heads = o.heads, patch = o.patch },
    epochs = o.epochs, batch = o.batch, optimizer = "adamw", lr = 1e-3, weight_decay = 0.05,
    schedule = "cosine", warmup = o.epochs // 15 * math.ceil(ds.train / o.batch), -- 2 epochs of 30
}
return experiment.two_stages(stage1, { eval_every = 5, steps = o.steps, z = o.z })
