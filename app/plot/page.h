/* page.h - what figures share: the sheet with its title, axes, legends. One thread a page. */
#ifndef TARE_PLOT_PAGE_H
#define TARE_PLOT_PAGE_H

#include "plot/figure.h"

enum { PAGE_MARGIN = 16, PAGE_BOTTOM = 44, PAGE_GAP = 14, PAGE_LINE = 17, PAGE_TICK = 4 };
enum { BLACK = 0x000000, GREY = 0x666666, WHITE = 0xFFFFFF, BLUE = 0x0072B2, ORANGE = 0xE69F00, PURPLE = 0xCC79A7 };

typedef struct {
    Paper paper;
    const Figure *figure;
    int width, height;
    double top; /* below title and note */
} Page;

/* The paper, ready to measure texts. page_close in any case. */
Status page_open(Page *page, const Figure *figure, Err *err);
/* The sheet with its title and note. */
Status page_begin(Page *page, int width, int height, Err *err);
Status page_take(Page *page, FigureFile *file, Err *err);
void page_close(Page *page);

int page_side(int asked); /* at least FIGURE_LEAST */

void page_line(Page *page, double x0, double y0, double x1, double y1, const Stroke *stroke);
void page_label(Page *page, double x, double y, Anchor anchor, const char *words);
double page_measure(Page *page, const char *words); /* of a label */

/* ---- axes ---- */

typedef struct {
    double left, top, width, height; /* of the plot, y down */
    double x0, x1, y0, y1;           /* the data that its edges stand for */
    bool log_y;                      /* y0 and y1 are logarithms */
} Plot;

double plot_x(const Plot *p, double x);
double plot_y(const Plot *p, double y); /* NaN on a logarithmic axis where y is not positive */

void plot_frame(Page *page, const Plot *p);
/* A tick below the plot, and its label unless it would touch the one that ends at *taken; moves *taken on. */
void plot_tick(Page *page, const Plot *p, double x, const char *words, double *taken);
/* The y axis of round numbers; `label`, what it counts, upright beside it where it has room. */
void plot_values(Page *page, const Plot *p, const char *label);
/* The widest of its numbers. */
double plot_values_width(Page *page, const Plot *p);
/* Where plots begin, when their numbers are at most this wide. */
double plot_left(double values_width);

/* ---- legends ---- */

typedef enum { LEGEND_BOX, LEGEND_LINE, LEGEND_MARK } LegendSign;

typedef struct {
    LegendSign sign;
    Fill fill;     /* of boxes and marks */
    Stroke stroke; /* of lines */
    const char *words;
} LegendItem;

/* Items side by side from (x, y) on, in as many rows as `width` asks for; returns their height. `drawn` false: only the
 * height. */
double legend_put(Page *page, const LegendItem *item, int items, double x, double y, double width, bool drawn);

/* Whether legends of this height leave room for what they explain. */
bool legend_fits(const Page *page, double height);

/* A point's sign. */
void page_mark(Page *page, double x, double y, const Fill *fill);

#endif
