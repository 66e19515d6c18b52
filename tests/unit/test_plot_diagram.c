/* test_plot_diagram.c - the reliability diagram and the canvas: golden text, empty bins, every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/diagram.h"

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Five bins: over-confident, empty, under-confident, calibrated, over-confident. */
static void five(Bin *bin)
{
    static const double count[5] = {10, 0, 40, 200, 1500}, right[5] = {0, 0, 36, 140, 1050};
    static const double confidence[5] = {1.5, 0, 20, 140, 1440};
    for (int b = 0; b < 5; b++)
        bin[b] =
            (Bin){.count = count[b], .right = right[b], .confidence = confidence[b], .lo = b / 5., .hi = (b + 1) / 5.};
}

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        GlyphSet glyphs;
        const char *text;
    } row[] = {
        {"braille", 40, 16, GLYPHS_BRAILLE,
         "ECE 23.3 % (5 bins)\n"
         "1.0 ┤              ▂▂▂▂▂▂        ▓▓▓▓▓▓⠉\n"
         "    │              ░░░░░░      ⢀⡠▓▓▓▓▓▓\n"
         "    │              ░░░░░░ ▅▅▅▅▅▅ ▅▅▅▅▅▅\n"
         "    │              ░░░░░░⠒██████ ██████\n"
         "0.5 ┤             ⣀██████ ██████ ██████\n"
         "    │        ⢀⡠⠤⠒⠉ ██████ ██████ ██████\n"
         "    │    ⣀⡠⠔⠊⠁     ██████ ██████ ██████\n"
         "    │▓▓▓▓▓▓        ██████ ██████ ██████\n"
         "0.0 └─────────────────┴─────────────────\n"
         "     0.0             0.5             1.0\n"
         "  n                              ██████\n"
         "     ▁▁▁▁▁▁        ▁▁▁▁▁▁ ▂▂▂▂▂▂ ██████\n"
         "       10     0      40    200    1500\n"
         "gap%  +15           -40     0     +26\n"
         "     █ accuracy ▓ over-confident\n"},
        {"ASCII", 40, 16, GLYPHS_ASCII,
         "ECE 23.3 % (5 bins)\n"
         "1.0 +              ______        oooooo'\n"
         "    |              ======       .oooooo\n"
         "    |              ====== :::::: ::::::\n"
         "    |              ======'###### ######\n"
         "0.5 +             .###### ###### ######\n"
         "    |        ...'' ###### ###### ######\n"
         "    |    ..''      ###### ###### ######\n"
         "    |oooooo        ###### ###### ######\n"
         "0.0 +-----------------+-----------------\n"
         "     0.0             0.5             1.0\n"
         "  n                              ######\n"
         "     ______        ______ ______ ######\n"
         "       10     0      40    200    1500\n"
         "gap%  +15           -40     0     +26\n"
         "     # accuracy o over-confident\n"},
        {"small: no numbers", 20, 6, GLYPHS_ASCII,
         "ECE 23.3 % (5 bins)\n"
         "1.0 +      == __.__'\n"
         "    |     .##'## ##\n"
         "    |..''' ## ## ##\n"
         "0.0 +-------+-------\n"
         "     0.0   0.5   1.0\n"},
        {"smaller: no axes", 10, 3, GLYPHS_ASCII,
         "    ==____\n"
         "   .######\n"
         ".'' ######\n"},
    };
    Bin bin[5];
    five(bin);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *text =
            diagram_text(bin, 5, "ECE 23.3 % (5 bins)", row[i].width, row[i].height, glyphs_of(row[i].glyphs), NULL);
        assert_non_null(text);
        if (strcmp(text, row[i].text)) fail_msg("%s:\n%s", row[i].name, text);
        free(text);
    }
}

/* The cells of one ink in columns from .. to - 1. */
static int inked(const Canvas *canvas, int ink, int from, int to)
{
    int cells = 0;
    for (int y = 0; y < canvas->height; y++)
        for (int x = from; x < to; x++) cells += canvas->cell[y * canvas->width + x].ink == ink;
    return cells;
}

static void shows_what_the_bins_say(void **state)
{
    (void)state;
    Bin bin[5];
    Canvas canvas;
    five(bin);
    assert_int_equal(canvas_open(&canvas, 55, 20, NULL), OK);
    diagram_draw(&canvas, bin, 5, NULL, glyphs_of(GLYPHS_BLOCK)); /* 50 columns of plot: 10 a bin */
    static const struct {
        const char *name;
        bool bar, over, under;
    } row[5] = {
        {"over-confident, nothing right", false, true, false},
        {"empty: neither bar nor gap", false, false, false},
        {"under-confident", true, false, true},
        {"calibrated", true, false, false},
        {"over-confident", true, true, false},
    };
    for (int b = 0; b < 5; b++) {
        canvas.height = 13; /* the plot alone, without the legend and the numbers below it */
        int from = 5 + 10 * b, to = from + 10;
        if ((inked(&canvas, INK_BAR, from, to) > 0) != row[b].bar) fail_msg("%s: bar", row[b].name);
        if ((inked(&canvas, INK_OVER, from, to) > 0) != row[b].over) fail_msg("%s: over", row[b].name);
        if ((inked(&canvas, INK_UNDER, from, to) > 0) != row[b].under) fail_msg("%s: under", row[b].name);
    }
    canvas_close(&canvas);
}

/* Under the address sanitizer this finds what runs over. */
static void every_size(void **state)
{
    (void)state;
    Bin bin[60];
    five(bin);
    Bin crowded[60];
    for (int b = 0; b < 60; b++) /* most of equal-mass bins lie near 1 */
        crowded[b] =
            (Bin){.count = 1e9, .right = b * 1e7, .confidence = 9e8, .lo = 1 - 1. / (b + 1), .hi = 1 - 1. / (b + 2)};
    for (int width = 1; width <= 200; width++)
        for (int height = 1; height <= 60; height++) {
            int set = (width + height) % (GLYPHS_BRAILLE + 1);
            Canvas canvas;
            assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
            diagram_draw(&canvas, bin, 5, height % 2 ? "title" : NULL, glyphs_of((GlyphSet)set));
            assert_true(inked(&canvas, INK_DIAGONAL, 0, width) + inked(&canvas, INK_BAR, 0, width) +
                            inked(&canvas, INK_OVER, 0, width) >
                        0);
            diagram_draw(&canvas, crowded, 60, "title", glyphs_of((GlyphSet)set));
            canvas_close(&canvas);
        }
}

static void nothing_measured_yet(void **state)
{
    (void)state;
    Bin bin[10];
    FineBins fine = {0};
    Canvas canvas;
    assert_int_equal(bins_from_fine(bin, 10, &fine, NULL), OK);
    assert_int_equal(canvas_open(&canvas, 60, 13, NULL), OK);
    diagram_draw(&canvas, bin, 10, NULL, glyphs_of(GLYPHS_BLOCK));
    assert_int_equal(
        inked(&canvas, INK_BAR, 0, 60) + inked(&canvas, INK_OVER, 0, 60) + inked(&canvas, INK_UNDER, 0, 60), 0);
    canvas_close(&canvas);
}

static void canvas_clips(void **state)
{
    (void)state;
    Canvas canvas;
    assert_int_equal(canvas_open(&canvas, 4, 2, NULL), OK);
    for (int y = -3; y < 5; y++)
        for (int x = -9; x < 9; x++) canvas_put(&canvas, x, y, (uint32_t)('a' + x + 9), INK_TEXT);
    assert_int_equal(canvas_text(&canvas, 2, 0, "long", INK_TEXT), 6);
    canvas_line(&canvas, glyphs_of(GLYPHS_BRAILLE), -50, 4, 50, 4, INK_BAR);
    char *text = canvas_string(&canvas, NULL);
    assert_string_equal(text, "jklo\n⠉⠉⠉⠉\n");
    free(text);
    canvas_close(&canvas);
    Err err;
    assert_int_equal(canvas_open(&canvas, 0, 5, &err), ERR_USAGE);
    assert_null(diagram_text(NULL, 0, NULL, 5, -1, glyphs_of(GLYPHS_ASCII), &err));
    assert_string_equal(err.msg, "a plot of 5 x -1; it takes at least 1 x 1");
}

static void canvas_keeps_columns(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *shown;
    } row[] = {
        {"accent", "né!", "né!.\n"},
        {"wide", "日!", "日!.\n"},
        {"wide at the edge", "abc日", "abc\n"},
        {"combining mark", "ne\u0301!", "ne!.\n"},
        {"broken byte", "n\xE9!", "n?!.\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Canvas canvas;
        assert_int_equal(canvas_open(&canvas, 4, 1, NULL), OK);
        canvas_put(&canvas, 3, 0, '.', INK_TEXT);
        canvas_text(&canvas, 0, 0, row[i].text, INK_TEXT);
        char *text = canvas_string(&canvas, NULL);
        if (strcmp(text, row[i].shown)) fail_msg("%s: %s", row[i].name, text);
        free(text);
        canvas_close(&canvas);
    }
}

/* Every set of dots has its own character, and dots add up. */
static void dots(void **state)
{
    (void)state;
    static const struct {
        GlyphSet set;
        unsigned dots;
        uint32_t code;
    } row[] = {
        {GLYPHS_ASCII, 1, '\''},        {GLYPHS_ASCII, 2, '.'},         {GLYPHS_ASCII, 3, ':'},
        {GLYPHS_BLOCK, 0x9, 0x259A},    {GLYPHS_BLOCK, 0xF, 0x2588},    {GLYPHS_BLOCK, 0x5, 0x258C},
        {GLYPHS_BRAILLE, 0, 0x2800},    {GLYPHS_BRAILLE, 1, 0x2801},    {GLYPHS_BRAILLE, 2, 0x2808},
        {GLYPHS_BRAILLE, 0x40, 0x2840}, {GLYPHS_BRAILLE, 0x80, 0x2880}, {GLYPHS_BRAILLE, 0xFF, 0x28FF},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_int_equal(glyph_dots(glyphs_of(row[i].set), row[i].dots), row[i].code);
    for (int set = GLYPHS_ASCII; set <= GLYPHS_BRAILLE; set++) {
        const Glyphs *glyphs = glyphs_of((GlyphSet)set);
        unsigned all = 1U << glyphs->dots_x * glyphs->dots_y;
        for (unsigned a = 0; a < all; a++)
            for (unsigned b = 0; b < a; b++) assert_int_not_equal(glyph_dots(glyphs, a), glyph_dots(glyphs, b));
    }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),       cmocka_unit_test(shows_what_the_bins_say),
        cmocka_unit_test(every_size),   cmocka_unit_test(nothing_measured_yet),
        cmocka_unit_test(canvas_clips), cmocka_unit_test(canvas_keeps_columns),
        cmocka_unit_test(dots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
