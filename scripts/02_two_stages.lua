-- 02_two_stages.lua - one network, four ways to read it: as it is, temperature scaling, TST and V-TST.
--     tare run scripts/02_two_stages.lua --seeds 1,2,3 [key=value ...]
--
--     data=fashion   the data set, as in data.load        train=2000  valid=2000   images
--     recipe=small   or paper (lua/recipes.lua)           depth=10 width=1         of the Wide ResNet
--     epochs=N       length of stage 1                    steps=N                  most steps of stage 2
--     z=128          units of the last hidden layer
-- A key that is not given is left to the recipe. With --json the comparison is printed as JSON.
-- lua/experiment.lua trains and compares; 01_first_look.lua and help "scripts" show how it is written out.

local experiment = require "tare.experiment"
local o = experiment.arguments{
    data = "fashion", recipe = "small", depth = 10, width = 1, "train", "valid", "epochs", "steps", "z",
}
local stage1 = {
    data = data.load{ name = o.data, train = o.train, valid = o.valid },
    model = nn.wrn{ depth = o.depth, width = o.width }, recipe = o.recipe, epochs = o.epochs,
}
local stage2 = { recipe = o.recipe, steps = o.steps, z = o.z }
return experiment.two_stages(stage1, stage2)
