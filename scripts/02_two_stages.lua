-- 02_two_stages.lua - one network, four ways to read it: as it is, temperature scaling, TST and V-TST.
--     tare run scripts/02_two_stages.lua --seeds 1,2,3 [key=value ...]
--
--     data=fashion   the data set, as in data.load        train=2000  valid=2000   images
--     recipe=small   or paper (lua/recipes.lua)           depth=10 width=1         of the Wide ResNet
--     epochs=N       length of stage 1                    steps=N                  most steps of stage 2
--     z=128          units of the last hidden layer
-- A key that is not given is left to the recipe. With --json the comparison is printed as JSON.

local given = { data = "fashion", recipe = "small", depth = 10, width = 1 }
local known = { "data", "recipe", "train", "valid", "depth", "width", "epochs", "steps", "z" }

for _, argument in ipairs(arg) do
    local key, value = argument:match "^(%a+)=(.+)$"
    local found = false
    for _, name in ipairs(known) do found = found or name == key end
    if not found then error(argument .. ": expected key=value with a key of " .. table.concat(known, ", "), 0) end
    given[key] = tonumber(value) or value
end

local ds = data.load{ name = given.data, train = given.train, valid = given.valid }
local net = nn.wrn{ depth = given.depth, width = given.width }

-- Every run is queued at once; they are trained one after the other.
local all = {}
for _, seed in ipairs(arg.seeds) do
    local stage1 = { data = ds, model = net, recipe = given.recipe, epochs = given.epochs, seed = seed }
    local base = train.stage1(stage1)
    local stage2 = { from = base, recipe = given.recipe, steps = given.steps, z = given.z, seed = seed }
    all[#all + 1] = { base = base, tst = train.tst(stage2), vtst = train.vtst(stage2) }
end

local results = {}
for _, one in ipairs(all) do
    results[#results + 1] = { one.base, one.base:temperature(), one.tst, one.vtst }
end
return runs.compare(results)
