/* test_kernel_optimiser.c - every optimiser against its twin over several steps; norms and averages. */
#include "kernel/optimiser.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>
#include <string.h>

enum { N = 37, STEPS = 20 };

typedef struct {
    const char *name;
    double lr, momentum, weight_decay;
} Case;

static void adam_case(const void *row)
{
    const Case *t = row;
    float *w = random_floats(N, 1), *m = floats(N), *v = floats(N);
    double *w64 = widen(w, N), *m64 = doubles(N), *v64 = doubles(N);
    for (int step = 1; step <= STEPS; step++) {
        float *grad = random_floats(N, 100 + (uint32_t)step);
        grad[0] = 0; /* a weight that gets no gradient */
        for (int i = 0; i < N; i++) ref_adam(&w64[i], &m64[i], &v64[i], (double)grad[i], step, t->lr, t->weight_decay);
        adam_step(w, m, v, grad, 5, step, (float)t->lr, (float)t->weight_decay); /* in two ranges */
        adam_step(w + 5, m + 5, v + 5, grad + 5, N - 5, step, (float)t->lr, (float)t->weight_decay);
        expect_near(t->name, w, w64, N, 1e-6);
    }
    expect_near("m", m, m64, N, 1e-6);
    expect_near("v", v, v64, N, 1e-6);
}

static void sgd_case(const void *row)
{
    const Case *t = row;
    float *w = random_floats(N, 1), *m = floats(N);
    double *w64 = widen(w, N), *m64 = doubles(N);
    for (int step = 1; step <= STEPS; step++) {
        const float *grad = random_floats(N, 100 + (uint32_t)step);
        for (int i = 0; i < N; i++) ref_sgd(&w64[i], &m64[i], (double)grad[i], t->lr, t->momentum, t->weight_decay);
        sgd_step(w, m, grad, N, (float)t->lr, (float)t->momentum, (float)t->weight_decay);
        expect_near(t->name, w, w64, N, 1e-6);
    }
}

/* Every row of the table: a step of one weight by its twin. */
static void twin_step(const char *name, double *w, double *m, double *v, double grad, int64_t t, const Case *c)
{
    if (strcmp(name, "adam") == 0) ref_adam(w, m, v, grad, t, c->lr, c->weight_decay);
    if (strcmp(name, "adamw") == 0) ref_adamw(w, m, v, grad, t, c->lr, c->weight_decay);
    if (strcmp(name, "sgd") == 0) ref_sgd(w, m, grad, c->lr, c->momentum, c->weight_decay);
    if (strcmp(name, "nesterov") == 0) ref_nesterov(w, m, grad, c->lr, c->momentum, c->weight_decay);
}

static void table_case(const void *row)
{
    const Case *t = row;
    for (const Optimiser *o = optimisers; o->name; o++) {
        float *w = random_floats(N, 1), *m = floats(N), *v = floats(N);
        double *w64 = widen(w, N), *m64 = doubles(N), *v64 = doubles(N);
        for (int step = 1; step <= STEPS; step++) {
            const float *grad = random_floats(N, 100 + (uint32_t)step);
            const OptimiserStep s = {step, (float)t->lr, (float)t->momentum, (float)t->weight_decay};
            for (int i = 0; i < N; i++) twin_step(o->name, &w64[i], &m64[i], &v64[i], (double)grad[i], step, t);
            o->step(w, m, o->second ? v : NULL, grad, N, &s);
            expect_near(o->name, w, w64, N, 1e-6);
        }
    }
}

static const Case cases[] = {
    {"plain", 0.01, 0, 0},
    {"momentum", 0.01, 0.9, 0},
    {"decay", 0.01, 0.9, 0.05},
    {"large rate", 0.5, 0.5, 0},
};

static void test_adam(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(adam_case, &cases[i]);
}

static void test_sgd(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(sgd_case, &cases[i]);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(table_case, &cases[i]);
    assert_ptr_equal(optimiser_find("sgd")->step, optimisers[2].step);
    assert_null(optimiser_find("sg"));
}

/* By hand: w = 1, gradient 2, lr .1, momentum .5, decay .5. */
static void test_first_steps_by_hand(void **state)
{
    static const struct {
        const char *name;
        float want;
    } rows[] = {
        {"sgd", 1 - .1f * 2.5f},             /* the gradient with its decay */
        {"nesterov", 1 - .1f * 1.5f * 2.5f}, /* and half of it again */
        {"adam", 1 - .1f},                   /* the gradient's sign */
        {"adamw", .95f - .1f},               /* after the decay by lr times .5 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float w = 1, m = 0, v = 0, grad = 2;
        optimiser_find(rows[i].name)->step(&w, &m, &v, &grad, 1, &(OptimiserStep){1, .1f, .5f, .5f});
        if (fabsf(w - rows[i].want) > 1e-6f)
            fail_msg("%s: %g instead of %g", rows[i].name, (double)w, (double)rows[i].want);
    }
}

static void test_squares_scale_average(void **state)
{
    (void)state;
    for (ptrdiff_t n = 0; n <= 19; n++) {
        float *x = random_floats(n, 7), *mean = random_floats(n, 8);
        double *x64 = widen(x, n), *mean64 = widen(mean, n), want = 0;
        for (ptrdiff_t i = 0; i < n; i++) want += x64[i] * x64[i];
        assert_true(fabs(sum_of_squares(x, n) - want) < 1e-14);
        average_step(mean, x, n, 0.75f);
        for (ptrdiff_t i = 0; i < n; i++) mean64[i] = 0.75 * mean64[i] + 0.25 * x64[i];
        expect_near("average", mean, mean64, n, 1e-7);
        scale_floats(x, -2, n);
        for (ptrdiff_t i = 0; i < n; i++) assert_true((double)x[i] == -2 * x64[i]);
        check_release();
    }
    assert_true(sum_of_squares((float[]){3e38f, 3e38f}, 2) > 1.7e77); /* no overflow short of the elements' own */
    assert_true(isnan(sum_of_squares((float[]){1, NAN, 2}, 3)) && isinf(sum_of_squares((float[]){INFINITY, 2}, 2)));
}

/* Adam's first step moves every weight by lr against its gradient's sign, whatever the gradient's size. */
static void first_step_case(const void *row)
{
    float w[] = {0, 0, 0, 1}, m[4] = {0}, v[4] = {0}, grad[] = {1e-3f, -50, 0, NAN};
    (void)row;
    adam_step(w, m, v, grad, 4, 1, 0.1f, 0);
    assert_true(fabsf(w[0] + 0.1f) < 1e-5f && fabsf(w[1] - 0.1f) < 1e-5f && w[2] == 0);
    assert_true(isnan(w[3]));
}

static void test_adam_first_step(void **state)
{
    (void)state;
    on_each_isa(first_step_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_sgd),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_first_steps_by_hand),
        cmocka_unit_test(test_squares_scale_average),
        cmocka_unit_test(test_adam_first_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
