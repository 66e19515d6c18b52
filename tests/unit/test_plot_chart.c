/* test_plot_chart.c - charts: a logarithmic axis, marks, ticks, a rule; golden text and every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/chart.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double step[] = {0, 1, 2, 3}, loss[] = {10, 1, .1, .1}, share[] = {.13, .31, .2, .39};
static const double negative[] = {-1, 0, 10, 1}, freeze = 1.5;
static const Series falling = {"train", step, loss, 4}, error = {NULL, step, share, 4},
                    partly = {NULL, step, negative, 4};
static const double ten[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, spike[] = {80, 4, 3, 2, 1, 1, 2, 1, 1, 1};
static const double twice[] = {80, 70, 3, 2, 1, 1, 2, 1, 1, 1};
static const Series once_high = {NULL, ten, spike, 10}, twice_high = {NULL, ten, twice, 10};
static const Mark best[] = {{2, .1, '*', INK_BEST, "best 2"}};
static const Tick ticks[] = {{0, "0"}, {3, "3"}, {1.5, "104"}, {.75, "stage 1"}, {2.9, "touches"}};

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        Chart chart;
        const char *text;
    } row[] = {
        {"logarithmic",
         34,
         8,
         {.series = &falling,
          .count = 1,
          .log_y = true,
          .mark = best,
          .marks = 1,
          .rule = &freeze,
          .ticks = 5,
          .tick = ticks,
          .name_x = "x"},
         " 10 +'..        !\n"
         "    |   '.      !\n"
         "  1 +     ''.   !\n"
         "    |        '..!\n"
         "    |           '.    best 2\n"
         "0.1 +           ! ''*....... train\n"
         "    +-----------+-----------\n"
         "   x 0         104         3\n"},
        {"round from zero",
         34,
         8,
         {.series = &error, .count = 1, .round_y = true, .from_zero = true, .unit = "%"},
         "0.4% +                         ..'\n"
         "     |       ..''...       ..''\n"
         "0.2% +   ..''       '''..''\n"
         "     |.''\n"
         "     |\n"
         "  0% +\n"
         "     +----------------------------\n"
         "      0                          3\n"},
        {"a tenth of the points is above the axis",
         24,
         6,
         {.series = &once_high, .count = 1, .clip_y = true, .from_zero = true, .round_y = true},
         "4 +^''.\n"
         "  |    ''..     .\n"
         "  |        '...' ''.....\n"
         "0 +\n"
         "  +---------------------\n"
         "   0                   9\n"},
        {"a fifth is not left out",
         24,
         6,
         {.series = &twice_high, .count = 1, .clip_y = true, .from_zero = true, .round_y = true},
         "80 +'..\n"
         "   |  '.\n"
         "   |   :\n"
         " 0 +    :...............\n"
         "   +--------------------\n"
         "    0                  9\n"},
        {"no logarithm: a gap",
         20,
         5,
         {.series = &partly, .count = 1, .log_y = true},
         " 10 +'..\n"
         "    |   ''..\n"
         "    |       ''..\n"
         "  1 +           ''..\n"
         "    +---------------\n"},
        {"equal labels",
         24,
         4,
         {.series = &error, .count = 1, .label_least = 6},
         "  0.39 +              .'\n"
         "       |   ..''..  .''\n"
         "  0.13 +.''      ''\n"
         "       +----------------\n"},
        {"a wider span",
         24,
         4,
         {.series = &error, .count = 1, .span_x = true, .x_hi = 6},
         "0.39 +        .'\n"
         "     |  .'.. .'\n"
         "0.13 +.'    '\n"
         "     +------------------\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Canvas canvas;
        assert_int_equal(canvas_open(&canvas, row[i].width, row[i].height, NULL), OK);
        chart_draw(&canvas, &row[i].chart, glyphs_of(GLYPHS_ASCII));
        char *text = canvas_string(&canvas, NULL);
        if (strcmp(text, row[i].text)) fail_msg("%s:\n%s", row[i].name, text);
        free(text);
        canvas_close(&canvas);
    }
}

/* Under the sanitizers this finds what runs over; numbers at the ends of their range included. */
static void every_size(void **state)
{
    (void)state;
    static const double ends[][4] = {{-DBL_MAX, DBL_MAX, 0, 1}, {5e-324, 5e-324, 0, 5e-324}, {INFINITY, NAN, -1, 1}};
    for (int width = 1; width <= 120; width += width < 40 ? 1 : 9)
        for (int height = 1; height <= 40; height += height < 20 ? 1 : 7)
            for (int e = 0; e < 3; e++) {
                Series series = {"wild", step, ends[e], 4};
                Chart chart = {
                    .title = "title", .series = &series, .count = 1, .mark = best, .marks = 1, .tick = ticks};
                Canvas canvas;
                chart.ticks = width % 6;
                chart.log_y = height % 2;
                chart.round_y = chart.from_zero = width % 2;
                chart.rule = &freeze;
                assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
                chart_draw(&canvas, &chart, glyphs_of((GlyphSet)((width + height) % (GLYPHS_BRAILLE + 1))));
                canvas_close(&canvas);
            }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
