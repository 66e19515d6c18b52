-- figure.lua - what plot.save() writes of a comparison.

local figure = {}
local compare = require "compare"

local figures = { "accuracy", "ece", "mce", "nll", "brier", "gap" }

-- A field of a csv file: quoted where it has to be.
local function field(value)
    local text = value == nil and "" or type(value) == "number" and ("%.10g"):format(value) or tostring(value)
    return text:find '[",\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

-- A line a row: label, runs, seeds, n, then mean and sd of each figure.
local function csv(rows)
    local head = { "label", "runs", "seeds", "n" }
    for _, key in ipairs(figures) do head[#head + 1], head[#head + 2] = key, key .. "_sd" end
    local lines = { table.concat(head, ",") }
    for _, row in ipairs(rows) do
        local cells = {
            field(row.label), field(table.concat(row.runs, " ")), field(table.concat(row.seeds, " ")), field(row.n),
        }
        for _, key in ipairs(figures) do
            cells[#cells + 1], cells[#cells + 2] = field(row.mean[key]), field(row.sd[key])
        end
        lines[#lines + 1] = table.concat(cells, ",")
    end
    return table.concat(lines, "\n") .. "\n"
end

-- What C needs of a comparison: its recipe, then as text (svg: nil), headers, cells and notes of its table.
function figure.comparison(value, format)
    if not compare.is(value) then
        error("plot.save: expected predictions, a run or a comparison, got " .. type(value), 0)
    end
    if format == "csv" then return value.recipe, csv(value.rows) end
    if format == "txt" then return value.recipe, tostring(value) .. "\n" end
    local headers, cells = compare.cells(value.rows)
    return value.recipe, nil, headers, cells, compare.notes(value)
end

return figure
