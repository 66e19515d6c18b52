/* canvas.c - cells to draw on. Any thread; a canvas belongs to whoever opened it. */
#include "plot/canvas.h"

#include "base/text.h"
#include "plot/plottext.h"

#include <stdlib.h>
#include <string.h>

Status canvas_open(Canvas *canvas, int width, int height, Err *err)
{
    *canvas = (Canvas){0};
    if (width < 1 || height < 1)
        return err_set(err, ERR_USAGE, "a plot of %d x %d; it takes at least 1 x 1", width, height);
    canvas->cell = malloc((size_t)width * (size_t)height * sizeof(Cell));
    if (!canvas->cell) return err_set(err, ERR_MEMORY, "no memory for a plot of %d x %d", width, height);
    canvas->width = width;
    canvas->height = height;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)width * height; i++) canvas->cell[i] = (Cell){.code = ' '};
    return OK;
}

void canvas_close(Canvas *canvas)
{
    free(canvas->cell);
    *canvas = (Canvas){0};
}

static Cell *cell_at(Canvas *canvas, int x, int y)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height) return NULL;
    return &canvas->cell[(ptrdiff_t)y * canvas->width + x];
}

void canvas_put(Canvas *canvas, int x, int y, uint32_t code, int ink)
{
    Cell *cell = cell_at(canvas, x, y);
    if (cell) *cell = (Cell){.code = code, .ink = (uint8_t)ink};
}

int canvas_text(Canvas *canvas, int x, int y, const char *utf8, int ink)
{
    int length;
    for (const char *s = utf8; *s; s += length) {
        uint32_t code = text_decode(s, &length);
        char one[5] = {0};
        memcpy(one, s, (size_t)length);
        int width = text_width(one);
        if (width < 1) continue; /* a cell holds one character: combining marks are left out */
        if (width == 2 && x == canvas->width - 1) code = ' ';
        canvas_put(canvas, x, y, code < ' ' || text_is_control(code) ? '?' : code, ink);
        if (width == 2) canvas_put(canvas, x + 1, y, 0, ink);
        x += width;
    }
    return x;
}

void canvas_dot(Canvas *canvas, const Glyphs *glyphs, int x, int y, int ink)
{
    if (x < 0 || y < 0) return;
    Cell *cell = cell_at(canvas, x / glyphs->dots_x, y / glyphs->dots_y);
    if (!cell) return;
    int bit = y % glyphs->dots_y * glyphs->dots_x + x % glyphs->dots_x;
    cell->dots = (uint8_t)(cell->dots | 1 << bit);
    cell->code = glyph_dots(glyphs, cell->dots);
    cell->ink = (uint8_t)ink;
}

/* Bresenham's line (IBM Systems Journal 4(1), 1965). */
void canvas_line(Canvas *canvas, const Glyphs *glyphs, int x0, int y0, int x1, int y1, int ink)
{
    int dx = abs(x1 - x0), dy = -abs(y1 - y0), step_x = x0 < x1 ? 1 : -1, step_y = y0 < y1 ? 1 : -1;
    for (int error = dx + dy;;) {
        canvas_dot(canvas, glyphs, x0, y0, ink);
        if (x0 == x1 && y0 == y1) return;
        int twice = 2 * error;
        if (twice >= dy) {
            error += dy;
            x0 += step_x;
        }
        if (twice <= dx) {
            error += dx;
            y0 += step_y;
        }
    }
}

void canvas_blit(Canvas *canvas, int x, int y, const Canvas *from)
{
    for (int row = 0; row < from->height; row++)
        for (int column = 0; column < from->width; column++) {
            Cell *cell = cell_at(canvas, x + column, y + row);
            if (cell) *cell = from->cell[(ptrdiff_t)row * from->width + column];
        }
}

char *canvas_string(const Canvas *canvas, Err *err)
{
    PlotText text = {0};
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            uint32_t code = canvas->cell[(ptrdiff_t)y * canvas->width + x].code;
            if (code) plottext_code(&text, code);
        }
        plottext_trim(&text);
        plottext_add(&text, "\n");
    }
    return plottext_take(&text, err);
}
