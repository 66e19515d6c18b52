/* test_calib_scores.c - scores and temperature: gold values of a real network, small cases by hand, recovery
 * of a known temperature, and the data that have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "calib/scores.h"
#include "calib/temperature.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

enum { ROWS = 10000, CLASSES = 10, NPY_HEADER = 128 };

static double vgg_p[ROWS * CLASSES];
static int32_t vgg_label[ROWS];

static void read_npy(const char *path, void *dst, size_t size, size_t n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, NPY_HEADER, SEEK_SET), 0);
    assert_int_equal(fread(dst, size, n, f), n);
    assert_int_equal(fgetc(f), EOF);
    fclose(f);
}

static int load_vgg(void **state)
{
    (void)state;
    static float p[ROWS * CLASSES];
    static int64_t label[ROWS];
    read_npy("tests/gold/metrics/vgg_c10_probs.npy", p, sizeof *p, ROWS * CLASSES);
    read_npy("tests/gold/metrics/vgg_c10_labels.npy", label, sizeof *label, ROWS);
    for (int i = 0; i < ROWS * CLASSES; i++) vgg_p[i] = p[i];
    for (int i = 0; i < ROWS; i++) vgg_label[i] = (int32_t)label[i];
    return 0;
}

/* Rows from .. to - 1 of the VGG's predictions. */
static Predictions *vgg(ptrdiff_t from, ptrdiff_t to)
{
    Predictions *pred =
        predictions_new(SAID_P, true, to - from, CLASSES, vgg_p + from * CLASSES, vgg_label + from, NULL);
    assert_non_null(pred);
    return pred;
}

static void scores_match_gold(void **state)
{
    (void)state;
    Predictions *pred = vgg(0, ROWS);
    Scores s, fifteen;
    assert_int_equal(scores_of(&s, pred, 10, NULL), OK);
    assert_int_equal(scores_of(&fifteen, pred, 15, NULL), OK);
    assert_true(s.n == ROWS && s.bins == 10);
    const struct {
        const char *name;
        double got, want;
    } row[] = {
        {"accuracy", score(&s, "accuracy"), .9359},
        {"nll", score(&s, "nll"), 0.25706480589358954},
        {"brier", score(&s, "brier"), 0.10544588621378671},
        {"ece", score(&s, "ece"), 0.03990714255869386},
        {"mce", score(&s, "mce"), 0.2860762358276765},
        {"avgce", score(&s, "avgce"), 0.11705467810476876},
        {"ece_em", score(&s, "ece_em"), 0.039710011348128314},
        {"gap", score(&s, "gap"), score(&s, "confidence") - score(&s, "accuracy")},
        {"ece, 15 bins", score(&fifteen, "ece"), 0.03978006685674193},
        {"mce, 15 bins", score(&fifteen, "mce"), 0.28568567803516487},
        {"avgce, 15 bins", score(&fifteen, "avgce"), 0.12554625696175334},
        {"ece_em, 15 bins", score(&fifteen, "ece_em"), 0.0397166789382696},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (!(fabs(row[i].got - row[i].want) <= 1e-9))
            fail_msg("%s is %.17g, not %.17g", row[i].name, row[i].got, row[i].want);
    NEAR(score(&s, "ks"), 0.03970190, 1e-7); /* known to fewer digits */
    NEAR(score(&s, "aurc"), 0.00665799, 1e-7);
    predictions_release(pred);
}

static void fine_bins_match_scores(void **state)
{
    (void)state;
    Predictions *pred = vgg(0, ROWS);
    static double confidence[ROWS];
    static uint8_t right[ROWS];
    FineBins fine = {0};
    Bin bin[15];
    Scores s;
    predictions_top(pred, confidence, right);
    for (int i = 0; i < ROWS; i++) fine_bins_add(&fine, confidence[i], right[i]);
    assert_int_equal(bins_from_fine(bin, 15, &fine, NULL), OK);
    assert_int_equal(scores_of(&s, pred, 15, NULL), OK);
    NEAR(bins_ece(bin, 15), score(&s, "ece"), 1e-12);
    NEAR(bins_mce(bin, 15), score(&s, "mce"), 1e-12);
    predictions_release(pred);
}

static void temperature_matches_gold(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        ptrdiff_t from, to;
        double t, nll;
    } row[] = {
        {"rows 1-5000", 0, 5000, 1.7358776026448046, 0.2185784190345033},
        {"rows 5001-10000", 5000, 10000, 1.631802030582891, 0.18202985518536535},
        {"all rows", 0, 10000, 1.68630899742653, 0.20057437041366802},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Predictions *pred = vgg(row[i].from, row[i].to);
        Temperature fit;
        assert_int_equal(temperature_fit(&fit, pred, NULL), OK);
        if (!(fabs(fit.t - row[i].t) <= 1e-7)) fail_msg("%s: T = %.17g", row[i].name, fit.t);
        NEAR(fit.nll, row[i].nll, 1e-7);
        assert_false(fit.at_bound);
        predictions_release(pred);
    }
}

static void temperature_helps_unseen_rows(void **state)
{
    (void)state;
    Predictions *fitted = vgg(0, 5000), *pred = vgg(5000, 10000);
    Temperature fit;
    Scores before, after;
    assert_int_equal(temperature_fit(&fit, fitted, NULL), OK);
    Predictions *soft = temperature_apply(pred, fit.t, NULL);
    assert_non_null(soft);
    assert_int_equal(scores_of(&before, pred, 10, NULL), OK);
    assert_int_equal(scores_of(&after, soft, 10, NULL), OK);
    NEAR(score(&before, "ece"), 0.03594184550642964, 1e-7);
    NEAR(score(&before, "nll"), 0.22696932745739828, 1e-7);
    NEAR(score(&after, "ece"), 0.012070843610014838, 1e-6);
    NEAR(score(&after, "nll"), 0.18305965805012392, 1e-7);
    assert_true(score(&after, "accuracy") == score(&before, "accuracy"));
    predictions_release(fitted);
    predictions_release(pred);
    predictions_release(soft);
}

/* Two samples of two classes, worked by hand. */
static void scores_by_hand(void **state)
{
    (void)state;
    double p[4] = {.8, .2, .6, .4};
    int32_t labels[2] = {0, 1};
    Predictions *pred = predictions_new(SAID_P, true, 2, 2, p, labels, NULL);
    Scores s;
    assert_int_equal(scores_of(&s, pred, 10, NULL), OK);
    NEAR(score(&s, "accuracy"), .5, 1e-12);
    NEAR(score(&s, "gap"), .7 - .5, 1e-7);
    NEAR(score(&s, "nll"), -(log(.8) + log(.4)) / 2, 1e-7);
    NEAR(score(&s, "brier"), (.04 + .04 + .36 + .36) / 2, 1e-7);
    NEAR(score(&s, "ece"), (.2 + .6) / 2, 1e-7);
    NEAR(score(&s, "mce"), .6, 1e-7);
    Err err;
    assert_int_equal(scores_of(&s, pred, 0, &err), ERR_USAGE);
    assert_int_equal(scores_of(&s, pred, BINS_MAX + 1, &err), ERR_USAGE);
    assert_string_equal(err.msg, "1001 bins; take 1 to 1000");
    predictions_release(pred);
}

static void one_sample_works(void **state)
{
    (void)state;
    float logp[2] = {0, -1000}; /* p of the label underflows; its NLL does not */
    int32_t label = 1;
    Predictions *pred = predictions_new(SAID_LOGP, false, 1, 2, logp, &label, NULL);
    Scores s;
    assert_int_equal(scores_of(&s, pred, 15, NULL), OK);
    NEAR(score(&s, "nll"), 1000, 1e-9);
    assert_true(score(&s, "ece") == 1 && score(&s, "mce") == 1 && score(&s, "ece_em") == 1 && score(&s, "brier") == 2);
    predictions_release(pred);
}

enum { DRAWN = 4000, DRAWN_CLASSES = 5 };

/* scaled (DRAWN, DRAWN_CLASSES) = logits times `scale`, with labels drawn from softmax(logits). */
static Predictions *drawn(float scale)
{
    static float logits[DRAWN * DRAWN_CLASSES], scaled[DRAWN * DRAWN_CLASSES];
    static int32_t labels[DRAWN];
    Rng rng = rng_stream(3, RNG_BOOTSTRAP, 0, 0);
    rng_normals(&rng, logits, DRAWN * DRAWN_CLASSES);
    for (int i = 0; i < DRAWN; i++) {
        double sum = 0, mark = rng_uniform(&rng);
        int k = 0;
        for (int j = 0; j < DRAWN_CLASSES; j++) sum += exp(logits[i * DRAWN_CLASSES + j]);
        for (double upto = 0; k < DRAWN_CLASSES - 1; k++)
            if ((upto += exp(logits[i * DRAWN_CLASSES + k]) / sum) > mark) break;
        labels[i] = k;
    }
    for (int i = 0; i < DRAWN * DRAWN_CLASSES; i++) scaled[i] = scale * logits[i];
    return predictions_new(SAID_LOGP, false, DRAWN, DRAWN_CLASSES, scaled, labels, NULL);
}

static void recovers_a_known_temperature(void **state)
{
    (void)state;
    static const float scale[] = {.0625F, .5F, 1, 2, 3, 16};
    Predictions *plain = drawn(1);
    Temperature base, fit;
    assert_int_equal(temperature_fit(&base, plain, NULL), OK);
    NEAR(base.t, 1, .05); /* the labels follow the logits */
    for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
        Predictions *pred = drawn(scale[i]);
        assert_int_equal(temperature_fit(&fit, pred, NULL), OK);
        NEAR(fit.t / (scale[i] * base.t), 1, 1e-6);
        NEAR(fit.nll, base.nll, 1e-8);
        assert_true(fit.nll <= fit.nll_before && !fit.at_bound);
        Predictions *mended = temperature_apply(pred, fit.t, NULL);
        assert_int_equal(temperature_fit(&fit, mended, NULL), OK);
        NEAR(fit.t, 1, 1e-5); /* nothing is left to mend */
        predictions_release(mended);
        predictions_release(pred);
    }
    predictions_release(plain);
}

static void temperature_at_its_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float logp[4]; /* (2, 2) */
        int32_t labels[2];
        double t;
        bool at_bound;
    } row[] = {
        {"separable: the colder the better", {0, -1, -1, 0}, {0, 1}, 1 / 64., true},
        {"separable by so much that the NLL is 0 throughout", {0, -1e6F, -1e6F, 0}, {0, 1}, 1, false},
        {"always wrong: the hotter the better", {0, -1, -1, 0}, {1, 0}, 64, true},
        {"uniform: every temperature is as good", {0, 0, 0, 0}, {0, 1}, 1, false},
        {"a class of probability 0 counts for nothing", {0, -INFINITY, 0, -1}, {0, 1}, 64, true},
        {"half right, and far too sure", {0, -200, 0, -200}, {0, 1}, 64, true},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Predictions *pred = predictions_new(SAID_LOGP, false, 2, 2, row[i].logp, row[i].labels, NULL);
        Temperature fit;
        assert_int_equal(temperature_fit(&fit, pred, NULL), OK);
        if (fit.t != row[i].t || fit.at_bound != row[i].at_bound)
            fail_msg("%s: t = %g, at bound: %d", row[i].name, fit.t, fit.at_bound);
        predictions_release(pred);
    }
}

static void temperature_one_is_identity(void **state)
{
    (void)state;
    Predictions *pred = vgg(0, 1000), *same = temperature_apply(pred, 1, NULL);
    assert_ptr_equal(same, pred); /* what was given, and one reference more */
    predictions_release(pred);
    predictions_release(same);
}

/* A label of stated probability 0: the NLL takes 1e-15 for it, and the count is told; nothing else is touched. */
static void clipping_is_counted(void **state)
{
    (void)state;
    static const double p[6] = {1, 0, 0, 1, .5, .5};
    static const int32_t labels[3] = {1, 1, 0};
    Predictions *pred = predictions_new(SAID_P, true, 3, 2, p, labels, NULL);
    Scores s;
    Temperature fit;
    assert_int_equal(scores_of(&s, pred, 10, NULL), OK);
    assert_int_equal(s.clipped, 1);
    NEAR(score(&s, "nll"), (-log(1e-15) - log(.5)) / 3, 1e-12);
    NEAR(score(&s, "brier"), (2 + 0 + .5) / 3, 1e-15);
    assert_int_equal(temperature_fit(&fit, pred, NULL), OK);
    assert_int_equal(fit.clipped, 2); /* here every class counts */
    predictions_release(pred);
}

static void temperature_refuses(void **state)
{
    (void)state;
    static const double t[] = {0, -1, NAN, INFINITY};
    float logp[4] = {0, 0, 0, -INFINITY};
    int32_t labels[2] = {0, 1};
    Predictions *pred = predictions_new(SAID_LOGP, false, 2, 2, logp, labels, NULL);
    Err err = {OK, ""};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        err.code = OK;
        assert_null(temperature_apply(pred, t[i], &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
    Temperature fit;
    assert_int_equal(temperature_fit(&fit, pred, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "row 2 gives its label a logit of -inf"));
    predictions_release(pred);
}

/* The ends of the range of t: a point mass, and the uniform distribution. */
static void temperature_extremes(void **state)
{
    (void)state;
    float logp[3] = {-1, -2, -INFINITY};
    int32_t label = 0;
    Predictions *pred = predictions_new(SAID_LOGP, false, 1, 3, logp, &label, NULL);
    static const struct {
        double t, p[3];
    } row[] = {{5e-324, {1, 0, 0}}, {1e-300, {1, 0, 0}}, {1e300, {.5, .5, 0}}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Predictions *out = temperature_apply(pred, row[i].t, NULL);
        double p[3];
        predictions_row(out, 0, p);
        for (int k = 0; k < 3; k++) NEAR(p[k], row[i].p[k], 1e-7);
        predictions_release(out);
    }
    predictions_release(pred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_match_gold),
        cmocka_unit_test(fine_bins_match_scores),
        cmocka_unit_test(temperature_matches_gold),
        cmocka_unit_test(temperature_helps_unseen_rows),
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(one_sample_works),
        cmocka_unit_test(recovers_a_known_temperature),
        cmocka_unit_test(temperature_at_its_bounds),
        cmocka_unit_test(temperature_one_is_identity),
        cmocka_unit_test(clipping_is_counted),
        cmocka_unit_test(temperature_refuses),
        cmocka_unit_test(temperature_extremes),
    };
    return cmocka_run_group_tests(tests, load_vgg, NULL);
}
