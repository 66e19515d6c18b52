#!/bin/sh
# All tests: layers, units, scripts, command line, downloads, kills, the workbench in tmux; then units, scripts and the
# fuzz targets' corpora under AddressSanitizer and UBSan, and what has threads under ThreadSanitizer. Every part prints
# TAP; the last line counts. Logs lie in build/tests/.
cd "$(dirname "$0")/.." || exit 1
TARE_HOME=$PWD
logs=build/tests
jobs=$(nproc)
passed=0 failed=0 skipped=0
export TARE_HOME CMOCKA_MESSAGE_OUTPUT=TAP
mkdir -p $logs
began=$(date +%s)

# Run a part, count its TAP lines, show what failed. A part that dies, or says nothing, is a failure.
part() { # name, command...
    name=$1
    shift
    log=$logs/$(echo "$name" | tr ' /' '__').tap
    "$@" >"$log" 2>&1 </dev/null
    status=$?
    good=$(grep '^ok ' "$log" | grep -vc '# SKIP')
    bad=$(grep '^not ok ' "$log" | grep -vc '# SKIP') # cmocka prints a skipped test so
    none=$(grep -c '# SKIP' "$log")
    if [ "$bad" = 0 ] && { [ $status != 0 ] || [ $((good + none)) = 0 ]; }; then bad=1; fi
    skipped=$((skipped + none))
    [ "$none" = 0 ] || grep '# SKIP' "$log" | sed "s/^[a-z ]*[0-9 ]*[-#]*/skipped:/"
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" = 0 ]; then
        printf '%-44s %4d passed\n' "$name" "$good"
    else
        printf '%-44s %4d passed, %d FAILED (%s, exit %d)\n' "$name" "$good" "$bad" "$log" $status
        grep -v '^ok ' "$log" | tail -n 40 | sed 's/^/    /'
    fi
}

build() { # directory, make arguments...: everything that can be built there
    dir=$1
    shift
    if ! make --no-print-directory -j"$jobs" BUILD="$dir" "$@" >$logs/build.log 2>&1; then
        echo "building $dir failed:"
        grep -E 'error|\*\*\*' $logs/build.log | head -n 20
        failed=$((failed + 1))
        return 1
    fi
    if grep -q 'warning:' $logs/build.log; then
        echo "warnings in $dir:"
        grep 'warning:' $logs/build.log | sort -u | head -n 20
        failed=$((failed + 1))
    fi
}

units() { # directory, name
    for t in "$1"/tests/test_*; do
        case $t in *.d | *.o) continue ;; esac
        part "$2 $(basename "$t")" "$t"
    done
}

part "rooms" sh tests/includes.sh
part "breaches" sh tests/breaches.sh

fuzz() { # directory: each target with its corpus and mutations of it
    for t in "$1"/fuzz/*; do
        name=$(basename "$t")
        part "fuzz $name" "$t" "tests/fuzz/corpus/$name" 40000 "$logs/fuzz-$name.input"
    done
}

build build/release build/release/tare build/release/cli/server build/release/ui/screens build/release/fault/sweep build/release/fault/shim.so \
    unit || exit 1
units build/release unit
for isa in portable; do
    TARE_ISA=$isa part "unit test_nn_golden ($isa)" build/release/tests/test_nn_golden
done
part "lua" sh tests/lua/run.sh build/release/tare
part "command line" bash tests/cli/run.sh build/release/tare
part "clean text" bash tests/cli/clean.sh build/release/tare
part "experiments" bash tests/cli/scripts.sh build/release/tare
part "fetch-data" bash tests/cli/fetch.sh build/release/cli/server
part "kill -9 and resume" bash tests/cli/kill.sh build/release/tare
part "faults" build/release/fault/sweep "$PWD/build/release/tare" "$PWD/build/release/fault/shim.so" 8
part "workbench" bash tests/ui/run.sh build/release/tare
part "screens" build/release/ui/screens build/release/tare

export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
build build/asan OPT="-O1 -g" SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer" \
    build/asan/tare build/asan/ui/storm build/asan/ui/screens unit fuzz && {
    units build/asan "asan"
    part "asan lua" sh tests/lua/run.sh build/asan/tare
    part "asan command line" bash tests/cli/run.sh build/asan/tare
    fuzz build/asan
    part "asan storm" build/asan/ui/storm build/asan/tare
    part "asan screens" env LSAN_OPTIONS=suppressions=tests/ui/leaks.supp:print_suppressions=0 \
        build/asan/ui/screens build/asan/tare
}

export TSAN_OPTIONS=halt_on_error=1
build build/tsan OPT="-O1 -g" SANITIZE="-fsanitize=thread" build/tsan/tare \
    build/tsan/tests/test_engine_ring build/tsan/tests/test_base_pool build/tsan/tests/test_train_bits && {
    part "tsan ring" build/tsan/tests/test_engine_ring
    part "tsan pool" build/tsan/tests/test_base_pool
    part "tsan runs" build/tsan/tests/test_train_bits
}

echo "$(($(date +%s) - began)) s, $skipped skipped"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
