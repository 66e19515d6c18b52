#!/bin/sh
# Who may include whom: greps every #include of app/ against the layers of the house. Prints TAP lines.
#   base <- kernel <- {nn, data};  base <- calib;  all of these <- engine <- plot <- {ui, script} <- main
cd "$(dirname "$0")/.." || exit 1

allowed() {
    case $1 in
        base) echo "base" ;;
        kernel) echo "base kernel" ;;
        nn) echo "base kernel nn" ;;
        data) echo "base kernel data" ;;
        calib) echo "base kernel calib" ;;
        engine) echo "base kernel nn data calib engine" ;;
        plot) echo "base calib engine plot" ;;
        ui) echo "base calib engine plot ui" ;;
        script) echo "base kernel nn data calib engine plot script" ;;
        main) echo "base kernel nn data calib engine plot ui script main" ;;
    esac
}

n=0 failed=0
report() { # verdict, name
    n=$((n + 1))
    echo "$1 $n - $2"
    [ "$1" = ok ] || failed=1
}

for file in app/*/*.[ch] app/*.[ch]; do
    [ -f "$file" ] || continue
    layer=$(echo "$file" | cut -d/ -f2)
    case $layer in *.c | *.h) layer=main ;; esac
    bad=
    for include in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        case $include in */*) to=${include%%/*} ;; *) to=$layer ;; esac
        case " $(allowed "$layer") " in *" $to "*) ;; *) bad="$bad $include" ;; esac
    done
    for include in $(sed -n 's/^ *# *include *<\([^>]*\)>.*/\1/p' "$file"); do
        case $include:$file in
            cblas.h:app/kernel/gemm.c | cblas.h:app/kernel/blas.h) ;;
            lua*.h:app/script/* | lauxlib.h:app/script/* | lualib.h:app/script/*) ;;
            lua*.h:app/main.c | lua*.h:app/loop.[ch]) ;;
            ft2build.h:app/plot/* | freetype/*:app/plot/* | fontconfig/*:app/plot/font.c | png.h:app/plot/paper_png.c) ;;
            curses.h:app/ui/term.c | term.h:app/ui/term.c | readline/*:app/ui/prompt.c) ;;
            cblas.h:* | openblas*:* | lua.h:* | lauxlib.h:* | lualib.h:* | curses.h:* | ncurses*:* | readline/*:* | \
                ft2build.h:* | freetype/*:* | fontconfig/*:* | png.h:*)
                bad="$bad <$include>" ;;
        esac
    done
    [ -z "$bad" ] || report "not ok" "includes of $file:$bad"
done
# engine/event.h and runlog.h are what plot may see of the engine.
bad=$(grep -n '#include "engine/' app/plot/*.[ch] app/ui/*.[ch] | grep -v 'engine/event.h\|engine/runlog.h')
[ -z "$bad" ] && report ok "plot and ui see only events and their fold" || report "not ok" "plot or ui includes $bad"
[ $failed = 0 ] && report ok "every include respects the layers"
echo "1..$n"
exit $failed
