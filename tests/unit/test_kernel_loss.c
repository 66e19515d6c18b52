/* test_kernel_loss.c - softmax, cross-entropy and the losses of other targets against hand-worked values, their twins
 * and central differences. */
#include "kernel/loss.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
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

/* ---- smoothed, mixed and focal targets ---- */

/* By hand: two classes, p = (1/4, 3/4). */
static void test_known_targets(void **state)
{
    static const struct {
        const char *name;
        float share, smoothing, gamma;
        double q0, q1, power; /* of the targets and of (1 - p) */
    } rows[] = {
        {"cross-entropy", 1, 0, 0, 1, 0, 0},   {"smoothed", 1, 0.2f, 0, 0.9, 0.1, 0},
        {"mixed", 0.75f, 0, 0, 0.75, 0.25, 0}, {"mixed, smoothed", 0.75f, 0.5f, 0, 0.625, 0.375, 0},
        {"focal", 1, 0, 2, 1, 0, 2},           {"all", 0.75f, 0.5f, 3, 0.625, 0.375, 3},
    };
    const float logits[] = {0, logf(3)};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Targets t = {(int32_t[]){0}, (int32_t[]){1}, rows[i].share, rows[i].smoothing, rows[i].gamma};
        float loss, d[2];
        target_loss(&loss, d, logits, &t, 1, 1, 2);
        double want =
            rows[i].q0 * pow(0.75, rows[i].power) * log(4) + rows[i].q1 * pow(0.25, rows[i].power) * log(4.0 / 3);
        if (fabs(loss - want) > 1e-6) fail_msg("%s: %g instead of %g", rows[i].name, (double)loss, want);
        assert_true(fabsf(d[0] + d[1]) < 1e-7f); /* a constant added to all logits changes nothing */
    }
}

typedef struct {
    ptrdiff_t n, c;
    double *logits, *loss, *targets, gamma;
    bool brier;
} TargetProblem;

static double mean_loss(const void *what)
{
    const TargetProblem *p = what;
    double sum = 0;
    if (p->brier)
        ref_brier(p->loss, p->logits, p->targets, p->n, p->c);
    else
        ref_focal(p->loss, p->logits, p->targets, p->gamma, p->n, p->c);
    for (ptrdiff_t i = 0; i < p->n; i++) sum += p->loss[i] / (double)p->n;
    return sum;
}

static void test_targets_twin(void **state)
{
    static const int32_t labels[] = {0, 3, 1, 2, 4, 0, 0}, others[] = {1, 3, 0, 0, 2, 4, 1};
    static const struct {
        const char *name;
        bool mixed;
        float share, smoothing, gamma;
        bool brier;
    } rows[] = {
        {"Brier", false, 1, 0, 0, true},
        {"Brier, all", true, 0.3f, 0.2f, 0, true},
        {"plain", false, 1, 0, 0, false},
        {"smoothing", false, 1, 0.1f, 0, false},
        {"mixup", true, 0.3f, 0, 0, false},
        {"focal", false, 1, 0, 2, false},
        {"gamma below 1", false, 1, 0, 0.5f, false},
        {"all", true, 0.8f, 0.2f, 3, false},
        {"focal, mixed", true, 0, 0, 1, false},
    };
    enum { N = 7, C = 5 };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        float *logits = random_floats(N * C, 1), *loss = floats(N), *d = floats(N * C);
        for (ptrdiff_t i = 0; i < N * C; i++) logits[i] *= 6;
        const Targets t = {labels, rows[k].mixed ? others : NULL, rows[k].share, rows[k].smoothing, rows[k].gamma};
        TargetProblem p = {
            N, C, widen(logits, N * C), doubles(N), doubles(N * C), (double)rows[k].gamma, rows[k].brier};
        double *want = doubles(N * C), s = (double)rows[k].smoothing, share = (double)rows[k].share;
        for (ptrdiff_t i = 0; i < N; i++) {
            for (ptrdiff_t j = 0; j < C; j++) p.targets[i * C + j] = s / C;
            p.targets[i * C + labels[i]] += (1 - s) * share;
            p.targets[i * C + others[i]] += (1 - s) * (1 - share);
        }
        const Loss *row = loss_find(rows[k].brier ? "brier" : "cross-entropy");
        row->rows(loss, d, logits, &t, 1 / (float)N, N, C);
        ref_gradient(want, p.logits, N * C, mean_loss, &p);
        expect_near(rows[k].name, d, want, N * C, 2e-7);
        mean_loss(&p);
        expect_near(rows[k].name, loss, p.loss, N, 1e-6);
        check_release();
    }
}

/* Where p is 1 to the last bit, 1 - p = 0 to a power below 1 must not become NaN. */
static void test_certain_answers(void **state)
{
    const float logits[] = {100, 0, 0}, sick[] = {NAN, 0, 0};
    (void)state;
    for (float gamma = 0; gamma <= 2; gamma += 0.5f) {
        const Targets t = {(int32_t[]){0}, NULL, 1, 0.1f, gamma};
        float loss, d[3];
        target_loss(&loss, d, logits, &t, 1, 1, 3);
        assert_true(loss > 6 && loss < 7 && isfinite(d[0]) && isfinite(d[1])); /* .1 of 2/3 of 100 */
        target_loss(&loss, d, sick, &t, 1, 1, 3);
        assert_true(isnan(loss) && isnan(d[0]));
    }
}

/* The table and the choices of the option are the same list; a loss without gradient at a NaN is none. */
static void test_table(void **state)
{
    (void)state;
    char names[200] = "";
    const float sick[] = {NAN, 0, 0};
    for (const Loss *l = losses; l->name; l++) {
        const Targets t = {(int32_t[]){0}, NULL, 1, 0, 0};
        float loss, d[3];
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? "|" : "", l->name);
        assert_ptr_equal(loss_find(l->name), l);
        l->rows(&loss, d, sick, &t, 1, 1, 3);
        if (!isnan(loss) || !isnan(d[0]) || !isnan(d[2])) fail_msg("%s hides a NaN", l->name);
    }
    assert_string_equal(names, LOSS_NAMES);
    assert_true(loss_reads(loss_find("cross-entropy"), "focal") && !loss_reads(loss_find("brier"), "focal"));
}

/* By hand: p = (1/4, 3/4), label 0: (3/4)^2 twice; the gradient is 2 p_j (m_j - sum p m). */
static void test_known_brier(void **state)
{
    (void)state;
    const float logits[] = {0, logf(3)}, sure[] = {-200, 200};
    const Targets t = {(int32_t[]){0}, NULL, 1, 0, 0};
    float loss, d[2];
    brier_loss(&loss, d, logits, &t, 2, 1, 2);
    assert_true(fabsf(loss - 1.125f) < 1e-6f);
    assert_true(fabsf(d[0] + 1.125f) < 1e-6f && fabsf(d[1] - 1.125f) < 1e-6f); /* 2 * 2 / 4 * (-3/4 - 3/8) */
    brier_loss(&loss, d, sure, &t, 1, 1, 2);
    assert_true(loss == 2 && d[0] == 0 && d[1] == 0); /* surely wrong: it does not pull */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_twin),         cmocka_unit_test(test_known_targets),
        cmocka_unit_test(test_targets_twin), cmocka_unit_test(test_certain_answers),
        cmocka_unit_test(test_table),        cmocka_unit_test(test_known_brier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
