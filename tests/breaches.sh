#!/bin/sh
# tests/includes.sh finds every kind of breach: each row puts one line into one file of a small house that is right without it.
here=$(cd "$(dirname "$0")" && pwd)
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
n=0 failed=0

build_house() {
    rm -rf "$house/app"
    mkdir -p "$house/app"
    for room in base file kernel nn data calib run train engine plot ui script; do
        mkdir "$house/app/$room"
        echo '#include "base/err.h"' >"$house/app/$room/noun.h"
    done
    : >"$house/app/base/err.h"
    : >"$house/app/run/event.h"
    : >"$house/app/run/runlog.h"
    : >"$house/app/loop.h"
    echo '#include "loop.h"' >"$house/app/main.c"
}

check() { # 0 = the house is right | 1 = it is not, name
    n=$((n + 1))
    TREE=$house sh "$here/includes.sh" >"$house/log" 2>&1
    status=$?
    if [ $status = "$1" ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2 (exit $status)"
        failed=1
    fi
}

breach() { # file, line
    build_house
    echo "$2" >>"$house/app/$1"
    check 1 "$1: $2"
}

build_house
check 0 "a house without a breach"

# a room that looks up or aside, one row for each room
breach base/noun.h '#include "file/noun.h"'
breach file/noun.h '#include "data/noun.h"'
breach kernel/noun.h '#include "file/noun.h"'
breach nn/noun.h '#include "data/noun.h"'
breach data/noun.h '#include "nn/noun.h"'
breach calib/noun.h '#include "run/noun.h"'
breach run/noun.h '#include "train/noun.h"'
breach train/noun.h '#include "engine/noun.h"'
breach engine/noun.h '#include "plot/noun.h"'
breach plot/noun.h '#include "ui/noun.h"'
breach ui/noun.h '#include "script/noun.h"'
breach ui/noun.h '#include "nn/noun.h"'
breach script/noun.h '#include "ui/noun.h"'
# of a run, plot and ui see events and their fold alone
breach plot/noun.h '#include "run/noun.h"'
breach ui/noun.h '#include "run/noun.h"'
# what stands in no room
breach base/noun.h '#include "loop.h"'
breach base/noun.h '#include "noun.h"'
breach script/noun.h '#include "../loop.h"'
breach ui/noun.h '#include "ui/../script/noun.h"'
breach main.c '#include "nowhere/noun.h"'
breach base/noun.h '	#	include	"loop.h"'
# libraries outside the files that wrap them
breach kernel/noun.h '#include <cblas.h>'
breach ui/noun.h '#include <lua.h>'
breach engine/noun.h '#include <lauxlib.h>'
breach ui/noun.h '#include <curses.h>'
breach main.c '#include <ncursesw/curses.h>'
breach script/noun.h '#include <term.h>'
breach script/noun.h '#include <readline/readline.h>'
breach ui/noun.h '#include <png.h>'
breach ui/noun.h '#include <ft2build.h>'
breach plot/noun.h '#include <fontconfig/fontconfig.h>'
# circles, near and far
breach base/err.h '#include "base/noun.h"'
build_house
echo '#include "run/runlog.h"' >"$house/app/run/event.h"
echo '#include "run/event.h"' >"$house/app/run/runlog.h"
check 1 "two headers that include each other"
build_house
echo '#include "run/runlog.h"' >"$house/app/run/event.h"
echo '#include "run/noun.h"' >"$house/app/run/runlog.h"
echo '#include "run/event.h"' >"$house/app/run/noun.h"
check 1 "three headers in a circle"

echo "1..$n"
exit $failed
