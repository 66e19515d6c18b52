/* test_plot_svg.c - SVG figures: well-formed whatever the data, and every mark where its number says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/svg.h"
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

static const SvgFigure figure = {"a < b & c", "data > \"x\" \x01 \xff, seed 1", 400, 300};

/* Two bins of 10: the lower says .25 and is right in 5 of 10, the upper says .9 and is right in 6 of 10. */
static const Bin two[] = {{10, 5, 2.5, 0, 0.5}, {10, 6, 9, 0.5, 1}};

static void holds(const char *svg, const char *part)
{
    if (!strstr(svg, part)) fail_msg("no %s in\n%s", part, svg);
}

/* The plot spans 326 x 165.6 pixels from (58, 34): 400 - 58 - 16 wide, .8 (300 - 34 - 44 - 14) high. */
static void test_diagram(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    char *svg = svg_diagram(&figure, two, 2, &err);
    assert_non_null(svg);
    holds(svg, "<rect x=\"58.00\" y=\"158.80\" width=\"163.00\" height=\"41.60\" fill=\"#0072B2\""); /* up to confidence .25 */
    holds(svg, "<rect x=\"58.00\" y=\"117.20\" width=\"163.00\" height=\"41.60\" fill=\"#CC79A7\""); /* .5 to .25 */
    holds(svg, "<rect x=\"221.00\" y=\"50.64\" width=\"163.00\" height=\"49.92\" fill=\"#E69F00\""); /* .9 to .6 */
    holds(svg, "<title>a &lt; b &amp; c</title>");
    holds(svg, "<desc>data &gt; \"x\" ? ?, seed 1</desc>");
    well_formed(svg, "two bins");
}

static void test_curve_points(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    const double x[] = {0, 10, 20, 30}, y[] = {0, NAN, 1, 2};
    const Series series = {"loss", x, y, 4};
    char *svg = svg_curves(&figure, &(SvgPanel){&series, 1, "loss"}, 1, "step", &err);
    assert_non_null(svg);
    int lines = 0;
    for (const char *at = svg; (at = strstr(at, "<polyline")); at++) lines++;
    assert_int_equal(lines, 2); /* the gap parts the curve */
    /* 222 high; y from 0 to 2.08: 34 + 222 (2.08 - 2) / 2.08 = 42.54 */
    holds(svg, "384.00,42.54\"");
    holds(svg, "points=\"58.00,256.00\"");
    well_formed(svg, "a curve with a gap");
}

static void test_any_data(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    const Bin empty[] = {{0, 0, 0, 0, 0.5}, {0, 0, 0, 0.5, 1}}, one[] = {{1, 1, 1, 0, 1}};
    const double zero[] = {0, 0}, same[] = {3, 3}, none[] = {NAN, INFINITY}, huge[] = {-1e300, 1e300};
    const Series points[] = {{"", zero, same, 1}, {NULL, same, same, 2}, {"&", zero, none, 2}, {"", zero, same, 0}};
    const Series far = {"far", huge, huge, 2};
    well_formed(svg_diagram(&figure, empty, 2, &err), "empty bins");
    well_formed(svg_diagram(&(SvgFigure){"", "", 0, -5}, one, 1, &err), "one bin, no size");
    for (int i = 0; i < 4; i++) {
        SvgPanel panel[] = {{&points[i], 1, "loss"}, {points, 4, "ECE"}};
        well_formed(svg_curves(&figure, panel, 2, "step", &err), "few points");
    }
    well_formed(svg_curves(&figure, &(SvgPanel){&far, 1, "far"}, 1, "step", &err), "large numbers");
}

static void test_table(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    const Column column[] = {{"", ALIGN_LEFT}, {"ECE %", ALIGN_RIGHT}};
    const char *const cells[] = {"base", "6.81 \xc2\xb1 0.46", "Z < 8", NULL};
    char *svg = svg_table(&figure, column, 2, cells, 2, "first\nsecond & last", &err);
    assert_non_null(svg);
    holds(svg, "text-anchor=\"end\">6.81 \xc2\xb1 0.46</text>");
    holds(svg, "text-anchor=\"start\">Z &lt; 8</text>");
    holds(svg, ">second &amp; last</text>");
    well_formed(svg, "table");
    well_formed(svg_table(&figure, column, 2, cells, 0, NULL, &err), "no rows");
    assert_null(svg_table(&figure, column, 0, cells, 0, NULL, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagram),
        cmocka_unit_test(test_curve_points),
        cmocka_unit_test(test_any_data),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
