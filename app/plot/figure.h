/* figure.h - figures for files: a reliability diagram, curves, a table, on whatever paper.
 *
 * Black on white, sans serif, the colour-blind-safe palette of Okabe and Ito, "Color Universal Design" (2008). What was
 * measured and how stands in the file. No function changes what it is given; several threads may draw at once. */
#ifndef TARE_PLOT_FIGURE_H
#define TARE_PLOT_FIGURE_H

#include "calib/bins.h"
#include "plot/curve.h"
#include "plot/paper.h"
#include "plot/table.h"

enum { FIGURE_WIDTH = 480, FIGURE_HEIGHT = 480, FIGURE_LEAST = 200 };

typedef struct {
    const PaperKind *paper;
    const char *title;  /* above the figure */
    const char *note;   /* a line below it; may be NULL */
    const char *recipe; /* the description: data, recipe, seed, ... */
    int width, height;  /* units of 1/96 inch; least sizes are kept */
} Figure;

/* A file in memory, malloc'ed. */
typedef struct {
    char *bytes;
    size_t size;
} FigureFile;

/* bin (count); ghost (count), an earlier evaluation called ghost_name, as dashed lines; NULL: none. */
Status figure_diagram(FigureFile *file, const Figure *figure, const Bin *bin, const Bin *ghost, const char *ghost_name,
                      int count, Err *err);

enum { COLOUR_TRAIN, COLOUR_VALID, FIGURE_COLOURS = 6 };

typedef struct {
    Series series; /* x in 0 .. 1, the width of the plot; a name stands in the legend */
    int colour;    /* of the palette */
    bool dim;      /* what was */
} FigureCurve;

/* A point with a sign, told in the legend. */
typedef struct {
    double x, y;
    const char *name;
} FigureMark;

/* Curves on one y axis. */
typedef struct {
    const FigureCurve *curve;
    int curves;
    const FigureMark *mark;
    int marks;
    const char *label; /* of the y axis */
    bool log_y;        /* values that are not positive leave a gap */
    bool from_zero;    /* the axis starts at 0, where no value is below */
} FigurePanel;

/* A part of the x axis, counted from 0 to `steps`; a rule parts it from the one before. */
typedef struct {
    double from, to, steps; /* from and to in 0 .. 1 */
    const char *name;       /* "V-TST", for "V-TST, step" below it; may be NULL */
} FigurePart;

/* Panels one above the other, on one x axis. rule_name: what happens between two parts, for the legend. */
Status figure_curves(FigureFile *file, const Figure *figure, const FigurePanel *panel, int panels,
                     const FigurePart *part, int parts, const char *rule_name, Err *err);

/* cells (rows, columns), NULL is an empty one; the notes, with newlines, stand below. As large as it must be. */
Status figure_table(FigureFile *file, const Figure *figure, const Column *column, int columns, const char *const *cells,
                    int rows, const char *notes, Err *err);

#endif
