/* pen.h - typed text laid into cells: wrapped, with wide characters, tabs and lines. Pure functions; main thread. */
#ifndef TARE_UI_PEN_H
#define TARE_UI_PEN_H

#include "plot/canvas.h"

enum { PEN_NARROW = 12 }; /* columns below which nothing marks a statement's further lines */

/* Where the next character goes; canvas NULL: only measure. Row `top` of the text is row 0 of the canvas. */
typedef struct {
    Canvas *canvas;
    int width, x, y, top;
} Pen;

/* Draw text; *x and *y: where byte `point` of it lies (not set when it has none). */
void pen_text(Pen *pen, const char *text, int ink, int point, int *x, int *y);

int pen_columns(const char *text);

#endif
