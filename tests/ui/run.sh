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
number=0 failed=0 earlier= typed=

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

# What the deed has to bring about cannot be judged by what was there before it: the screen then is kept in `earlier`.
deed() { # name [!] pattern command...
    local name=$1 not=
    [ "$2" = '!' ] && { not='!'; shift; }
    local pattern=$2
    shift 2
    earlier=$(screen; echo "$typed")
    typed=
    "$@"
    also "$name" $not "$pattern"
}

# Another mark of the last deed.
also() { # name [!] pattern
    local name=$1 had=1
    shift
    [ "$1" = '!' ] && had=0
    grep -qE -- "${!#}" <<< "$earlier"
    if [ $? != $had ]; then
        report 1 "$name (so was the screen before the deed: $*)"
        return
    fi
    shows "$@"
    report $? "$name"
}

step() { # name pattern keys...
    local name=$1 pattern=$2
    shift 2
    deed "$name" "$pattern" mux send-keys -t t "$@"
}

# The process that the shell in the terminal runs (there may be no pgrep).
program() {
    local shell
    shell=$(mux list-panes -t t -F '#{pane_pid}')
    grep -l "^PPid:[[:space:]]*$shell\$" /proc/[0-9]*/status 2>/dev/null | head -n 1 | tr -dc 0-9
}

# Type a line, and Enter; neither the echo nor what the text would be in one piece may match.
line() { # name pattern text
    local i prompt
    prompt=$(screen | grep -oE '^(tare>|io\.read>|\$)' | tail -n 1)
    mux send-keys -t t -l -- "$3"
    for ((i = 0; i < 300; i++)); do
        screen | tr -d '\n' | grep -qF -- "${3: -3}" && break
        sleep 0.1
    done
    typed="$prompt $3"
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
also "empty panes say what to type" 'train.stage1'
line "a value prints itself" '^│.*│2 +│$|│2 ' '1 + 1'
line "help opens a page, from its first line" '^┌━ help ece - from line 1 of .*Esc: all panes ━┐$' '?ece'
also "whose first line is on top" '^│# ece'
step "PgDn goes on" 'print\(calib.diagram' PageDown PageDown
step "Esc goes back to all panes" '^┌━ loss' Escape
line "a long answer opens the log, from its first line" '^┌━ log - from line .*Esc: all panes ━┐$' 'for i = 1, 44 do print("row " .. i .. ".") end'
also "whose first line is on top of it" '^│row 1\.'
step "a page on is the next rows" '^│row 41\.' PageDown
step "and the rest, to the last" '^│row 44\.' PageDown PageDown
step "Esc goes back from it" '^┌━ loss' Escape
step "F1 is a page of help" '^┌━ help workbench - from line 1 of ' F1
line "a line that is typed goes back" '^┌━ loss' '1 + 2'
line "io.read asks at the prompt" '^io.read>' 'io.write "your name? " name, count = io.read("l", "n")'
mux send-keys -t t -l 'Ada'
shows '^io.read> Ada'
sleep 0.3 # the frame with the text is out: nothing but the next question draws another
step "and takes one line each" '^io.read> *$' Enter
line "as a line and a number" '^tare>' '42'
line "which the script gets" 'Ada +42 +integer' 'print(name, count, math.type(count))'
line "ui.show names a layout" '^┌━ reliability' 'ui.show{ layout = "calibration" }'
line "a wrong name says which there are" 'there are *│?$|there are train, calibration, compare' 'ui.show{ layout = "trains" }'
line "and back" '^┌━ loss' 'ui.show{ layout = "train" }'
deed "a border follows the mouse" '^┌━ loss ━{40,}┬' mux send-keys -t t -l $'\e[<0;41;6M\e[<32;45;6M\e[<32;51;6M\e[<0;51;6m'
deed "and goes back" '^┌━ loss ━{30,33}┬' mux send-keys -t t -l $'\e[<0;51;6M\e[<32;41;6M\e[<0;41;6m'
deed "a click gives the focus" '┬━ reliability ━' mux send-keys -t t -l $'\e[<0;60;6M\e[<0;60;6m'
deed "another zooms" '^┌━ reliability ━+ Esc: all panes ━┐$' mux send-keys -t t -l $'\e[<0;60;6M\e[<0;60;6m'
step "Esc goes back" '^┌─ loss' Escape
line "data" 'data set blends' 'ds = data.blends{ train = 400, valid = 200, test = 200, classes = 4, size = 16 } return ds'
net='train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 3, name = "typed" }:wait().digest'
line "a short run's digest" '[0-9a-f]{16}' "$net"
line "an error points at its line" 'undefined|nil value' 'nothing.at.all()'
line "a run begins" 'running\] base' 'base = train.stage1{ data = ds, model = nn.wrn{ depth = 10, width = 1 }, epochs = 20000, name = "base" }'
also "its loss is drawn" 'loss - stage 1 - epoch [1-9][0-9]*/20000'
mux send-keys -t t -l 'v = train.vt'
step "Tab completes while it trains" 'tare> v = train.vtst' Tab
step "Ctrl-C drops the line" '^tare> *$' C-c
line "a busy line" '│42 +│$' 'print(6 * 7) while true do end'
before=$(screen | grep -oE 'step [0-9]+' | tail -n 1)
[ -n "$before" ] && shows '!' "$before/" && shows 'step [0-9]+/'
report $? "the status line advances beside it"
step "Ctrl-C stops the line" 'interrupted' C-c
line "another busy line" '│48 +│$' 'print("6\n8\n" .. 6 * 8) while true do end'
deed "SIGINT is Ctrl-C" 'interrupted' kill -INT "$(program)"
step "F5 zooms" '^┌━ reliability[^┬]*┐$' F5
step "and back" '┬' F5
step "scrubbing looks back" 'looking at' Left Left
deed "Space is live again" '!' 'looking at' mux send-keys -t t Space
step "layout by key" '^┌[━─] reliability' F3
step "bins by key" '15 bins' F8
line "plot.save without a figure saves the pane in focus" 'saved fig.png' 'plot.save "fig.png"'
[ "$(head -c 4 fig.png | tail -c 3)" = PNG ] && grep -qa 'base, stage 1: ECE' fig.png
report $? "as a picture of it"
step "layout without a log" '^┌━ runs' F4
line "a short answer stands on the status line" '^42 *$' '6 * 7'
step "and back" '^┌[━─] reliability - ECE' F3
mux resize-window -t t -x 20 -y 5
step "20x5 still has its prompt" '^tare> twenty' twenty
deed "200x60" '^[┌├└].{198}[┐┤┘]$' mux resize-window -t t -x 200 -y 60
deed "and 80x24 again" '^[┌├└].{78}[┐┤┘]$' mux resize-window -t t -x 80 -y 24
mux send-keys -t t C-u
line "pause from another line" 'paused\]' 'base:pause()'
paused=$(screen | grep -oE 'paused\] base .*step [0-9]+' | grep -oE '[0-9]+$')
line "step" "paused\\] base .*step $((paused + 3))/" 'base:step(3)'
line "set and go on" 'set lr = 0.001' 'base:set{ lr = 1e-3 } base:go()'
line "print goes to the log" '│hello from print' 'print("hello " .. "from print")'
line "a child's output too" '│child 54 ' 'os.execute "echo child $((6 * 9))"'
step "Ctrl-R finds a line" 'search' C-r
deed "by its text" 'search.*print\("hello' mux send-keys -t t -l 'hello'
mux send-keys -t t C-g C-u
step "Ctrl-Z stops the program" 'Stopped' C-z
line "the terminal is as it was" 'terminal is stopped the same' 'same stopped'
line "fg returns" '^tare>' 'fg'
step "Ctrl-C offers to stop the run" 'Ctrl-C again stops base' C-c
step "and stops it" 'stopped\]' C-c
line "compare needs what it needs" 'no predictions' 'runs.compare(base)'
step "Ctrl-D quits" '^\$' C-d
line "and leaves the terminal as it was" 'terminal is quit the same' 'clear; same quit'
images='local ds = data.blends{ train = 400, valid = 200, test = 200, classes = 4, size = 16 }'
headless=$("$tare" -e "$images return $net" --runs headless --quiet)
typed=$("$tare" -e 'runs.open("typed").digest')
[ -n "$typed" ] && [ "$typed" = "$headless" ]
report $? "a run at the prompt and the same headless went alike"
line "a stored run is shown" 'V-TST' "$tare view $here/tests/gold/run/vtst"
also "with its parent's ghosts" 'was 2'
step "F1 shows the keys, from their rows" '^│ +F8 +bins: 5, 10' F1
step "the layouts and the panes" '^│ +confidence +how sure' PageDown PageDown PageDown
step "and Esc goes back" 'was 2' Escape
step "q leaves" '^\$' q
line "a replay plays" 'loss - stage 1 - epoch [1-9]' "$tare view $here/tests/gold/run/base --speed 4"
step "Ctrl-C leaves it" '^\$' C-c
line "a crash gives the terminal back" 'tare>' "$tare"
deed "after it the shell is there" 'Segmentation|^\$ *$' kill -SEGV "$(program)"
line "as it was" 'terminal is crashed the same' 'clear; same crashed'
# An answer that does not end, a question that is dropped: Ctrl-C is for the line, the next one is run.
line "the workbench again" 'tare>' "clear; TARE_LUA_MEMORY=20971520 $tare"
line "a value that never shows" '│40 +│$' 'endless = setmetatable({}, { __tostring = function() while true do end end }) print(81 // 2)'
line "is asked for" '^│tare> return endless' 'return endless'
step "Ctrl-C ends it" 'interrupted' C-c
line "and the next line is run" '41 +integer' 'print(82 // 2, "integer")'
line "a question" '^io.read>' 'reply = io.read()'
step "is dropped by Ctrl-C" '^tare>' C-c
line "and swallows no line" '43 +integer' 'print(86 // 2, "integer")'
line "memory is limited as asked" 'limit 20 MB' 't = {} while true do t[#t + 1] = {} end'
deed "TSTP from outside stops it" 'Stopped' kill -TSTP "$(program)"
line "with the terminal as it was" 'terminal is tstp the same' 'clear; same tstp'
line "and fg returns" '^tare>' 'fg'
step "it quits" '^\$ *$' C-d
line "the workbench opens to freeze" '^tare> *$' "clear; $tare"
mux send-keys -t t -l -- 'os.execute "touch frozen; exec sleep 60"'
mux send-keys -t t Enter
until [ -e frozen ]; do sleep 0.1; done
frozen=$(program)
thrice() { for _ in 1 2 3; do kill -TERM "$frozen"; sleep 0.2; done; }
deed "the third TERM ends it inside a child's wait" '^\$ *$' thrice
line "with the terminal as it was" 'status 143 terminal is frozen the same' 'echo status $? $(same frozen)'
# A terminal that nobody reads: what trains goes on beyond the events that are held for the screen, and TERM is heard.
line "a workbench that will not be read" '^tare> *$' "clear; $tare"
quick='data = data.blends{ train = 400, valid = 200, test = 200, classes = 4, size = 16 }, model = nn.mlp{ hidden = 16 }'
line "trains" 'running\] unread' "return train.stage1{ $quick, epochs = 1000000, name = 'unread' }"
reader=$(mux display-message -p '#{pid}') unread=$(program)
kill -STOP "$reader"
for i in {1..100}; do # whole screens, until the kernel holds no more of them
    kill -WINCH "$unread"
    sleep 0.05
done
enough=$(($(wc -l < runs/unread/events.jsonl) + 4000))
for ((i = 0; i < 600; i++)); do
    [ "$(wc -l < runs/unread/events.jsonl)" -ge $enough ] && break
    sleep 0.1
done
kill -TERM "$unread"
for ((j = 0; j < 300; j++)); do
    [ -e "/proc/$unread" ] || break
    sleep 0.1
done
[ $i -lt 600 ] && [ $j -lt 300 ]
stuck=$?
kill -CONT "$reader"
report $stuck "when its reader stops it trains on, and ends when it is told to"
line "with a checkpoint" '^143 "stopped"' 'echo $? $(grep -o "\"stopped\"" runs/unread/summary.json)'
for signal in QUIT USR1 USR2 ALRM XCPU TERM HUP; do
    line "$signal: the workbench opens" '^tare> *$' "clear; $tare"
    deed "$signal ends it" '^\$ *$' kill -$signal "$(program)"
    [ "$(mux display-message -p -t t '#{alternate_on}#{mouse_any_flag}')" = 00 ]
    report $? "$signal: the screen and the mouse are the shell's again"
    line "$signal: exit status and terminal" "status $((128 + $(kill -l $signal))) terminal is $signal the same" "echo status \$? \$(same $signal)"
done
line "an ASCII terminal" '^\+=* ?loss|^\+- loss' "clear; TERM=ansi LC_ALL=C $tare"
step "is left as well" '^\$' C-d

echo "1..$number"
exit $failed
