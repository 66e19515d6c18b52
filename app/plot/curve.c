/* curve.c - line curves with their axes, as text. Pure functions; any thread. */
#include "plot/curve.h"

#include "base/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    double lo, hi;
} Range;

/* Where the parts lie: the plot covers columns left .. left + width - 1 and rows top .. top + height - 1. */
typedef struct {
    int left, width, top, height;
    int axis, labels; /* rows; -1: no room */
} Layout;

static bool shown(const Series *series, ptrdiff_t i)
{
    return isfinite(series->x[i]) && isfinite(series->y[i]);
}

/* A range that holds one value only is widened. Halves, so that the difference of large numbers stays finite.
 */
static Range widened(Range r)
{
    if (r.hi / 2 - r.lo / 2 > 0) return r;
    double pad = fabs(r.lo) > 1e-300 ? fabs(r.lo) / 4 : 1;
    return (Range){r.lo < 0 ? r.lo - pad : r.lo, r.lo < 0 ? r.hi : r.hi + pad};
}

/* The ranges of all points; false where there is none. */
static bool ranges(const Series *series, int count, Range *x, Range *y)
{
    *x = *y = (Range){INFINITY, -INFINITY};
    for (int s = 0; s < count; s++)
        for (ptrdiff_t i = 0; i < series[s].n; i++) {
            if (!shown(&series[s], i)) continue;
            *x = (Range){fmin(x->lo, series[s].x[i]), fmax(x->hi, series[s].x[i])};
            *y = (Range){fmin(y->lo, series[s].y[i]), fmax(y->hi, series[s].y[i])};
        }
    if (x->lo > x->hi) return false;
    *x = widened(*x);
    *y = widened(*y);
    return true;
}

/* The dot, 0 .. dots - 1, of a value. */
static int dot_of(double value, Range r, int dots)
{
    double share = (value / 2 - r.lo / 2) / (r.hi / 2 - r.lo / 2);
    return (int)lround(fmin(fmax(share, 0), 1) * (dots - 1));
}

static Layout lay_out(const Canvas *canvas, const Series *series, int count, int label_width, const char *title)
{
    int w = canvas->width, h = canvas->height, names = 0;
    for (int s = 0; s < count; s++) {
        int width = series[s].name ? text_width(series[s].name) : 0;
        if (width > names) names = width;
    }
    Layout at = {.left = w >= 20 ? label_width + 2 : 0, .top = title && h >= 5};
    bool axis = h >= 4, labels = h >= 6;
    at.width = w - at.left - (names > 0 && w >= 30 && names < w / 3 ? names + 1 : 0);
    at.height = h - at.top - axis - labels;
    at.axis = axis ? at.top + at.height : -1;
    at.labels = labels ? at.axis + 1 : -1;
    return at;
}

/* label (3) = the y axis' labels: top, middle, bottom. Returns the width of the widest. */
static int name_values(char label[3][32], Range y)
{
    int widest = 0;
    for (int i = 0; i < 3; i++) {
        snprintf(label[i], sizeof label[i], "%.3g", i == 0 ? y.hi : i == 1 ? y.hi / 2 + y.lo / 2 : y.lo);
        int width = (int)strlen(label[i]);
        if (width > widest) widest = width;
    }
    return widest;
}

static void draw_axes(Canvas *canvas, const Layout *at, char label[3][32], Range x, const Glyphs *glyphs)
{
    int column = at->left - 1, below = at->top + at->height - 1;
    if (at->left > 0) {
        int row[3] = {at->top, (at->top + below) / 2, below};
        for (int y = at->top; y <= below; y++) canvas_put(canvas, column, y, glyphs->vertical, INK_AXIS);
        for (int i = 0; i < 3; i++) {
            if (i == 1 && at->height < 5) continue;
            canvas_put(canvas, column, row[i], glyphs->tick_left, INK_AXIS);
            canvas_text(canvas, column - 1 - (int)strlen(label[i]), row[i], label[i], INK_TEXT);
        }
    }
    if (at->axis < 0) return;
    for (int i = 0; i < at->width; i++) canvas_put(canvas, at->left + i, at->axis, glyphs->horizontal, INK_AXIS);
    canvas_put(canvas, column, at->axis, glyphs->corner, INK_AXIS);
    char first[32], last[32];
    snprintf(first, sizeof first, "%.4g", x.lo);
    snprintf(last, sizeof last, "%.4g", x.hi);
    if (at->labels < 0 || (int)(strlen(first) + strlen(last)) >= at->width) return;
    canvas_text(canvas, at->left, at->labels, first, INK_TEXT);
    canvas_text(canvas, at->left + at->width - (int)strlen(last), at->labels, last, INK_TEXT);
}

/* Returns the canvas row of the curve's last point, -1 where it has none. */
static int draw_series(Canvas *canvas, const Layout *at, const Series *series, Range x, Range y, int ink,
                       const Glyphs *glyphs)
{
    int left = at->left * glyphs->dots_x, below = (at->top + at->height) * glyphs->dots_y - 1;
    int last_x = 0, last_y = -1;
    bool joined = false;
    for (ptrdiff_t i = 0; i < series->n; i++) {
        if (!shown(series, i)) {
            joined = false;
            continue;
        }
        int px = left + dot_of(series->x[i], x, at->width * glyphs->dots_x);
        int py = below - dot_of(series->y[i], y, at->height * glyphs->dots_y);
        canvas_line(canvas, glyphs, joined ? last_x : px, joined ? last_y : py, px, py, ink);
        last_x = px;
        last_y = py;
        joined = true;
    }
    return last_y < 0 ? -1 : last_y / glyphs->dots_y;
}

/* The name beside the curve's end, on the nearest free row from there down, then up. */
static void draw_name(Canvas *canvas, const Layout *at, const char *name, int row, int ink)
{
    int x = at->left + at->width + 1, below = at->top + at->height;
    if (x >= canvas->width || !name || row < 0) return;
    for (int i = 0; i < at->height; i++) {
        int y = row + i < below ? row + i : below - 1 - i;
        if (canvas->cell[(ptrdiff_t)y * canvas->width + x].code != ' ') continue;
        canvas_text(canvas, x, y, name, ink);
        return;
    }
}

void curve_draw(Canvas *canvas, const Series *series, int count, const char *title, const Glyphs *glyphs)
{
    Range x, y;
    char label[3][32];
    bool data = ranges(series, count, &x, &y);
    Layout at = lay_out(canvas, series, count, data ? name_values(label, y) : 0, title);
    if (at.top > 0) canvas_text(canvas, 0, 0, title, INK_TEXT);
    if (!data) {
        canvas_text(canvas, at.left, at.top + at.height / 2, "no data", INK_TEXT);
        return;
    }
    draw_axes(canvas, &at, label, x, glyphs);
    for (int s = 0; s < count; s++) {
        int end = draw_series(canvas, &at, &series[s], x, y, INK_SERIES + s, glyphs);
        draw_name(canvas, &at, series[s].name, end, INK_SERIES + s);
    }
}

char *curve_text(const Series *series, int count, const char *title, int width, int height, const Glyphs *glyphs,
                 Err *err)
{
    Canvas canvas;
    if (canvas_open(&canvas, width, height, err) != OK) return NULL;
    curve_draw(&canvas, series, count, title, glyphs);
    char *text = canvas_string(&canvas, err);
    canvas_close(&canvas);
    return text;
}
