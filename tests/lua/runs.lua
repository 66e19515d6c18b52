-- runs.lua - a run's life as a script sees it: epochs, stopping, resuming, harm, and what is made from it.

local tap = require "tests.lua.tap"
local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local net = nn.mlp{ hidden = 8, layers = 1 }
local function stage1(options)
    options.data, options.model, options.batch = ds, net, 16
    return train.stage1(options)
end

-- on_epoch: every epoch once, in order; what it sets lands on the next step
local seen = {}
local run = stage1{ epochs = 4, schedule = "constant", lr = 1e-3 }
run:on_epoch(function(r, epoch)
    seen[#seen + 1] = epoch.epoch
    if epoch.epoch == 2 then r:set{ lr = 5e-4 } end
end)
run:wait()
tap.is(table.concat(seen, " "), "1 2 3 4", "on_epoch sees every epoch once")
tap.is(run.epochs[2].lr, 1e-3, "the rate before it was set")
tap.is(run.epochs[3].lr, 5e-4, "and after")
tap.is(#run.epochs, 4, "epochs of the log")
tap.ok(run.evals[1].nll > 0 and run.evals[1].split == "valid", "the first evaluation is one of valid")
tap.ok(run:seconds() > 0, "it took some time")

-- scores agree whichever way they are asked for
local scores, predictions = run:evaluate "test", run:predict "test"
tap.is(scores.n, 100, "all test images")
tap.is(scores.ece, calib.ece(predictions), "evaluate and calib.ece agree")
tap.is(scores.ece, calib.report(predictions).ece, "and calib.report")
tap.near(scores.gap, scores.confidence - scores.accuracy, 1e-12, "gap = confidence - accuracy")
local n, ece = 0, 0
for _, b in ipairs(calib.bins(predictions)) do
    n = n + b.count
    if b.count > 0 then ece = ece + b.count / 100 * math.abs(b.accuracy - b.confidence) end
end
tap.is(n, 100, "bins hold every image")
tap.near(ece, scores.ece, 1e-12, "and add up to the ECE")

-- temperature: never worse on what it was fitted on; the accuracy stays
local t = run:temperature()
tap.ok(t.t > 0 and t.calibrator.method == "temperature" and t.calibrator.at_bound == false, "it waits for its fit")
tap.ok(t:evaluate("valid").nll <= run:evaluate("valid").nll, "the fitted NLL is no higher")
tap.is(t:evaluate("test").accuracy, scores.accuracy, "temperature scaling keeps the accuracy")
tap.is(t.from, run, "and knows its run")
tap.is(t.name, run.name .. "-temperature", "it is a run of its own, with a name")
tap.is(run:temperature(), t, "made once")
tap.is(runs.open(t.name), t, "found by its name")
local fit = calib.fit("temperature", run:predict "valid")
tap.is(fit.t, t.t, "calib.fit finds the same")
tap.is(calib.ece(calib.apply(fit, run:predict "test")), t:evaluate("test").ece, "and calib.apply")
tap.raises(function() return run.t end, "is no calibrator", "a training has no temperature")
tap.raises(function() run:calibrate "platt" end, 'there are "temperature"', "an unknown calibrator is refused")
local listed
for _, line in ipairs(runs.list()) do listed = line.name == t.name and line or listed end
tap.is(listed.kind .. listed.state .. listed.from, "calibratedone" .. run.name, "it is in the list")

-- stopping and resuming
local long = stage1{ epochs = 5000, name = "long" }
long:on_epoch(function(r, epoch) if epoch.epoch == 3 then r:stop() end end)
tap.is(long:wait().state, "stopped", "waiting for a stopped run is no error")
local child = train.tst{ from = stage1{ epochs = 2 }, steps = 20, batch = 32 }
tap.ok(pcall(child.wait, child), "a child waits for its parent")
tap.is(child.from.job.kind, "stage1", "from is the parent")
tap.is(child.job.train.z, 128, "the recipe's Z")
local again = runs.resume "long"
again:on_epoch(function(r, epoch) if epoch.epoch >= 6 then r:stop() end end)
again:wait()
tap.ok(#again.epochs >= 6, "a resumed run goes on where it was")
tap.is(again, long, "by the handle that it had")
tap.is(long.name, "long", "and under its name")

-- a callback waits for nothing that waits for it
local stuck, why = stage1{ epochs = 2, name = "stuck" }, {}
local behind = stage1{ epochs = 1, name = "behind" }
local made = stuck:temperature()
stuck:on_epoch(function(r)
    for i, other in ipairs{ r, behind, made, run } do why[i] = select(2, pcall(other.wait, other)) end
end)
tap.is(stuck:wait().state, "done", "a callback that waits in vain holds nothing up")
for i, name in ipairs{ "stuck", "behind", "stuck-temperature" } do
    tap.ok(tostring(why[i]):find("on_epoch of stuck cannot wait for run " .. name .. ",", 1, true), "it is told of " .. name)
end
tap.is(why[4], run, "and may wait for what has ended")
made:wait() behind:wait()

-- options of a run that is there
tap.raises(function() runs.resume("long", { lr = 1 }) end, "takes a name alone", "a resume takes no options")
tap.raises(function() stage1{ epochs = 7, name = "stuck" } end, "epochs = 7 (it has epochs = 2)", "what differs is said")

-- harm: the run says what, its child why
local wild = stage1{ optimizer = "sgd", lr = 1000, epochs = 50, schedule = "constant", name = "wild" }
local orphan = train.tst{ from = wild, batch = 32 }
tap.raises(function() wild:wait() end, "run wild diverged: ", "waiting for a diverged run raises")
tap.is(wild.state, "diverged", "its state")
tap.raises(function() orphan:wait() end, "wild", "a child fails with its parent's reason")
tap.raises(function() runs.compare(run, wild) end, "diverged", "and so does a comparison")

-- a comparison of real runs, in a coroutine of the script's own
local compare = coroutine.wrap(function() return runs.compare(run, t, child, run) end)()
tap.is(#compare.rows, 3, "a run that is given twice counts once")
tap.is(#compare.rows[1].runs, 1, "in its row")
tap.ok(tostring(compare):find("noise", 1, true) or tostring(compare):find("Lowest ECE", 1, true), "it prints itself")

-- what it takes: runs, names, lists of them, labels, and the list of all
local function labels(...)
    local list = {}
    for i, row in ipairs(runs.compare(...).rows) do list[i] = row.label end
    return table.concat(list, " | ")
end
tap.is(labels(run.name, { child }, { { child.name } }), "base | TST", "names and lists of lists, each run once")
tap.is(labels(run, run:temperature(), run:temperature()), "base | temperature", "and each temperature")
tap.is(labels{ mine = { run, run:temperature(), child } }, "mine, base | mine, temperature | mine, TST",
    "a label that was given to several methods names them")
local listed_done = 0
for _, row in ipairs(runs.list()) do listed_done = listed_done + (row.state == "done" and 1 or 0) end
local compared = 0
for _, row in ipairs(runs.compare(runs.list()).rows) do compared = compared + #row.runs end
tap.is(compared, listed_done, "runs.list() is every run that is done")
tap.raises(function() runs.compare(runs) end, "runs.list() is all runs", "the table of functions is no list")
tap.ok(select(2, pcall(runs.compare, "nix")):find "^no run 'nix'", "a name that nothing has: said without a place in tare's own files")

-- end to end: a row of its own, judged by its own checkpoint
local whole = train.tst{ end_to_end = true, data = ds, model = net, batch = 16, epochs = 2, z = 8, name = "whole" }
tap.is(whole:wait().job.title, "TST end to end", "the title says so")
tap.is(whole.job.stage, 1, "nothing is frozen")
tap.is(whole.from, nil, "it has no parent")
tap.is(#whole.epochs, 2, "it trains for epochs")
local both = runs.compare(run, child, whole)
tap.is(both.rows[3].method, "TST end to end", "a comparison tells it from TST")
tap.ok(tostring(both):find("TST end to end", 1, true), "and prints it")

-- the folder
runs.note("long", "stopped twice")
local listed = {}
for _, line in ipairs(runs.list()) do listed[line.name] = line end
tap.is(listed.long.note, "stopped twice", "notes are listed")
tap.is(listed.wild.state, "diverged", "so are states")
tap.is(listed[child.name].from, child.from.name, "and parents")
tap.is(#runs.queue(), 0, "nothing is left in the queue")
local parent = stage1{ name = "parent", epochs = 1 }
local kid = train.tst{ from = parent, batch = 32, steps = 5, name = "kid" }:wait()
runs.rename("parent", "elder")
tap.is(kid.from.name, "elder", "a run of this session can be renamed, and its children follow")
tap.raises(function() runs.open "parent" end, "parent", "its old name is free")
tap.raises(function() runs.delete "elder" end, "kid", "a parent is not deleted under its children")
kid:temperature():wait()
runs.delete("elder", { children = true })
tap.raises(function() runs.open "kid" end, "kid", "with them, it is")
tap.raises(function() runs.open "kid-temperature" end, "kid-temperature", "calibrators among them")
tap.is(stage1{ name = "kid", epochs = 1 }:wait().state, "done", "and its name can be taken again")

tap.done()
