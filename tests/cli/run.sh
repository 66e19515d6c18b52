#!/bin/bash
# run.sh TARE - the command line seen from outside: exit codes, what goes to stdout and stderr, Ctrl-C, limits.
# Each case: name | exit code | pattern in stdout | pattern in stderr | command (the word tare stands for the program).
# A pattern is an extended regular expression; `-` means that nothing may be there.
tare=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
export TARE_HOME=${TARE_HOME:-$here} TARE_RUNS=runs
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
number=0 failures=0

cat > fails.lua <<'LUA'
local function inner() error("no such thing") end

local function outer() inner() end
outer()
LUA
echo 'local x = = 1' > syntax.lua
echo 'print(arg[1], select("#", ...), arg.seed, table.concat(arg.seeds, "+"))' > args.lua
cat > tiny.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100 }
return train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 2, name = "tiny" }:wait().state
LUA
cat > endless.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100 }
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 100000, name = "endless" }
train.tst{ from = base, batch = 64, name = "queued" }
base:on_epoch(function() io.popen("kill -INT $PPID"):close() end) -- Ctrl-C, once it runs
pcall(base.wait, base)
while true do pcall(base.wait, base) end
LUA
cat > callback.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100 }
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 100000, name = "callback" }
base:on_epoch(function() error "from the callback" end)
base:wait()
LUA
cat > nested.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100 }
local told = 0
local base = train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 2, name = "nested" }
base:on_epoch(function() told = told + 1 end)
coroutine.wrap(function() base:wait() end)()
print("told", told)
LUA

cat > diverge.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100, size = 16, classes = 4 }
local run = train.stage1{ data = ds, model = nn.mlp{}, optimizer = "sgd", lr = 1e3, momentum = 0.99, schedule = "constant" }
if arg[1] ~= "caught" then run:wait() end
if not pcall(run.wait, run) then print "caught" end
LUA

# A script whose modules lie beside it: one of a name that tare has too, and one in a folder of its own.
mkdir -p beside/tools
echo 'return { name = "mine" }' > beside/figure.lua
echo 'return { name = "tools" }' > beside/tools/init.lua
echo 'local x = = 1' > beside/broken.lua
echo 'print(require("figure").name, require("tools").name, type(require("tare.figure").table))' > beside/modules.lua
echo 'require "broken"' > beside/breaks.lua

# Records of CIFAR-10's kind whose labels are 0: ten training images and one test image.
mkdir -p sets/cifar-10-batches-bin
for i in 1 2 3 4 5; do head -c 6146 /dev/zero > sets/cifar-10-batches-bin/data_batch_$i.bin; done
head -c 3073 /dev/zero > sets/cifar-10-batches-bin/test_batch.bin

# A locale with a decimal comma, where the C library's tools can make one; 1.5 is 1.5 in any.
mkdir loc && localedef -i de_DE -f UTF-8 loc/de_DE.UTF-8 2> /dev/null
in_german() { env LOCPATH="$PWD/loc" LC_ALL=de_DE.UTF-8 timeout -k 1 20 "$tare" run "$@"; }
cat > locale.lua <<'LUA'
assert(os.setlocale() and os.setlocale(nil, "numeric") == "C" and os.setlocale("C", "time") == "C")
assert(os.setlocale("no such place") == nil and os.setlocale("de_DE.UTF-8", "numeric") == nil)
assert(os.setlocale("C", "numeric") == "C" and not pcall(os.setlocale, "C", "weather"))
os.setlocale("de_DE.UTF-8")
print(1.5, tostring(tonumber "1.5"), data.blends{ train = 200, valid = 100, test = 100, noise = 0.05 })
LUA
echo 'local ds = data.blends{ train = 200, valid = 100, test = 100, size = 16, classes = 4 }
local run = train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, steps = 2 }:wait()
return "table", runs.compare({ run }).rows[1].sd' > seeds.lua

cat > harm.lua <<'LUA'
local ds = data.blends{ size = 16, classes = 4, train = 64, valid = 64, test = 100 }
local set = { data = ds, model = nn.mlp{ hidden = 8 }, batch = 16, epochs = 50 }
local function with(more) for k, v in pairs(set) do more[k] = more[k] or v end return train.stage1(more) end
local wild = with{ optimizer = "sgd", lr = 1000, schedule = "constant" }
with{ epochs = 1 }:wait() -- it stands behind the other, which has diverged by then
if arg[1] == "catches" then pcall(wild.wait, wild) end
if arg[1] == "waits" then wild:wait() end
if arg[1] == "fails" then error "my plans have diverged" end
LUA

# Images of 4 x 4 whose labels count from 1.
cat > from1.lua <<'LUA'
local function put(name, ...)
    local file = assert(io.open("from1/" .. name, "wb"))
    file:write(...)
    file:close()
end
os.execute "mkdir -p from1"
for _, part in ipairs{ "train", "t10k" } do
    put(part .. "-images-idx3-ubyte", (">I4I4I4I4"):pack(0x803, 8, 4, 4), ("x"):rep(128))
    put(part .. "-labels-idx1-ubyte", (">I4I4"):pack(0x801, 8), ("\1\2\3\4"):rep(2))
end
return data.load{ name = "idx", dir = "from1", train = 4, valid = 4 }
LUA

matches() { # file pattern
    if [ "$2" = - ]; then [ ! -s "$1" ]; else grep -qE -- "$2" "$1"; fi
}

# Interrupted commands get SIGINT after a moment; all end within 20 s or fail.
run_case() { # name exit out err command
    local code problem=
    number=$((number + 1))
    tare() { timeout -k 1 20 "$tare" "$@"; }
    interrupted() { timeout -k 20 --preserve-status -s INT 1 "$tare" "$@"; }
    eval "$5" > out 2> err < /dev/null
    code=$?
    [ "$code" = "$2" ] || problem="exit $code, expected $2"
    matches out "$3" || problem="$problem; stdout lacks '$3'"
    matches err "$4" || problem="$problem; stderr lacks '$4'"
    if [ -z "$problem" ]; then
        echo "ok $number - $1"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $number - $1: $problem"
    sed 's/^/#   out: /' out | head -5
    sed 's/^/#   err: /' err | head -5
}

while IFS='|' read -r name code out err command; do
    [ -z "$name" ] || run_case "$name" "$code" "$out" "$err" "$command"
done <<'CASES'
harm that nobody looks at|3|-|diverged|tare --runs harm1 run harm.lua
harm that is waited for|3|-|diverged|tare --runs harm2 run harm.lua waits
harm that is caught|0|-|diverged|tare --runs harm3 run harm.lua catches
an error that speaks of harm|1|-|my plans have diverged|tare --runs harm4 run harm.lua fails
alone|0|To try first|-|tare
version|0|^tare [0-9.]+, kernels|-|tare --version
usage|0|--seeds N,N|-|tare --help
a page|0|calibration|-|tare help ece
topics|0|^topics   data, ece|-|tare help
unknown topic|2|-|^tare: no help on 'eec' \(did you mean 'ece'\?\)$|tare help eec
unknown flag|2|-|unknown flag --sed \(did you mean --seed\?\)|tare --sed 3
bad seed|2|-|--seed x: expected a whole number|tare --seed x -e 1
bad seeds|2|-|--seeds .*whole number|tare --seeds 1,,2 -e 1
same seed twice|2|-|--seeds: 7 is there twice|tare --seeds 7,1,7 -e 1
value missing|2|-|--threads: N is missing|tare --threads
too many threads|2|-|whole number from 1 to 64|tare --threads 65 -e 1
no value wanted|2|-|--json takes no value|tare --json=1 -e 1
data in a folder|0|cifar10: 5 train, 5 valid, 1 test|-|tare --data sets -e 'data.load{ name = "cifar10", train = 0, valid = 0, share = 0.5 }'
data by variable|0|cifar10: 5 train, 5 valid, 1 test|-|TARE_DATA=sets tare -e 'data.load{ name = "cifar10", train = 0, valid = 0, share = 0.5 }'
data not there|1|-|cifar10: no cifar-10-batches-bin/test_batch.bin in .*scripts/fetch-data cifar10`|tare -e 'data.load "cifar10"'
no such folder|2|-|--data nowhere: no such folder|tare --data nowhere -e 1
which file|2|-|run FILE|tare run
missing file|2|-|cannot open missing.lua|tare run missing.lua
command forgotten|2|-|tare run fails.lua|tare fails.lua
unknown command|2|-|did you mean 'help'|tare hepl
unknown vector set|2|-|TARE_ISA|TARE_ISA=vax tare -e 1
value of a line|0|^0\.333333$|-|tare -e 1/3
nil shows nothing|0|-|-|tare -e nil
statement|0|^hello	2$|-|tare -e 'print("hello", 2)'
table|0|^\{ 1, 2, x = "a" \}$|-|tare -e '{1, 2, x = "a"}'
json|0|^\[\{"a": null\}, \[1, 2\]\]$|-|tare --json -e '{a = 0/0}, {1, 2}'
json of a report|0|^whole$|-|report=$(tare --json -e 'calib.report(calib.predictions{ p = {{.7, .3}}, y = {1} })'); for m in $(tare -e 'for _, m in ipairs(calib.measures()) do print(m.name) end'); do [[ $report == *"\"$m\":"* ]] || echo "$m"; done; echo whole
json of a loop|1|-|holds itself|tare --json -e 'local t = {} t.t = t return t'
script arguments|0|^a	2	5	5$|-|tare run args.lua --seed 5 a b
seeds|0|^nil	0	1	1\+2\+3$|-|tare run args.lua --seeds 1,2,3
own flags|0|^--seed	1	1	1$|-|tare run args.lua -- --seed
script error|1|-|fails.lua:1: no such thing|tare run fails.lua
traceback|1|-|fails.lua:3: in .*outer|tare run fails.lua
syntax error|1|-|syntax.lua:1: unexpected symbol|tare run syntax.lua
modules beside the script|0|^mine	tools	function$|-|tare run beside/modules.lua
a broken module|1|-|module 'broken': beside/broken.lua:1: unexpected symbol|tare run beside/breaks.lua
a module of tare's without its prefix|1|-|tare's own is require "tare.recipes"|tare -e 'require "recipes"'
no such module|1|-|module 'nowhere' not found|tare -e 'require "nowhere"'
undefined global|1|-|undefined global 'dta' \(did you mean 'data'|tare -e 'print(dta)'
new global|1|-|write `local x`|tare -e 'x = 1'
error value|1|-|error with a table|tare -e 'error{}'
os.exit|7|-|-|tare -e 'while true do pcall(os.exit, 7) end'
json of nils|0|^\[1, null, 3, null\]$|-|tare --json -e '1, nil, 3, nil'
json of no value|0|^null$|-|tare --json -e nil
json of a table that has keys at times|0|^\{"sd": \{\}, "t": \[\]\}$|-|tare --json -e '{ sd = setmetatable({}, { __jsontype = "object" }), t = {} }'
json of one seed|0|^"table", \{\}$|-|tare --json run seeds.lua --quiet --runs other2 | grep -o '"table", {}'
lines in order|0|^1 2 3 4 $|-|tare -e 'print(1) return 2' -e 3 -e 'local x return x, 4' | tr '\n' ' '
lines are read before they run|1|-|unexpected symbol|tare -e 'print(1)' -e '= ='
labels from 1 are said|0|4 classes .labels from 1., 4 x 4|-|tare run from1.lua
script by a pipe|0|^piped	0$|-|echo 'print("piped", select("#", ...))' | tare
script by a pipe, with arguments|0|^-	a	b$|-|echo 'print(arg[0], ...)' | tare run - a b
script by a pipe fails|1|-|stdin:1: no such thing|echo 'error "no such thing"' | tare
full disk|1|-|cannot write to stdout|tare -e 'print(1)' > /dev/full
full disk, usage|1|-|cannot write to stdout: No space|tare --help > /dev/full
full disk, version|1|-|cannot write to stdout: No space|tare --version > /dev/full
full disk, a lot|1|-|cannot print: No space|tare -e 'for i = 1, 1e5 do print(i) end' > /dev/full
the reader has enough|0|^0$|-|{ tare -e 'while true do print(1) end'; echo $? > code; } | head -1 > /dev/null; cat code
the reader of io.write has enough|0|^0$|-|{ tare -e 'while true do io.write("x\n") end'; echo $? > code; } | head -1 > /dev/null; cat code
the reader of json has enough|0|^0$|-|{ tare --json -e '("x"):rep(1e6)'; echo $? > code; } | true; cat code
the locale of a script|0|^1.5	1.5	data set blends|-|in_german locale.lua
runaway table|1|-|script out of memory \(limit 20 MB\)|TARE_LUA_MEMORY=20971520 tare -e 'local t = {} while true do t[#t+1] = {} end'
runaway string|1|-|script out of memory|TARE_LUA_MEMORY=20971520 tare -e 'local s = "x" while true do s = s .. s end'
memory comes back|0|^false	not enough memory$|-|TARE_LUA_MEMORY=20971520 tare -e 'print(pcall(function() local t = {} while true do t[#t+1] = {} end end)) local t = {} for i = 1, 1e5 do t[i] = {} end'
Ctrl-C in a loop|130|-|interrupted|interrupted -e 'while true do end'
Ctrl-C under pcall|130|-|interrupted|interrupted -e 'local function f() while true do end end while true do pcall(f) end'
Ctrl-C in a handler|130|-|interrupted|interrupted -e 'local function f() while true do end end while true do xpcall(f, f) end'
Ctrl-C in a coroutine|130|-|interrupted|interrupted -e 'local function f() while true do end end while true do coroutine.wrap(function() pcall(f) end)() end'
Ctrl-C in a comparator|130|-|interrupted|interrupted -e 'local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, function(a, b) return a * 7919 % 100003 < b * 7919 % 100003 end) end'
Ctrl-C in __tostring|130|-|interrupted|interrupted -e 'setmetatable({}, { __tostring = function() while true do end end })'
Ctrl-C in __close|130|-|interrupted|interrupted -e 'local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end'
a run|0|^done$|tiny: done in|tare run tiny.lua
diverged|3|-|diverged: the loss is NaN after step|tare run diverge.lua
diverged and caught|0|^caught$|-|tare run diverge.lua caught --quiet --runs other 2> /dev/null
a run reused|0|^done$|-|tare run tiny.lua --resume
name taken|1|-|tiny|tare run tiny.lua
quiet|0|^done$|-|tare run tiny.lua --quiet --runs other
Ctrl-C in a run|130|-|to go on: .* run endless.lua --resume|tare run endless.lua
resumed and stopped|130|-|endless: goes on from step|tare run endless.lua --resume
callback fails|1|-|on_epoch of callback: callback.lua:3: from the callback|tare run callback.lua
a folder that is no run|1|-|mine/tiny is there, is no run .* holds notes.txt|mkdir -p mine/tiny; echo x > mine/tiny/notes.txt; tare run tiny.lua --runs mine
and it is still there|0|^x$|-|cat mine/tiny/notes.txt
standard streams closed|0|-|-|tare run tiny.lua --runs closed <&- >&- 2>&-
and the weights are whole|0|^[0-9]\.|-|tare --runs closed -e 'print(runs.open("tiny"):evaluate("test").nll)'
a file may not grow|1|-|last.safetensors .*File too large|(ulimit -f 8; tare run tiny.lua --runs small)
wait in a coroutine|0|^told	2$|nested: done|tare run nested.lua
CASES

echo "1..$number"
[ "$failures" = 0 ]
