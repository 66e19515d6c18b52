-- verdict.lua - what the rows of a comparison say, in words: wins, losses and ties within noise.

local verdict = {}
local numbers = require "tare.numbers"

-- Student's t, 95 % two-sided, for 2, 3, ... runs: two seeds say little.
local student = { false, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26 }

-- Differences of two rows, run by run where both have the same seeds; else nil.
local function paired(a, b, key)
    if table.concat(a.seeds, ",") ~= table.concat(b.seeds, ",") then return nil end
    local differences = {}
    for i, value in ipairs(a.values[key]) do differences[i] = value - b.values[key][i] end
    local _, sd = numbers.mean_sd(differences)
    return sd and sd / math.sqrt(#differences)
end

-- The size below which a difference of two rows says nothing: t times its standard error over the seeds; for
-- the ECE at least the reading of a perfectly calibrated network. NLL and Brier of single runs: unknown,
-- taken as 0.
local function noise(a, b, key)
    local over_seeds = 0
    if a.sd[key] and b.sd[key] then
        local apart = math.sqrt(a.sd[key] ^ 2 / #a.runs + b.sd[key] ^ 2 / #b.runs)
        over_seeds = (student[math.min(#a.runs, #b.runs)] or 2) * (paired(a, b, key) or apart)
    end
    return key == "ece" and math.max(over_seeds, a.floor, b.floor) or over_seeds
end

local function percent(x) return ("%.2f %%"):format(100 * x) end
local function small(x) return (("%.3f"):format(x):gsub("^0%.", ".")) end

-- "a, b and c"
local function named(list)
    if #list < 2 then return list[1] end
    return table.concat(list, ", ", 1, #list - 1) .. " and " .. list[#list]
end

local function lowest_ece(rows)
    local best, near = rows[1], {}
    for _, row in ipairs(rows) do
        if row.mean.ece < best.mean.ece then best = row end
    end
    for _, row in ipairs(rows) do
        if row ~= best and row.mean.ece - best.mean.ece < noise(row, best, "ece") then
            near[#near + 1] = ("%s (%s)"):format(row.label, percent(row.mean.ece))
        end
    end
    local tie = #near > 0 and (", within noise of %s"):format(named(near)) or ""
    return ("Lowest ECE: %s, %s%s."):format(best.label, percent(best.mean.ece), tie)
end

local title = { ece = "ECE", nll = "NLL", brier = "Brier" }

-- "Temperature scaling against TST: better on NLL (.480, .507), ...": ties and losses as plainly as wins.
local function against(temperature, row)
    local verdicts = { better = {}, worse = {}, tie = {} }
    for _, key in ipairs{ "ece", "nll", "brier" } do
        local t, r = temperature.mean[key], row.mean[key]
        local tie = math.abs(t - r) <= noise(temperature, row, key)
        local verdict = tie and "tie" or t < r and "better" or "worse"
        local show = key == "ece" and percent or small
        table.insert(verdicts[verdict], ("%s (%s, %s)"):format(title[key], show(t), show(r)))
    end
    local parts = {}
    for _, v in ipairs{ { "better", "better on " }, { "worse", "worse on " }, { "tie", "within noise on " } } do
        if #verdicts[v[1]] > 0 then parts[#parts + 1] = v[2] .. named(verdicts[v[1]]) end
    end
    local scaling = temperature.label:gsub("^temperature", "Temperature scaling")
    return ("%s against %s: %s."):format(scaling, row.label, table.concat(parts, "; "))
end

-- The temperature scalings that a row is held against: those of its own networks, or where there are none, all.
local function rivals(rows, row)
    local own, all = {}, {}
    for _, t in ipairs(rows) do
        if t.method == "temperature" then
            all[#all + 1] = t
            own[#own + 1] = t.bases == row.bases and t or nil
        end
    end
    return #own > 0 and own or all
end

-- What the rows say, computed from them.
function verdict.of(rows)
    local lines, single, floor = { #rows > 1 and lowest_ece(rows) or nil }, false, 0
    for _, row in ipairs(rows) do
        floor, single = math.max(floor, row.floor), single or #row.runs < 2
        local two_stage = row.method == "TST" or row.method == "V-TST"
        for _, t in ipairs(two_stage and rivals(rows, row) or {}) do lines[#lines + 1] = against(t, row) end
    end
    if floor > 0 then
        lines[#lines + 1] = ("A perfectly calibrated network with these confidences would read an ECE of about %s "
            .. "at n = %s: differences below about that mean nothing."):format(percent(floor), numbers.thousands(rows[1].n))
    end
    if single then
        lines[#lines + 1] = "Single runs: several seeds (--seeds 1,2,3) show how much of a difference is luck."
    end
    return table.concat(lines, "\n")
end

return verdict
