-- numbers.lua - small arithmetic and wording that comparisons share.

local numbers = {}

-- The mean and, of more than one value, the standard deviation (n - 1).
function numbers.mean_sd(values)
    local sum, squares = 0, 0
    for _, x in ipairs(values) do sum = sum + x end
    local mean = sum / #values
    for _, x in ipairs(values) do squares = squares + (x - mean) ^ 2 end
    return mean, #values > 1 and math.sqrt(squares / (#values - 1)) or nil
end

-- The keys of a table, in order.
function numbers.sorted_keys(set)
    local keys = {}
    for key in pairs(set) do keys[#keys + 1] = key end
    table.sort(keys)
    return keys
end

-- The order that people sort names in: numbers within them by size, "z-8" before "z-32".
function numbers.natural(a, b)
    local function key(text)
        return (text:gsub("0*(%d+)", function(digits) return ("%03d%s"):format(#digits, digits) end))
    end
    local ka, kb = key(a), key(b)
    if ka ~= kb then return ka < kb end
    return a < b
end

-- 10000 -> "10,000"
function numbers.thousands(n)
    return (("%d"):format(n):reverse():gsub("%d%d%d", "%0,"):reverse():gsub("^,", ""))
end

return numbers
