-- listing.lua - how runs.list() prints itself.

local listing = {}
local text_table = require("tare.registry").text_table

local columns = { "run", "kind", "state", "from", "data", "recipe", "seed", "acc %", "ECE %", "s", "note" }

local function percent(value) return value and ("%.2f"):format(100 * value) end

-- What the figures in the list are.
listing.recipe = "accuracy and ECE on the test images: top label, 10 equal-width bins (lo, hi]"

-- The headers and the cells of the list, row by row; false is an empty cell.
function listing.cells(runs)
    local rows = {}
    for i, run in ipairs(runs) do
        rows[i] = {
            run.name, run.kind or false, run.state or "?", run.from or false, run.data or false,
            run.recipe or false, run.seed and tostring(run.seed) or false, percent(run.accuracy) or false,
            percent(run.ece) or false, run.seconds and ("%.0f"):format(run.seconds) or false,
            run.note or run.trouble or false,
        }
    end
    return columns, rows
end

local list = {}
function list:__tostring()
    if #self == 0 then return "no runs yet" end
    local headers, cells = listing.cells(self)
    return text_table(headers, cells, 100)
end

function listing.dress(runs) return setmetatable(runs, list) end

function listing.is(value) return getmetatable(value) == list end

return listing
