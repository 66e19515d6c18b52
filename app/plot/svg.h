/* svg.h - figures as SVG files: a reliability diagram, curves, a table. Pure functions; any thread.
 *
 * Black on white, sans serif, the colour-blind-safe palette of Okabe and Ito (2008). What was measured and how stands
 * in the file: a <title>, a <desc> for people and <metadata> for programs. */
#ifndef TARE_PLOT_SVG_H
#define TARE_PLOT_SVG_H

#include "calib/bins.h"
#include "plot/curve.h"
#include "plot/table.h"

typedef struct {
    const char *title;  /* above the figure */
    const char *recipe; /* the description: data, recipe, seed, ... */
    int width, height;  /* pixels; least sizes are kept */
} SvgFigure;

/* Curves in panels one above the other, each with its own y axis. */
typedef struct {
    const Series *series;
    int count;
    const char *label; /* of the y axis */
} SvgPanel;

enum { SVG_WIDTH = 480, SVG_HEIGHT = 480, SVG_LEAST = 200 };

/* Each: the file's text, malloc'ed. NULL with err set. */
char *svg_diagram(const SvgFigure *figure, const Bin *bin, int count, Err *err);
char *svg_curves(const SvgFigure *figure, const SvgPanel *panel, int panels, const char *x_label, Err *err);
/* cells (rows, columns), NULL is an empty one; the notes, with newlines, stand below. As large as it must be. */
char *svg_table(const SvgFigure *figure, const Column *column, int columns, const char *const *cells, int rows,
                const char *notes, Err *err);

#endif
