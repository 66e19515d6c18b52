/* pane_log.c - what was printed and remarked, the newest line at the bottom. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static int scrolled(const View *view)
{
    int most = view->log && view->log->lines > 0 ? view->log->lines - 1 : 0;
    return view->scroll < 0 ? 0 : view->scroll > most ? most : view->scroll;
}

static void title(char *dst, size_t size, const View *view)
{
    if (scrolled(view) > 0)
        snprintf(dst, size, "log - %d lines back", scrolled(view));
    else
        snprintf(dst, size, "log");
}

/* From the bottom up; lines are wrapped, the topmost may show its end only. With room left, from the top down. */
static void draw(Canvas *canvas, const View *view)
{
    const LogLines *log = view->log;
    if (!log || log->lines == 0) {
        pane_say(canvas, view, "what is printed, and remarks of runs", "try: print(1 + 1)");
        return;
    }
    int last = log->lines - 1 - scrolled(view), first = last, rows = 0;
    for (; first >= 0; first--) {
        const char *line = log->line[(log->first + first) % LOG_LINES];
        rows += text_wrapped(NULL, 0, 0, canvas->width, line, INK_TEXT, view->glyphs);
        if (rows >= canvas->height) break;
    }
    int y = rows > canvas->height ? canvas->height - rows : 0;
    for (int i = first < 0 ? 0 : first; i <= last; i++) {
        const char *line = log->line[(log->first + i) % LOG_LINES];
        y += text_wrapped(canvas, 0, y, canvas->width, line, INK_TEXT, view->glyphs);
    }
}

const Pane pane_log = {"log", "what was printed, and remarks of runs", title, draw};
