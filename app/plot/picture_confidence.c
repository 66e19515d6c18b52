/* picture_confidence.c - how sure a network was of its right and of its wrong answers: a histogram of the confidences
 * of both, one on the other, by the bins of the evaluation looked at. Pure functions; any thread.
 *
 * A network worth its confidence has its wrong answers on the left. Where many stand on the right it is sure of them.
 */
#include "plot/picture.h"

#include "plot/axis.h"
#include "plot/page.h"
#include "plot/plottext.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* *n = images of the evaluation in bin (view->bins); false without an evaluation, or where bins do not divide 60. */
static bool bins_of(Bin bin[FINE_BINS], const RunView *view, double *n)
{
    const EvalPoint *eval = picture_eval(view);
    if (!eval || bins_from_fine(bin, view->bins, &eval->as.bins, NULL) != OK) return false;
    *n = eval_count(eval);
    return true;
}

static double fullest(const Bin *bin, int count)
{
    double most = 1;
    for (int i = 0; i < count; i++) most = fmax(most, bin[i].count);
    return most;
}

static void title(char *dst, size_t size, const RunView *view)
{
    const EvalPoint *eval = picture_eval(view);
    double wrong = eval ? eval_count(eval) * (1 - eval->as.accuracy) : 0;
    if (eval)
        snprintf(dst, size, "confidence - %.0f of %.0f wrong", wrong, eval_count(eval));
    else
        snprintf(dst, size, "confidence");
}

/* ---- on the screen ---- */

/* Rows, from the top: the bars; an axis, its ends and a legend where there is room. Columns: counts at the left. */
typedef struct {
    int left, width, height, axis, ends, legend; /* rows; -1: no room */
} Place;

static Place place(const Canvas *canvas)
{
    int h = canvas->height, y;
    Place at = {.left = canvas->width >= 24 ? 6 : 0, .axis = -1, .ends = -1, .legend = -1};
    at.width = canvas->width - at.left;
    at.height = y = h - (h >= 3) - (h >= 4) - (h >= 8);
    if (h >= 3) at.axis = y++;
    if (h >= 4) at.ends = y++;
    if (h >= 8) at.legend = y;
    return at;
}

/* The right ones from below, the wrong ones on them; a row that both share is the right ones', so that none of either
 * is lost: a bin's first wrong answer has a row of its own where there is one. */
static void draw_bar(Canvas *canvas, const Place *at, const Bin *bin, double most, const Glyphs *glyphs)
{
    int x0 = (int)lround(bin->lo * at->width), x1 = (int)lround(bin->hi * at->width);
    if (x1 - x0 >= 3) x1--; /* a free column between wide bars */
    if (x1 <= x0) x1 = x0 + 1;
    double wrong = bin->count - bin->right, scale = at->height / most;
    int all = (int)ceil(bin->count * scale), solid = (int)lround(bin->right * scale);
    if (wrong > 0 && solid >= all && all > 0) solid = all - 1;
    for (int row = 0; row < all && row < at->height; row++) {
        bool right = row < solid;
        for (int x = x0; x < x1; x++)
            canvas_put(canvas, at->left + x, at->height - 1 - row, right ? glyphs->fill[8] : glyphs->over,
                       right ? INK_BAR : INK_OVER);
    }
}

static void draw_axes(Canvas *canvas, const Place *at, double most, const Glyphs *glyphs)
{
    char number[16];
    snprintf(number, sizeof number, "%5.0f", most);
    if (at->left) canvas_text(canvas, 0, 0, number, INK_AXIS);
    for (int y = 0; at->left && y < at->height; y++) canvas_put(canvas, at->left - 1, y, glyphs->vertical, INK_AXIS);
    if (at->axis < 0) return;
    for (int x = at->left ? at->left - 1 : 0; x < canvas->width; x++)
        canvas_put(canvas, x, at->axis, x < at->left ? glyphs->corner : glyphs->horizontal, INK_AXIS);
    if (at->ends < 0) return;
    canvas_text(canvas, at->left, at->ends, "0.0", INK_AXIS);
    canvas_text(canvas, at->left + at->width / 2 - 1, at->ends, "0.5", INK_AXIS);
    canvas_text(canvas, canvas->width - 3, at->ends, "1.0", INK_AXIS);
    if (at->legend < 0) return;
    canvas_put(canvas, at->left, at->legend, glyphs->fill[8], INK_BAR);
    int x = canvas_text(canvas, at->left + 2, at->legend, "right", INK_DIM) + 2;
    canvas_put(canvas, x, at->legend, glyphs->over, INK_OVER);
    canvas_text(canvas, x + 2, at->legend, "wrong, by confidence", INK_DIM);
}

static bool draw(Canvas *canvas, const RunView *view, char remark[REMARK_SIZE])
{
    Bin bin[FINE_BINS];
    double n;
    snprintf(remark, REMARK_SIZE, "no evaluation yet");
    if (!bins_of(bin, view, &n)) return false;
    Place at = place(canvas);
    double most = fullest(bin, view->bins);
    draw_axes(canvas, &at, most, view->glyphs);
    for (int i = 0; i < view->bins; i++)
        if (bin[i].count > 0) draw_bar(canvas, &at, &bin[i], most, view->glyphs);
    return true;
}

/* ---- in files ---- */

static Status no_evaluation(const char *name, Err *err)
{
    return err_set(err, ERR_STATE, "run %.60s has no evaluation yet; wait for its first one: run:wait()", name);
}

/* Counts on one axis: right answers from below, wrong ones on them. */
static void put_histogram(Page *page, const Bin *bin, int count)
{
    static const Fill right = {BLUE, 1, WHITE, 0.5}, wrong = {ORANGE, 1, WHITE, 0.5};
    const LegendItem item[] = {{LEGEND_BOX, right, {0}, "right answers"}, {LEGEND_BOX, wrong, {0}, "wrong answers"}};
    Plot p = {.height = page->height, .x1 = 1, .y1 = fullest(bin, count) * 1.05};
    p.left = plot_left(plot_values_width(page, &p));
    p.width = page->width - p.left - PAGE_MARGIN;
    p.top = page->top + legend_put(page, item, 2, p.left, page->top, p.width, true);
    p.height = fmax(20, page->height - p.top - PAGE_BOTTOM);
    for (int i = 0; i < count; i++) {
        double x = plot_x(&p, bin[i].lo), width = plot_x(&p, bin[i].hi) - x, y = plot_y(&p, bin[i].right);
        const Paper *paper = &page->paper;
        if (bin[i].right > 0) paper->kind->box(&page->paper, x, y, width, plot_y(&p, 0) - y, &right);
        double top = plot_y(&p, bin[i].count);
        if (bin[i].count > bin[i].right) paper->kind->box(&page->paper, x, top, width, y - top, &wrong);
    }
    plot_frame(page, &p);
    double tick[AXIS_TICKS], taken = -INFINITY;
    int ticks = axis_ticks(tick, 0, 1, 5);
    for (int i = 0; i < ticks; i++) {
        char text[16];
        snprintf(text, sizeof text, "%.1f", tick[i]);
        plot_tick(page, &p, tick[i], text, &taken);
    }
    plot_values(page, &p, "images");
    page_label(page, p.left + p.width / 2, p.top + p.height + 36, ANCHOR_MIDDLE, "confidence");
}

static Status paper(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err)
{
    Bin bin[FINE_BINS];
    double n;
    Page page;
    char head[128];
    if (!bins_of(bin, view, &n)) return no_evaluation(name, err);
    Figure titled = *figure;
    snprintf(head, sizeof head, "%.60s: confidence of %.0f answers", name, n);
    titled.title = head;
    TRY(page_open(&page, &titled, err));
    TRY(page_begin(&page, page_side(figure->width), page_side(figure->height), err));
    put_histogram(&page, bin, view->bins);
    TRY(page_take(&page, file, err));
    page_close(&page);
    return OK;
fail:
    page_close(&page);
    return err->code;
}

static char *text(const RunView *view, const char *name, int width, int height, Err *err)
{
    Canvas canvas;
    char remark[REMARK_SIZE], head[160];
    PlotText t = {0};
    if (canvas_open(&canvas, width, height, err) != OK) return NULL;
    if (!draw(&canvas, view, remark)) {
        canvas_close(&canvas);
        no_evaluation(name, err);
        return NULL;
    }
    char *drawn = canvas_string(&canvas, err);
    canvas_close(&canvas);
    if (!drawn) return NULL;
    title(head, sizeof head, view);
    plottext_add(&t, name);
    plottext_add(&t, ": ");
    plottext_add(&t, head);
    plottext_add(&t, "\n");
    plottext_add(&t, drawn);
    free(drawn);
    return plottext_take(&t, err);
}

static char *csv(const RunView *view, Err *err)
{
    Bin bin[FINE_BINS];
    double n;
    PlotText t = {0};
    if (!bins_of(bin, view, &n)) {
        no_evaluation("", err);
        return NULL;
    }
    plottext_add(&t, "lo,hi,right,wrong\n");
    for (int i = 0; i < view->bins; i++) {
        char line[96];
        snprintf(line, sizeof line, "%.10g,%.10g,%.0f,%.0f\n", bin[i].lo, bin[i].hi, bin[i].right,
                 bin[i].count - bin[i].right);
        plottext_add(&t, line);
    }
    return plottext_take(&t, err);
}

const Picture picture_confidence = {
    "confidence",
    "how sure it was of its right and of its wrong answers",
    "right and wrong answers by their confidence",
    "try: help \"ece\"",
    title,
    draw,
    paper,
    text,
    csv,
};
