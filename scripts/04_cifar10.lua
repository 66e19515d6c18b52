-- 04_cifar10.lua - a Wide ResNet on a part of CIFAR-10: base, temperature scaling, TST and V-TST.
--     tare run scripts/04_cifar10.lua --seeds 1,2,3 [key=value ...]
--
-- Data: CIFAR-10; `scripts/fetch-data cifar10` fetches it. results/04_cifar10.txt is what it printed.
--     train=4000 valid=2000    images                   depth=10 width=1    of the Wide ResNet
--     epochs=30  batch=64      of stage 1               augment=none        or crop, flip, crop-flip (in stage 1)
--     steps=1500               most steps of stage 2    z=128               units of the last hidden layer
--     batches=5                of the training files, of 10,000 images each
-- The published settings, for a large machine: tare run scripts/02_two_stages.lua data=cifar10 recipe=paper train=0
-- valid=7500 depth=28 width=10.

local experiment = require "tare.experiment"
local o = experiment.arguments{
    train = 4000, valid = 2000, depth = 10, width = 1, epochs = 30, batch = 64, augment = "none", "steps", "z",
    "batches",
}
local stage1 = {
    data = data.load{ name = "cifar10", train = o.train, valid = o.valid, batches = o.batches },
    model = nn.wrn{ depth = o.depth, width = o.width },
    epochs = o.epochs, batch = o.batch, augment = o.augment,
}
return experiment.two_stages(stage1, { steps = o.steps, z = o.z })
