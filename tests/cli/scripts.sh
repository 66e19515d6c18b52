#!/bin/bash
# scripts.sh TARE - every experiment in scripts/ gets to its table, on a few images made here, with the settings that its
# head names; its arguments, --resume, --json and missing data; what README and results/ say of them. TAP on stdout.
tare=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
export TARE_HOME=${TARE_HOME:-$here} TARE_RUNS=runs
unset TARE_DATA
work=$(mktemp -d) && cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
number=0 failures=0

# Images of one colour in the records of CIFAR-10, CIFAR-100 and SVHN, and a network that has seen a few of them.
mkdir -p sets/cifar-10-batches-bin sets/judge sets/cifar-100-binary sets/svhn
cat >make.lua <<'LUA'
local function write(path, n, label)
    local file = assert(io.open("sets/" .. path, "wb"))
    for i = 0, n - 1 do assert(file:write(label(i), string.char(i * 97 % 256):rep(3072))) end
    assert(file:close())
end
local function ten(i) return string.char(i % 10) end
local function hundred(i) return string.char(i % 100 // 5, i % 100) end
local function names(path, n)
    local file = assert(io.open("sets/" .. path, "w"))
    for i = 1, n do assert(file:write("class", i, "\n")) end
    assert(file:close())
end
for i = 1, 5 do write(("cifar-10-batches-bin/data_batch_%d.bin"):format(i), 80, ten) end
write("cifar-10-batches-bin/test_batch.bin", 100, ten)
write("judge/test_batch.bin", 1040, ten)
write("cifar-100-binary/train.bin", 400, hundred)
write("cifar-100-binary/test.bin", 100, hundred)
write("svhn/train.bin", 400, ten)
write("svhn/test.bin", 100, ten)
names("cifar-100-binary/fine_label_names.txt", 100)
names("cifar-100-binary/coarse_label_names.txt", 20)
local ds = data.load{ name = "cifar10", train = 100, valid = 100 }
nn.save(train.stage1{ data = ds, epochs = 1, name = "others" }, "others.safetensors")
LUA
"$tare" run make.lua --data sets --quiet || exit 1

run() { # script arguments: its stdout becomes `out`, on one line `words`
    local script=$1
    shift
    timeout -k 5 100 "$tare" run "$here/scripts/$script.lua" --data sets --quiet "$@" >out 2>err </dev/null
    code=$?
    words=$(tr -s ' \n' ' ' <out)
}

report() { # name problem
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $number - $1: $2"
    sed 's/^/#   out: /' out | tail -n 20
    sed 's/^/#   err: /' err | head -n 5
}

expect() { # name code file pattern...: the exit code, and texts that `words` or a file holds
    local name=$1 problem= file=$3
    [ "$code" = "$2" ] || problem="exit $code, expected $2"
    shift 3
    for text in "$@"; do
        grep -qF -- "$text" <<<"$([ "$file" = err ] && cat err || echo "$words")" || problem="$problem; $file lacks '$text'"
    done
    report "$name" "$problem"
}

rows() { # name row...: the rows of the table, first word by first word
    local name=$1 problem= found
    shift
    found=$(sed -n '/^──/,/^data /p' out | sed -E '1d;$d;s/ +[0-9].*//' | tr '\n' ',')
    [ "$found" = "$*" ] || problem="the rows are $found"
    report "$name" "$problem"
}
four=base,temperature,TST,V-TST,

# ---- each script, small ----

tiny="train=260 valid=100 epochs=1 steps=10"
run 02_two_stages data=cifar10 z=16 $tiny --seeds 1,2
expect "02" 0 out "data cifar10; 260 training images; WRN-10-1; recipe small; but for base epochs = 1 | TST steps = 10 |" \
    "Z = 16; KL weight 0.1/Z; M = 10;" "n = 100 test images; seeds 1, 2"
rows "02: four methods" $four
cp out first
run 02_two_stages data=cifar10 z=16 $tiny --seeds 1,2 --resume
report "02: --resume finds its runs" "$(cmp out first 2>&1; [ "$(ls runs | wc -l)" = 9 ] || echo "other runs: $(ls runs)")"

run 03_vit dim=16 depth=2 heads=2 patch=8 batch=100 epochs=15 train=260 valid=100 steps=10
expect "03" 0 out "data cifar10; 260 training images; ViT dim 16, depth 2, heads 2, patch 8, MLP x 2;" \
    "base batch = 100, epochs = 15, lr = 0.001, optimizer = adamw, warmup = 3, weight_decay = 0.05" \
    "TST eval_every = 5, steps = 10"
rows "03: four methods" $four

run 04_cifar10 augment=crop $tiny
expect "04" 0 out "data cifar10; 260 training images; WRN-10-1;" "base augment = crop, batch = 64, epochs = 1 |"
rows "04: four methods" $four

run 05_published_network others.safetensors dir=sets/judge held=held steps=10
expect "05" 0 out "imported, done" "reliability, ECE" "temperature scaling of import-1, done: T =" "n = 520 test images; seed 1"
rows "05: four methods" $four

run 06_cifar100 $tiny
expect "06" 0 out "data cifar100; 260 training images; WRN-10-1;" "n = 100 test images"
rows "06: four methods" $four
run 06_cifar100 labels=coarse $tiny --json
expect "06: coarse, as JSON" 0 out '"recipe": "data cifar100; 260 training images' '"label": "V-TST"'
report "06: its labels are coarse" "$(grep -lq '"labels": *"coarse"' runs/*/config.json || echo "no such run")"

run 07_svhn schedule=cosine $tiny
expect "07" 0 out "data svhn; 260 training images; WRN-10-1; recipe small; but for base epochs = 1 | TST"
run 07_svhn $tiny
expect "07: constant" 0 out "base epochs = 1, schedule = constant |"
rows "07: four methods" $four

run 08_losses data=svhn focal=2 $tiny
expect "08" 0 out "focal = 2" "mixup = 0.2" "smoothing = 0.1" "mixup + T against mixup + TST"
rows "08: four losses, as they are and mended" "focal,mixup,plain,smoothing,focal + T,mixup + T,plain + T,smoothing + T,focal +\
 TST,mixup + TST,plain + TST,smoothing + TST,"

# 01 takes no arguments: its recipe and its data are shortened.
cat >first.lua <<LUA
local load = data.load
function data.load(name) return load{ name = name, train = 100, valid = 100, test = 100 } end
require("tare.recipes").small.stage1.epochs = 1
return loadfile "$here/scripts/01_first_look.lua"()
LUA
"$tare" run first.lua --quiet >out 2>err
code=$? words=$(tr -s ' \n' ' ' <out)
expect "01" 0 out "training images accuracy" "test images accuracy" "reliability, ECE" "10 equal-width bins"

# ---- what goes wrong ----

run 04_cifar10 epoch=1
expect "a misspelt key" 1 err "epoch=1: expected key=value with a key of this script (did you mean 'epochs'?)"
run 04_cifar10 fast
expect "no key at all" 1 err "fast: expected key=value" "keys: augment, batch, batches, depth, epochs, steps, train, valid, width, z"
run 04_cifar10 train=many
expect "no number" 1 err "train=many: expected a number"
run 05_published_network
expect "no network" 1 err "which file?"
run 05_published_network others.safetensors
expect "no test images" 1 err "no test_batch.bin in data/downloads/cifar-10-batches-bin" "scripts/fetch-data cifar10"
for set in 03_vit:cifar10 04_cifar10:cifar10 06_cifar100:cifar100 07_svhn:svhn; do
    run ${set%:*} --data .
    expect "${set%:*} without its data" 1 err "scripts/fetch-data ${set#*:}\`" "give their folder by --data DIR"
done

# ---- what is said of them ----

problem=
for script in "$here"/scripts/*.lua; do
    name=$(basename "$script" .lua)
    grep -qF "\`$name.lua\`" "$here/scripts/README.md" || problem="$problem; README has no $name"
    grep -qE "(^run |/scripts/)$name" "$here/tests/cli/scripts.sh" || problem="$problem; no test of $name"
done
report "README and this test know every script" "$problem"

problem=
for result in "$here"/scripts/results/*.txt; do
    script=$(sed -nE 's/^command: +tare run (scripts\/[a-z0-9_]+\.lua).*/\1/p' "$result")
    [ -f "$here/$script" ] || problem="$problem; $(basename "$result") names no script"
    for text in "^date: " "^version: tare" "^machine: .* cores" "^data: " "accuracy %" "equal-width" "^seeds |; seeds? [0-9]"; do
        grep -qE "$text" "$result" || problem="$problem; $(basename "$result") lacks '$text'"
    done
done
report "kept results say what they are of" "$problem"

problem=
for name in $(grep -ohE 'results/[a-z0-9_]+\.txt' "$here"/scripts/*.lua "$here/scripts/README.md"); do
    [ -f "$here/scripts/$name" ] || problem="$problem; no $name"
done
report "results that are spoken of are there" "$problem"

echo "1..$number"
[ "$failures" = 0 ]
