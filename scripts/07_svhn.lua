-- 07_svhn.lua - a Wide ResNet on digits of house numbers: base, temperature scaling, TST and V-TST.
--     tare run scripts/07_svhn.lua --seeds 1,2,3 [key=value ...]
--
-- Data: SVHN, for non-commercial use; `scripts/fetch-data svhn` fetches it. results/07_svhn.txt is what it printed.
--     schedule=constant        of stage 1's learning rate; or cosine
--     train=3000 valid=2000    images                   depth=10 width=1    of the Wide ResNet
--     epochs=20  batch=32      of stage 1               steps=1500          most steps of stage 2
--     z=128                    units of the last hidden layer
-- The published recipe holds the learning rate constant, and so does this script: the base ends over-confident. Look at
-- schedule=cosine before you conclude (results/07_svhn_cosine.txt): that base is a little under-confident, and no
-- second stage betters its NLL.

local experiment = require "tare.experiment"
local o = experiment.arguments{
    schedule = "constant", train = 3000, valid = 2000, depth = 10, width = 1, epochs = 20, batch = 32, "steps", "z",
}
local stage1 = {
    data = data.load{ name = "svhn", train = o.train, valid = o.valid },
    model = nn.wrn{ depth = o.depth, width = o.width },
    epochs = o.epochs, batch = o.batch, schedule = o.schedule,
}
return experiment.two_stages(stage1, { steps = o.steps, z = o.z })
