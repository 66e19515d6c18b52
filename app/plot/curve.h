/* curve.h - line curves with their axes, as text. Pure functions; any thread. */
#ifndef TARE_PLOT_CURVE_H
#define TARE_PLOT_CURVE_H

#include "plot/canvas.h"
#include <stddef.h>

typedef struct {
    const char *name;    /* written at the curve's end; may be NULL */
    const double *x, *y; /* (n), in the order they are joined; a NaN or an infinity leaves a gap */
    ptrdiff_t n;
} Series;

/* Fill the canvas, whatever its size, with `count` curves on axes that span their data. title may be NULL. */
void curve_draw(Canvas *canvas, const Series *series, int count, const char *title, const Glyphs *glyphs);

/* As lines of text, malloc'ed. NULL with err set. */
char *curve_text(const Series *series, int count, const char *title, int width, int height, const Glyphs *glyphs,
                 Err *err);

#endif
