/* test_kernel_tokens.c - layer normalisation and GELU against their twins and differences, on every instruction set. */
#include "kernel/activation.h"
#include "kernel/norm.h"
#include "ref/check.h"
#include "ref/ref.h"
#include "ref/ref_tokens.h"

#include <math.h>
#include <string.h>

/* ---- layer normalisation ---- */

typedef struct {
    const char *name;
    ptrdiff_t n, c;
    float shift; /* of all x */
} Case;

/* The loss is sum(dy * y). */
typedef struct {
    const Case *t;
    float *x, *y, *dy, *gamma, *beta, *mean, *rstd;
    double *x64, *y64, *dy64, *gamma64, *beta64;
} Layer;

static Layer layer_make(const Case *t)
{
    const ptrdiff_t size = t->n * t->c;
    Layer l = {.t = t, .x = random_floats(size, 1), .y = floats(size), .dy = random_floats(size, 2)};
    for (ptrdiff_t i = 0; i < size; i++) l.x[i] += t->shift;
    l.gamma = random_floats(t->c, 3);
    l.beta = random_floats(t->c, 4);
    l.mean = floats(t->n);
    l.rstd = floats(t->n);
    l.x64 = widen(l.x, size);
    l.y64 = doubles(size);
    l.dy64 = widen(l.dy, size);
    l.gamma64 = widen(l.gamma, t->c);
    l.beta64 = widen(l.beta, t->c);
    return l;
}

static double loss(const void *what)
{
    const Layer *l = what;
    double sum = 0;
    ref_layer_norm(l->y64, l->x64, l->gamma64, l->beta64, l->t->n, l->t->c);
    for (ptrdiff_t i = 0; i < l->t->n * l->t->c; i++) sum += l->dy64[i] * l->y64[i];
    return sum;
}

static void layer_norm_case(const void *row)
{
    const Case *t = row;
    const ptrdiff_t size = t->n * t->c;
    Layer l = layer_make(t);
    float *dx = random_floats(size, 5), *dgamma = random_floats(t->c, 6), *dbeta = random_floats(t->c, 7);
    double *want = doubles(size);
    layer_norm_forward(l.y, l.mean, l.rstd, l.x, l.gamma, l.beta, t->n, t->c);
    ref_layer_norm(l.y64, l.x64, l.gamma64, l.beta64, t->n, t->c);
    expect_near(t->name, l.y, l.y64, size, 5e-6);

    layer_norm_backward(dx, dgamma, dbeta, l.dy, l.x, l.mean, l.rstd, l.gamma, t->n, t->c, 0);
    ref_gradient(want, l.gamma64, t->c, loss, &l);
    expect_near("dgamma", dgamma, want, t->c, 5e-6);
    ref_gradient(want, l.beta64, t->c, loss, &l);
    expect_near("dbeta", dbeta, want, t->c, 5e-6);
    ref_gradient(want, l.x64, size, loss, &l);
    expect_near("dx", dx, want, size, 1e-5);
    layer_norm_backward(dx, dgamma, dbeta, l.dy, l.x, l.mean, l.rstd, l.gamma, t->n, t->c, 1);
    for (ptrdiff_t i = 0; i < size; i++) want[i] *= 2;
    expect_near("dx, added", dx, want, size, 1e-5);
    layer_norm_backward(NULL, dgamma, dbeta, l.dy, l.x, l.mean, l.rstd, l.gamma, t->n, t->c, 0);
    ref_gradient(want, l.gamma64, t->c, loss, &l);
    expect_near("dgamma alone", dgamma, want, t->c, 5e-6);
}

static void test_layer_norm(void **state)
{
    static const Case cases[] = {
        {"one value", 1, 1, 0}, {"8 wide", 3, 8, 0},   {"64 wide", 5, 64, 0},
        {"odd", 4, 19, 0},      {"33 wide", 2, 33, 0}, {"far from 0", 3, 20, 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(layer_norm_case, &cases[i]);
}

/* A NaN spoils its own row alone; a row of equal values is beta. */
static void rows_case(const void *row)
{
    float x[3 * 5] = {1, 2, NAN, 4, 5, 7, 7, 7, 7, 7, 1, 2, 3, 4, 5}, y[15], mean[3], rstd[3];
    const float gamma[5] = {1, 1, 1, 1, 1}, beta[5] = {1, 2, 3, 4, 5};
    (void)row;
    layer_norm_forward(y, mean, rstd, x, gamma, beta, 3, 5);
    for (int i = 0; i < 5; i++) assert_true(isnan(y[i]) && y[5 + i] == beta[i] && isfinite(y[10 + i]));
}

static void test_rows(void **state)
{
    (void)state;
    on_each_isa(rows_case, NULL);
}

/* ---- GELU ---- */

static double gelu_loss(const void *what)
{
    return ref_gelu(*(const double *)what);
}

/* From -12 to 12 in small steps; every length of tail. */
static void gelu_case(const void *row)
{
    enum { N = 2403 };
    float *x = floats(N), *y = floats(N), *dx = floats(N), *dy = random_floats(N, 1);
    double *want = doubles(N), *slope = doubles(N);
    (void)row;
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i - N / 2) / 100;
        double at = (double)x[i];
        want[i] = ref_gelu(at);
        ref_gradient(&slope[i], &at, 1, gelu_loss, &at);
        slope[i] *= (double)dy[i];
    }
    for (int n = N - 17; n <= N; n++) {
        gelu_forward(y, x, n);
        gelu_backward(dx, dy, x, n, 0);
    }
    for (int i = 0; i < N; i++) /* absolute, not relative to the largest */
        if (!(fabs((double)y[i] - want[i]) <= 3e-7 * (1 + fabs(want[i])))) fail_msg("gelu(%g) = %g", x[i], y[i]);
    expect_near("d gelu", dx, slope, N, 3e-7);
    gelu_backward(dx, dy, x, N, 1);
    for (int i = 0; i < N; i++) slope[i] *= 2;
    expect_near("d gelu, added", dx, slope, N, 6e-7);
    memcpy(y, x, N * sizeof *y); /* in place */
    gelu_forward(y, y, N);
    expect_near("in place", y, want, N, 3e-7);
}

static void gelu_ends_case(const void *row)
{
    const float x[] = {NAN, INFINITY, 1e30f, -1e30f, 0, -0.0f}, dy[] = {1, 1, 1, 1, 1, 1};
    float y[6], dx[6];
    (void)row;
    gelu_forward(y, x, 6);
    assert_true(isnan(y[0]) && y[2] == 1e30f && fabsf(y[3]) < 1e-6f && y[4] == 0 && y[5] == 0);
    gelu_backward(dx, dy, x, 6, 0);
    assert_true(isnan(dx[0]) && dx[2] == 1 && fabsf(dx[3]) < 1e-6f && fabsf(dx[4] - 0.5f) < 1e-6f);
}

static void test_gelu(void **state)
{
    (void)state;
    on_each_isa(gelu_case, NULL);
    on_each_isa(gelu_ends_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_gelu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
