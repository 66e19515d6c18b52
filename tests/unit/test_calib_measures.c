/* test_calib_measures.c - the table of measures: whole, in order, and the measures that need no bins by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calib/scores.h"

#include <math.h>
#include <string.h>

#define NEAR(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static void every_row_is_whole(void **state)
{
    (void)state;
    for (const Measure *m = measures; m->name; m++) {
        const bool given[MEASURE_SOURCES] = {[MEASURE_ROWS] = m->row != NULL,
                                             [MEASURE_CONFIDENCES] = m->confidences != NULL,
                                             [MEASURE_BINS] = m->bins != NULL,
                                             [MEASURE_MASS_BINS] = m->bins != NULL};
        if (!given[m->of]) fail_msg("%s: no function for %s", m->name, measure_source_name[m->of]);
        assert_int_equal((m->row != NULL) + (m->confidences != NULL) + (m->bins != NULL), 1);
        assert_true(*m->title && *m->format == '%' && strlen(m->help) > 10 && m->scale > 0);
        assert_ptr_equal(measure_find(m->name), m); /* and no name twice */
    }
    assert_null(measure_find("eec"));
}

/* Four answers by hand, in two orders, with ties. */
static void without_bins_by_hand(void **state)
{
    (void)state;
    static const double p[2][8] = {{.9, .1, .9, .1, .6, .4, .6, .4}, {.6, .4, .9, .1, .6, .4, .9, .1}};
    static const int32_t labels[2][4] = {{0, 1, 0, 0}, {0, 1, 0, 0}};
    for (int i = 0; i < 2; i++) {
        Predictions *pred = predictions_new(SAID_P, true, 4, 2, p[i], labels[i], NULL);
        Scores s;
        assert_int_equal(scores_of(&s, pred, 10, NULL), OK);
        /* By rising confidence: .6 right, .6 right, .9 with one of two wrong: sums of a - c are .8 and .8 - .8. */
        NEAR(score(&s, "ks"), .8 / 4, 1e-7);
        /* By falling confidence: of the first 1, 2, 3, 4 answers .5, 1, 1, 1 are wrong. */
        NEAR(score(&s, "aurc"), (.5 / 1 + 1. / 2 + 1. / 3 + 1. / 4) / 4, 1e-12);
        NEAR(score(&s, "gap"), .75 - .75, 1e-7);
        predictions_release(pred);
    }
}

/* A value of each measure, whatever the predictions: one image, all right, all wrong. */
static void every_measure_has_a_value(void **state)
{
    (void)state;
    for (int right = 0; right < 2; right++) {
        static const double p[2] = {1, 0};
        const int32_t label = !right;
        Predictions *pred = predictions_new(SAID_P, true, 1, 2, p, &label, NULL);
        Scores s;
        assert_int_equal(scores_of(&s, pred, 15, NULL), OK);
        for (const Measure *m = measures; m->name; m++)
            if (!isfinite(s.value[m - measures])) fail_msg("%s is %g", m->name, s.value[m - measures]);
        assert_true(score(&s, "accuracy") == right);
        predictions_release(pred);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(without_bins_by_hand),
        cmocka_unit_test(every_measure_has_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
