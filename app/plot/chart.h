/* chart.h - curves with more on them than curve.h needs: a logarithmic axis, marks, a rule. Pure; any thread. */
#ifndef TARE_PLOT_CHART_H
#define TARE_PLOT_CHART_H

#include "plot/curve.h"

#include <stdbool.h>

/* A point with a sign, and a word beside it where cells are free. */
typedef struct {
    double x, y;
    uint32_t code;
    int ink;
    const char *text; /* may be NULL */
} Mark;

/* A text below the x axis, centred on x. */
typedef struct {
    double x;
    const char *text;
} Tick;

typedef struct {
    const char *title; /* may be NULL */
    const Series *series;
    const int *ink; /* (count), or NULL: INK_SERIES + i */
    int count;
    const Mark *mark;
    int marks;
    const Tick *tick; /* the first ones are the last to go; none: the ends of the x axis */
    int ticks;
    bool log_y;        /* values that are not positive leave a gap */
    bool round_y;      /* a linear y axis ends at round numbers */
    bool from_zero;    /* and starts at 0, where no value is below */
    bool clip_y;       /* it leaves out the highest tenth of the points where that makes it less than half as high; what
                          is above it runs along its edge, under signs */
    bool span_x;       /* the x axis goes from x_lo to x_hi; else it spans the data */
    double x_lo, x_hi; /* finite */
    const double *rule; /* x of a vertical rule; NULL: none */
    const char *name_x; /* what the x axis counts, below the y labels; may be NULL */
    int label_least;    /* cells of the y labels at least, so that charts above each other have equal plots */
    const char *unit;   /* behind the values of the y axis: "%"; may be NULL */
} Chart;

/* Fill the canvas, whatever its size: what does not fit is left out, the curves last. */
void chart_draw(Canvas *canvas, const Chart *chart, const Glyphs *glyphs);

#endif
