/* canvas.h - cells to draw on: what plots are drawn into, whoever shows them. Drawing outside is clipped,
 * never an error. */
#ifndef TARE_PLOT_CANVAS_H
#define TARE_PLOT_CANVAS_H

#include "base/err.h"
#include "plot/glyph.h"
#include <stdint.h>

/* What a cell means; whoever shows it gives it a colour. */
typedef enum {
    INK_TEXT,
    INK_AXIS,
    INK_DIAGONAL, /* perfect calibration */
    INK_BAR,      /* accuracy */
    INK_OVER,     /* over-confidence */
    INK_UNDER,    /* under-confidence */
    INK_COUNT,    /* histogram */
    INK_DIM,      /* remarks, hints */
    INK_GHOST,    /* what stage 1 was, behind stage 2 */
    INK_RULE,     /* where the features freeze */
    INK_BEST,     /* the best evaluation */
    INK_MARK,     /* the evaluation that is looked at */
    INK_FRAME,    /* borders of panes */
    INK_TITLE,    /* titles in them */
    INK_FOCUS,    /* border and title of the pane that has the keys */
    INK_STATUS,   /* the status line */
    INK_HEADER,   /* the first line of a table */
    INK_CHOSEN,   /* its chosen row */
    INK_GOOD,     /* a run that is done */
    INK_BAD,      /* a run that failed; an error */
    INK_SERIES,   /* INK_SERIES + i: the i-th curve; the last, as it is open at the end */
} Ink;

typedef struct {
    uint32_t code; /* Unicode; 0 is the right half of a wide character */
    uint8_t ink, dots;
} Cell;

typedef struct {
    int width, height;
    Cell *cell; /* (height, width), row 0 on top */
} Canvas;

/* A blank canvas. ERR_USAGE: less than 1x1; ERR_MEMORY. */
Status canvas_open(Canvas *canvas, int width, int height, Err *err);
void canvas_close(Canvas *canvas);

void canvas_put(Canvas *canvas, int x, int y, uint32_t code, int ink);
/* Returns the column behind the text. */
int canvas_text(Canvas *canvas, int x, int y, const char *utf8, int ink);
/* Add a dot to a cell, in dots: x of width * dots_x, y of height * dots_y. Text in the cell gives way. */
void canvas_dot(Canvas *canvas, const Glyphs *glyphs, int x, int y, int ink);
/* A straight line of dots, both ends drawn. */
void canvas_line(Canvas *canvas, const Glyphs *glyphs, int x0, int y0, int x1, int y1, int ink);

/* Copy `from` so that its upper left cell lies at (x, y). */
void canvas_blit(Canvas *canvas, int x, int y, const Canvas *from);

/* height lines, spaces at their ends dropped, malloc'ed. NULL with err set. */
char *canvas_string(const Canvas *canvas, Err *err);

#endif
