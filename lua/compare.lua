-- compare.lua - what runs.compare() shows: methods side by side on the test images, and their recipe.
--
-- An entry is one result: { label =, method =, seed =, name =, base =, scores =, floor =, seconds =, facts = }; base is
-- the name of the run whose network was mended.
-- Entries of one label become a row: mean and standard deviation (n - 1) over their seeds.

local compare = {}
local text_table = require("tare.registry").text_table
local recipes, numbers, verdict = require "tare.recipes", require "tare.numbers", require "tare.verdict"
local mean_sd, sorted_keys, thousands, natural = numbers.mean_sd, numbers.sorted_keys, numbers.thousands, numbers.natural

-- The measures that a comparison shows, in order.
local function figures()
    local list = {}
    for _, m in ipairs(calib.measures()) do list[#list + 1] = m.column and m or nil end
    return list
end

-- What a perfectly calibrated network with these confidences would read: a bin's accuracy then strays from
-- its confidence by a normal deviate of variance c (1 - c) / count, whose mean size is sqrt(2 / pi) sd.
function compare.floor(bins)
    local n, sum = 0, 0
    for _, b in ipairs(bins) do
        n = n + b.count
        if b.count > 0 then
            sum = sum + math.sqrt(b.count * b.confidence * (1 - b.confidence) * 2 / math.pi)
        end
    end
    return sum / n
end

-- ---- entries ------------------------------------------------------------------------------------

-- The options of training that decide a result, seeds left out: runs that agree in all are one row.
local function facts_of(run)
    local job, facts = run.job, {}
    for key, value in pairs(job.options) do facts[key] = value end
    for key, value in pairs(job.model) do facts["model." .. key] = value end
    for key, value in pairs(job.data) do facts["data." .. key] = value end
    local found, parent = true, run.from
    if not parent and job.from ~= "" then found, parent = pcall(runs.open, job.from) end
    if found and parent then -- one that is gone is not asked
        for key, value in pairs(parent.job.options) do facts["from." .. key] = value end
    end
    for _, from in ipairs{ "", "from." } do -- an imported network is one checkpoint, and its file says which
        if facts[from .. "file"] then facts[from .. "keep"] = "imported" end
        for _, key in ipairs{ "seed", "log_every", "checkpoint_every", "hash", "names" } do facts[from .. key] = nil end
    end
    facts["data.seed"] = nil
    return facts
end

-- Said by the recipe line itself or by the method, or of no weight for a result.
local unsaid = {
    recipe = true, z = true, kl_weight = true, samples = true, keep = true, checkpoint = true, end_to_end = true,
    seed = true, log_every = true, checkpoint_every = true,
}

-- What the options of train.KIND are where neither user nor recipe says anything.
local function defaults(kind)
    local set = {}
    for _, row in ipairs(require("tare.registry").rows) do
        if row.name == "train." .. kind then
            for _, o in ipairs(row.options) do set[o.name] = o.least and tonumber(o.initial) or o.initial end
        end
    end
    return set
end

-- "mixup = 0.4", "clip = 5"; of the data "train = 300"
local function setting(key, value) return ("%s = %s"):format(key:gsub("^data%.", ""), math.tointeger(value) or value) end

-- "TST steps = 20": the options of a job that are not its recipe's; nil when all are.
function compare.changes(job)
    local asked = { recipe = job.options.recipe, end_to_end = job.options.end_to_end, data = job.data }
    local known, recipe = pcall(recipes.resolve, job.kind, asked)
    local usual, parts = defaults(job.kind), {}
    for key, value in pairs(known and recipe or {}) do usual[key] = value end
    for _, key in ipairs(known and sorted_keys(usual) or {}) do
        local value = job.options[key]
        if value ~= nil and value ~= usual[key] and not unsaid[key] then
            parts[#parts + 1] = setting(key, value)
        end
    end
    return #parts > 0 and job.method .. " " .. table.concat(parts, ", ") or nil
end

local function entry_of(run, label)
    local job = run:wait().job
    local predictions = run:predict "test"
    return {
        label = label, method = job.method, rank = job.rank,
        name = run.name, base = job.from, seed = job.options.seed,
        seconds = job.kind ~= "calibrate" and run:seconds() or nil,
        scores = calib.report(predictions), floor = compare.floor(calib.bins(predictions)), predictions = predictions,
        facts = facts_of(run), changes = compare.changes(job),
    }
end

local function open(name)
    local fine, run = pcall(runs.open, name)
    return fine and run or error(run, 0)
end

-- Runs, their names, lists of them and runs.list(), in order, each once; string keys are labels.
local function collect(entries, item, label, seen)
    if type(item) == "string" then item = open(item) end
    if type(item) == "userdata" then
        if not seen[item.name] then entries[#entries + 1] = entry_of(item, label) end
        seen[item.name] = true
        return
    end
    if type(item) ~= "table" or item == runs then
        local got = item == runs and "the table of functions; runs.list() is all runs" or type(item)
        error("runs.compare: expected runs, names of runs, or lists of them, got " .. got, 0)
    end
    if require("tare.listing").is(item) then
        for _, row in ipairs(item) do -- those that have a result
            if row.state == "done" then collect(entries, row.name, label, seen) end
        end
        return
    end
    for _, inner in ipairs(item) do collect(entries, inner, label, seen) end
    local labels = {}
    for key in pairs(item) do
        if type(key) == "string" then labels[#labels + 1] = key end
    end
    table.sort(labels, natural)
    for _, key in ipairs(labels) do collect(entries, item[key], key, seen) end
end

-- What is switched off by 0 is not worth a word.
local off_by_zero = { warmup = true, weight_decay = true, clip = true, ema = true, smoothing = true, focal = true, mixup = true }
local function is_off(key, value) return value == 0 and off_by_zero[key:gsub("^from%.", "")] end

-- A label that its user gave to several methods names them; and one seed twice in a row would count one network as
-- two: such runs are rows of their own.
local function tell_apart(entries)
    local methods_of, taken = {}, {}
    for _, e in ipairs(entries) do
        methods_of[e.label] = methods_of[e.label] or {}
        methods_of[e.label][e.method] = true
    end
    for _, e in ipairs(entries) do
        if #sorted_keys(methods_of[e.label]) > 1 then e.label = e.label .. ", " .. e.method end
        local place = e.label .. "\n" .. e.seed
        if taken[place] then e.label = ("%s (%s)"):format(e.label, e.name) end
        taken[place] = true
    end
end

-- "TST" where all TST entries were made alike, else "TST, z = 8": the facts in which they differ.
function compare.label(entries)
    local values = {} -- values[method][fact] = set of its values
    for _, e in ipairs(entries) do
        values[e.method] = values[e.method] or {}
        for key, value in pairs(e.facts or {}) do
            local set = values[e.method][key] or {}
            set[tostring(value)] = true
            values[e.method][key] = set
        end
    end
    for _, e in ipairs(entries) do
        local parts = { e.method }
        for _, key in ipairs(sorted_keys(values[e.method])) do
            if #sorted_keys(values[e.method][key]) > 1 and not is_off(key, e.facts[key]) then
                parts[#parts + 1] = setting(key, e.facts[key])
            end
        end
        e.label = e.label or table.concat(parts, ", ")
    end
    tell_apart(entries)
end

-- ---- rows ---------------------------------------------------------------------------------------

local function summarise(row, entries)
    for _, m in ipairs(figures()) do
        local key, values = m.name, {}
        for i, e in ipairs(entries) do values[i] = e.scores[key] end
        row.mean[key], row.sd[key] = mean_sd(values)
        row.values[key] = values
    end
    local seconds, floors, bases = {}, {}, {}
    for i, e in ipairs(entries) do
        row.runs[i], row.seeds[i], floors[i] = e.name, e.seed, e.floor
        bases[e.base or ""] = true
        seconds[#seconds + 1] = e.seconds -- temperature scaling has none
    end
    row.seconds = #seconds > 0 and mean_sd(seconds) or nil
    row.floor = #floors > 0 and mean_sd(floors) or 0
    row.bases = table.concat(sorted_keys(bases), ",")
    row.n = entries[1].scores.n
    for i, e in ipairs(entries) do row.predictions[i] = e.predictions end
end

-- In JSON an empty one is {}, as with one seed, and not a list.
local object = { __jsontype = "object" }

-- One row a label: the methods in their order, within one the labels in theirs, and the runs of a row by their seeds.
-- Entries are put in that order.
function compare.rows(entries)
    table.sort(entries, function(a, b)
        local ra, rb = a.rank or 0, b.rank or 0
        if ra ~= rb then return ra < rb end
        if a.label ~= b.label then return natural(a.label, b.label) end
        return a.seed < b.seed
    end)
    local rows, of = {}, {}
    for _, e in ipairs(entries) do
        if not of[e.label] then
            rows[#rows + 1] = {
                label = e.label, method = e.method, runs = {}, seeds = {},
                mean = {}, sd = setmetatable({}, object), values = {}, predictions = {},
            }
            of[e.label] = {}
        end
        table.insert(of[e.label], e)
    end
    for _, row in ipairs(rows) do summarise(row, of[row.label]) end
    return rows
end

-- ---- the recipe line ----------------------------------------------------------------------------

-- Values of a fact over the entries, "128" or "8 | 128"; nil where no entry has it.
local function values_of(entries, read)
    local seen, list = {}, {}
    for _, e in ipairs(entries) do
        local value = read(e)
        value = value ~= nil and tostring(value) or nil
        if value and not seen[value] then
            seen[value] = true
            list[#list + 1] = value
        end
    end
    return #list > 0 and table.concat(list, " | ") or nil, #list
end

local function fact(key) return function(e) return e.facts[key] end end

local function kl_text(e)
    return e.facts.kl_weight and ("%.3g/Z"):format(e.facts.kl_weight * e.facts.z) or nil
end

-- A network's name: a pattern, and the options that fill it.
local network_names = {
    wrn = { "WRN-%d-%d", "depth", "width" },
    vit = { "ViT dim %d, depth %d, heads %d, patch %d, MLP x %g", "dim", "depth", "heads", "patch", "mlp_ratio" },
    cnn = { "CNN" },
    mlp = { "MLP %d x %d", "layers", "hidden" },
}

local function network(e)
    local row, values = network_names[e.facts["model.family"]], {}
    for i = 2, #row do values[i - 1] = e.facts["model." .. row[i]] end
    return row[1]:format(table.unpack(values))
end

-- Which of stage 1's networks is judged or frozen.
local function stage1_checkpoint(e)
    local asked = e.facts.checkpoint or ""
    if asked ~= "" then return asked end
    if e.base and e.base ~= "" then return e.facts["from.keep"] end
    return e.facts["from.keep"] or e.facts.keep
end

function compare.recipe(entries)
    local parts = {}
    local function add(format, read)
        local value = values_of(entries, read)
        if value then parts[#parts + 1] = format:format(value) end
    end
    add("data %s", fact "data.name")
    add("%s training images", function(e)
        return e.facts["data.train"] ~= 0 and thousands(e.facts["data.train"]) or "all"
    end)
    add("%s", network)
    add("recipe %s", fact "recipe")
    add("but for %s", function(e) return e.changes end)
    add("stage 1: %s checkpoint", stage1_checkpoint)
    add("Z = %s", fact "z")
    add("KL weight %s", kl_text)
    add("M = %s", fact "samples")
    add("%s equal-width bins (lo, hi]", function(e) return e.scores.bins end)
    add("n = %s test images", function(e) return thousands(e.scores.n) end)
    local seeds, count = values_of(entries, function(e) return e.seed end)
    parts[#parts + 1] = (count == 1 and "seed " or "seeds ") .. seeds:gsub(" |", ",")
    return table.concat(parts, "; ")
end

-- ---- the comparison -----------------------------------------------------------------------------

-- "6.81 ± 0.46", ".536 ± .012"
local function cell(row, m)
    local text, sd = m.format:format(m.scale * row.mean[m.name]), row.sd[m.name]
    if sd then text = text .. " ± " .. m.format:gsub("%+", ""):format(m.scale * sd) end
    return (text:gsub("%f[%d]0%.(%d%d%d)", ".%1"):gsub("^%-(0%.0*)$", "%1")) -- no minus for what rounds to 0
end

local function wrap(text, width)
    local lines, line = {}, ""
    for word in text:gmatch("%S+") do
        if #line + #word + 1 > width and line ~= "" then
            lines[#lines + 1], line = line, ""
        end
        line = line == "" and word or line .. " " .. word
    end
    lines[#lines + 1] = line
    return table.concat(lines, "\n")
end

-- The headers and the cells of the table of a comparison, row by row; false is an empty cell.
function compare.cells(rows)
    local headers, cells, measures = { "" }, {}, figures()
    for _, m in ipairs(measures) do
        headers[#headers + 1] = m.unit ~= "" and m.name ~= "gap" and m.title .. " " .. m.unit or m.title
    end
    headers[#headers + 1] = "s"
    for i, row in ipairs(rows) do
        local line = { row.label }
        for _, m in ipairs(measures) do line[#line + 1] = cell(row, m) end
        line[#line + 1] = row.seconds and ("%.0f"):format(row.seconds) or false
        cells[i] = line
    end
    return headers, cells
end

-- What is said below the table: the recipe, then a line a verdict.
function compare.notes(result)
    local notes = { wrap(result.recipe, 76) }
    for line in result.verdict:gmatch("[^\n]+") do notes[#notes + 1] = wrap(line, 76) end
    return table.concat(notes, "\n")
end

local comparison = { __name = "comparison" }

function comparison:__tostring()
    local header, cells = compare.cells(self.rows)
    return text_table(header, cells, 80) .. "\n" .. compare.notes(self)
end

function compare.is(value) return getmetatable(value) == comparison end

-- runs.compare(...): waits for every run. The result prints as a table; its fields are plain data.
function compare.runs(...)
    local entries = {}
    collect(entries, { ... }, nil, {})
    if #entries == 0 then error("nothing to compare; give runs: runs.compare(base, base:temperature())", 0) end
    compare.label(entries)
    local rows = compare.rows(entries)
    local function judge(a, b, measure) return verdict.paired(a, b, measure, entries[1].scores.bins) end
    local result = { rows = rows, recipe = compare.recipe(entries), verdict = verdict.of(rows, judge) }
    return setmetatable(result, comparison)
end

return compare
