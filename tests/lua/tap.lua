-- tap.lua - "ok" and "not ok" lines. A test file ends with tap.done(), which raises when one was not ok.

local tap = { count = 0, failed = 0 }

function tap.ok(good, name, detail)
    tap.count = tap.count + 1
    if not good then tap.failed = tap.failed + 1 end
    print(("%s %d - %s"):format(good and "ok" or "not ok", tap.count, name))
    if not good and detail then print("# " .. tostring(detail):gsub("\n", "\n# ")) end
end

function tap.is(got, want, name)
    tap.ok(got == want, name, ("got %s, expected %s"):format(tostring(got), tostring(want)))
end

function tap.near(got, want, within, name)
    tap.ok(math.abs(got - want) <= within, name, ("got %.12g, expected %.12g within %g"):format(got, want, within))
end

-- f must raise a message that holds `text`.
function tap.raises(f, text, name)
    local fine, message = pcall(f)
    tap.ok(not fine and tostring(message):find(text, 1, true) ~= nil, name,
        ("got %s, expected an error with '%s'"):format(fine and "no error" or tostring(message), text))
end

function tap.done()
    print("1.." .. tap.count)
    if tap.failed > 0 then error(("%d of %d not ok"):format(tap.failed, tap.count), 0) end
end

return tap
