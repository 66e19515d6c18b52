/* pane_page.c - a text that is read by pages, from its first line on: help, a lesson. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static void title(char *dst, size_t size, const View *view)
{
    char where[64] = "";
    const Page *page = view->page;
    if (page) log_where(where, sizeof where, &page->lines, page->top);
    snprintf(dst, size, "%s%s", page && *page->title ? page->title : "page", where);
}

static void draw(Canvas *canvas, const View *view)
{
    if (view->page && view->page->lines.lines > 0)
        log_draw(canvas, &view->page->lines, view->page->top, view->glyphs);
    else
        pane_say(canvas, view, "a page of help", "press: F1");
}

const Pane pane_page = {"page", "a text that is read by pages: help", NULL, title, draw};
