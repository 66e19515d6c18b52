-- figure.lua - what plot.save() writes of tables: a comparison, a list of runs.

local figure = {}
local compare, listing = require "tare.compare", require "tare.listing"

-- A number as every reader of csv takes it.
local function number(value)
    if value ~= value then return "NaN" end
    return math.abs(value) == math.huge and (value > 0 and "Inf" or "-Inf") or ("%.10g"):format(value)
end

-- A field of a csv file: quoted where it has to be.
local function field(value)
    local text = value == nil and "" or type(value) == "number" and number(value) or tostring(value)
    return text:find '[",\r\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

-- Of a comparison a line a row: label, runs, seeds, n, then mean and sd of each measure that it has.
local function csv(rows)
    local head, figures = { "label", "runs", "seeds", "n" }, {}
    for _, m in ipairs(calib.measures()) do
        if rows[1].mean[m.name] then figures[#figures + 1] = m.name end
    end
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

local function comparison_text(value, format)
    if format == "csv" then return csv(value.rows) end
    return tostring(value) .. "\n"
end

local function list_text(value, format)
    if format == "txt" then return tostring(value) .. "\n" .. listing.recipe .. "\n" end
    local headers, cells = listing.cells(value)
    local lines = {}
    for i, row in ipairs{ headers, table.unpack(cells) } do
        local line = {}
        for k, cell in ipairs(row) do line[k] = field(cell or nil) end
        lines[i] = table.concat(line, ",") .. "\n"
    end
    return table.concat(lines)
end

-- What C needs of a comparison or a list of runs: its recipe, then as text, or headers, cells, notes and title of its
-- table.
function figure.table(value, format)
    local text = format == "csv" or format == "txt"
    if compare.is(value) then
        if text then return value.recipe, comparison_text(value, format) end
        local headers, cells = compare.cells(value.rows)
        return value.recipe, nil, headers, cells, compare.notes(value), "comparison on the test images"
    elseif listing.is(value) then
        if text then return listing.recipe, list_text(value, format) end
        local headers, cells = listing.cells(value)
        return listing.recipe, nil, headers, cells, listing.recipe, "runs"
    end
    error("plot.save: expected predictions, a run, a comparison or runs.list(), got " .. type(value), 0)
end

return figure
