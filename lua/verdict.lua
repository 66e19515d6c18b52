-- verdict.lua - what the rows of a comparison say, in words: wins, losses and ties within noise.
--
-- Two rows differ where calib.paired says that equally good methods would be so far apart less than 5 times in 100, over
-- the same images and, with several seeds, over the seeds (help "verdict").

local verdict = {}
local numbers = require "tare.numbers"

local level = 0.05

-- The measures that words are made of: columns with a better side, by name and in order.
local function judged()
    local list = {}
    for _, m in ipairs(calib.measures()) do
        if m.column and m.better ~= "neither" and (m.of == "rows" or m.of == "bins") then
            list[#list + 1], list[m.name] = m, m
        end
    end
    return list
end

-- { difference =, p = } of a less b, or nil and why there is none.
function verdict.paired(a, b, measure, bins)
    local by_seed = table.concat(a.seeds, ",") == table.concat(b.seeds, ",")
    local fine, result = pcall(calib.paired, a.predictions, b.predictions,
        { measure = measure, bins = bins, by_seed = by_seed })
    if fine then return result end
    return nil, result
end

-- "83.75 %", ".512"
local function shown(m, value)
    local text = m.format:format(m.scale * value)
    return m.unit ~= "" and text .. " " .. m.unit or (text:gsub("^0%.", "."))
end

-- "a, b and c"
local function named(list)
    if #list < 2 then return list[1] end
    return table.concat(list, ", ", 1, #list - 1) .. " and " .. list[#list]
end

-- The lowest ECE and whatever is not told from it; rows that cannot be held against it are said.
local function lowest_ece(rows, ece, judge)
    local best, near, other, reason = rows[1], {}, {}, nil
    for _, row in ipairs(rows) do
        if row.mean.ece < best.mean.ece then best = row end
    end
    for _, row in ipairs(rows) do
        local apart, why
        if row ~= best then apart, why = judge(row, best, "ece") end
        if why then
            other[#other + 1], reason = row.label, why
        elseif apart and apart.p >= level then
            near[#near + 1] = ("%s (%s)"):format(row.label, shown(ece, row.mean.ece))
        end
    end
    local tie = #near > 0 and (", within noise of %s"):format(named(near)) or ""
    local none = #other > 0 and ("; no verdict on %s, %s"):format(named(other), reason) or ""
    return ("Lowest ECE: %s, %s%s%s."):format(best.label, shown(ece, best.mean.ece), tie, none)
end

-- "Temperature scaling against TST: better on NLL (.480, .507), ...": ties and losses as plainly as wins.
local function against(temperature, row, measures, judge)
    local verdicts = { better = {}, worse = {}, tie = {}, same = {} }
    local scaling = temperature.label:gsub("^temperature", "Temperature scaling")
    for _, m in ipairs(measures) do
        local apart, why = judge(temperature, row, m.name)
        if not apart then return ("%s against %s: no verdict, %s."):format(scaling, row.label, why) end
        local lower = (apart.difference < 0) == (m.better == "lower")
        local word = apart.difference == 0 and "same" or apart.p >= level and "tie" or lower and "better" or "worse"
        table.insert(verdicts[word],
            ("%s (%s, %s)"):format(m.title, shown(m, temperature.mean[m.name]), shown(m, row.mean[m.name])))
    end
    local parts = {}
    for _, v in ipairs{ { "better", "better on " }, { "worse", "worse on " }, { "tie", "within noise on " },
        { "same", "the same on " } } do
        if #verdicts[v[1]] > 0 then parts[#parts + 1] = v[2] .. named(verdicts[v[1]]) end
    end
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

-- How the claims above were made.
local function grounds(rows)
    local most, least, single = 0, math.huge, false
    for _, row in ipairs(rows) do
        most, least = math.max(most, #row.seeds), math.min(least, #row.seeds)
        single = single or #row.seeds < 2
    end
    local seeds = most > 1 and (" and the %s seeds"):format(least < most and ("%d to %d"):format(least, most) or most) or ""
    local lines = { ("Paired over the %s images%s; 5 of 100 comparisons of equals would be called a difference "
        .. "(help \"verdict\")."):format(numbers.thousands(rows[1].n), seeds) }
    if single then
        lines[#lines + 1] = "Single runs: this is said of these networks; several seeds (--seeds 1,2,3) tell whether "
            .. "it holds for the methods."
    end
    return lines
end

-- What the rows say, computed from them; judge(a, b, measure) is verdict.paired with the comparison's bins.
function verdict.of(rows, judge)
    local measures = judged()
    local lines, floor = {}, 0
    if #rows > 1 then lines[1] = lowest_ece(rows, measures.ece, judge) end
    for _, row in ipairs(rows) do
        floor = math.max(floor, row.floor)
        local two_stage = row.method == "TST" or row.method == "V-TST"
        for _, t in ipairs(two_stage and rivals(rows, row) or {}) do
            lines[#lines + 1] = against(t, row, measures, judge)
        end
    end
    if #rows > 1 then table.move(grounds(rows), 1, 2, #lines + 1, lines) end
    if floor > 0 then
        lines[#lines + 1] = ("A perfectly calibrated network with these confidences would read an ECE of about %s "
            .. "at n = %s."):format(shown(measures.ece, floor), numbers.thousands(rows[1].n))
    end
    return table.concat(lines, "\n")
end

return verdict
