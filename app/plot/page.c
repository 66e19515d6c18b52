/* page.c - what figures share: the sheet with its title, axes, legends, see page.h. One thread a page. */
#include "plot/page.h"

#include "plot/axis.h"
#include <math.h>
#include <stdio.h>

enum { TITLE = 14, TITLE_LEAST = 7, LABEL_X = 14 };

/* ---- the sheet ---- */

int page_side(int asked)
{
    return asked < FIGURE_LEAST ? FIGURE_LEAST : asked;
}

Status page_open(Page *page, const Figure *figure, Err *err)
{
    *page = (Page){.paper = {.kind = figure->paper}, .figure = figure};
    return figure->paper->open(&page->paper, err);
}

void page_close(Page *page)
{
    page->paper.kind->close(&page->paper);
}

Status page_take(Page *page, FigureFile *file, Err *err)
{
    return page->paper.kind->take(&page->paper, &file->bytes, &file->size, err);
}

/* A line in the middle, smaller where it would not fit. */
static void put_centred(Page *page, double y, const char *words, double size, uint32_t colour)
{
    double width = page->paper.kind->measure(&page->paper, words, size), room = page->width - PAGE_MARGIN;
    if (width > room) size = fmax(TITLE_LEAST, floor(size * room / width * 2) / 2);
    const Type type = {colour, size, ANCHOR_MIDDLE, false};
    page->paper.kind->text(&page->paper, page->width / 2.0, y, words, &type);
}

Status page_begin(Page *page, int width, int height, Err *err)
{
    const Figure *f = page->figure;
    const PaperHead head = {f->title, f->recipe, width, height};
    if (page->paper.kind->begin(&page->paper, &head, err) != OK) return err->code;
    page->width = width;
    page->height = height;
    page->top = 32;
    put_centred(page, 20, f->title, TITLE, BLACK);
    if (!f->note) return OK;
    put_centred(page, 37, f->note, PAPER_FONT, GREY);
    page->top += PAGE_LINE;
    return OK;
}

void page_line(Page *page, double x0, double y0, double x1, double y1, const Stroke *stroke)
{
    const double x[] = {x0, x1}, y[] = {y0, y1};
    page->paper.kind->polyline(&page->paper, x, y, 2, stroke);
}

void page_label(Page *page, double x, double y, Anchor anchor, const char *words)
{
    const Type type = {BLACK, PAPER_FONT, anchor, false};
    page->paper.kind->text(&page->paper, x, y, words, &type);
}

double page_measure(Page *page, const char *words)
{
    return page->paper.kind->measure(&page->paper, words, PAPER_FONT);
}

/* ---- axes ---- */

double plot_x(const Plot *p, double x)
{
    return p->left + p->width * ((x - p->x0) / (p->x1 - p->x0));
}

double plot_y(const Plot *p, double y)
{
    double placed = !p->log_y ? y : y > 0 ? log10(y) : NAN;
    return p->top + p->height * ((p->y1 - placed) / (p->y1 - p->y0));
}

void plot_frame(Page *page, const Plot *p)
{
    const Fill fill = {.edge = GREY, .edge_width = 1};
    page->paper.kind->box(&page->paper, p->left, p->top, p->width, p->height, &fill);
}

void plot_tick(Page *page, const Plot *p, double x, const char *words, double *taken)
{
    static const Stroke stroke = {.colour = GREY, .width = 1};
    double at = plot_x(p, x), bottom = p->top + p->height, half = words ? page_measure(page, words) / 2 : 0;
    page_line(page, at, bottom, at, bottom + PAGE_TICK, &stroke);
    if (!words || at - half < *taken + 6) return;
    page_label(page, at, bottom + PAGE_TICK + PAPER_FONT + 2, ANCHOR_MIDDLE, words);
    *taken = at + half;
}

/* Ticks of the y axis, as many as have room. */
static int values_of(const Plot *p, double *tick)
{
    int wanted = (int)fmax(2, fmin(5, p->height / 20));
    return p->log_y ? axis_log_ticks(tick, pow(10, p->y0), pow(10, p->y1), wanted)
                    : axis_ticks(tick, p->y0, p->y1, wanted);
}

static void value_text(char *dst, size_t size, double value)
{
    snprintf(dst, size, "%.6g", value + 0.0); /* never -0 */
}

void plot_values(Page *page, const Plot *p, const char *label)
{
    static const Stroke stroke = {.colour = GREY, .width = 1};
    const Type upright = {BLACK, PAPER_FONT, ANCHOR_MIDDLE, true};
    double tick[AXIS_TICKS], taken = INFINITY;
    char text[32];
    int n = values_of(p, tick);
    for (int i = 0; i < n; i++) {
        double y = plot_y(p, tick[i]);
        page_line(page, p->left - PAGE_TICK, y, p->left, y, &stroke);
        if (y > taken - PAPER_FONT) continue;
        value_text(text, sizeof text, tick[i]);
        page_label(page, p->left - PAGE_TICK - 3, y + PAPER_FONT / 3.0, ANCHOR_END, text);
        taken = y;
    }
    if (page_measure(page, label) > p->height + PAGE_GAP) return;
    page->paper.kind->text(&page->paper, LABEL_X + PAPER_FONT / 3.0, p->top + p->height / 2, label, &upright);
}

double plot_values_width(Page *page, const Plot *p)
{
    double tick[AXIS_TICKS], most = 0;
    char text[32];
    int n = values_of(p, tick);
    for (int i = 0; i < n; i++) {
        value_text(text, sizeof text, tick[i]);
        most = fmax(most, page_measure(page, text));
    }
    return most;
}

double plot_left(double values_width)
{
    return fmax(58, ceil(LABEL_X + 12 + values_width + PAGE_TICK + 3));
}

/* ---- legends ---- */

enum { SIGN = 18, SIGN_GAP = 6, ITEM_GAP = 14, MARK_SIDE = 7 };

void page_mark(Page *page, double x, double y, const Fill *fill)
{
    page->paper.kind->box(&page->paper, x - MARK_SIDE / 2.0, y - MARK_SIDE / 2.0, MARK_SIDE, MARK_SIDE, fill);
}

static void put_sign(Page *page, const LegendItem *item, double x, double y)
{
    if (item->sign == LEGEND_BOX)
        page->paper.kind->box(&page->paper, x + 3, y - 9, 12, 10, &item->fill);
    else if (item->sign == LEGEND_LINE)
        page_line(page, x, y - 4, x + SIGN, y - 4, &item->stroke);
    else
        page_mark(page, x + SIGN / 2.0, y - 4, &item->fill);
}

double legend_put(Page *page, const LegendItem *item, int items, double x, double y, double width, bool drawn)
{
    double at = x, line = y + PAPER_FONT;
    for (int i = 0; i < items; i++) {
        double words = page_measure(page, item[i].words);
        if (at > x && at + SIGN + SIGN_GAP + words > x + width) {
            at = x;
            line += PAGE_LINE;
        }
        if (drawn) put_sign(page, &item[i], at, line);
        if (drawn) page_label(page, at + SIGN + SIGN_GAP, line, ANCHOR_START, item[i].words);
        at += SIGN + SIGN_GAP + words + ITEM_GAP;
    }
    return items > 0 ? line - y + 6 : 0;
}

bool legend_fits(const Page *page, double height)
{
    return height <= 0.3 * page->height;
}
