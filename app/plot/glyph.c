/* glyph.c - the characters that plots are made of. Constant data; any thread. */
#include "plot/glyph.h"

#include <stddef.h>

#define DOTS_ASCII  .dots_x = 1, .dots_y = 2, .dots = {' ', '\'', '.', ':'}
#define TABLE_ASCII .ascii = true, .rule = "-", .plus_minus = "+-", .ellipsis = "~"
#define AXES_UTF8   .horizontal = 0x2500, .vertical = 0x2502, .corner = 0x2514, .tick_left = 0x2524, .tick_below = 0x2534
#define FILL_UTF8   .fill = {' ', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588}
#define SHADES_UTF8 .over = 0x2593, .under = 0x2591
#define MARKS_UTF8  .ghost = 0x254C, .freeze = 0x250A, .mark = 0x25C6, .heavy = 0x2501, .above = 0x25B2
#define BOX_UTF8                                                                                                       \
    .box = {' ',    0x2502, 0x2500, 0x2514, 0x2502, 0x2502, 0x250C, 0x251C,                                            \
            0x2500, 0x2518, 0x2500, 0x2534, 0x2510, 0x2524, 0x252C, 0x253C}
#define TABLE_UTF8 .rule = "\u2500", .plus_minus = "\u00b1", .ellipsis = "\u2026"

static const Glyphs sets[] = {
    [GLYPHS_ASCII] = {.name = "ascii",
                      .horizontal = '-',
                      .vertical = '|',
                      .corner = '+',
                      .tick_left = '+',
                      .tick_below = '+',
                      .fill = {' ', '_', '_', '.', '.', ':', ':', '#', '#'},
                      .over = 'o',
                      .under = '=',
                      .ghost = '-',
                      .freeze = '!',
                      .mark = '@',
                      .heavy = '=',
                      .above = '^',
                      .box = {' ', '|', '-', '+', '|', '|', '+', '+', '-', '+', '-', '+', '+', '+', '+', '+'},
                      DOTS_ASCII,
                      TABLE_ASCII},
    [GLYPHS_LINES] = {.name = "lines",
                      AXES_UTF8,
                      .fill = {' ', '_', '_', '.', '.', ':', ':', 0x2592, 0x2592},
                      .over = 'o',
                      .under = '=',
                      .ghost = '-',
                      .freeze = '!',
                      .mark = 0x25C6,
                      .heavy = '=',
                      BOX_UTF8,
                      DOTS_ASCII,
                      TABLE_ASCII},
    [GLYPHS_BLOCK] = {.name = "block",
                      AXES_UTF8,
                      FILL_UTF8,
                      SHADES_UTF8,
                      MARKS_UTF8,
                      BOX_UTF8,
                      .dots_x = 2,
                      .dots_y = 2, /* quadrants: bit 0 upper left, 1 upper right, 2 lower left */
                      .dots = {' ', 0x2598, 0x259D, 0x2580, 0x2596, 0x258C, 0x259E, 0x259B, 0x2597, 0x259A, 0x2590,
                               0x259C, 0x2584, 0x2599, 0x259F, 0x2588},
                      TABLE_UTF8},
    [GLYPHS_BRAILLE] = {.name = "braille",
                        AXES_UTF8,
                        FILL_UTF8,
                        SHADES_UTF8,
                        MARKS_UTF8,
                        BOX_UTF8,
                        .dots_x = 2,
                        .dots_y = 4,
                        TABLE_UTF8},
};

const Glyphs *glyphs_of(GlyphSet set)
{
    return &sets[set];
}

uint32_t glyph_dots(const Glyphs *glyphs, unsigned dots)
{
    /* Unicode numbers braille dots 1-3 and 7 down the left column, 4-6 and 8 down the right (Unicode 15, 21.1). */
    static const uint8_t braille[8] = {0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80};
    if (glyphs->dots_y < 4) return glyphs->dots[dots];
    uint32_t code = 0x2800;
    for (size_t i = 0; i < 8; i++)
        if (dots >> i & 1) code |= braille[i];
    return code;
}
