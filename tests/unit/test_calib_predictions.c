/* test_calib_predictions.c - predictions: what is refused, normalisation, ties, clipping, references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calib/predictions.h"

#include <math.h>
#include <string.h>

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static void refuses_probabilities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double third[3]; /* the third row; the others are fine */
        int32_t label;
        const char *msg;
    } row[] = {
        {"NaN", {.5, -NAN, .5}, 0, "row 3: the probability of class 2 is nan,"},
        {"negative", {1.25, -.25, 0}, 0, "row 3: the probability of class 1 is 1.25, outside [0, 1]"},
        {"infinite", {0, 0, INFINITY}, 0, "row 3: the probability of class 3 is inf"},
        {"does not sum to 1", {.5, .25, .125}, 0, "row 3: the probabilities sum to 0.875, not 1; normalise = true"},
        {"sums to a bit more than 1", {.5, .5, 2e-4}, 0, "row 3: the probabilities sum to 1.0002, not 1"},
        {"label too high", {.5, .25, .25}, 3, "row 3: its label is class 4, outside 1..3"},
        {"label below 0", {.5, .25, .25}, -1, "row 3: its label is class 0, outside 1..3"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double p[9] = {1, 0, 0, .2, .3, .5, row[i].third[0], row[i].third[1], row[i].third[2]};
        int32_t labels[3] = {0, 2, row[i].label};
        Err err = {OK, ""};
        assert_null(predictions_new(SAID_P, true, 3, 3, p, labels, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        if (!strstr(err.msg, row[i].msg)) fail_msg("%s: \"%s\"", row[i].name, err.msg);
    }
}

static void refuses_log_probabilities(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float second[2];
        int32_t label;
        const char *msg;
    } row[] = {
        {"NaN", {-NAN, 0}, 0, "row 2: the log-probability of class 1 is nan"},
        {"+Inf", {0, INFINITY}, 0, "row 2: the log-probability of class 2 is inf"},
        {"-Inf throughout", {-INFINITY, -INFINITY}, 0, "row 2: every class has probability 0"},
        {"label", {0, 0}, 2, "row 2: its label is class 3, outside 1..2"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        float logp[4] = {0, -INFINITY, row[i].second[0], row[i].second[1]};
        int32_t labels[2] = {0, row[i].label};
        Err err = {OK, ""};
        assert_null(predictions_new(SAID_LOGP, false, 2, 2, logp, labels, &err));
        assert_int_equal(err.code, ERR_FORMAT);
        if (!strstr(err.msg, row[i].msg)) fail_msg("%s: \"%s\"", row[i].name, err.msg);
    }
}

static void refuses_shapes(void **state)
{
    (void)state;
    static const ptrdiff_t shape[][2] = {{0, 10}, {-1, 10}, {1, 1}, {1, 0}};
    float logp[2] = {0, 0};
    double p[2] = {.5, .5};
    int32_t labels[1] = {0};
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        Err err = {OK, ""};
        assert_null(predictions_new(SAID_LOGP, false, shape[i][0], shape[i][1], logp, labels, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_null(predictions_new(SAID_P, true, shape[i][0], shape[i][1], p, labels, NULL));
    }
}

/* Rows need not be normalised; the arg max takes the lowest index of ties. */
static void reads_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float logp[3];
        int32_t label;
        double p[3], confidence;
        int right;
    } row[] = {
        {"uniform: the tie goes to class 0", {0, 0, 0}, 0, {1 / 3., 1 / 3., 1 / 3.}, 1 / 3., 1},
        {"and not to class 1", {0, 0, 0}, 1, {1 / 3., 1 / 3., 1 / 3.}, 1 / 3., 0},
        {"a tie of 1 and 2", {-INFINITY, -1, -1}, 1, {0, .5, .5}, .5, 1},
        {"large logits do not overflow", {3e38F, -3e38F, 0}, 0, {1, 0, 0}, 1, 1},
        {"far below 0 does not underflow", {-1e30F, -2e30F, -1e30F}, 2, {.5, 0, .5}, .5, 0},
        {"not normalised", {2, 2, -INFINITY}, 0, {.5, .5, 0}, .5, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Predictions *pred = predictions_new(SAID_LOGP, false, 1, 3, row[i].logp, &row[i].label, NULL);
        assert_non_null(pred);
        double p[3], confidence;
        uint8_t right;
        predictions_row(pred, 0, p);
        predictions_top(pred, &confidence, &right);
        for (int k = 0; k < 3; k++)
            if (!(fabs(p[k] - row[i].p[k]) <= 1e-15)) fail_msg("%s: p[%d] is %g", row[i].name, k, p[k]);
        NEAR(confidence, row[i].confidence, 1e-15);
        if (right != row[i].right) fail_msg("%s: right is %d", row[i].name, right);
        predictions_top(pred, NULL, &right);
        predictions_top(pred, &confidence, NULL);
        predictions_release(pred);
    }
}

/* A confidence near 1 keeps its digits: softmax in float would make it 1. */
static void keeps_confidence_near_one(void **state)
{
    (void)state;
    float logp[2] = {-1e-9F, logf(1e-9F)};
    int32_t label = 0;
    Predictions *pred = predictions_new(SAID_LOGP, false, 1, 2, logp, &label, NULL);
    double confidence;
    predictions_top(pred, &confidence, NULL);
    NEAR(1 - confidence, 1e-9, 1e-14);
    predictions_release(pred);
}

/* What was given is what is read, in its own precision: nothing is clipped, normalised or rounded on the way. */
static void keeps_what_was_stated(void **state)
{
    (void)state;
    static const double p[6] = {.7, .3 - 5e-5, 0, 1e-300, 0, 1};
    static const float narrow[3] = {.6F, .3F, .1F};
    static const int32_t labels[2] = {0, 0};
    Predictions *pred = predictions_new(SAID_P, true, 2, 3, p, labels, NULL);
    double row[3], confidence[2];
    PredictionRow said = predictions_row(pred, 0, row);
    assert_memory_equal(row, p, sizeof row);
    assert_true(said.stated && said.confidence == .7 && said.nll == -log(.7));
    assert_true(predictions_row(pred, 1, row).nll == -log(1e-300));
    predictions_top(pred, confidence, NULL);
    assert_true(confidence[0] == .7 && confidence[1] == 1);
    predictions_release(pred);

    pred = predictions_new(SAID_P, false, 1, 3, narrow, labels, NULL);
    assert_true(predictions_row(pred, 0, row).confidence == (double).6F);
    assert_memory_equal(pred->values, narrow, sizeof narrow);
    predictions_release(pred);
}

/* Logits keep what a softmax loses: their common level, and differences far down. */
static void keeps_logits(void **state)
{
    (void)state;
    static const double z[3] = {1000, 1001, -3000};
    static const int32_t label = 2;
    double row[3];
    bool clipped;
    Predictions *pred = predictions_new(SAID_LOGITS, true, 1, 3, z, &label, NULL);
    predictions_logits(pred, 0, row, &clipped);
    assert_memory_equal(row, z, sizeof z);
    assert_false(clipped);
    PredictionRow said = predictions_row(pred, 0, row);
    NEAR(said.nll, 4001 + log1p(exp(-1)), 1e-9);
    NEAR(said.confidence, 1 / (1 + exp(-1)), 1e-15);
    assert_false(said.stated);
    predictions_release(pred);
}

/* Logarithms of stated probabilities are the one place where 1e-15 comes in. */
static void clips_where_logs_are_taken(void **state)
{
    (void)state;
    static const double p[6] = {1, 0, 0, .2, .3, .5};
    static const int32_t labels[2] = {1, 2};
    double z[3];
    bool clipped;
    Predictions *pred = predictions_new(SAID_P, true, 2, 3, p, labels, NULL);
    predictions_logits(pred, 0, z, &clipped);
    assert_true(clipped && z[0] == 0 && z[1] == log(1e-15));
    predictions_logits(pred, 1, z, &clipped);
    assert_true(!clipped && z[2] == log(.5));
    predictions_release(pred);
}

static void divides_by_the_sum(void **state)
{
    (void)state;
    double p[6] = {.333, .333, .333, .5, .25, .5}, none[2] = {0, 0};
    Err err = {OK, ""};
    assert_int_equal(probabilities_normalise(p, 2, 3, &err), OK);
    NEAR(p[0], 1. / 3, 1e-15);
    NEAR(p[3], .4, 1e-15);
    assert_int_equal(probabilities_normalise(none, 1, 2, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "row 1: the probabilities sum to 0"));
}

static void copies_and_counts_references(void **state)
{
    (void)state;
    float logp[2] = {0, -1};
    int32_t label = 0;
    Predictions *pred = predictions_new(SAID_LOGP, false, 1, 2, logp, &label, NULL);
    logp[0] = -9;
    label = 1;
    assert_true(((float *)pred->values)[0] == 0 && pred->labels[0] == 0);
    assert_ptr_equal(predictions_retain(pred), pred);
    predictions_release(pred);
    assert_true(((float *)pred->values)[1] == -1); /* still there */
    predictions_release(pred);
    predictions_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_probabilities),
        cmocka_unit_test(refuses_log_probabilities),
        cmocka_unit_test(refuses_shapes),
        cmocka_unit_test(reads_rows),
        cmocka_unit_test(keeps_confidence_near_one),
        cmocka_unit_test(keeps_what_was_stated),
        cmocka_unit_test(keeps_logits),
        cmocka_unit_test(clips_where_logs_are_taken),
        cmocka_unit_test(divides_by_the_sum),
        cmocka_unit_test(copies_and_counts_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
