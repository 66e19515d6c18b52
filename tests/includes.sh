#!/bin/sh
# Who may include whom: greps every #include of app/ against the rooms of the house. Prints TAP lines.
#
#     base <- file <- {nn, data};  base <- kernel <- {nn, calib};  these <- run <- train <- engine <- {script, main}
#     base, file, calib, run/event.h and run/runlog.h <- plot <- {ui, script} <- main
#
# TREE=dir checks another tree: tests/breaches.sh does so, with every kind of breach.
cd "${TREE:-$(dirname "$0")/..}" || exit 1

allowed() {
    case $1 in
        base) echo "base" ;;
        file) echo "base file" ;;
        kernel) echo "base kernel" ;;
        nn) echo "base file kernel nn" ;;
        data) echo "base file data" ;;
        calib) echo "base kernel calib" ;;
        run) echo "base file kernel nn data calib run" ;;
        train) echo "base file kernel nn data calib run train" ;;
        engine) echo "base file kernel nn data calib run train engine" ;;
        plot) echo "base file calib run plot" ;;
        ui) echo "base file calib run plot ui" ;;
        script) echo "base file kernel nn data calib run train engine plot script" ;;
        main) echo "base file kernel nn data calib run train engine plot ui script main" ;;
    esac
}

# Who may include a library's header: "header|file" patterns.
library() { # header, file: 0 = fine
    case "$1|$2" in
        cblas.h"|"app/kernel/gemm.c | cblas.h"|"app/kernel/blas.h) return 0 ;;
        lua.h"|"app/script/* | lauxlib.h"|"app/script/* | lualib.h"|"app/script/*) return 0 ;;
        lua.h"|"app/main.c | lauxlib.h"|"app/main.c | lua.h"|"app/loop.[ch] | lauxlib.h"|"app/loop.[ch]) return 0 ;;
        ft2build.h"|"app/plot/* | freetype/*"|"app/plot/* | fontconfig/*"|"app/plot/font.c) return 0 ;;
        png.h"|"app/plot/paper_png.c | curses.h"|"app/ui/term.c | term.h"|"app/ui/term.c) return 0 ;;
        readline/*"|"app/ui/prompt.c) return 0 ;;
        cblas.h"|"* | openblas*"|"* | lua*.h"|"* | lauxlib.h"|"* | curses.h"|"* | ncurses*"|"* | term.h"|"*) return 1 ;;
        readline/*"|"* | ft2build.h"|"* | freetype/*"|"* | fontconfig/*"|"* | png.h"|"*) return 1 ;;
    esac
    return 0
}

n=0 failed=0
report() { # verdict, name
    n=$((n + 1))
    echo "$1 $n - $2"
    [ "$1" = ok ] || failed=1
}

# Every include of ours is "room/file.h"; a file of app/ itself stands in no room, so that only its like may name it.
for file in app/*/*.[ch] app/*.[ch]; do
    [ -f "$file" ] || continue
    room=$(echo "$file" | cut -d/ -f2)
    case $room in *.c | *.h) room=main ;; esac
    bad=
    for include in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
        case $include in
            *..*) to=outside ;;
            */*) to=${include%%/*} ;;
            *) to=main ;;
        esac
        case " $(allowed "$room") " in *" $to "*) ;; *) bad="$bad $include" ;; esac
        case $include in main/*) bad="$bad $include" ;; esac
        # plot and ui see of a run only its events and their fold
        case $room:$include in
            plot:run/event.h | plot:run/runlog.h | ui:run/event.h | ui:run/runlog.h) ;;
            plot:run/* | ui:run/*) bad="$bad $include" ;;
        esac
    done
    for include in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\([^>]*\)>.*/\1/p' "$file"); do
        library "$include" "$file" || bad="$bad <$include>"
    done
    [ -z "$bad" ] || report "not ok" "includes of $file:$bad"
done
[ $failed = 0 ] && report ok "every include respects the rooms"

# Circles: headers of one room that reach each other; between rooms there are none (the table above has none).
edges=$(for file in app/*/*.h; do
    [ -f "$file" ] || continue
    from=${file#app/}
    sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" | sed "s|^|$from |"
done)
if printf '%s\n' "$edges" | tsort >/dev/null 2>&1; then
    report ok "no header includes itself, however far round"
else
    report "not ok" "a circle of headers: $(printf '%s\n' "$edges" | tsort 2>&1 >/dev/null | tr '\n' ' ')"
fi
echo "1..$n"
exit $failed
