/* paper.h - what figures are drawn on: boxes, lines and texts, a table row a kind of file.
 *
 * Lengths are in units of 1/96 inch, y goes down, (0, 0) is the upper left corner. What does not fit is clipped. A step
 * that fails (no memory) is told by `take`. A paper is used by one thread; several may draw at once. */
#ifndef TARE_PLOT_PAPER_H
#define TARE_PLOT_PAPER_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAPER_FONT = 12 }; /* the usual size of texts */

typedef enum { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END } Anchor;

/* Colours are 0xRRGGBB. */
typedef struct {
    uint32_t colour;
    double width, on, off; /* dashes; off = 0: none, the line is whole */
} Stroke;

typedef struct {
    uint32_t colour;
    double opacity; /* 0 = not filled, 1 = opaque */
    uint32_t edge;
    double edge_width; /* 0 = no edge */
} Fill;

typedef struct {
    uint32_t colour;
    double size;
    Anchor anchor; /* what of the text lies at its x */
    bool upright;  /* read from below */
} Type;

typedef struct {
    const char *title, *recipe; /* what the file says of itself */
    int width, height;
} PaperHead;

typedef struct PaperKind PaperKind;

typedef struct {
    const PaperKind *kind;
    void *own; /* of the kind */
} Paper;

/* open, (measure), begin, then marks, take; close at the end in any case. */
struct PaperKind {
    const char *name; /* "svg": how its files end */
    Status (*open)(Paper *paper, Err *err);
    double (*measure)(Paper *paper, const char *words, double size); /* the width of a text */
    Status (*begin)(Paper *paper, const PaperHead *head, Err *err);  /* white, as large as it says */
    void (*box)(Paper *paper, double x, double y, double width, double height, const Fill *fill);
    void (*polyline)(Paper *paper, const double *x, const double *y, ptrdiff_t n, const Stroke *stroke);
    void (*text)(Paper *paper, double x, double y, const char *words, const Type *type); /* y of its base line */
    Status (*take)(Paper *paper, char **bytes, size_t *size, Err *err); /* the file, malloc'ed, now the caller's */
    void (*close)(Paper *paper);
};

extern const PaperKind paper_svg, paper_png;
extern const PaperKind *const papers[]; /* NULL at the end */

#endif
