-- help.lua - help [topic]: a page of lua/help, or a function with its options, or the list of both.

local help = {}
local registry = require "tare.registry"

local function page_path(topic)
    return registry.folder .. "/help/" .. topic .. ".md"
end

local function read(path)
    local file = io.open(path)
    if not file then return nil end
    local text = file:read "a"
    file:close()
    return text
end

local function topics()
    local list, seen = {}, {}
    for _, row in ipairs(registry.rows) do
        if not seen[row.topic] then
            seen[row.topic] = true
            list[#list + 1] = row.topic
        end
    end
    table.sort(list)
    return list
end

local function call(row)
    if not row.arguments then return row.name end
    return row.name .. (row.arguments:match "^{[^}]*}$" or "(" .. row.arguments .. ")")
end

local function overview()
    local lines = { "topics (help \"ece\"): " .. table.concat(topics(), ", "), "" }
    for _, row in ipairs(registry.rows) do lines[#lines + 1] = ("%-24s %s"):format(row.name, row.summary) end
    return table.concat(lines, "\n")
end

local function of_function(row)
    local lines = { call(row), "    " .. row.summary }
    for _, o in ipairs(row.options) do
        local takes = o.choices or (o.least and ("%.16g .. %.16g"):format(o.least, o.most)) or "text"
        local default = o.initial ~= "" and o.initial or '""'
        lines[#lines + 1] = ("    %-28s %s (%s)"):format(o.name .. " = " .. default, o.help, takes)
    end
    lines[#lines + 1] = "example: " .. row.example
    lines[#lines + 1] = ("see also: help \"%s\""):format(row.topic)
    return table.concat(lines, "\n")
end

-- The table of measures, for a page that has {measures} in it.
local function measures()
    local lines = {}
    for _, m in ipairs(calib.measures()) do lines[#lines + 1] = ("    %-10s %s"):format(m.name, m.help) end
    return table.concat(lines, "\n")
end

-- The text for a topic or a function's name; an unknown one raises with what was meant.
function help.text(topic)
    if not topic then return overview() end
    local names = topics()
    for _, row in ipairs(registry.rows) do
        if row.name == topic then return of_function(row) end
        names[#names + 1] = row.name
    end
    local page = topic:match "^%l+$" and read(page_path(topic))
    if page then return (page:gsub("%s+$", ""):gsub("{measures}", measures)) end
    local near = registry.nearest(topic, names)
    local advice = near and ("did you mean '%s'?"):format(near) or "topics: " .. table.concat(topics(), ", ")
    error(("no help on '%s' (%s)"):format(topic, advice), 0)
end

function help.show(topic) print(help.text(topic)) end

return help
