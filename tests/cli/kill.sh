#!/bin/bash
# Ten kills with -9 of one small training of two stages, each followed by --resume, must leave what the uninterrupted
# training leaves: the same checkpoints, predictions and fold. Kills 3 and 6 wait for a checkpoint that is being written,
# kills 8 to 10 for stage 2; the others come at random. TAP on stdout, a line for each kill before it.
tare=$(realpath "${1:-build/release/tare}")
export TARE_HOME=${TARE_HOME:-$PWD}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

cat >train.lua <<'LUA'
local ds = data.load{ name = "fashion", train = 400, valid = 400, test = 400 }
local base = train.stage1{ name = "base", data = ds, model = nn.wrn{ depth = 10, width = 1 }, epochs = 4, eval_every = 4 }
local v = train.vtst{ name = "v", from = base, batch = 128, steps = 200, eval_every = 8, patience = 0 }
v:wait()
print(base.digest, v.digest)
LUA

"$tare" run train.lua --runs whole --quiet >whole.txt || { echo "not ok 1 - the uninterrupted training"; exit 1; }

seed=${KILL_SEED:-$RANDOM}
echo "# KILL_SEED=$seed"
RANDOM=$seed
where() { # what the run was at, from what it left behind
    run=base
    [ -s cut/v/events.jsonl ] && run=v
    tail -n 1 cut/$run/events.jsonl 2>/dev/null |
        sed 's/.*"type":"\([a-z]*\)","step":\([0-9]*\).*/after "\1" of step \2/;t;s/.*/in a torn line/'
    ls cut/$run/*.tmp >/dev/null 2>&1 && echo "while $(basename "$(ls cut/$run/*.tmp | head -n 1)") was being written"
}

kills=0 starts=0
while [ $kills -lt 10 ] && [ $starts -lt 60 ]; do
    starts=$((starts + 1))
    "$tare" run train.lua --runs cut --resume --quiet >/dev/null 2>&1 &
    pid=$!
    case $kills in
        2 | 5) while kill -0 $pid 2>/dev/null && ! compgen -G 'cut/*/last*.tmp' >/dev/null; do :; done ;;
        7 | 8 | 9) while kill -0 $pid 2>/dev/null && ! [ -s cut/v/events.jsonl ]; do sleep 0.01; done
            sleep 0.$((RANDOM % 70 + 20)) ;;
        *) sleep 0.$((RANDOM % 75 + 15)) ;;
    esac
    if kill -9 $pid 2>/dev/null; then
        kills=$((kills + 1))
        wait $pid 2>/dev/null
        echo "# kill $kills: $(where | tr '\n' ' ')"
    else # it was faster than the clock: begin anew
        wait $pid
        rm -rf cut
    fi
done
"$tare" run train.lua --runs cut --resume --quiet >cut.txt

n=0 failed=0
check() { # name, command...
    name=$1
    shift
    n=$((n + 1))
    if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; failed=1; fi
}
check "ten kills" [ $kills = 10 ]
check "the same fold" cmp whole.txt cut.txt
for run in base v; do
    for file in last best valid test; do
        check "the same $run/$file.safetensors" cmp whole/$run/$file.safetensors cut/$run/$file.safetensors
    done
    check "no leavings in $run" [ "$(ls cut/$run)" = "$(ls whole/$run)" ]
done
sha256sum cut/*/last.safetensors | sed 's/^/# /'
echo "1..$n"
exit $failed
