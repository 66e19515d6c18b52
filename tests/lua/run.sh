#!/bin/sh
# The tests written in Lua, by the program named in $1, in a runs folder of their own: prepare.lua, then all others. TAP
# on stdout.
tare=${1:-build/release/tare}
runs=$(mktemp -d) || exit 1
trap 'rm -rf "$runs"' EXIT
status=0
for test in prepare help $(ls tests/lua | sed -n '/^prepare\.\|^tap\./!s/\.lua$//p'); do
    "$tare" run tests/lua/$test.lua --runs "$runs" --quiet || { echo "not ok - tests/lua/$test.lua ended early"; status=1; }
done
exit $status
