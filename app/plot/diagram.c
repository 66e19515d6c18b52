/* diagram.c - a reliability diagram with its confidence histogram, as text. Pure functions; any thread. */
#include "plot/diagram.h"

#include "base/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* Where the parts lie: the plot covers columns left .. left + width - 1 and rows top .. top + height - 1. */
typedef struct {
    int left, width, top, height;
    int axis, labels, strip, strip_height, counts, gaps, legend; /* rows; -1: no room */
} Layout;

/* Parts are given rows in the order of what they tell, once the canvas is as high as their row here says. */
static Layout lay_out(const Canvas *canvas, const char *title)
{
    int h = canvas->height, y;
    Layout at = {.left = canvas->width >= 16 ? 5 : 0, .top = title && h >= 5};
    bool axis = h >= 4, labels = h >= 6, counts = h >= 9, gaps = h >= 11, legend = h >= 14;
    at.strip_height = h >= 24 ? 3 : h >= 12 ? 2 : h >= 8 ? 1 : 0;
    at.width = canvas->width - at.left;
    at.height = h - at.top - axis - labels - at.strip_height - counts - gaps - legend;
    y = at.top + at.height;
    at.axis = axis ? y++ : -1;
    at.labels = labels ? y++ : -1;
    at.strip = at.strip_height ? y : -1;
    y += at.strip_height;
    at.counts = counts ? y++ : -1;
    at.gaps = gaps ? y++ : -1;
    at.legend = legend ? y : -1;
    return at;
}

/* Columns *x .. *x + width - 1 of a bin, returning the width: at least 1, and a free column between wide bars. */
static int bar(const Layout *at, const Bin *bin, int *x)
{
    int from = (int)lround(bin->lo * at->width), to = (int)lround(bin->hi * at->width);
    if (from >= at->width) from = at->width - 1;
    *x = at->left + from;
    if (to - from >= 3) to--;
    return to > from ? to - from : 1;
}

/* The cell that spans low .. low + 1 of a bar of this height, in rows: filled in eighths. */
static int eighths(double height, int low)
{
    int filled = (int)lround(height * 8) - 8 * low;
    return filled < 0 ? 0 : filled > 8 ? 8 : filled;
}

static void draw_bin(Canvas *canvas, const Layout *at, const Bin *bin, const Glyphs *glyphs)
{
    double accuracy = bin->right / bin->count * at->height, confidence = bin->confidence / bin->count * at->height;
    int x, width = bar(at, bin, &x);
    for (int row = 0; row < at->height; row++) {
        double middle = row + .5;
        int filled = eighths(accuracy, row), ink = INK_BAR;
        uint32_t code = glyphs->fill[filled];
        if (filled == 0 && middle < confidence) {
            code = glyphs->over;
            ink = INK_OVER;
        } else if (middle > confidence && middle < accuracy) {
            code = glyphs->under;
            ink = INK_UNDER;
        } else if (filled == 0)
            continue; /* the diagonal shows */
        for (int i = 0; i < width; i++) canvas_put(canvas, x + i, at->top + at->height - 1 - row, code, ink);
    }
}

/* A line across the bin where an earlier accuracy was; where the bar ends in that row, the bar says as much. */
static void draw_ghost(Canvas *canvas, const Layout *at, const Bin *bin, const Bin *ghost, const Glyphs *glyphs)
{
    if (ghost->count == 0) return;
    double height = ghost->right / ghost->count * at->height;
    int x, width = bar(at, ghost, &x), row = height >= at->height ? at->height - 1 : (int)height;
    int filled = bin->count > 0 ? eighths(bin->right / bin->count * at->height, row) : 0;
    if (filled > 0 && filled < 8) return;
    for (int i = 0; i < width; i++) canvas_put(canvas, x + i, at->top + at->height - 1 - row, glyphs->ghost, INK_GHOST);
}

static void draw_strip(Canvas *canvas, const Layout *at, const Bin *bin, double most, const Glyphs *glyphs)
{
    int x, width = bar(at, bin, &x);
    for (int row = 0; row < at->strip_height; row++) {
        int filled = eighths(bin->count / most * at->strip_height, row);
        if (row == 0 && filled == 0) filled = 1; /* few is not none */
        if (filled == 0) break;
        for (int i = 0; i < width; i++)
            canvas_put(canvas, x + i, at->strip + at->strip_height - 1 - row, glyphs->fill[filled], INK_COUNT);
    }
}

/* A number under its bin, where a free column stays beside it. */
static bool draw_number(Canvas *canvas, const Layout *at, const Bin *bin, int y, const char *text, int ink)
{
    int from = (int)lround(bin->lo * at->width), to = (int)lround(bin->hi * at->width), width = text_width(text);
    if (width >= to - from) return false;
    canvas_text(canvas, at->left + from + (to - from - 1 - width) / 2, y, text, ink);
    return true;
}

static void draw_count(Canvas *canvas, const Layout *at, const Bin *bin)
{
    static const struct {
        const char *format;
        double unit;
    } way[] = {{"%.0f", 1}, {"%.1fk", 1e3}, {"%.0fk", 1e3}, {"%.1fM", 1e6}, {"%.0fM", 1e6}};
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        char text[32];
        if (bin->count > 0 && bin->count < way[i].unit) return;
        snprintf(text, sizeof text, way[i].format, bin->count / way[i].unit);
        if (draw_number(canvas, at, bin, at->counts, text, INK_COUNT)) return;
    }
}

static void draw_gap(Canvas *canvas, const Layout *at, const Bin *bin)
{
    char text[32];
    double points = 100 * (bin->confidence - bin->right) / bin->count;
    snprintf(text, sizeof text, lround(points) ? "%+.0f" : "0", points);
    draw_number(canvas, at, bin, at->gaps, text, points > 0 ? INK_OVER : INK_UNDER);
}

static void draw_axes(Canvas *canvas, const Layout *at, const Glyphs *glyphs)
{
    int x = at->left - 1, right = at->left + at->width;
    if (at->left > 0) {
        for (int i = 0; i < at->height; i++) canvas_put(canvas, x, at->top + i, glyphs->vertical, INK_AXIS);
        canvas_put(canvas, x, at->top, glyphs->tick_left, INK_AXIS);
        canvas_text(canvas, 0, at->top, "1.0", INK_TEXT);
        if (at->height >= 4) {
            canvas_put(canvas, x, at->top + at->height / 2, glyphs->tick_left, INK_AXIS);
            canvas_text(canvas, 0, at->top + at->height / 2, "0.5", INK_TEXT);
        }
        canvas_text(canvas, 2, at->strip, "n", INK_TEXT);
        canvas_text(canvas, 0, at->gaps, "gap%", INK_TEXT);
    }
    if (at->axis < 0) return;
    if (at->left > 0) canvas_text(canvas, 0, at->axis, "0.0", INK_TEXT);
    for (int i = at->left; i < right; i++) canvas_put(canvas, i, at->axis, glyphs->horizontal, INK_AXIS);
    canvas_put(canvas, x, at->axis, glyphs->corner, INK_AXIS);
    if (at->labels < 0 || at->width < 12) return;
    int middle = at->left + at->width / 2;
    canvas_put(canvas, middle, at->axis, glyphs->tick_below, INK_AXIS);
    canvas_text(canvas, at->left, at->labels, "0.0", INK_TEXT);
    canvas_text(canvas, middle - 1, at->labels, "0.5", INK_TEXT);
    canvas_text(canvas, right - 3, at->labels, "1.0", INK_TEXT);
    if (at->width >= 36) canvas_text(canvas, right - 14, at->labels, "confidence", INK_TEXT);
}

/* The signs with their names; with short names where the long ones do not fit. */
static void draw_legend(Canvas *canvas, const Layout *at, bool ghosts, const Glyphs *glyphs)
{
    const struct {
        uint32_t code;
        int ink;
        bool drawn;
        const char *name[2];
    } item[] = {
        {glyphs->fill[8], INK_BAR, true, {"accuracy", "acc"}},
        {glyphs->over, INK_OVER, true, {"over-confident", "over"}},
        {glyphs->under, INK_UNDER, true, {"under-confident", "under"}},
        {glyphs->ghost, INK_GHOST, ghosts, {"stage 1", "stage 1"}},
        {glyph_dots(glyphs, (1U << glyphs->dots_x) - 1), INK_DIAGONAL, true, {"perfect", "perfect"}},
    };
    int x = at->left, need = at->left, kind;
    for (size_t i = 0; i < sizeof item / sizeof *item; i++)
        if (item[i].drawn) need += text_width(item[i].name[0]) + 3;
    kind = ghosts && need - 1 > canvas->width;
    for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
        if (!item[i].drawn) continue;
        if (x + 2 + text_width(item[i].name[kind]) > canvas->width) return;
        canvas_put(canvas, x, at->legend, item[i].code, item[i].ink);
        x = canvas_text(canvas, x + 2, at->legend, item[i].name[kind], INK_TEXT) + 1;
    }
}

void diagram_draw_ghost(Canvas *canvas, const Bin *bin, const Bin *ghost, int count, const char *title,
                        const Glyphs *glyphs)
{
    Layout at = lay_out(canvas, title);
    double most = 0;
    for (int b = 0; b < count; b++) most = fmax(most, bin[b].count);
    if (at.top > 0) canvas_text(canvas, 0, 0, title, INK_TEXT);
    draw_axes(canvas, &at, glyphs);
    canvas_line(canvas, glyphs, at.left * glyphs->dots_x, (at.top + at.height) * glyphs->dots_y - 1,
                canvas->width * glyphs->dots_x - 1, at.top * glyphs->dots_y, INK_DIAGONAL);
    for (int b = 0; b < count; b++) {
        if (at.counts >= 0) draw_count(canvas, &at, &bin[b]);
        if (bin[b].count > 0) {
            draw_bin(canvas, &at, &bin[b], glyphs);
            if (at.strip >= 0) draw_strip(canvas, &at, &bin[b], most, glyphs);
            if (at.gaps >= 0) draw_gap(canvas, &at, &bin[b]);
        }
        if (ghost) draw_ghost(canvas, &at, &bin[b], &ghost[b], glyphs);
    }
    if (at.legend >= 0) draw_legend(canvas, &at, ghost, glyphs);
}

void diagram_draw(Canvas *canvas, const Bin *bin, int count, const char *title, const Glyphs *glyphs)
{
    diagram_draw_ghost(canvas, bin, NULL, count, title, glyphs);
}

char *diagram_text(const Bin *bin, int count, const char *title, int width, int height, const Glyphs *glyphs, Err *err)
{
    Canvas canvas;
    if (canvas_open(&canvas, width, height, err) != OK) return NULL;
    diagram_draw(&canvas, bin, count, title, glyphs);
    char *text = canvas_string(&canvas, err);
    canvas_close(&canvas);
    return text;
}
