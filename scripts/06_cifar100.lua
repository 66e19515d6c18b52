-- 06_cifar100.lua - a Wide ResNet on a part of CIFAR-100: base, temperature scaling, TST and V-TST.
--     tare run scripts/06_cifar100.lua --seeds 1,2,3 [key=value ...]
--
-- Data: CIFAR-100; `scripts/fetch-data cifar100` fetches it. results/06_cifar100.txt is what it printed.
--     labels=fine              100 classes; or coarse, 20 groups of them
--     train=5000 valid=2000    images                   depth=10 width=1    of the Wide ResNet
--     epochs=30  batch=64      of stage 1               augment=none        or crop, flip, crop-flip (in stage 1)
--     steps=1500               most steps of stage 2    z=128               units of the last hidden layer
-- In 30 epochs the smallest network gets 44 % of its training images right, learns none by heart, and is not
-- over-confident: nothing betters its NLL. Compare a wider one, width=2 or more, which fits them better.

local experiment = require "tare.experiment"
local o = experiment.arguments{
    labels = "fine", train = 5000, valid = 2000, depth = 10, width = 1, epochs = 30, batch = 64, augment = "none",
    "steps", "z",
}
local stage1 = {
    data = data.load{ name = "cifar100", labels = o.labels, train = o.train, valid = o.valid },
    model = nn.wrn{ depth = o.depth, width = o.width },
    epochs = o.epochs, batch = o.batch, augment = o.augment,
}
return experiment.two_stages(stage1, { steps = o.steps, z = o.z })
