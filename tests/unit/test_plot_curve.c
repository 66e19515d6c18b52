/* test_plot_curve.c - line curves: golden text, gaps, extreme values, every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/curve.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double epoch[] = {1, 2, 3, 4, 5, 6}, train[] = {2, 1.5, 1, .75, .5, .5},
                    val[] = {2, 1.75, NAN, 1.25, 1.25, 1.5};
static const Series losses[] = {{"train", epoch, train, 6}, {"val", epoch, val, 6}};

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        GlyphSet glyphs;
        const char *text;
    } row[] = {
        {"braille", 40, 10, GLYPHS_BRAILLE,
         "loss\n"
         "   2 ┤⠙⠶⡢⢄⣀\n"
         "     │  ⠈⠢⣀⠉\n"
         "     │     ⠑⢄⡀                ⢀⡠⠤⠒ val\n"
         "1.25 ┤       ⠈⠢⡀      ⠐⠒⠒⠒⠒⠒⠒⠉⠁\n"
         "     │         ⠈⠑⠤⣀⡀\n"
         "     │             ⠈⠑⠒⠤⢄⡀\n"
         " 0.5 ┤                  ⠈⠑⠢⢄⣀⣀⣀⣀⣀⣀ train\n"
         "     └────────────────────────────\n"
         "      1                          6\n"},
        {"ASCII", 40, 10, GLYPHS_ASCII,
         "loss\n"
         "   2 +':..\n"
         "     |  '':'\n"
         "     |     '.                 ..'' val\n"
         "1.25 +       '..      ''''''''\n"
         "     |          '..\n"
         "     |             ''...\n"
         " 0.5 +                  '''....... train\n"
         "     +----------------------------\n"
         "      1                          6\n"},
        {"small: the line alone", 12, 3, GLYPHS_ASCII,
         "'..\n"
         "  '... '''''\n"
         "      ''....\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *text = curve_text(losses, 2, "loss", row[i].width, row[i].height, glyphs_of(row[i].glyphs), NULL);
        assert_non_null(text);
        if (strcmp(text, row[i].text)) fail_msg("%s:\n%s", row[i].name, text);
        free(text);
    }
}

static int dotted(const Canvas *canvas)
{
    int cells = 0;
    for (int i = 0; i < canvas->width * canvas->height; i++) cells += canvas->cell[i].ink >= INK_SERIES;
    return cells;
}

static void extreme_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double x[3], y[3];
        bool drawn;
    } row[] = {
        {"one value", {1, 1, 1}, {5, 5, 5}, true},
        {"zero", {0, 0, 0}, {0, 0, 0}, true},
        {"the whole range", {-DBL_MAX, 0, DBL_MAX}, {DBL_MAX, -DBL_MAX, 0}, true},
        {"the largest", {0, 1, 2}, {DBL_MAX, DBL_MAX, DBL_MAX}, true},
        {"the least", {0, 5e-324, 0}, {0, 5e-324, 5e-324}, true},
        {"infinities are gaps", {0, 1, 2}, {INFINITY, 1, -INFINITY}, true},
        {"no number at all", {0, 1, 2}, {NAN, NAN, INFINITY}, false},
        {"no place for it", {NAN, NAN, INFINITY}, {0, 1, 2}, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Series series = {"s", row[i].x, row[i].y, 3};
        Canvas canvas;
        assert_int_equal(canvas_open(&canvas, 40, 10, NULL), OK);
        curve_draw(&canvas, &series, 1, NULL, glyphs_of(GLYPHS_BRAILLE));
        if ((dotted(&canvas) > 0) != row[i].drawn) fail_msg("%s", row[i].name);
        canvas_close(&canvas);
    }
}

/* Under the address sanitizer this finds what runs over. */
static void every_size(void **state)
{
    (void)state;
    for (int width = 1; width <= 200; width++)
        for (int height = 1; height <= 60; height++) {
            const Glyphs *glyphs = glyphs_of((GlyphSet)((width + height) % (GLYPHS_BRAILLE + 1)));
            Canvas canvas;
            assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
            curve_draw(&canvas, losses, 2, height % 2 ? "loss" : NULL, glyphs);
            assert_true(dotted(&canvas) > 0);
            curve_draw(&canvas, NULL, 0, "nothing", glyphs);
            canvas_close(&canvas);
        }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(extreme_values),
        cmocka_unit_test(every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
