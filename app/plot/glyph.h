/* glyph.h - the characters that plots are made of: one table row for each kind of terminal. */
#ifndef TARE_PLOT_GLYPH_H
#define TARE_PLOT_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

/* LINES: ASCII, but for what the graphics characters of a VT100 have: borders, axes, a board, a diamond. */
typedef enum { GLYPHS_ASCII, GLYPHS_LINES, GLYPHS_BLOCK, GLYPHS_BRAILLE } GlyphSet;

typedef struct {
    const char *name;                                             /* "ascii", "lines", "block", "braille" */
    bool ascii;                                                   /* texts have no more than ASCII */
    uint32_t horizontal, vertical, corner, tick_left, tick_below; /* axes */
    uint32_t fill[9];                                             /* a cell filled from below by 0 .. 8 eighths */
    uint32_t over, under;                                         /* gaps of over- and under-confidence */
    uint32_t ghost, freeze, mark, heavy; /* what was; where features freeze; the point looked at; the focus */
    uint32_t above;                      /* a curve is above the plot here */
    uint32_t box[16];                    /* a border by its arms: 1 up, 2 right, 4 down, 8 left */
    int dots_x, dots_y;                  /* dots in a cell */
    uint32_t dots[16]; /* cell by the set of its dots, bit y * dots_x + x, y down; braille is computed */
    const char *rule, *plus_minus, *ellipsis; /* in tables */
} Glyphs;

const Glyphs *glyphs_of(GlyphSet set);

/* The character with this set of dots. */
uint32_t glyph_dots(const Glyphs *glyphs, unsigned dots);

#endif
