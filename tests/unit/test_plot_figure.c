/* test_plot_figure.c - figures as SVG: well-formed whatever the data, and every mark where its number says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/figure.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tags open and close in order, and no number is none; frees the text. */
static void well_formed(char *svg, const char *name)
{
    char open[64][32];
    int depth = 0;
    if (!svg) fail_msg("%s: no text", name);
    if (strstr(svg, "nan") || strstr(svg, "inf\"")) fail_msg("%s: a number is none", name);
    for (const char *at = svg; (at = strchr(at, '<')); at++) {
        size_t size = strcspn(at + 1, " >"), length = strcspn(at, ">");
        if (at[1] == '/') {
            bool closes = depth > 0 && strncmp(open[depth - 1], at + 2, size - 1) == 0;
            if (!closes) fail_msg("%s: %.20s closes another", name, at);
            depth--;
        } else if (at[length - 1] != '/') {
            assert_true(depth < 64 && size < sizeof open[0]);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)size, at + 1);
        }
    }
    if (depth) fail_msg("%s: <%s> stays open", name, open[depth - 1]);
    free(svg);
}

static const Figure figure = {&paper_svg, "a < b & c", NULL, "data > \"x\" \x01 \xff, seed 1", 400, 300};

/* Two bins of 10: the lower says .25 and is right in 5 of 10, the upper says .9 and is right in 6 of 10. */
static const Bin two[] = {{10, 5, 2.5, 0, 0.5}, {10, 6, 9, 0.5, 1}};

/* One part, 0 to 30 steps. */
static const FigurePart whole = {0, 1, 30, "stage 1"};

static void holds(const char *svg, const char *part)
{
    if (!strstr(svg, part)) fail_msg("no %s in\n%s", part, svg);
}

static int count_of(const char *svg, const char *part)
{
    int count = 0;
    for (const char *at = svg; (at = strstr(at, part)); at++) count++;
    return count;
}

static char *diagram(const Figure *f, const Bin *bin, const Bin *ghost, int count)
{
    Err err = {.msg = ""};
    FigureFile file = {0};
    if (figure_diagram(&file, f, bin, ghost, "stage 1", count, &err) != OK) fail_msg("%s", err.msg);
    assert_int_equal(file.size, strlen(file.bytes));
    return file.bytes;
}

static char *curves(const FigurePanel *panel, int panels, const FigurePart *part, int parts)
{
    Err err = {.msg = ""};
    FigureFile file = {0};
    const char *rule = parts > 1 ? "features freeze" : NULL;
    if (figure_curves(&file, &figure, panel, panels, part, parts, rule, &err) != OK) fail_msg("%s", err.msg);
    return file.bytes;
}

/* Below title (32) and two rows of legend (35) the plot spans 326 x 140 from (58, 67): 400 - 58 - 16 wide,
 * .8 (300 - 67 - 44 - 14) high. */
static void test_diagram(void **state)
{
    (void)state;
    char *svg = diagram(&figure, two, NULL, 2);
    holds(
        svg,
        "<rect x=\"58.00\" y=\"172.00\" width=\"163.00\" height=\"35.00\" fill=\"#0072B2\""); /* up to confidence .25 */
    holds(svg, "<rect x=\"58.00\" y=\"137.00\" width=\"163.00\" height=\"35.00\" fill=\"#CC79A7\""); /* .5 to .25 */
    holds(svg, "<rect x=\"221.00\" y=\"81.00\" width=\"163.00\" height=\"42.00\" fill=\"#E69F00\""); /* .9 to .6 */
    holds(svg, "<title>a &lt; b &amp; c</title>");
    holds(svg, "<desc>data &gt; \"x\" ? ?, seed 1</desc>");
    assert_int_equal(count_of(svg, "stage 1"), 0);
    well_formed(svg, "two bins");
}

/* The edges of 200 bins would hide them. */
static void test_narrow_bins(void **state)
{
    (void)state;
    Bin bin[200];
    for (int i = 0; i < 200; i++) bin[i] = (Bin){1, 1, 0.5, i / 200.0, (i + 1) / 200.0};
    char *svg = diagram(&figure, bin, NULL, 200);
    assert_int_equal(count_of(svg, "fill=\"#0072B2\"/>"), 201); /* and the legend */
    assert_int_equal(count_of(svg, "fill=\"#999999\"/>"), 200);
    well_formed(svg, "narrow bins");
}

/* An accuracy of .75 was at 67 + .25 140 = 102 in the upper bin; an empty bin has no ghost. */
static void test_ghosts(void **state)
{
    (void)state;
    const Bin was[] = {{0, 0, 0, 0, 0.5}, {8, 6, 4, 0.5, 1}};
    Figure noted = figure;
    noted.note = "n = 20 & more";
    char *svg = diagram(&figure, two, was, 2);
    holds(svg, "<line x1=\"221.00\" y1=\"102.00\" x2=\"384.00\" y2=\"102.00\" stroke=\"#000000\" stroke-width=\"1.5\" "
               "stroke-dasharray=\"3 2\"");
    holds(svg, ">stage 1</text>");
    assert_int_equal(count_of(svg, "stroke-dasharray=\"3 2\""), 2); /* of the bin, and in the legend */
    well_formed(svg, "ghosts");
    svg = diagram(&noted, two, was, 2);
    holds(svg, ">n = 20 &amp; more</text>");
    holds(svg, "y=\"84.00\" width=\"326.00\""); /* the plot begins a line lower */
    well_formed(svg, "a note");
}

static void test_curve_points(void **state)
{
    (void)state;
    const double x[] = {0, 1. / 3, 2. / 3, 0.9, 1}, y[] = {0, NAN, 1, 1.5, 2};
    const FigureCurve curve = {{"loss", x, y, 5}, COLOUR_VALID, false};
    const FigureMark mark = {1, 2, "best, epoch 6"};
    char *svg = curves(&(FigurePanel){&curve, 1, &mark, 1, "loss", false, false}, 1, &whole, 1);
    /* 206 high from 50 on; y from 0 to 2.1: 50 + 206 (2.1 - 2) / 2.1 = 59.81 */
    holds(svg, "<line x1=\"57.00\" y1=\"256.00\" x2=\"59.00\" y2=\"256.00\" stroke=\"#E69F00\""); /* a point alone */
    holds(svg, " 384.00,59.81\" stroke=\"#E69F00\" stroke-width=\"1.5\"");
    assert_int_equal(count_of(svg, "<polyline"), 1);             /* the gap parts the curve */
    holds(svg, "<rect x=\"380.50\" y=\"56.31\" width=\"7.00\""); /* the mark's middle */
    holds(svg, ">best, epoch 6</text>");
    holds(svg, ">stage 1, step</text>");
    holds(svg, ">30</text>");
    well_formed(svg, "a curve with a gap");
}

/* 0.1 to 10 on a logarithmic axis: 1 lies in the middle; 0 and less have no place. */
static void test_log_axis(void **state)
{
    (void)state;
    const double x[] = {0, 0.25, 0.5, 0.75, 1}, y[] = {0.1, 1, 10, 0, -3};
    const FigureCurve curve = {{NULL, x, y, 5}, COLOUR_TRAIN, false};
    char *svg = curves(&(FigurePanel){&curve, 1, NULL, 0, "loss", true, false}, 1, &whole, 1);
    /* 224 high from 32 on */
    holds(svg, " 139.50,144.00 ");
    assert_int_equal(count_of(svg, "<polyline"), 1);
    assert_null(strstr(strstr(svg, "<polyline"), " 302.50,")); /* x of the 0 */
    holds(svg, ">0.1</text>");
    holds(svg, ">10</text>");
    well_formed(svg, "a logarithmic axis");
}

/* Two stages: a rule between them, both counted from 0, the first one's curves in a tint. */
static void test_parts(void **state)
{
    (void)state;
    const double before[] = {0, 0.25, 0.5}, after[] = {0.5, 0.75, 1}, y[] = {3, 2, 1};
    const FigureCurve curve[] = {{{NULL, before, y, 3}, COLOUR_TRAIN, true},
                                 {{"loss", after, y, 3}, COLOUR_TRAIN, false}};
    const FigurePart part[] = {{0, 0.5, 104, "stage 1"}, {0.5, 1, 20, NULL}};
    char *svg = curves(&(FigurePanel){curve, 2, NULL, 0, "loss", false, false}, 1, part, 2);
    holds(svg,
          "<line x1=\"221.00\" y1=\"50.00\" x2=\"221.00\" y2=\"256.00\" stroke=\"#666666\" stroke-dasharray=\"2 3\"");
    holds(svg, "stroke=\"#80B9D9\""); /* half way from 0072B2 to white, rounded down */
    holds(svg, "stroke=\"#0072B2\"");
    holds(svg, ">features freeze</text>");
    holds(svg, ">step</text>");
    assert_int_equal(count_of(svg, ">0</text>"), 2);   /* of both parts; the y axis has none */
    assert_int_equal(count_of(svg, ">100</text>"), 0); /* too near to the second 0 */
    well_formed(svg, "two parts");
}

static void test_any_data(void **state)
{
    (void)state;
    const Bin empty[] = {{0, 0, 0, 0, 0.5}, {0, 0, 0, 0.5, 1}}, one[] = {{1, 1, 1, 0, 1}};
    const double zero[] = {0, 0}, same[] = {3, 3}, none[] = {NAN, INFINITY}, huge[] = {-1e300, 1e300},
                 end[] = {-1e308, 1e308};
    const double width[] = {0, 1};
    const Series series[] = {{"", width, same, 1},    {NULL, width, same, 2}, {"&", zero, none, 2}, {"", zero, same, 0},
                             {"far", width, huge, 2}, {"end", width, end, 2}, {"x", none, same, 2}};
    enum { COUNT = sizeof series / sizeof *series };
    FigureCurve curve[COUNT];
    const FigureMark mark = {0.5, NAN, "nowhere"};
    for (int i = 0; i < COUNT; i++) curve[i] = (FigureCurve){series[i], i, false};
    well_formed(diagram(&figure, empty, empty, 2), "empty bins");
    well_formed(diagram(&(Figure){&paper_svg, "", "", "", 0, -5}, one, one, 1), "one bin, no size");
    for (int log_y = 0; log_y < 2; log_y++)
        for (int i = 0; i < COUNT; i++) {
            FigurePanel panel[] = {{&curve[i], 1, &mark, 1, "loss", log_y, false},
                                   {curve, COUNT, NULL, 0, "ECE", log_y, true}};
            well_formed(curves(panel, 2, &whole, 1), "few points");
        }
}

/* A title that is wider than the sheet is written smaller. */
static void test_long_title(void **state)
{
    (void)state;
    Figure small = {&paper_svg, "a title of some forty characters, and so on", NULL, "", 200, 200};
    char *svg = diagram(&small, two, NULL, 2);
    holds(svg, "font-size=\"7.5\" text-anchor=\"middle\">a title");
    assert_int_equal(count_of(svg, "over-confident"), 0); /* a legend would leave no room */
    well_formed(svg, "a long title");
}

static void test_table(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    FigureFile file = {0};
    const Column column[] = {{"", ALIGN_LEFT}, {"ECE %", ALIGN_RIGHT}};
    const char *const cells[] = {"base", "6.81 \xc2\xb1 0.46", "Z < 8", NULL};
    assert_int_equal(figure_table(&file, &figure, column, 2, cells, 2, "first\nsecond & last", &err), OK);
    holds(file.bytes, "text-anchor=\"end\">6.81 \xc2\xb1 0.46</text>");
    holds(file.bytes, "text-anchor=\"start\">Z &lt; 8</text>");
    holds(file.bytes, ">second &amp; last</text>");
    well_formed(file.bytes, "table");
    assert_int_equal(figure_table(&file, &figure, column, 2, cells, 0, NULL, &err), OK);
    well_formed(file.bytes, "no rows");
    assert_int_equal(figure_table(&file, &figure, column, 0, cells, 0, NULL, &err), ERR_USAGE);
    assert_int_equal(figure_table(&file, &figure, column, 1000, cells, 0, NULL, &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagram),      cmocka_unit_test(test_ghosts),     cmocka_unit_test(test_narrow_bins),
        cmocka_unit_test(test_curve_points), cmocka_unit_test(test_log_axis),   cmocka_unit_test(test_parts),
        cmocka_unit_test(test_any_data),     cmocka_unit_test(test_long_title), cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
