/* test_kernel_loss.c - softmax and cross-entropy against hand-worked values, their twin and central differences. */
#include "kernel/loss.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>
#include <string.h>

static void test_known_values(void **state)
{
    const float logits[] = {0, 0, 0, 0, logf(3), -INFINITY};
    const int32_t labels[] = {2, 1};
    float logp[6], nll[2];
    double want[] = {-log(3), -log(3), -log(3), -log(4), log(0.75), -INFINITY};
    (void)state;
    log_softmax(logp, logits, 2, 3);
    cross_entropy(nll, NULL, logits, labels, 1, 2, 3);
    expect_near("log softmax", logp, want, 5, 1e-7);
    assert_true(logp[5] == -INFINITY);
    assert_true(fabs(nll[0] - log(3)) < 1e-7 && fabs(nll[1] + log(0.75)) < 1e-7);
}

static void test_extremes(void **state)
{
    float far[] = {1000, -1000, 999}, sick[] = {0, NAN, 1};
    float logp[3], nll[1], d[3];
    (void)state;
    log_softmax(far, far, 1, 3); /* in place */
    assert_true(fabs(far[0] + log1p(exp(-1))) < 1e-7 && fabs(far[1] + 2000.3133) < 1e-3);
    log_softmax(logp, sick, 1, 3);
    cross_entropy(nll, d, sick, (int32_t[]){0}, 1, 1, 3);
    for (int j = 0; j < 3; j++) assert_true(isnan(logp[j]) && isnan(d[j])); /* a NaN spoils its row, and only that */
    assert_true(isnan(nll[0]));
}

typedef struct {
    ptrdiff_t n, c;
    double *logits, *nll;
    const int32_t *labels;
} Problem;

static double mean_nll(const void *what)
{
    const Problem *p = what;
    double sum = 0;
    ref_cross_entropy(p->nll, p->logits, p->labels, p->n, p->c);
    for (ptrdiff_t i = 0; i < p->n; i++) sum += p->nll[i] / (double)p->n;
    return sum;
}

static void test_twin(void **state)
{
    static const int32_t labels[] = {0, 3, 1, 2, 4, 0, 0, 1, 2};
    static const ptrdiff_t shapes[][2] = {{1, 1}, {3, 5}, {9, 10}, {2, 100}};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const ptrdiff_t n = shapes[k][0], c = shapes[k][1];
        float *logits = random_floats(n * c, 1), *nll = floats(n), *d = floats(n * c), *logp = floats(n * c);
        for (ptrdiff_t i = 0; i < n * c; i++) logits[i] *= 8;
        Problem p = {n, c, widen(logits, n * c), doubles(n), labels};
        double *want = doubles(n * c), *mean_p = doubles(n * c);

        cross_entropy(nll, d, logits, labels, 1 / (float)n, n, c);
        ref_cross_entropy(p.nll, p.logits, labels, n, c);
        expect_near("nll", nll, p.nll, n, 1e-7);
        ref_gradient(want, p.logits, n * c, mean_nll, &p);
        expect_near("dlogits", d, want, n * c, 1e-7);

        log_softmax(logp, logits, n, c);
        ref_softmax(want, p.logits, n, c);
        add_softmax(mean_p, logits, n, c);
        add_softmax(mean_p, logits, n, c);
        for (ptrdiff_t i = 0; i < n * c; i++) {
            assert_true(fabs(mean_p[i] - 2 * want[i]) < 1e-14);
            want[i] = log(want[i]);
        }
        expect_near("log softmax", logp, want, n * c, 1e-7);
        check_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
