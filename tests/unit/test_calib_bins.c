/* test_calib_bins.c - reliability bins: gold values, edges, merging, nesting, equal mass, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "calib/bins.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { MANY = 5000 };

/* confidence (n), right (n): samples that are right with probability confidence^2. */
static void draw(double *confidence, uint8_t *right, ptrdiff_t n, uint32_t trial)
{
    Rng rng = rng_stream(7, RNG_BOOTSTRAP, trial, 0);
    for (ptrdiff_t i = 0; i < n; i++) {
        confidence[i] = rng_below(&rng, 4) ? rng_uniform(&rng) : rng_below(&rng, 61) / 60.0; /* some on an edge */
        right[i] = rng_uniform(&rng) < confidence[i] * confidence[i];
    }
}

static void check_gold(json_t *row)
{
    double confidence[100];
    uint8_t right[100];
    size_t n = json_array_size(json_object_get(row, "conf"));
    assert_in_range(n, 1, 100);
    for (size_t i = 0; i < n; i++) {
        confidence[i] = json_number_value(json_array_get(json_object_get(row, "conf"), i));
        right[i] = (uint8_t)json_integer_value(json_array_get(json_object_get(row, "correct"), i));
    }
    Bin bin[BINS_MAX];
    Err err;
    int count = (int)json_integer_value(json_object_get(row, "n_bins")), made;
    assert_int_equal(bins_equal_width(bin, count, confidence, right, (ptrdiff_t)n, &err), OK);
    double ece = bins_ece(bin, count), mce = bins_mce(bin, count), avgce = bins_avgce(bin, count);
    assert_int_equal(bins_equal_mass(bin, count, &made, confidence, right, (ptrdiff_t)n, &err), OK);

    json_t *gold = json_object_get(row, "tare");
    const char *name = json_string_value(json_object_get(row, "name"));
    struct {
        const char *what;
        double got;
    } figure[] = {{"ece", ece}, {"mce", mce}, {"avgce", avgce}, {"ece_em", bins_ece(bin, made)}};
    for (size_t i = 0; i < sizeof figure / sizeof *figure; i++) {
        double want = json_number_value(json_object_get(gold, figure[i].what));
        if (!(fabs(figure[i].got - want) <= 1e-12))
            fail_msg("%s: %s is %.17g, not %.17g", name, figure[i].what, figure[i].got, want);
    }
}

static void matches_gold(void **state)
{
    (void)state;
    json_error_t error;
    json_t *root = json_load_file("tests/gold/metrics/binning.json", 0, &error), *row;
    assert_non_null(root);
    size_t i;
    assert_int_equal(json_array_size(json_object_get(root, "cases")), 14);
    json_array_foreach(json_object_get(root, "cases"), i, row) check_gold(row);
    json_decref(root);
}

/* Which of `count` bins one confidence falls in. */
static void edges(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double confidence;
        int count, bin;
    } row[] = {
        {"zero is in the first", 0, 10, 0},
        {"one is in the last", 1, 10, 9},
        {"an edge belongs to the bin below", 0.7, 10, 6},
        {"just above the edge", 0.70000000000000007, 10, 7},
        {"an edge whose product rounds up: .29 * 100 < 29", 29 / 100., 100, 28},
        {"an edge whose product rounds up: .57 * 100 < 57", 57 / 100., 100, 56},
        {"a third", 1 / 3., 3, 0},
        {"one bin", 0.3, 1, 0},
        {"one ulp below one", 1 - 0x1p-53, 60, 59},
        {"the least number", 5e-324, 15, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Bin bin[100];
        uint8_t right = 1;
        assert_int_equal(bins_equal_width(bin, row[i].count, &row[i].confidence, &right, 1, NULL), OK);
        for (int b = 0; b < row[i].count; b++)
            if (bin[b].count != (b == row[i].bin)) fail_msg("%s: bin %d holds %g", row[i].name, b, bin[b].count);
    }
}

/* Every edge of every number of bins up to 200, and its neighbours: lo < c <= hi. */
static void bins_hold_what_they_say(void **state)
{
    (void)state;
    for (int count = 1; count <= 200; count++)
        for (int i = 1; i < count; i++) {
            double edge = (double)i / count, c[3] = {nextafter(edge, 0), edge, nextafter(edge, 1)};
            Bin bin[200];
            uint8_t right[3] = {0};
            assert_int_equal(bins_equal_width(bin, count, c, right, 3, NULL), OK);
            assert_true(bin[i - 1].count == 2 && bin[i].count == 1);
            assert_true(bin[i - 1].hi == edge && bin[i].lo == edge);
        }
}

static void fine_bins_nest(void **state)
{
    (void)state;
    static const int divisor[] = {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60};
    static double confidence[MANY];
    static uint8_t right[MANY];
    draw(confidence, right, MANY, 1);
    FineBins fine = {0};
    for (int i = 0; i < MANY; i++) fine_bins_add(&fine, confidence[i], right[i]);
    for (size_t d = 0; d < sizeof divisor / sizeof *divisor; d++) {
        Bin coarse[FINE_BINS], direct[FINE_BINS];
        assert_int_equal(bins_from_fine(coarse, divisor[d], &fine, NULL), OK);
        assert_int_equal(bins_equal_width(direct, divisor[d], confidence, right, MANY, NULL), OK);
        for (int b = 0; b < divisor[d]; b++) {
            assert_true(coarse[b].count == direct[b].count && coarse[b].right == direct[b].right);
            assert_true(coarse[b].lo == direct[b].lo && coarse[b].hi == direct[b].hi);
            NEAR(coarse[b].confidence, direct[b].confidence, 1e-9);
        }
        NEAR(bins_ece(coarse, divisor[d]), bins_ece(direct, divisor[d]), 1e-12);
    }
}

static void parts_merge(void **state)
{
    (void)state;
    static double confidence[MANY];
    static uint8_t right[MANY];
    draw(confidence, right, MANY, 2);
    FineBins whole = {0}, sum = {0}, part[7] = {{{0}, {0}, {0}}};
    for (int i = 0; i < MANY; i++) {
        fine_bins_add(&whole, confidence[i], right[i]);
        fine_bins_add(&part[i * i % 7], confidence[i], right[i]);
    }
    for (int i = 6; i >= 0; i--) fine_bins_merge(&sum, &part[i]);
    Bin a[15], b[15];
    assert_int_equal(bins_from_fine(a, 15, &whole, NULL), OK);
    assert_int_equal(bins_from_fine(b, 15, &sum, NULL), OK);
    assert_memory_equal(whole.count, sum.count, sizeof whole.count);
    assert_memory_equal(whole.right, sum.right, sizeof whole.right);
    NEAR(bins_ece(a, 15), bins_ece(b, 15), 1e-12);
    NEAR(bins_mce(a, 15), bins_mce(b, 15), 1e-12);
}

/* ECE >= |mean confidence - accuracy|; splitting bins never lowers it; the order of the rows does not matter. */
static void properties(void **state)
{
    (void)state;
    for (uint32_t trial = 0; trial < 200; trial++) {
        double confidence[300], turned[300];
        uint8_t right[300], turned_right[300];
        ptrdiff_t n = 1 + trial;
        draw(confidence, right, n, 10 + trial);
        double gap = 0;
        for (ptrdiff_t i = 0; i < n; i++) {
            turned[i] = confidence[n - 1 - i];
            turned_right[i] = right[n - 1 - i];
            gap += (confidence[i] - right[i]) / (double)n;
        }
        Bin bin[40];
        double last = fabs(gap) - 1e-12;
        for (int count = 5; count <= 40; count *= 2) {
            assert_int_equal(bins_equal_width(bin, count, confidence, right, n, NULL), OK);
            double ece = bins_ece(bin, count);
            assert_true(ece >= last && bins_mce(bin, count) >= ece - 1e-12);
            assert_int_equal(bins_equal_width(bin, count, turned, turned_right, n, NULL), OK);
            NEAR(bins_ece(bin, count), ece, 1e-12);
            last = ece - 1e-12;
        }
        int made, again;
        assert_int_equal(bins_equal_mass(bin, 10, &made, confidence, right, n, NULL), OK);
        double mass = bins_ece(bin, made);
        assert_true(mass >= fabs(gap) - 1e-12);
        assert_int_equal(bins_equal_mass(bin, 10, &again, turned, turned_right, n, NULL), OK);
        assert_true(made == again && bins_ece(bin, made) == mass); /* sorted first: the same bits */
    }
}

static void equal_mass_keeps_ties_together(void **state)
{
    (void)state;
    double confidence[1000];
    uint8_t right[1000];
    for (int i = 0; i < 1000; i++) {
        confidence[i] = .9;
        right[i] = i < 600;
    }
    Bin bin[15];
    int made;
    assert_int_equal(bins_equal_mass(bin, 15, &made, confidence, right, 1000, NULL), OK);
    NEAR(bins_ece(bin, made), .3, 1e-12);
    assert_int_equal(made, 2); /* the 14 equal cuts are one */
    assert_true(bin[0].count == 1000 && bin[0].hi == .9 && bin[1].count == 0 && bin[1].hi == 1);
}

/* 7 values in 3 groups: 3, 2, 2, cut half-way between neighbours. */
static void equal_mass_cuts(void **state)
{
    (void)state;
    double confidence[7] = {.7, .1, .2, .3, .4, .5, .6};
    uint8_t right[7] = {1, 0, 0, 1, 0, 1, 1};
    static const double hi[3] = {.35, .55, 1}, count[3] = {3, 2, 2}, rights[3] = {1, 1, 2};
    Bin bin[3];
    int made;
    assert_int_equal(bins_equal_mass(bin, 3, &made, confidence, right, 7, NULL), OK);
    assert_int_equal(made, 3);
    for (int b = 0; b < 3; b++) {
        NEAR(bin[b].hi, hi[b], 1e-15);
        NEAR(bin[b].lo, b ? hi[b - 1] : 0, 1e-15);
        assert_true(bin[b].count == count[b] && bin[b].right == rights[b]);
    }
    assert_int_equal(bins_equal_mass(bin, 3, &made, confidence, right, 2, NULL), OK);
    assert_int_equal(made, 2); /* never more bins than samples */
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int count;
        ptrdiff_t n;
        double confidence[3];
        Status code;
        const char *msg;
    } row[] = {
        {"no samples", 10, 0, {0}, ERR_USAGE, "no samples"},
        {"no bins", 0, 3, {0}, ERR_USAGE, "0 bins; take 1 to 1000"},
        {"too many bins", 1001, 3, {0}, ERR_USAGE, "1001 bins; take 1 to 1000"},
        {"NaN", 10, 3, {.5, NAN, .5}, ERR_FORMAT, "row 2: confidence nan is outside [0, 1]"},
        {"above one", 10, 3, {.5, .5, 1.5}, ERR_FORMAT, "row 3: confidence 1.5 is outside [0, 1]"},
        {"below zero", 10, 3, {-.5, .5, .5}, ERR_FORMAT, "row 1: confidence -0.5 is outside [0, 1]"},
    };
    static Bin bin[BINS_MAX];
    uint8_t right[3] = {0};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Err err = {OK, ""};
        int made;
        assert_int_equal(bins_equal_width(bin, row[i].count, row[i].confidence, right, row[i].n, &err), row[i].code);
        if (!strstr(err.msg, row[i].msg)) fail_msg("%s: \"%s\"", row[i].name, err.msg);
        assert_int_equal(bins_equal_mass(bin, row[i].count, &made, row[i].confidence, right, row[i].n, NULL),
                         row[i].code);
    }
    Err err;
    FineBins fine = {0};
    assert_int_equal(bins_from_fine(bin, 7, &fine, &err), ERR_USAGE);
    assert_non_null(strstr(err.msg, "7 bins cannot be made of 60"));
    assert_int_equal(bins_from_fine(bin, 0, &fine, NULL), ERR_USAGE);
    assert_int_equal(bins_from_fine(bin, -5, &fine, NULL), ERR_USAGE);
}

static void nothing_is_not_perfect(void **state)
{
    (void)state;
    Bin bin[10];
    FineBins fine = {0};
    assert_int_equal(bins_from_fine(bin, 10, &fine, NULL), OK);
    assert_true(isnan(bins_ece(bin, 10)) && isnan(bins_mce(bin, 10)) && isnan(bins_avgce(bin, 10)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_gold),
        cmocka_unit_test(edges),
        cmocka_unit_test(bins_hold_what_they_say),
        cmocka_unit_test(fine_bins_nest),
        cmocka_unit_test(parts_merge),
        cmocka_unit_test(properties),
        cmocka_unit_test(equal_mass_keeps_ties_together),
        cmocka_unit_test(equal_mass_cuts),
        cmocka_unit_test(refuses),
        cmocka_unit_test(nothing_is_not_perfect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
