/* test_calib_paired.c - comparisons: Student's t, the crossed parts by hand, exchanges, what is refused, and levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "calib/paired.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static void near(double is, double wanted, double within)
{
    if (!(fabs(is - wanted) <= within)) fail_msg("%.17g, and %.17g is wanted", is, wanted);
}

/* ---- Student's t ---- */

/* SciPy 1.10.1: 2 * stats.t.sf(t, df), 2 * stats.norm.sf(t). */
static void students_t(void **state)
{
    (void)state;
    static const struct {
        double t, freedom, p;
    } rows[] = {
        {12.706204736432095, 1, 0.05},
        {4.302652729911275, 2, 0.05},
        {2.228138851964939, 10, 0.05},
        {0, 3, 1},
        {-1, 1, 0.5},
        {6.1, 5, 0.0017143},
        {1.959963984540054, INFINITY, 0.05},
        {2.5, 3.5, 0.0756946},
        {1.96, 1e6, 0.0499961},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double p = student_p(rows[i].t, rows[i].freedom);
        if (fabs(p - rows[i].p) > 1e-7) fail_msg("t = %g, %g degrees: p = %.7f", rows[i].t, rows[i].freedom, p);
    }
    assert_true(isnan(student_p(NAN, 3)));
}

/* ---- predictions of two classes, from what is said of class 0 ---- */

static Predictions *say(const double *p0, const int32_t *labels, ptrdiff_t n)
{
    Err err;
    float logp[2 * n];
    for (ptrdiff_t i = 0; i < n; i++) {
        logp[2 * i] = (float)log(p0[i]);
        logp[2 * i + 1] = (float)log1p(-p0[i]);
    }
    Predictions *made = predictions_new(SAID_LOGP, false, n, 2, logp, labels, &err);
    if (!made) fail_msg("%s", err.msg);
    return made;
}

static Paired compare(const char *measure, Predictions **a, int a_runs, Predictions **b, int b_runs, bool by_seed)
{
    Err err = {0};
    Paired result;
    const Method left = {(const Predictions *const *)a, a_runs}, right = {(const Predictions *const *)b, b_runs};
    if (paired_compare(&result, measure_find(measure), &left, &right, by_seed, 10, &err) != OK) fail_msg("%s", err.msg);
    return result;
}

/* Two seeds and three images. The differences of accuracy are { 1, 0, 1 } and { 1, 0, 0 }: mean 1/2; seed means 2/3 and
 * 1/3, image means 1, 0, 1/2; what is left is +-1/6, +-1/6, -+1/3, whose squares sum to 1/3 over 2 degrees of freedom.
 * seeds = (1/18) / 2, images = (1/4) / 3, rest = (1/6) / 6; 1/36 + 1/12 - 1/36 = 1/12. */
static void parts_by_hand(void **state)
{
    (void)state;
    const int32_t labels[3] = {0, 0, 0};
    Predictions *a[2] = {say((double[]){.9, .9, .9}, labels, 3), say((double[]){.9, .9, .2}, labels, 3)};
    Predictions *b[2] = {say((double[]){.2, .9, .2}, labels, 3), say((double[]){.2, .9, .2}, labels, 3)};
    Paired r = compare("accuracy", a, 2, b, 2, true);
    near(r.difference, 0.5, 1e-12);
    near(r.error, sqrt(1 / 12.), 1e-12);
    double spread = pow(1 / 36., 2) / 1 + pow(1 / 12., 2) / 2 + pow(1 / 36., 2) / 2;
    near(r.freedom, pow(1 / 12., 2) / spread, 1e-9);
    near(r.p, student_p(0.5 / sqrt(1 / 12.), r.freedom), 1e-12);

    /* one network a side: the plain paired t of the images, here { 1, 0, 1 } */
    r = compare("accuracy", a, 1, b, 1, true);
    near(r.difference, 2 / 3., 1e-12);
    near(r.error, 1 / 3., 1e-12);
    near(r.freedom, 2, 1e-9);

    /* the other way round, and a method with itself */
    Paired turned = compare("accuracy", b, 2, a, 2, true), same = compare("nll", a, 2, a, 2, true);
    near(turned.difference, -0.5, 1e-12);
    near(same.difference, 0, 0);
    near(same.p, 1, 0);
    for (int i = 0; i < 2; i++) {
        predictions_release(a[i]);
        predictions_release(b[i]);
    }
}

/* ---- made-up methods ---- */

enum { IMAGES = 400, RUNS = 5 };

/* Network `seed` of a method that says what is so, stretched by `over`; `luck` decides the labels, and both methods see
 * them. */
static Predictions *network(uint32_t world, uint32_t method, uint32_t seed, double over)
{
    double p0[IMAGES];
    int32_t labels[IMAGES];
    Rng images = rng_stream(7, RNG_BLENDS, world, 0), own = rng_stream(7, RNG_BLENDS, world, 1 + 100 * method + seed);
    double shift = 0.1 * (double)rng_normal(&own);
    for (int i = 0; i < IMAGES; i++) {
        double margin = 1.5 * (double)rng_normal(&images), luck = rng_uniform(&images);
        labels[i] = luck < 1 / (1 + exp(-margin)) ? 0 : 1;
        margin += 0.3 * (double)rng_normal(&own);
        p0[i] = 1 / (1 + exp(-(margin * (1 + over) + shift)));
    }
    return say(p0, labels, IMAGES);
}

static Paired made_up(const char *measure, uint32_t world, int a_runs, int b_runs, bool by_seed, double over)
{
    Predictions *run[2][RUNS];
    for (int k = 0; k < a_runs; k++) run[0][k] = network(world, 0, (uint32_t)k, 0);
    for (int k = 0; k < b_runs; k++) run[1][k] = network(world, 1, (uint32_t)k, over);
    Paired result = compare(measure, run[0], a_runs, run[1], b_runs, by_seed);
    for (int k = 0; k < a_runs; k++) predictions_release(run[0][k]);
    for (int k = 0; k < b_runs; k++) predictions_release(run[1][k]);
    return result;
}

/* Between equals, claims are rare, and not impossible; between methods that differ they are the rule. The bounds are
 * those of 200 fixed worlds at a level of 5 in 100, 4 standard errors wide; tests/peer/verdicts.c looks closer. */
static void levels(void **state)
{
    (void)state;
    static const struct {
        const char *measure;
        int a_runs, b_runs;
        bool by_seed;
    } rows[] = {{"nll", 1, 1, true}, {"nll", 5, 5, true}, {"brier", 3, 3, true}, {"accuracy", 2, 2, true},
                {"ece", 1, 1, true}, {"ece", 5, 5, true}, {"nll", 5, 3, false},  {"ece", 5, 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int equal = 0, other = 0, worlds = 200;
        for (int w = 0; w < worlds; w++) {
            bool accuracy = strcmp(rows[i].measure, "accuracy") == 0;
            equal += made_up(rows[i].measure, (uint32_t)w, rows[i].a_runs, rows[i].b_runs, rows[i].by_seed, 0).p < .05;
            if (w < 20 && !accuracy)
                other +=
                    made_up(rows[i].measure, (uint32_t)w, rows[i].a_runs, rows[i].b_runs, rows[i].by_seed, 2).p < .05;
            else if (w < 20)
                other++;
        }
        if (equal < 1 || equal > 22) fail_msg("%s, %d runs: %d claims of 200", rows[i].measure, rows[i].a_runs, equal);
        if (other < 18) fail_msg("%s, %d runs: %d of 20 told apart", rows[i].measure, rows[i].a_runs, other);
    }
}

/* A difference of 1e-9 in every image is in the same direction everywhere and still nothing: what is claimed without
 * noise is claimed of rounding. */
static void tiny_differences_are_seen_for_what_they_are(void **state)
{
    (void)state;
    Paired nothing = made_up("nll", 3, 1, 1, true, 0);
    assert_true(nothing.p > .05);
    assert_true(nothing.error > 0 && nothing.freedom == IMAGES - 1);
}

/* The same bits each time; the sign turns with the sides. */
static void the_same_again(void **state)
{
    (void)state;
    Paired a = made_up("ece", 1, 3, 3, true, .5), b = made_up("ece", 1, 3, 3, true, .5);
    assert_memory_equal(&a, &b, sizeof a);
    Paired one = made_up("ece", 1, 1, 1, true, .5);
    assert_true(one.p > 0 && one.p <= 1 && fmod(one.p * 500 + 1e-9, 1) < 1e-6); /* of 499 tosses and the one seen */
}

static void refusals(void **state)
{
    (void)state;
    const int32_t labels[3] = {0, 1, 0}, others[3] = {0, 1, 1};
    const double p[3] = {.9, .2, .6};
    const Predictions *a = say(p, labels, 3), *other = say(p, others, 3), *shorter = say(p, labels, 2);
    const struct {
        const char *measure;
        const Predictions *b;
        int b_runs, bins;
        const char *says;
    } rows[] = {
        {"nll", other, 1, 10, "other images"}, {"nll", shorter, 1, 10, "other images"},
        {"ks", a, 1, 10, "confidences"},       {"ece_em", a, 1, 10, "mass bins"},
        {"gap", a, 1, 10, "no better side"},   {"nll", a, 2, 10, "no pairs"},
        {"ece", a, 1, 0, "outside 1"},         {"ece", a, 1, BINS_MAX + 1, "outside 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        Paired result;
        const Predictions *right[2] = {rows[i].b, rows[i].b};
        const Method x = {&a, 1}, y = {right, rows[i].b_runs};
        Status done = paired_compare(&result, measure_find(rows[i].measure), &x, &y, true, rows[i].bins, &err);
        if (done != ERR_USAGE || !strstr(err.msg, rows[i].says)) fail_msg("%s: %s", rows[i].measure, err.msg);
    }
    predictions_release((Predictions *)a);
    predictions_release((Predictions *)other);
    predictions_release((Predictions *)shorter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_t),     cmocka_unit_test(parts_by_hand),
        cmocka_unit_test(levels),         cmocka_unit_test(tiny_differences_are_seen_for_what_they_are),
        cmocka_unit_test(the_same_again), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
