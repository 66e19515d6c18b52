-- prepare.lua - leaves a finished run "old" in the runs folder, for registry.lua in a later process.

local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
train.stage1{ data = ds, model = nn.mlp{ hidden = 8, layers = 1 }, epochs = 1, name = "old" }:wait()
