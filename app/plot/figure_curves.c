/* figure_curves.c - curves as a figure, see figure.h. */
#include "plot/axis.h"
#include "plot/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEGEND_MOST = 16, TICK_ROOM = 62 };

/* The palette of Okabe and Ito, and its colours half way to white. */
static const uint32_t palette[FIGURE_COLOURS] = {0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00};
static const Stroke freeze = {GREY, 1, 2, 3};
static const Fill mark_fill = {WHITE, 1, BLACK, 1.5};

static uint32_t tint(uint32_t colour)
{
    return 0x808080 + ((colour >> 1) & 0x7F7F7F);
}

static Stroke stroke_of(const FigureCurve *curve)
{
    uint32_t colour = palette[curve->colour % FIGURE_COLOURS];
    return (Stroke){.colour = curve->dim ? tint(colour) : colour, .width = 1.5};
}

/* ---- the y axis ---- */

/* Numbers so large that their differences are none have no place either. */
static bool placed(double x, double y, bool log_y)
{
    return fabs(x) <= 1e300 && fabs(y) <= 1e300 && (!log_y || y > 0);
}

/* The plot's edges around all points; an axis without length is widened. */
static void span(Plot *p, const FigurePanel *panel)
{
    double lo = INFINITY, hi = -INFINITY;
    p->log_y = panel->log_y;
    for (int c = 0; c < panel->curves; c++) {
        const Series *s = &panel->curve[c].series;
        for (ptrdiff_t i = 0; i < s->n; i++) {
            if (!placed(s->x[i], s->y[i], p->log_y)) continue;
            double y = p->log_y ? log10(s->y[i]) : s->y[i];
            lo = fmin(lo, y);
            hi = fmax(hi, y);
        }
    }
    if (lo > hi) lo = 0, hi = 1;
    double pad = hi - lo > 1e-9 * fabs(hi) ? 0.05 * (hi - lo) : fmax(fabs(hi), 1) / 2;
    bool zero = !p->log_y && lo >= 0 && (panel->from_zero || lo < pad);
    p->y0 = zero ? 0 : lo - pad;
    p->y1 = hi + pad;
}

/* ---- marks ---- */

/* A point without neighbours is a short line. */
static void put_piece(Page *page, const double *x, const double *y, ptrdiff_t n, const Stroke *stroke)
{
    if (n == 1)
        page_line(page, x[0] - 1, y[0], x[0] + 1, y[0], stroke);
    else
        page->paper.kind->polyline(&page->paper, x, y, n, stroke);
}

/* ERR_MEMORY. */
static Status put_curve(Page *page, const Plot *p, const FigureCurve *curve, Err *err)
{
    const Series *s = &curve->series;
    Stroke stroke = stroke_of(curve);
    double *x = malloc(2 * (size_t)s->n * sizeof *x + 1), *y = x + s->n;
    ptrdiff_t n = 0;
    if (!x) return err_set(err, ERR_MEMORY, "no memory for a curve of %td points", s->n);
    for (ptrdiff_t i = 0; i < s->n; i++) {
        if (placed(s->x[i], s->y[i], p->log_y)) {
            x[n] = plot_x(p, s->x[i]);
            y[n++] = plot_y(p, s->y[i]);
        } else if (n > 0) {
            put_piece(page, x, y, n, &stroke);
            n = 0;
        }
    }
    if (n > 0) put_piece(page, x, y, n, &stroke);
    free(x);
    return OK;
}

/* Returns how many items: the curves that have names, the marks, the rule. */
static int legend_of(LegendItem *item, const FigurePanel *panel, const char *rule_name)
{
    int n = 0;
    for (int c = 0; c < panel->curves && n < LEGEND_MOST; c++)
        if (panel->curve[c].series.name)
            item[n++] = (LegendItem){LEGEND_LINE, {0}, stroke_of(&panel->curve[c]), panel->curve[c].series.name};
    for (int m = 0; m < panel->marks && n < LEGEND_MOST; m++)
        item[n++] = (LegendItem){LEGEND_MARK, mark_fill, {0}, panel->mark[m].name};
    if (rule_name && n < LEGEND_MOST) item[n++] = (LegendItem){LEGEND_LINE, {0}, freeze, rule_name};
    return n;
}

static Status put_panel(Page *page, const Plot *p, const FigurePanel *panel, const FigurePart *part, int parts,
                        Err *err)
{
    for (int i = 1; i < parts; i++)
        page_line(page, plot_x(p, part[i].from), p->top, plot_x(p, part[i].from), p->top + p->height, &freeze);
    for (int c = 0; c < panel->curves; c++)
        if (put_curve(page, p, &panel->curve[c], err) != OK) return err->code;
    plot_frame(page, p);
    plot_values(page, p, panel->label);
    for (int m = 0; m < panel->marks; m++)
        if (placed(panel->mark[m].x, panel->mark[m].y, p->log_y))
            page_mark(page, plot_x(p, panel->mark[m].x), plot_y(p, panel->mark[m].y), &mark_fill);
    return OK;
}

/* ---- the x axis ---- */

/* "V-TST, step", or as much of it as has room. */
static void put_name(Page *page, const Plot *p, const FigurePart *part)
{
    char words[96];
    double room = p->width * (part->to - part->from);
    snprintf(words, sizeof words, "%s%sstep", part->name ? part->name : "", part->name ? ", " : "");
    if (part->name && page_measure(page, words) > room) snprintf(words, sizeof words, "%s", part->name);
    if (page_measure(page, words) > room) return;
    page_label(page, plot_x(p, (part->from + part->to) / 2), p->top + p->height + 36, ANCHOR_MIDDLE, words);
}

/* Steps of a part; its last ticks give way to the 0 of the next. */
static void put_part(Page *page, const Plot *p, const FigurePart *part, bool last, bool labels, double *taken)
{
    double tick[AXIS_TICKS], width = p->width * (part->to - part->from);
    int n = axis_ticks(tick, 0, part->steps, (int)fmax(1, fmin(5, width / TICK_ROOM)));
    for (int i = 0; i < n; i++) {
        char text[32];
        double x = part->from + (part->to - part->from) * tick[i] / part->steps;
        snprintf(text, sizeof text, "%.6g", tick[i]);
        bool crowded = !last && p->width * (part->to - x) < page_measure(page, text) / 2 + 12;
        plot_tick(page, p, x, labels && !crowded ? text : NULL, taken);
    }
    if (labels) put_name(page, p, part);
}

static void put_parts(Page *page, const Plot *p, const FigurePart *part, int parts, bool labels)
{
    double taken = -INFINITY;
    for (int i = 0; i < parts; i++) put_part(page, p, &part[i], i == parts - 1, labels, &taken);
}

/* ---- the figure ---- */

/* The plot's left edge and width: the numbers of all panels have room. */
static Plot lay_out(Page *page, const FigurePanel *panel, int panels)
{
    double values = 0;
    Plot p = {.top = page->top, .height = (page->height - page->top - PAGE_BOTTOM) / panels, .x1 = 1};
    for (int i = 0; i < panels; i++) {
        span(&p, &panel[i]);
        values = fmax(values, plot_values_width(page, &p));
    }
    p.left = plot_left(values);
    p.width = page->width - p.left - PAGE_MARGIN;
    return p;
}

/* Height of a panel's legend, from y on. */
static double put_legend(Page *page, const Plot *p, const FigurePanel *panel, const char *rule_name, bool drawn)
{
    LegendItem item[LEGEND_MOST];
    int items = legend_of(item, panel, rule_name);
    return legend_put(page, item, items, p->left, p->top, p->width, drawn);
}

static Status put_panels(Page *page, const FigurePanel *panel, int panels, const FigurePart *part, int parts,
                         const char *rule_name, Err *err)
{
    Plot p = lay_out(page, panel, panels);
    double legends = 0, gaps = PAGE_GAP * (panels - 1);
    for (int i = 0; i < panels; i++) legends += put_legend(page, &p, &panel[i], i == 0 ? rule_name : NULL, false);
    bool told = legend_fits(page, legends);
    p.height = fmax(10, (page->height - page->top - PAGE_BOTTOM - gaps - (told ? legends : 0)) / panels);
    for (int i = 0; i < panels; i++, p.top += p.height + PAGE_GAP) {
        if (told) p.top += put_legend(page, &p, &panel[i], i == 0 ? rule_name : NULL, true);
        span(&p, &panel[i]);
        if (put_panel(page, &p, &panel[i], part, parts, err) != OK) return err->code;
        put_parts(page, &p, part, parts, i == panels - 1);
    }
    return OK;
}

Status figure_curves(FigureFile *file, const Figure *figure, const FigurePanel *panel, int panels,
                     const FigurePart *part, int parts, const char *rule_name, Err *err)
{
    Page page;
    TRY(page_open(&page, figure, err));
    TRY(page_begin(&page, page_side(figure->width), page_side(figure->height), err));
    TRY(put_panels(&page, panel, panels, part, parts, rule_name, err));
    TRY(page_take(&page, file, err));
    page_close(&page);
    return OK;
fail:
    page_close(&page);
    return err->code;
}
