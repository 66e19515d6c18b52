#!/bin/bash
# run.sh TARE - the workbench in a real terminal (tmux): type, watch, zoom, scrub, resize, stop, leave. TAP on stdout.
# Each step sends keys and waits, for at most 30 s, until the screen shows a pattern; nothing is asserted on time.
tare=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
export TARE_HOME=${TARE_HOME:-$here}
work=$(mktemp -d) && cd "$work" || exit 1
socket=tare-test-$$
mux() { tmux -L "$socket" "$@"; }
trap 'mux kill-server 2>/dev/null; rm -rf "$work"' EXIT
number=0 failed=0

screen() { mux capture-pane -p -t t; }

# Wait until the screen matches (or, with !, does not match) a pattern.
shows() { # [!] pattern
    local want=0 i
    [ "$1" = '!' ] && { want=1; shift; }
    for ((i = 0; i < 300; i++)); do
        screen | grep -qE -- "$1"
        [ $? = $want ] && return 0
        sleep 0.1
    done
    return 1
}

report() { # status name
    number=$((number + 1))
    if [ "$1" = 0 ]; then echo "ok $number - $2"; return; fi
    echo "not ok $number - $2"
    screen | sed 's/^/#   /'
    failed=1
}

step() { # name pattern keys...
    local name=$1 pattern=$2
    shift 2
    [ $# = 0 ] || mux send-keys -t t "$@"
    shows "$pattern"
    report $? "$name"
}

# The process that the shell in the terminal runs (there may be no pgrep).
program() {
    local shell
    shell=$(mux list-panes -t t -F '#{pane_pid}')
    grep -l "^PPid:[[:space:]]*$shell\$" /proc/[0-9]*/status 2>/dev/null | head -n 1 | tr -dc 0-9
}

line() { # name pattern text: type a line, and Enter
    mux send-keys -t t -l -- "$3"
    step "$1" "$2" Enter
}

cat > profile <<SH
export LC_ALL=C.UTF-8 HOME=$work TARE_RUNS=runs PS1='$ ' TARE_HOME=$TARE_HOME
before=\$(stty -g)
same() { [ "\$before" = "\$(stty -g)" ] && echo "terminal is \$1 the same"; }
SH
mux -u new-session -d -s t -x 80 -y 24 "bash --noprofile --rcfile profile -i" || {
    echo "ok 1 - the workbench in tmux # SKIP no pseudo-terminal here (is /dev/pts mounted?)"
    exit 0
}
shows '^\$'

line "the workbench opens" 'tare>' "$tare"
step "empty panes say what to type" 'train.stage1'
line "a value prints itself" '^│.*│2 +│$|│2 ' '1 + 1'
line "a long answer opens the log, from its first line" '^┌━ log - .*Esc: all panes ━┐$' '?ece'
shows '^│# ece'
report $? "whose first line is on top"
step "PgDn goes on" 'print\(calib.diagram' PageDown PageDown
step "Esc goes back to all panes" '^┌━ loss' Escape
line "io.read asks at the prompt" '^io.read>' 'io.write "your name? " name, count = io.read("l", "n")'
line "and takes one line each" '^io.read>' 'Ada'
line "as a line and a number" '^tare>' '42'
line "which the script gets" 'Ada +42 +integer' 'print(name, count, math.type(count))'
line "ui.show names a layout" '^┌━ reliability' 'ui.show{ layout = "calibration" }'
line "a wrong name says which there are" 'there are *│?$|there are train, calibration, compare' 'ui.show{ layout = "trains" }'
line "and back" '^┌━ loss' 'ui.show{ layout = "train" }'
mux send-keys -t t -l $'\e[<0;41;6M\e[<32;45;6M\e[<32;51;6M\e[<0;51;6m'
step "a border follows the mouse" '^┌━ loss ━{40,}┬'
mux send-keys -t t -l $'\e[<0;51;6M\e[<32;41;6M\e[<0;41;6m'
step "and goes back" '^┌━ loss ━{30,33}┬'
mux send-keys -t t -l $'\e[<0;60;6M\e[<0;60;6m'
step "a click gives the focus" '┬━ reliability ━'
mux send-keys -t t -l $'\e[<0;60;6M\e[<0;60;6m'
step "another zooms" '^┌━ reliability ━+ Esc: all panes ━┐$'
step "Esc goes back" '^┌─ loss' Escape
line "data" 'data set blends' 'ds = data.blends{ train = 400, valid = 200, test = 200, classes = 4, size = 16 } return ds'
net='train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 3, name = "typed" }:wait().digest'
line "a short run's digest" '[0-9a-f]{16}' "$net"
line "an error points at its line" 'undefined|nil value' 'nothing.at.all()'
line "a run begins" 'running\] base' 'base = train.stage1{ data = ds, model = nn.wrn{ depth = 10, width = 1 }, epochs = 20000, name = "base" }'
step "its loss is drawn" 'loss - stage 1 - epoch [1-9]'
mux send-keys -t t -l 'v = train.vt'
step "Tab completes while it trains" 'tare> v = train.vtst' Tab
step "Ctrl-C drops the line" '^tare> *$' C-c
line "a busy line" 'tare> while true' 'while true do end'
before=$(screen | grep -oE 'step [0-9]+' | tail -n 1)
shows '!' "$before/"
report $? "the status line advances beside it"
step "Ctrl-C stops the line" 'interrupted' C-c
line "another busy line" 'tare> while true' 'while true do end'
kill -INT "$(program)"
step "SIGINT is Ctrl-C" 'interrupted'
step "F5 zooms" '^┌━ reliability[^┬]*┐$' F5
step "and back" '┬' F5
step "scrubbing looks back" 'looking at' Left Left
mux send-keys -t t Space
shows '!' 'looking at'
report $? "Space is live again"
step "layout by key" 'reliability' F3
step "bins by key" '15 bins' F8
line "plot.save without a figure saves the pane in focus" 'saved fig.png' 'plot.save "fig.png"'
[ "$(head -c 4 fig.png | tail -c 3)" = PNG ] && grep -qa 'base, stage 1: ECE' fig.png
report $? "as a picture of it"
step "layout without a log" '^┌━ runs' F4
line "a short answer stands on the status line" '^42 *$' '6 * 7'
step "and back" 'reliability - ECE' F3
mux resize-window -t t -x 20 -y 5
step "20x5 still has its prompt" '^tare>'
mux resize-window -t t -x 200 -y 60
step "200x60" '│.{100,}│$|┐$'
mux resize-window -t t -x 80 -y 24
step "and 80x24 again" '^tare>'
line "pause from another line" 'paused\]' 'base:pause()'
line "step" 'paused\]' 'base:step(3)'
line "set and go on" 'set lr = 0.001' 'base:set{ lr = 1e-3 } base:go()'
line "print goes to the log" 'hello from print' 'print "hello from print"'
line "a child's output too" 'from a child' 'os.execute "echo from a child"'
step "Ctrl-R finds a line" 'search|print "hello' C-r
mux send-keys -t t -l 'hello'
step "by its text" 'print "hello from print"'
mux send-keys -t t C-g
mux send-keys -t t C-c
step "Ctrl-Z stops the program" 'Stopped' C-z
line "the terminal is as it was" 'terminal is stopped the same' 'same stopped'
line "fg returns" '^tare>' 'fg'
step "Ctrl-C offers to stop the run" 'Ctrl-C again stops base' C-c
step "and stops it" 'stopped\]' C-c
line "compare needs what it needs" 'stopped|has no predictions|not' 'runs.compare(base)'
step "Ctrl-D quits" '^\$' C-d
line "and leaves the terminal as it was" 'terminal is quit the same' 'clear; same quit'
images='local ds = data.blends{ train = 400, valid = 200, test = 200, classes = 4, size = 16 }'
headless=$("$tare" -e "$images return $net" --runs headless --quiet)
typed=$("$tare" -e 'runs.open("typed").digest')
[ -n "$typed" ] && [ "$typed" = "$headless" ]
report $? "a run at the prompt and the same headless went alike"
line "a stored run is shown" 'V-TST' "$tare view $here/tests/gold/run/vtst"
step "with its parent's ghosts" 'was 2'
step "q leaves" '^\$' q
line "a replay plays" 'loss - stage 1 - epoch [1-9]' "$tare view $here/tests/gold/run/base --speed 4"
step "Ctrl-C leaves it" '^\$' C-c
line "a crash gives the terminal back" 'tare>' "$tare"
kill -SEGV "$(program)"
step "after it the shell is there" 'Segmentation|\$ *$'
line "as it was" 'terminal is crashed the same' 'clear; same crashed'
# An answer that does not end, a question that is dropped: Ctrl-C is for the line, the next one is run.
line "the workbench again" 'tare>' "clear; TARE_LUA_MEMORY=20971520 $tare"
line "a value that never shows" 'tare> endless' 'endless = setmetatable({}, { __tostring = function() while true do end end }) clock = os.clock()'
line "is asked for" 'tare> return endless' 'return endless'
step "Ctrl-C ends it" 'interrupted' C-c
line "and the next line is run" '41 +integer' 'print(82 // 2, "integer")'
line "a question" '^io.read>' 'reply = io.read()'
step "is dropped by Ctrl-C" '^tare>' C-c
line "and swallows no line" '43 +integer' 'print(86 // 2, "integer")'
line "memory is limited as asked" 'limit 20 MB' 't = {} while true do t[#t + 1] = {} end'
kill -TSTP "$(program)"
step "TSTP from outside stops it" 'Stopped'
line "with the terminal as it was" 'terminal is tstp the same' 'clear; same tstp'
line "and fg returns" '^tare>' 'fg'
step "it quits" '^\$ *$' C-d
line "the workbench opens to freeze" '^tare> *$' "clear; $tare"
mux send-keys -t t -l -- 'os.execute "touch frozen; exec sleep 60"'
mux send-keys -t t Enter
until [ -e frozen ]; do sleep 0.1; done
frozen=$(program)
for again in 1 2 3; do kill -TERM "$frozen"; sleep 0.2; done
step "the third TERM ends it inside a child's wait" '^\$ *$'
line "with the terminal as it was" 'status 143 terminal is frozen the same' 'echo status $? $(same frozen)'
for signal in QUIT USR1 USR2 ALRM XCPU TERM HUP; do
    line "$signal: the workbench opens" '^tare> *$' "clear; $tare"
    kill -$signal "$(program)"
    step "$signal ends it" '^\$ *$'
    line "$signal: exit status and terminal" "status $((128 + $(kill -l $signal))) terminal is $signal the same" "echo status \$? \$(same $signal)"
done
line "an ASCII terminal" '^\+=* ?loss|^\+- loss' "clear; TERM=ansi LC_ALL=C $tare"
step "is left as well" '^\$' C-d

echo "1..$number"
exit $failed
