/* test_calib_isotonic.c - isotonic calibration against scikit-learn's numbers and against the min-max formula; fits as
 * arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "calib/calibrator.h"
#include "calib/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two classes, the second with probability x: what is fitted of it is the plain isotonic regression of y on x. */
static Predictions *of_two(const double *x, const int *y, ptrdiff_t n)
{
    double *p = malloc((size_t)n * 2 * sizeof *p);
    int32_t *label = malloc((size_t)n * sizeof *label);
    for (ptrdiff_t i = 0; i < n; i++) {
        p[2 * i] = 1 - x[i];
        p[2 * i + 1] = x[i];
        label[i] = y ? y[i] : 0;
    }
    Predictions *pred = predictions_new(SAID_P, true, n, 2, p, label, NULL);
    free(p);
    free(label);
    assert_non_null(pred);
    return pred;
}

static Fit fit_of(const char *method, const Predictions *pred)
{
    Fit fit;
    Err err;
    if (calibrator_fit(&fit, calibrator_find(method, NULL), pred, &err) != OK) fail_msg("%s", err.msg);
    return fit;
}

/* The second class's probability of row i after the fit. */
static double second(const Fit *fit, const Predictions *pred, ptrdiff_t i)
{
    double p[2];
    Predictions *out = calibrator_apply(fit, pred, NULL);
    assert_non_null(out);
    predictions_row(out, i, p);
    predictions_release(out);
    return p[1];
}

/* sklearn.isotonic.IsotonicRegression(out_of_bounds="clip"), 1.5 */
static void agrees_with_scikit_learn(void **state)
{
    (void)state;
    static const double x[] = {.1, .2, .3, .35, .4, .5, .6, .7, .8, .9};
    static const int y[] = {0, 1, 0, 0, 1, 0, 1, 1, 0, 1};
    static const double fitted[] = {0, 1. / 3, 1. / 3, 1. / 3, .5, .5, 2. / 3, 2. / 3, 2. / 3, 1};
    static const double between[] = {.25, .65, 0, 1}, there[] = {1. / 3, 2. / 3, 0, 1};
    Predictions *pred = of_two(x, y, 10), *others = of_two(between, NULL, 4);
    Fit fit = fit_of("isotonic", pred);
    for (ptrdiff_t i = 0; i < 10; i++) assert_true(fabs(second(&fit, pred, i) - fitted[i]) < 1e-12);
    for (ptrdiff_t i = 0; i < 4; i++) assert_true(fabs(second(&fit, others, i) - there[i]) < 1e-12);
    fit_free(&fit);
    predictions_release(pred);
    predictions_release(others);
}

/* g(x_i) = max over j <= i of min over k >= i of the mean of y_j .. y_k (Barlow et al. 1972); ties are one point. */
static double min_max(const double *x, const int *y, int n, int i)
{
    double most = 0;
    for (int j = 0; j <= i; j++) {
        double least = 1;
        if (j > 0 && x[j] == x[j - 1]) continue;
        for (int k = i; k < n; k++) {
            double sum = 0;
            if (k + 1 < n && x[k] == x[k + 1]) continue;
            for (int m = j; m <= k; m++) sum += y[m];
            least = fmin(least, sum / (k - j + 1));
        }
        most = fmax(most, least);
    }
    return most;
}

static void agrees_with_the_min_max_formula(void **state)
{
    (void)state;
    enum { N = 40 };
    for (uint32_t round = 0; round < 50; round++) {
        double x[N];
        int y[N];
        for (int i = 0; i < N; i++) { /* sorted, with ties */
            x[i] = (i - i % (1 + round % 3)) / (double)N;
            y[i] = (i * 7919u + round * 104729u) % 97 < 20 + 60 * x[i];
        }
        Predictions *pred = of_two(x, y, N);
        Fit fit = fit_of("isotonic", pred);
        for (int i = 0; i < N; i++)
            if (fabs(second(&fit, pred, i) - min_max(x, y, N, i)) > 1e-12) fail_msg("round %u, row %d", round, i + 1);
        fit_free(&fit);
        predictions_release(pred);
    }
}

/* Many classes: rows sum to 1, and no calibrator of this table is worse on the data of its fit. */
static void every_calibrator_mends_its_own_data(void **state)
{
    (void)state;
    enum { N = 600, C = 4 };
    float *z = malloc(sizeof(float) * N * C);
    int32_t label[N];
    for (uint32_t i = 0; i < N; i++) {
        label[i] = (int32_t)(i % C);
        for (uint32_t k = 0; k < C; k++) z[i * C + k] = (float)((i * 31 + k * 17) % 11) + (k == i % C ? 3.f : 0.f);
    }
    Predictions *pred = predictions_new(SAID_LOGITS, false, N, C, z, label, NULL);
    for (const Calibrator *const *c = calibrators; *c; c++) {
        Scores before, after;
        char told[128];
        Fit fit = fit_of((*c)->name, pred);
        Predictions *out = calibrator_apply(&fit, pred, NULL);
        assert_int_equal(scores_of(&before, pred, 10, NULL), OK);
        assert_int_equal(scores_of(&after, out, 10, NULL), OK);
        if (score(&after, "nll") >= score(&before, "nll")) fail_msg("%s: the NLL rises", (*c)->name);
        fit.of->tell(&fit, told, sizeof told);
        assert_true(*told != 0);
        predictions_release(out);
        fit_free(&fit);
    }
    predictions_release(pred);
    free(z);
}

/* What a file or a script says is no fit is refused with what is wrong. */
static void a_bad_fit_is_refused(void **state)
{
    (void)state;
    static const double x[] = {.2, .4, .9};
    Predictions *pred = of_two(x, (const int[]){0, 1, 1}, 3);
    Err err = {0};
    Fit empty = {.of = calibrator_find("isotonic", NULL)}, fit = fit_of("isotonic", pred);
    assert_null(calibrator_apply(&empty, pred, &err));
    assert_non_null(strstr(err.msg, "\"start\""));
    fit.array[0].value[1] = 1e9; /* start of class 2 */
    assert_null(calibrator_apply(&fit, pred, &err));
    assert_non_null(strstr(err.msg, "class 1 has no corners"));
    fit_free(&fit);
    fit = fit_of("isotonic", pred);
    fit.array[2].value[0] = NAN;
    assert_null(calibrator_apply(&fit, pred, &err));
    assert_non_null(strstr(err.msg, "corner 1"));
    fit_free(&fit);
    assert_null(calibrator_find("platt", &err));
    assert_non_null(strstr(err.msg, "\"temperature\", \"isotonic\""));
    predictions_release(pred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_scikit_learn),
        cmocka_unit_test(agrees_with_the_min_max_formula),
        cmocka_unit_test(every_calibrator_mends_its_own_data),
        cmocka_unit_test(a_bad_fit_is_refused),
    };
    return cmocka_run_group_tests_name("calib: calibrators", tests, NULL, NULL);
}
