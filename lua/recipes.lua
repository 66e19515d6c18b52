-- recipes.lua - named sets of training options, printed with every result.
--
-- A recipe has one table for each of train.*; what a user gives comes before it. A value may be a function of
-- the merged options. Add your own:  require("tare.recipes").mine = { stage1 = { epochs = 10 }, tst = {}, vtst = {} }

local recipes = {}

-- The default at this scale: 2,000 training images and a small network, in about a minute. The last epoch is
-- kept, and it is over-confident; stage 2 stops early on the validation NLL.
recipes.small = {
    stage1 = {
        batch = 32, epochs = 30, lr = 2e-3, optimizer = "adam", schedule = "cosine", bn_momentum = 0.1,
        augment = "none", keep = "last",
    },
    tst = {
        z = 128, lr = 1e-4, batch = 256, steps = 1500, eval_every = 10, patience = 200, keep = "best",
    },
    vtst = {
        z = 128, lr = 1e-4, batch = 256, steps = 1500, eval_every = 10, patience = 200, keep = "best",
        samples = 10, kl_weight = function(options) return 0.1 / options.z end,
    },
}

-- Crops and flips; the digits of SVHN, which a mirror spoils, are only normalised.
local function paper_augment(options)
    local parent = type(options.from) == "string" and runs.open(options.from) or options.from
    local set = options.data or type(parent) == "userdata" and parent.job.data or {}
    return set.name == "svhn" and "none" or "crop-flip"
end

-- Jordahn and Olmos, ICML 2024, and their published code. It augments in stage 2 as well: nothing is cached.
recipes.paper = {
    stage1 = {
        batch = 256, epochs = 600, lr = 1e-4, optimizer = "adam", schedule = "constant", bn_momentum = 0.01,
        augment = paper_augment, keep = "best",
    },
    tst = {
        z = 128, lr = 1e-4, batch = 256, epochs = 40, steps = 0, eval_every = 0, patience = 0, keep = "best",
        augment = paper_augment, features = "faithful",
    },
    vtst = {
        z = 128, lr = 1e-4, batch = 256, epochs = 40, steps = 0, eval_every = 0, patience = 0, keep = "best",
        augment = paper_augment, features = "faithful",
        samples = 10, kl_weight = function(options) return 1 / options.z end,
    },
}

local function names()
    local list = {}
    for name, recipe in pairs(recipes) do
        if type(recipe) == "table" then list[#list + 1] = name end
    end
    table.sort(list)
    return list
end

local function find(name)
    local recipe = recipes[name]
    if type(recipe) == "table" then return recipe end
    local near = require("tare.registry").nearest(tostring(name), names())
    local advice = near and ("did you mean '%s'?"):format(near) or "recipes: " .. table.concat(names(), ", ")
    -- level 4: blames the script that called train.*
    error(("unknown recipe '%s' (%s)"):format(tostring(name), advice), 4)
end

-- End to end a body is trained as in stage 1: of the kind's own options, only those of the classifier count.
local function end_to_end(recipe, kind)
    local set = { steps = 0, eval_every = 0, patience = 0 }
    for key, value in pairs(recipe.stage1 or {}) do set[key] = value end
    for _, key in ipairs{ "z", "samples", "kl_weight" } do set[key] = (recipe[kind] or {})[key] end
    return set
end

-- The options of train.KIND: the user's over the recipe's. A length in epochs replaces the recipe's in steps.
function recipes.resolve(kind, options)
    local name = options.recipe or "small"
    local merged, recipe = { recipe = name }, find(name)
    local set = options.end_to_end and end_to_end(recipe, kind) or recipe[kind] or {}
    for key, value in pairs(set) do merged[key] = value end
    if options.epochs and not options.steps then merged.steps = 0 end
    for key, value in pairs(options) do merged[key] = value end
    for key, value in pairs(merged) do
        if type(value) == "function" then merged[key] = value(merged) end
    end
    return merged
end

return recipes
