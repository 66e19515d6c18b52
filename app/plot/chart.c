/* chart.c - line curves on their axes, with marks and a rule. Pure functions; any thread. */
#include "plot/chart.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    double lo, hi;
} Range;

enum { Y_LABELS = 3 }; /* top, middle, bottom */

/* Where the parts lie: the plot covers columns left .. left + width - 1 and rows top .. top + height - 1. */
typedef struct {
    int left, width, top, height;
    int axis, ticks; /* rows; -1: no room */
    Range x, y;      /* y as it is drawn: its logarithm on a logarithmic axis */
    char label[Y_LABELS][32];
} Layout;

/* ---- axes ---- */

/* A value as the y axis places it; NaN where it has no place. */
static double placed(const Chart *chart, double y)
{
    return !chart->log_y ? y : y > 0 ? log10(y) : NAN;
}

/* A range that holds one value only is widened. Halves, so that the difference of large numbers stays finite. */
static Range widened(Range r)
{
    if (r.hi / 2 - r.lo / 2 > 0) return r;
    double pad = fabs(r.lo) > 1e-300 ? fabs(r.lo) / 4 : 1;
    return (Range){r.lo < 0 ? r.lo - pad : r.lo, r.lo < 0 ? r.hi : r.hi + pad};
}

/* The range with round numbers at both ends and in the middle that wastes least. */
static Range rounded(Range r)
{
    static const double steps[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8},
                        slack = 1e-9; /* for what is round but for its last bits */
    double power = pow(10, floor(log10(r.hi / 4 - r.lo / 4)));
    for (int decade = 0; decade < 3; decade++, power *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            double half = steps[i] * power / 2, lo = floor(r.lo / half + slack) * half, hi = lo + 4 * half;
            if (half > 0 && isfinite(lo) && isfinite(hi) && hi >= r.hi - slack * half) return (Range){lo, hi};
        }
    return r;
}

/* How many of all points are above y, and the highest of the others. */
static ptrdiff_t count_above(const Chart *chart, double y, ptrdiff_t *points, double *below)
{
    ptrdiff_t above = 0;
    *points = 0;
    *below = -INFINITY;
    for (int s = 0; s < chart->count; s++)
        for (ptrdiff_t i = 0; i < chart->series[s].n; i++) {
            double value = placed(chart, chart->series[s].y[i]);
            if (!isfinite(chart->series[s].x[i]) || !isfinite(value)) continue;
            ++*points;
            above += value > y;
            if (value <= y) *below = fmax(*below, value);
        }
    return above;
}

/* Without the few highest points, as long as that halves the range. */
static Range clipped(const Chart *chart, Range r)
{
    for (;;) {
        ptrdiff_t points;
        double below, half = r.hi / 2 + r.lo / 2;
        ptrdiff_t above = count_above(chart, half, &points, &below);
        if (above == 0 || above * 10 > points || !(below > r.lo)) return r;
        r.hi = below;
    }
}

/* The ranges of all points; false where there is none. */
static bool ranges(const Chart *chart, Range *x, Range *y)
{
    *x = *y = (Range){INFINITY, -INFINITY};
    for (int s = 0; s < chart->count; s++)
        for (ptrdiff_t i = 0; i < chart->series[s].n; i++) {
            double px = chart->series[s].x[i], py = placed(chart, chart->series[s].y[i]);
            if (!isfinite(px) || !isfinite(py)) continue;
            *x = (Range){fmin(x->lo, px), fmax(x->hi, px)};
            *y = (Range){fmin(y->lo, py), fmax(y->hi, py)};
        }
    if (x->lo > x->hi) return false;
    if (chart->from_zero && !chart->log_y) y->lo = fmin(y->lo, 0);
    if (chart->clip_y && !chart->log_y) *y = clipped(chart, *y);
    if (chart->span_x) *x = (Range){chart->x_lo, chart->x_hi};
    *x = widened(*x);
    *y = widened(*y);
    if (chart->round_y && !chart->log_y) *y = rounded(*y);
    return true;
}

/* Write the labels of the y axis; returns the width of the widest. */
static int name_values(const Chart *chart, Layout *at)
{
    const double value[Y_LABELS] = {at->y.hi, at->y.hi / 2 + at->y.lo / 2, at->y.lo};
    int widest = chart->label_least;
    for (int i = 0; i < Y_LABELS; i++) {
        double shown = chart->log_y ? pow(10, value[i]) : value[i];
        snprintf(at->label[i], sizeof at->label[i], chart->log_y ? "%.2g%s" : "%.3g%s", shown,
                 chart->unit ? chart->unit : "");
        int width = text_width(at->label[i]);
        if (width > widest) widest = width;
    }
    return widest;
}

static void lay_out(Layout *at, const Canvas *canvas, const Chart *chart, int label_width)
{
    int w = canvas->width, h = canvas->height, names = 0;
    for (int s = 0; s < chart->count; s++) {
        int width = chart->series[s].name ? text_width(chart->series[s].name) : 0;
        if (width > names) names = width;
    }
    bool axis = h >= 4, ticks = h >= 6;
    at->left = w >= 20 ? label_width + 2 : 0;
    at->top = chart->title && h >= 5;
    at->width = w - at->left - (names > 0 && w >= 30 && names < w / 3 ? names + 1 : 0);
    at->height = h - at->top - axis - ticks;
    at->axis = axis ? at->top + at->height : -1;
    at->ticks = ticks ? at->axis + 1 : -1;
}

/* ---- places ---- */

/* The dot, 0 .. dots - 1, of a value. */
static int dot_of(double value, Range r, int dots)
{
    double share = (value / 2 - r.lo / 2) / (r.hi / 2 - r.lo / 2);
    return (int)lround(fmin(fmax(share, 0), 1) * (dots - 1));
}

static int dot_x(const Layout *at, double x, const Glyphs *glyphs)
{
    return at->left * glyphs->dots_x + dot_of(x, at->x, at->width * glyphs->dots_x);
}

static int dot_y(const Layout *at, double y, const Glyphs *glyphs)
{
    return (at->top + at->height) * glyphs->dots_y - 1 - dot_of(y, at->y, at->height * glyphs->dots_y);
}

/* True when a text of `width` cells at (x, y), and a cell on either side of it, would cover nothing. */
static bool blank(const Canvas *canvas, const Layout *at, int x, int y, int width)
{
    if (x < at->left || x + width > at->left + at->width || y < 0 || y >= canvas->height) return false;
    for (int i = x - 1; i <= x + width; i++)
        if (i >= at->left && i < at->left + at->width && canvas->cell[(ptrdiff_t)y * canvas->width + i].code != ' ')
            return false;
    return true;
}

/* ---- parts ---- */

static void draw_axes(Canvas *canvas, const Layout *at, const Glyphs *glyphs)
{
    int column = at->left - 1, below = at->top + at->height - 1;
    if (at->left > 0) {
        int row[Y_LABELS] = {at->top, (at->top + below) / 2, below};
        for (int y = at->top; y <= below; y++) canvas_put(canvas, column, y, glyphs->vertical, INK_AXIS);
        for (int i = 0; i < Y_LABELS; i++) {
            if (i == 1 && at->height < 5) continue;
            canvas_put(canvas, column, row[i], glyphs->tick_left, INK_AXIS);
            canvas_text(canvas, column - 1 - text_width(at->label[i]), row[i], at->label[i], INK_TEXT);
        }
    }
    if (at->axis < 0) return;
    for (int i = 0; i < at->width; i++) canvas_put(canvas, at->left + i, at->axis, glyphs->horizontal, INK_AXIS);
    canvas_put(canvas, column, at->axis, glyphs->corner, INK_AXIS);
}

static void draw_ends(Canvas *canvas, const Layout *at)
{
    char first[32], last[32];
    snprintf(first, sizeof first, "%.4g", at->x.lo);
    snprintf(last, sizeof last, "%.4g", at->x.hi);
    if (at->ticks < 0 || (int)(strlen(first) + strlen(last)) >= at->width) return;
    canvas_text(canvas, at->left, at->ticks, first, INK_TEXT);
    canvas_text(canvas, at->left + at->width - (int)strlen(last), at->ticks, last, INK_TEXT);
}

static void draw_tick(Canvas *canvas, const Layout *at, const Tick *tick, const Glyphs *glyphs)
{
    int width = text_width(tick->text), x = dot_x(at, tick->x, glyphs) / glyphs->dots_x - width / 2;
    if (x > at->left + at->width - width) x = at->left + at->width - width;
    if (x < at->left) x = at->left;
    if (blank(canvas, at, x, at->ticks, width)) canvas_text(canvas, x, at->ticks, tick->text, INK_TEXT);
}

static void draw_rule(Canvas *canvas, const Layout *at, double value, const Glyphs *glyphs)
{
    int x = dot_x(at, value, glyphs) / glyphs->dots_x;
    for (int y = at->top; y < at->top + at->height; y++) canvas_put(canvas, x, y, glyphs->freeze, INK_RULE);
    if (at->axis >= 0) canvas_put(canvas, x, at->axis, glyphs->tick_below, INK_AXIS);
}

/* Returns the canvas row of the curve's last point, -1 where it has none. */
static int draw_series(Canvas *canvas, const Layout *at, const Chart *chart, int s, int ink, const Glyphs *glyphs)
{
    const Series *series = &chart->series[s];
    int last_x = 0, last_y = -1;
    bool joined = false;
    for (ptrdiff_t i = 0; i < series->n; i++) {
        double y = placed(chart, series->y[i]);
        if (!isfinite(series->x[i]) || !isfinite(y)) {
            joined = false;
            continue;
        }
        int px = dot_x(at, series->x[i], glyphs), py = dot_y(at, y, glyphs);
        canvas_line(canvas, glyphs, joined ? last_x : px, joined ? last_y : py, px, py, ink);
        last_x = px;
        last_y = py;
        joined = true;
    }
    return last_y < 0 ? -1 : last_y / glyphs->dots_y;
}

/* A sign on the plot's edge wherever a point of the series is above it. */
static void draw_above(Canvas *canvas, const Layout *at, const Chart *chart, int s, int ink, const Glyphs *glyphs)
{
    const Series *series = &chart->series[s];
    for (ptrdiff_t i = 0; chart->clip_y && i < series->n; i++)
        if (isfinite(series->x[i]) && placed(chart, series->y[i]) > at->y.hi)
            canvas_put(canvas, dot_x(at, series->x[i], glyphs) / glyphs->dots_x, at->top, glyphs->above, ink);
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

/* The sign, and its word to the right or left of it, as near as cells are free. */
static void draw_mark(Canvas *canvas, const Layout *at, const Chart *chart, const Mark *mark, const Glyphs *glyphs)
{
    static const int rows[] = {0, -1, 1, -2, 2};
    double value = placed(chart, mark->y);
    if (!isfinite(mark->x) || !isfinite(value)) return;
    int x = dot_x(at, mark->x, glyphs) / glyphs->dots_x, y = dot_y(at, value, glyphs) / glyphs->dots_y;
    canvas_put(canvas, x, y, mark->code, mark->ink);
    if (!mark->text) return;
    int width = text_width(mark->text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int row = y + rows[i], side[] = {x + 2, x - 1 - width};
        if (row < at->top || row >= at->top + at->height) continue;
        for (int s = 0; s < 2; s++) {
            if (!blank(canvas, at, side[s], row, width)) continue;
            canvas_text(canvas, side[s], row, mark->text, mark->ink);
            return;
        }
    }
}

void chart_draw(Canvas *canvas, const Chart *chart, const Glyphs *glyphs)
{
    Layout at = {0};
    bool data = ranges(chart, &at.x, &at.y);
    lay_out(&at, canvas, chart, data ? name_values(chart, &at) : 0);
    if (at.top > 0) canvas_text(canvas, 0, 0, chart->title, INK_TEXT);
    if (!data) {
        canvas_text(canvas, at.left, at.top + at.height / 2, "no data", INK_TEXT);
        return;
    }
    draw_axes(canvas, &at, glyphs);
    if (chart->name_x && at.ticks >= 0 && text_width(chart->name_x) < at.left)
        canvas_text(canvas, at.left - 1 - text_width(chart->name_x), at.ticks, chart->name_x, INK_DIM);
    if (chart->ticks == 0) draw_ends(canvas, &at);
    for (int i = 0; i < chart->ticks && at.ticks >= 0; i++) draw_tick(canvas, &at, &chart->tick[i], glyphs);
    if (chart->rule) draw_rule(canvas, &at, *chart->rule, glyphs);
    for (int s = 0; s < chart->count; s++) {
        int ink = chart->ink ? chart->ink[s] : INK_SERIES + s;
        int end = draw_series(canvas, &at, chart, s, ink, glyphs);
        draw_above(canvas, &at, chart, s, ink, glyphs);
        draw_name(canvas, &at, chart->series[s].name, end, ink);
    }
    for (int i = 0; i < chart->marks; i++) draw_mark(canvas, &at, chart, &chart->mark[i], glyphs);
}
