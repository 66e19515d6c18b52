/* test_kernel_optimiser.c - Adam and SGD against their twins over several steps. */
#include "kernel/optimiser.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>

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
        cmocka_unit_test(test_adam_first_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
