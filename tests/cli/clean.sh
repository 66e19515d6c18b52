#!/bin/bash
# clean.sh TARE - what files and the outside say reaches no terminal and no text file as it is: through each kind of file
# goes a text with escape sequences (harmless ones), and what comes out has none. TAP on stdout.
tare=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
export TARE_HOME=${TARE_HOME:-$here} TARE_RUNS=runs LC_ALL=C.UTF-8
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
number=0 failures=0

evil=$'E\e[31m\e]0;title\a\x9b31m\xc2\x9b31m\x7fE' # escape, bell, CSI as a byte and in UTF-8, delete
json='E\u001b[31m\u001b]0;title\u0007\u009b31m\u007fE'

tare() { timeout -k 1 20 "$tare" "$@"; }

# Nothing in a file is a control but tabs and newlines, and it is UTF-8.
cat > check.lua <<'LUA'
local text = io.read "a"
assert(utf8.len(text), "it is not UTF-8")
for _, code in utf8.codes(text) do
    assert(code >= 32 and (code < 127 or code > 159) or code == 9 or code == 10, "it has the control " .. code)
end
LUA

check() { # name, a part of what it must say, command: what it prints, and the files out.* that it makes
    local problem=
    number=$((number + 1))
    rm -f out.*
    eval "$3" > out.all 2>&1 < /dev/null
    grep -qaF -- "$2" out.all || problem="it does not say '$2'"
    for file in out.*; do
        tare run check.lua < "$file" 2> why || problem="$problem $file: $(head -1 why)"
    done
    if [ -z "$problem" ]; then echo "ok $number - $1"; return; fi
    failures=$((failures + 1))
    echo "not ok $number - $1: $problem"
    cat -v out.all | sed 's/^/#   /' | head -5
}

# ---- files of arrays ----

safetensors() { # file, header; 4 bytes of data
    local n=${#2}
    { printf "\\x$(printf %02x $((n % 256)))\\x$(printf %02x $((n / 256)))\0\0\0\0\0\0%s\0\0\0\0" "$2"; } > "$1"
}
row='"shape":[1],"data_offsets":[0,4]'
safetensors name.safetensors "{\"$json\":{\"dtype\":\"F32\",$row}}"
safetensors type.safetensors "{\"body.x\":{\"dtype\":\"$json\",$row}}"
safetensors meta.safetensors "{\"__metadata__\":{\"model.family\":\"$json\"},\"body.x\":{\"dtype\":\"F32\",$row}}"
safetensors value.safetensors "{\"__metadata__\":{\"model.family\":\"mlp\",\"model.hidden\":\"$json\"},\"body.x\":{\"dtype\":\"F32\",$row}}"
safetensors key.safetensors "{\"__metadata__\":{\"$json\":3},\"body.x\":{\"dtype\":\"F32\",$row}}"
load='nn.load("%s.safetensors", { data = data.load{ train = 100, valid = 100, test = 100 } }):wait()'
check "a tensor's name" "are named in no way" "tare -e '${load/\%s/name}'"
check "a tensor's type" "is of type" "tare -e '${load/\%s/type}'"
check "metadata" "no family of networks" "tare -e '${load/\%s/meta}'"
check "a value of metadata" "expected a number" "tare -e '${load/\%s/value}'"
check "a key of metadata" "is no string" "tare -e '${load/\%s/key}'"

mkdir npy
head="{'descr': '$(printf %s "$evil" | head -c 20)', 'fortran_order': False, 'shape': (1,)}"
printf "\x93NUMPY\1\0\x$(printf %02x "$(printf %s "$head" | wc -c)")\0%s" "$head" > npy/x_train.npy
check "the type of an array" "is not read" "tare -e 'data.load{ name = \"npy\", dir = \"npy\" }'"

mkdir idx near
printf 'one\n%s\n' "$evil" > idx/labels.txt
check "class names" "line 2: a control character" "tare -e 'data.load{ name = \"idx\", dir = \"idx\" }'"
: > "near/train-images${evil//\/}.idx3-ubyte"
: > near/$'\e'train-images-idx3-ubyte
check "names of files" "is there: rename it" "tare -e 'data.load{ name = \"idx\", dir = \"near\" }'"

# ---- runs ----

cat > run.lua <<'LUA'
local ds = data.blends{ train = 200, valid = 100, test = 100, size = 16, classes = 4 }
train.stage1{ data = ds, model = nn.mlp{ hidden = 4 }, steps = 2, name = arg[1] }:wait()
LUA
sed_json=${json//\\/\\\\}
for name in config key from events note; do tare run run.lua $name --quiet; done
sed -i "s/\"schedule\": *\"[a-z]*\"/\"schedule\": \"$sed_json\"/" runs/config/config.json
check "a value of config.json" "expected one of" "tare -e 'print(runs.open \"config\")'"
sed -i "s/\"schedule\":/\"$sed_json\":/" runs/key/config.json
check "a key of config.json" "unknown option" "tare -e 'print(runs.open \"key\")'"
sed -i "s/\"from\": *\"\"/\"from\": \"$sed_json\"/" runs/from/config.json
check "a parent's name" "title" "tare -e 'print(runs.list())'"
sed -i '$ s/"state": *"done"/"state":"failed"/; $ s/"\(text\|what\)": *"[^"]*"/"\1":"'"$sed_json"'"/' runs/events/events.jsonl
check "what an event says" "failed" "tare -e 'local r = runs.open \"events\" print(r, r.state) r:wait()'"
sed -i '1 s/{/{"note": "'"$sed_json"'",/' runs/note/summary.json
check "a note" "title" "tare -e 'print(runs.list()) plot.save(\"out.txt\", runs.list()) plot.save(\"out.csv\", runs.list())'"

# ---- the outside ----

printf 'x = "%s' "$evil" > broken.lua
check "source in an error" "unfinished string" "tare run broken.lua"
printf 'error(%s)' "[[$evil]]" > fails.lua
check "an error of a script" "title" "tare run fails.lua"
check "a flag" "unknown flag" 'tare --"$evil"'
check "a command" "unknown command" 'tare "$evil"'
check "a file" "cannot open" 'tare run "$evil"'
check "a run to view" "name" 'tare view "$evil"'
check "a folder" "no such folder" 'tare --data "$evil" -e 1'
check "a string" 'E\027' 'tare -e "{ [[$evil]] }"'

echo "1..$number"
[ "$failures" = 0 ]
