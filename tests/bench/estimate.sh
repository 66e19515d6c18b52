#!/bin/sh
# What a run is said to take, and what it takes: sh tests/bench/estimate.sh [./tare]. For a quiet machine; the last column
# is meant to lie within 1.5 either way, but for runs of less than a second.
tare=${1:-./tare}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
"$tare" --runs "$runs" -e '
local ds = data.load{ name = "fashion", train = 2000, valid = 2000 }
local all = {}
local function add(run) all[#all + 1] = run return run end
local base = add(train.stage1{ data = ds, model = nn.wrn{ depth = 10, width = 1 }, epochs = 5 })
add(train.tst{ from = base, patience = 0 })
add(train.vtst{ from = base, patience = 0 })
add(train.vtst{ from = base, features = "faithful", steps = 20, patience = 0 })
add(train.stage1{ data = ds, model = nn.wrn{ depth = 16, width = 4 }, steps = 20, batch = 64 })
add(train.stage1{ data = ds, model = nn.vit{}, epochs = 3 })
add(train.stage1{ data = ds, model = nn.cnn{}, epochs = 3 })
add(train.stage1{ data = ds, model = nn.mlp{}, epochs = 40 })
for _, run in ipairs(all) do run:wait() end' 2>/dev/null || exit 1
printf '%-12s %10s %10s %7s\n' run expected took ratio
for folder in "$runs"/*/; do
    said=$(sed -n 's/.*"expected_seconds": *\([0-9.e+-]*\).*/\1/p' "$folder/events.jsonl" | head -n 1)
    took=$(sed -n 's/.*"type": *"done".*"seconds": *\([0-9.e+-]*\).*/\1/p' "$folder/events.jsonl")
    echo "$(basename "$folder") $said $took" | awk '{ printf "%-12s %10.1f %10.1f %7.2f\n", $1, $2, $3, $3 / $2 }'
done
