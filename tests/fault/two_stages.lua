-- The smallest experiment with everything in it. Prints what must come out, whatever failed on the way and was mended.
-- With the argument "stop" it stops in the middle.
local ds = data.blends{ train = 60, valid = 40, test = 40 }
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 3, name = "base" }
if arg[1] == "stop" then base:on_epoch(function(run, epoch) if epoch.epoch == 1 then run:stop() end end) end
local tst = train.tst{ from = base, z = 4, steps = 4, batch = 16, eval_every = 2, name = "tst" }
local vtst = train.vtst{ from = base, z = 4, steps = 4, batch = 16, eval_every = 2, samples = 2, name = "vtst" }
for _, run in ipairs{ base, tst, vtst } do print(("%.17g"):format(calib.report(run:predict "test").nll)) end
