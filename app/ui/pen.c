/* pen.c - see pen.h. Characters are the locale's. Main thread. */
#include "ui/pen.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

enum { TAB_WIDTH = 4 };

static const char *const more = "    > "; /* before a statement's further lines */

static void pen_put(Pen *pen, wchar_t code, int columns, int ink)
{
    if (pen->x + columns > pen->width) {
        pen->x = 0;
        pen->y++;
    }
    if (pen->canvas) {
        canvas_put(pen->canvas, pen->x, pen->y - pen->top, (uint32_t)code, ink);
        if (columns == 2) canvas_put(pen->canvas, pen->x + 1, pen->y - pen->top, 0, ink);
    }
    pen->x += columns;
}

void pen_text(Pen *pen, const char *text, int ink, int point, int *x, int *y)
{
    int size = (int)strlen(text), length;
    mbstate_t state = {0};
    for (int i = 0; i <= size; i += length) {
        wchar_t code = 0;
        size_t got = i < size ? mbrtowc(&code, text + i, (size_t)(size - i), &state) : 1;
        bool broken = got == (size_t)-1 || got == (size_t)-2 || got == 0;
        int columns = broken ? 1 : wcwidth(code);
        length = broken ? 1 : (int)got;
        if (broken) state = (mbstate_t){0};
        bool wraps = pen->x + (columns > 1 ? columns : 1) > pen->width; /* then the cursor waits on the next row */
        if (i <= point && point < i + length) {
            *x = wraps ? 0 : pen->x;
            *y = wraps ? pen->y + 1 : pen->y;
        }
        if (i == size) break;
        if (code == '\n') {
            pen->x = 0;
            pen->y++;
            if (pen->width >= PEN_NARROW) pen_text(pen, more, INK_DIM, -1, NULL, NULL);
        } else if (code == '\t') {
            for (int k = 0; k < TAB_WIDTH; k++) pen_put(pen, ' ', 1, ink);
        } else if (columns < 0 || broken) {
            pen_put(pen, !broken && code < ' ' ? '^' : '?', 1, ink);
            if (!broken && code < ' ') pen_put(pen, code + '@', 1, ink);
        } else if (columns > 0) {
            pen_put(pen, code, columns, ink); /* a cell holds one character: combining marks are not drawn */
        }
    }
}

int pen_columns(const char *text)
{
    Pen pen = {.width = 1 << 20};
    int x = 0, y = 0;
    pen_text(&pen, text, INK_DIM, (int)strlen(text), &x, &y);
    return x;
}
