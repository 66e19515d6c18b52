/* figure_diagram.c - the reliability diagram as a figure, see figure.h. */
#include "plot/axis.h"
#include "plot/page.h"

#include <math.h>
#include <stdio.h>

static const Stroke diagonal = {GREY, 1, 5, 4}, ghost_line = {BLACK, 1.5, 3, 2}, ghost_ground = {WHITE, 3, 0, 0};

enum { EDGED = 4 }; /* narrower bins have no edges, which would be all that is seen of them */

static void box(Page *page, double x, double y, double width, double height, const Fill *fill)
{
    Fill shown = *fill;
    if (width < EDGED) shown.edge_width = 0;
    page->paper.kind->box(&page->paper, x, y, width, height, &shown);
}

/* A bar to the lower of accuracy and confidence; what lies between the two says which way it errs. */
static void put_bin(Page *page, const Plot *p, const Bin *bin)
{
    static const Fill bar = {BLUE, 1, WHITE, 0.5}, over = {ORANGE, 0.6, ORANGE, 1}, under = {PURPLE, 0.6, PURPLE, 1};
    double accuracy = bin->right / bin->count, confidence = bin->confidence / bin->count;
    double x = plot_x(p, bin->lo), width = plot_x(p, bin->hi) - x, gap = plot_y(p, accuracy) - plot_y(p, confidence);
    double solid = plot_y(p, fmin(accuracy, confidence));
    box(page, x, solid, width, p->top + p->height - solid, &bar);
    box(page, x, plot_y(p, fmax(accuracy, confidence)), width, fabs(gap), gap > 0 ? &over : &under);
}

/* Where the accuracy was; on white, so that it shows before a bar and beside it. */
static void put_ghost(Page *page, const Plot *p, const Bin *ghost)
{
    double y = plot_y(p, ghost->right / ghost->count), x0 = plot_x(p, ghost->lo), x1 = plot_x(p, ghost->hi);
    page_line(page, x0, y, x1, y, &ghost_ground);
    page_line(page, x0, y, x1, y, &ghost_line);
}

static int legend_of(LegendItem *item, const char *ghost_name)
{
    const LegendItem all[] = {{LEGEND_BOX, {BLUE, 1, 0, 0}, {0}, "accuracy"},
                              {LEGEND_BOX, {ORANGE, 0.6, ORANGE, 1}, {0}, "over-confident"},
                              {LEGEND_BOX, {PURPLE, 0.6, PURPLE, 1}, {0}, "under-confident"},
                              {LEGEND_LINE, {0}, diagonal, "perfect"},
                              {LEGEND_LINE, {0}, ghost_line, ghost_name}};
    int items = ghost_name ? 5 : 4;
    for (int i = 0; i < items; i++) item[i] = all[i];
    return items;
}

static void confidence_ticks(Page *page, const Plot *p, bool labels)
{
    double tick[AXIS_TICKS], taken = -INFINITY;
    int n = axis_ticks(tick, 0, 1, 5);
    for (int i = 0; i < n; i++) {
        char text[16];
        snprintf(text, sizeof text, "%.1f", tick[i]);
        plot_tick(page, p, tick[i], labels ? text : NULL, &taken);
    }
}

/* How many samples each bin holds, on an axis of its own. */
static void put_counts(Page *page, const Plot *p, const Bin *bin, int count)
{
    static const Fill fill = {0x999999, 1, WHITE, 0.5};
    for (int i = 0; i < count; i++) {
        double x = plot_x(p, bin[i].lo), y = plot_y(p, bin[i].count);
        if (bin[i].count > 0) box(page, x, y, plot_x(p, bin[i].hi) - x, p->top + p->height - y, &fill);
    }
    plot_frame(page, p);
    confidence_ticks(page, p, true);
    plot_values(page, p, "images");
    page_label(page, p->left + p->width / 2, p->top + p->height + 36, ANCHOR_MIDDLE, "confidence");
}

static void put_bins(Page *page, const Plot *p, const Bin *bin, const Bin *ghost, int count)
{
    for (int i = 0; i < count; i++)
        if (bin[i].count > 0) put_bin(page, p, &bin[i]);
    page_line(page, plot_x(p, 0), plot_y(p, 0), plot_x(p, 1), plot_y(p, 1), &diagonal);
    for (int i = 0; ghost && i < count; i++)
        if (ghost[i].count > 0) put_ghost(page, p, &ghost[i]);
    plot_frame(page, p);
    confidence_ticks(page, p, false);
    plot_values(page, p, "accuracy");
}

static void put_diagram(Page *page, const Bin *bin, const Bin *ghost, const char *ghost_name, int count)
{
    LegendItem item[5];
    int items = legend_of(item, ghost ? ghost_name : NULL);
    double most = 1;
    for (int i = 0; i < count; i++) most = fmax(most, bin[i].count);
    Plot counts = {.height = 40, .x1 = 1, .y1 = most * 1.15};
    double left = plot_left(plot_values_width(page, &counts)), width = page->width - left - PAGE_MARGIN;
    if (!legend_fits(page, legend_put(page, item, items, left, page->top, width, false))) items = 0;
    double top = page->top + legend_put(page, item, items, left, page->top, width, true);
    double room = fmax(20, page->height - top - PAGE_BOTTOM - PAGE_GAP);
    Plot bars = {.left = left, .top = top, .width = width, .height = 0.8 * room, .x1 = 1, .y1 = 1};
    counts = (Plot){left, top + 0.8 * room + PAGE_GAP, width, 0.2 * room, 0, 1, 0, counts.y1, false};
    put_bins(page, &bars, bin, ghost, count);
    put_counts(page, &counts, bin, count);
}

Status figure_diagram(FigureFile *file, const Figure *figure, const Bin *bin, const Bin *ghost, const char *ghost_name,
                      int count, Err *err)
{
    Page page;
    TRY(page_open(&page, figure, err));
    TRY(page_begin(&page, page_side(figure->width), page_side(figure->height), err));
    put_diagram(&page, bin, ghost, ghost_name, count);
    TRY(page_take(&page, file, err));
    page_close(&page);
    return OK;
fail:
    page_close(&page);
    return err->code;
}
