/* diagram.h - a reliability diagram with its confidence histogram, as text. Pure functions; any thread.
 *
 * A bar a bin, as high as its accuracy; what lies between accuracy and mean confidence is shaded, one way for
 * over-confidence, another for under-confidence. Below: how many samples each bin holds, and its gap (mean confidence
 * less accuracy) in points. An empty bin is empty: no bar, no gap, a count of 0. */
#ifndef TARE_PLOT_DIAGRAM_H
#define TARE_PLOT_DIAGRAM_H

#include "calib/bins.h"
#include "plot/canvas.h"

/* Fill the canvas, whatever its size: what does not fit is left out, the plot itself last. title may be NULL. */
void diagram_draw(Canvas *canvas, const Bin *bin, int count, const char *title, const Glyphs *glyphs);

/* The same, with the accuracies of ghost (count), an earlier evaluation, as dim lines; NULL: none. */
void diagram_draw_ghost(Canvas *canvas, const Bin *bin, const Bin *ghost, int count, const char *title,
                        const Glyphs *glyphs);

enum { DIAGRAM_WIDTH = 60, DIAGRAM_HEIGHT = 16 };

/* As lines of text, malloc'ed. NULL with err set. */
char *diagram_text(const Bin *bin, int count, const char *title, int width, int height, const Glyphs *glyphs, Err *err);

#endif
