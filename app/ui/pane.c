/* pane.c - what panes share: the run that is looked at, short texts. Main thread. */
#include "ui/pane.h"

#include "base/text.h"
#include "plot/plottext.h"

#include <stdio.h>
#include <string.h>

enum { MARGIN_LEAST = 24 }; /* cells from which a remark keeps away from the border */

RunView view_of_run(const View *view)
{
    const ViewRun *run = view_chosen(view);
    return (RunView){.log = run ? run->log : NULL,
                     .parent = run ? run->parent : NULL,
                     .bins = view->bins,
                     .log_loss = view->log_loss,
                     .at = view->at ? view_eval(view) : NULL,
                     .at_parent = view->at_parent,
                     .glyphs = view->glyphs};
}

/* ---- texts ---- */

/* One character, as these glyphs can show it, into one (5); returns its bytes in s. */
static int next_shown(char *one, const char *s, const Glyphs *glyphs)
{
    int length;
    uint32_t code = text_decode(s, &length);
    bool lacking = code < ' ' || code == 0x7F || (code >= 0x80 && glyphs->ascii);
    memset(one, 0, 5);
    memcpy(one, lacking ? "?" : s, lacking ? 1 : (size_t)length);
    return length;
}

/* Bytes of utf8 for one row: up to the last blank within width where there is one, at least one character. */
static int row_bytes(const char *utf8, int width, const Glyphs *glyphs)
{
    int bytes = 0, cells = 0, blank = 0;
    char one[5];
    while (utf8[bytes]) {
        int length = next_shown(one, utf8 + bytes, glyphs);
        cells += text_width(one);
        if (cells > width && bytes > 0) return blank > 0 && utf8[bytes] != ' ' ? blank : bytes;
        bytes += length;
        if (one[0] == ' ') blank = bytes;
    }
    return bytes;
}

int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs)
{
    int rows = 0;
    do {
        int bytes = row_bytes(utf8, width, glyphs), column = x, length;
        for (int i = 0; i < bytes; i += length) {
            char one[5];
            length = next_shown(one, utf8 + i, glyphs);
            if (canvas) column = canvas_text(canvas, column, y + rows, one, ink);
        }
        utf8 += bytes;
        while (*utf8 == ' ') utf8++;
        rows++;
    } while (*utf8);
    return rows;
}

void pane_say(Canvas *canvas, const View *view, const char *what, const char *type)
{
    int x = canvas->width >= MARGIN_LEAST, width = canvas->width - 2 * x;
    int rows = text_wrapped(NULL, x, 0, width, what, INK_DIM, view->glyphs);
    int typed = type ? text_wrapped(NULL, x, 0, width, type, INK_TEXT, view->glyphs) : 0;
    int y = (canvas->height - rows - typed) / 2;
    if (y < 0) y = 0;
    text_wrapped(canvas, x, y, width, what, INK_DIM, view->glyphs);
    if (type) text_wrapped(canvas, x, y + rows, width, type, INK_TEXT, view->glyphs);
}
