/* pane_log.c - what was printed and remarked, the newest line at the bottom. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static void title(char *dst, size_t size, const View *view)
{
    char where[64] = "";
    if (view->log) log_where(where, sizeof where, view->log, view->top);
    snprintf(dst, size, "log%s", where);
}

static void draw(Canvas *canvas, const View *view)
{
    if (view->log && view->log->lines > 0)
        log_draw(canvas, view->log, view->top, view->glyphs);
    else if (view->runs > 0)
        pane_say(canvas, view, "no remarks", NULL);
    else
        pane_say(canvas, view, "what is printed, and remarks of runs", "try: print(1 + 1)");
}

const Pane pane_log = {"log", "what was printed, and remarks of runs", NULL, title, draw};
