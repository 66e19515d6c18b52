-- help.lua - help [topic]: a page of lua/help, a function with its options, what belongs to a module or a handle, all
-- that speak of a word, or the list of everything.

local help = {}
local registry = require "tare.registry"
local sorted_keys = require("tare.numbers").sorted_keys

local width, found_most = 78, 12
local aliases = { replay = "view", import = "weights", export = "weights", calibration = "ece", paste = "workbench" }

-- ---- pages ----------------------------------------------------------------------------------------

local function read(topic)
    local file = io.open(registry.folder .. "/help/" .. topic .. ".md")
    if not file then return nil end
    local text = file:read "a"
    file:close()
    return (text:gsub("%s+$", ""))
end

-- "    name   words", the words wrapped in a column of their own, behind `indent` bytes.
local function entry(name, words, indent)
    local lines, line = {}, ("%-" .. indent .. "s"):format("    " .. name)
    if #line > indent then lines[1], line = line, (" "):rep(indent) end
    for word in words:gmatch "%S+" do
        if #line + #word > width and #line > indent then
            lines[#lines + 1], line = line, (" "):rep(indent)
        end
        line = line .. (#line > indent and " " or "") .. word
    end
    lines[#lines + 1] = line
    return table.concat(lines, "\n")
end

local function call(row)
    if not row.arguments then return row.name end
    return row.name .. (row.arguments:match "^{[^}]*}$" or "(" .. row.arguments .. ")")
end

-- "run" of "run:wait", "train" of "train.tst"; nil for a global.
local function owner(row) return row.name:match "^(%l+)[.:]" end

-- What belongs to a module or a handle; on a page the names alone, without their arguments.
local function rows_of(name, short)
    local lines = {}
    for _, row in ipairs(registry.rows) do
        if owner(row) == name then lines[#lines + 1] = entry(short and row.name or call(row), row.summary, 22) end
    end
    return #lines > 0 and table.concat(lines, "\n") or nil
end

local function list(items, name, words)
    local lines = {}
    for i, item in ipairs(items) do lines[i] = entry(item[name], item[words], 22) end
    return table.concat(lines, "\n")
end

-- What a page leaves to the tables of the program, {like this} on a line of its own.
local tables = {
    measures = function() return list(calib.measures(), "name", "help") end,
    keys = function() return list(registry.keys(), "name", "help") end,
}
for _, name in ipairs{ "data", "nn" } do tables[name] = function() return rows_of(name, true) end end

local function page(topic)
    local text = topic:find "^%l+$" and read(aliases[topic] or topic)
    return text and ("\n" .. text):gsub("\n{(%l+)}", function(name) return "\n" .. tables[name]() end):sub(2)
end

-- ---- the list of everything, a function ------------------------------------------------------------

local function overview()
    local lines = { (entry("topics", table.concat(registry.pages(), ", "), 13):gsub("%f[^\n\0]    ", "")), "" }
    for _, row in ipairs(registry.rows) do lines[#lines + 1] = ("%-24s %s"):format(row.name, row.summary) end
    return table.concat(lines, "\n")
end

local function option(o)
    local takes = o.choices or (o.least and ("%.16g .. %.16g"):format(o.least, o.most)) or "text"
    return o.name .. " = " .. (o.initial ~= "" and o.initial or '""'), ("%s (%s)"):format(o.help, takes)
end

local function of_function(row)
    local lines = { call(row), "    " .. row.summary }
    for _, o in ipairs(row.options) do lines[#lines + 1] = ("    %-28s %s"):format(option(o)) end
    lines[#lines + 1] = "example: " .. row.example
    lines[#lines + 1] = ("see also: help \"%s\""):format(row.topic)
    return table.concat(lines, "\n")
end

-- ---- all that speak of a word ----------------------------------------------------------------------

-- Adds "name   words" where one of the two has the word.
local function look(lines, word, name, words)
    local at = (name .. "\n" .. words):lower():find(word, 1, true)
    if at then lines[#lines + 1] = entry(name, words, 26) end
    return at
end

local function search(word)
    word = word:lower()
    local functions, options, pages = {}, {}, {}
    for _, row in ipairs(registry.rows) do
        look(functions, word, row.name, row.summary)
        for _, o in ipairs(row.options) do look(options, word, row.name .. " " .. o.name .. " =", o.help) end
    end
    for _, topic in ipairs(registry.pages()) do
        for line in (page(topic) .. "\n"):gmatch "(.-)\n" do
            if look(pages, word, topic, line:gsub("^%s+", "") or "") then break end -- its first is enough
        end
    end
    local lines = {}
    for _, found in ipairs{ { "functions", functions }, { "options", options }, { "pages", pages } } do
        local name, of = found[1], found[2]
        if #of > 0 then lines[#lines + 1] = name end
        table.move(of, 1, math.min(#of, found_most), #lines + 1, lines)
        if #of > found_most then lines[#lines + 1] = ("    and %d more"):format(#of - found_most) end
    end
    return #lines > 0 and table.concat(lines, "\n") or nil
end

-- ---- help ------------------------------------------------------------------------------------------

-- The name of a function, a handle or a module; of anything else an error that says what help takes.
local function name_of(value)
    local name = registry.name_of(value)
    for _, row in ipairs(registry.rows) do
        local module = owner(row)
        if not name and module and rawget(_G, module) == value then name = module end
    end
    return name or error(("help: expected a topic, a function or a handle, got a %s that is none of tare's; "
        .. "help() lists what there is"):format(type(value)), 0)
end

local function unknown(topic)
    local names = registry.pages()
    for _, row in ipairs(registry.rows) do names[#names + 1] = row.name end
    local near = registry.nearest(topic, names)
    local advice = near and ("did you mean '%s'?"):format(near) or "topics: " .. table.concat(registry.pages(), ", ")
    error(("no help on '%s' (%s)"):format(topic, advice), 0)
end

-- The text for a topic, a name, a word, or what has a name; an unknown one raises with what was meant.
function help.text(topic)
    if topic == nil then return overview() end
    if type(topic) ~= "string" then topic = name_of(topic) end
    for _, row in ipairs(registry.rows) do
        if row.name == topic then return of_function(row) end
    end
    local lower = topic:lower()
    return page(lower) or rows_of(lower) or (#topic > 1 and search(topic)) or unknown(topic)
end

-- On a page of the workbench's where there is one, and the text is longer than the log has room for.
function help.show(topic)
    local text = help.text(topic)
    local title = type(topic) == "string" and "help " .. topic or "help"
    if not registry.page(title, text) then print(text) end
end

return help
