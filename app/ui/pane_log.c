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
        snprintf(dst, size, "log - %d more below (PgDn)", scrolled(view));
    else
        snprintf(dst, size, "log");
}

int log_scroll_to(const LogLines *log, int lines, int width, int height, const Glyphs *glyphs)
{
    int first = lines < log->lines ? log->lines - lines : 0, end = first, rows = 0;
    for (; end < log->lines; end++) {
        rows += text_wrapped(NULL, 0, 0, width, log_line_at(log, end), INK_TEXT, glyphs);
        if (rows > height && end > first) break;
    }
    return log->lines - end;
}

/* From the bottom up; lines are wrapped, the topmost may show its end only. With room left, from the top down. */
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
    int last = log->lines - 1 - scrolled(view), first = last, rows = 0;
    for (; first >= 0; first--) {
        rows += text_wrapped(NULL, 0, 0, canvas->width, log_line_at(log, first), INK_TEXT, view->glyphs);
        if (rows >= canvas->height) break;
    }
    int y = rows > canvas->height ? canvas->height - rows : 0;
    for (int i = first < 0 ? 0 : first; i <= last; i++)
        y += text_wrapped(canvas, 0, y, canvas->width, log_line_at(log, i), INK_TEXT, view->glyphs);
}

const Pane pane_log = {"log", "what was printed, and remarks of runs", NULL, title, draw};
