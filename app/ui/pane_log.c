/* pane_log.c - what was printed and remarked, the newest line at the bottom. Main thread. */
#include "ui/pane.h"
#include "ui/wrap.h"

#include <stdio.h>

static void title(char *dst, size_t size, const View *view)
{
    const LogLines *log = view->log;
    if (log && view->top.back) {
        int64_t gone = log->added - log->lines, line = view->top.line < gone ? 1 : view->top.line - gone + 1;
        snprintf(dst, size, "log - from line %d of %d (PgDn)", (int)line, log->lines);
    } else {
        snprintf(dst, size, "log");
    }
}

/* From the row on top, which may be one of a wrapped line's further ones, down to where the canvas ends. */
static void draw(Canvas *canvas, const View *view)
{
    const LogLines *log = view->log;
    if (!log || log->lines == 0) {
        if (view->runs > 0)
            pane_say(canvas, view, "no remarks", NULL);
        else
            pane_say(canvas, view, "what is printed, and remarks of runs", "try: print(1 + 1)");
        return;
    }
    LogFrame frame = {canvas->width, canvas->height, view->glyphs};
    LogTop top = log_moved(log, view->top, 0, &frame);
    if (!top.back) top = log_end(log, &frame);
    int y = -top.row;
    for (int i = (int)(top.line - (log->added - log->lines)); i < log->lines && y < canvas->height; i++)
        y += text_wrapped(canvas, 0, y, canvas->width, log_line_at(log, i), INK_TEXT, view->glyphs);
}

const Pane pane_log = {"log", "what was printed, and remarks of runs", NULL, title, draw};
