/* test_kernel_activation.c - element-wise functions, pooling, V-TST's draw: against their twins and differences. */
#include "kernel/activation.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>
#include <string.h>

static void test_relu(void **state)
{
    const float x[] = {-2, -0.5f, 0, 0.5f, 3, NAN, -INFINITY, INFINITY}, dy[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const float want[] = {0, 0, 0, 0.5f, 3, NAN, 0, INFINITY}, back[] = {0, 0, 0, 4, 5, 0, 0, 8};
    float y[8], dx[8];
    (void)state;
    relu_forward(y, x, 8);
    for (int i = 0; i < 8; i++) assert_true(isnan(want[i]) ? isnan(y[i]) : y[i] == want[i]); /* NaN stays */
    relu_backward(dx, dy, y, 8, 0);
    for (int i = 0; i < 8; i++) assert_true(dx[i] == back[i]);
    relu_backward(dx, dy, y, 8, 1);
    for (int i = 0; i < 8; i++) assert_true(dx[i] == 2 * back[i]);
    memcpy(y, x, sizeof y); /* in place */
    relu_forward(y, y, 8);
    memcpy(dx, dy, sizeof dx);
    relu_backward(dx, dx, y, 8, 0);
    for (int i = 0; i < 8; i++) assert_true(dx[i] == back[i]);
}

static void test_sums(void **state)
{
    float a[] = {1, 2, 3}, b[] = {10, 20, 30}, part[] = {1, 2, 0x1p25f, 4, -0x1p25f, 6}, sum[2];
    (void)state;
    add_forward(a, a, b, 3);
    assert_true(a[0] == 11 && a[1] == 22 && a[2] == 33);
    accumulate(b, a, 2);
    assert_true(b[0] == 21 && b[1] == 42 && b[2] == 30);
    sum_parts(sum, part, 3, 2);
    assert_true(sum[0] == 0 && sum[1] == 12); /* 1 + 2^25 = 2^25 in float: the order is kept */
}

typedef struct {
    const char *name;
    RefImages s; /* n, h, w, c */
} Images;

static const Images images[] = {{"one pixel", {1, 1, 1, 1}}, {"8x8x64", {2, 8, 8, 64}}, {"3x5x7", {9, 3, 5, 7}}};

static void test_pool_and_flatten(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof images / sizeof *images; k++) {
        const RefImages s = images[k].s;
        const ptrdiff_t size = s.n * (s.h + 2) * (s.w + 2) * s.c, rows = s.n * s.h * s.w * s.c;
        float *x = random_images(s.n, s.h, s.w, s.c, 1), *y = floats(rows);
        double *x64 = widen(x, size), *want = doubles(rows);
        ref_mean_pool(want, x64, s);
        mean_pool_forward(y, x, s.n, s.h, s.w, s.c);
        expect_near(images[k].name, y, want, s.n * s.c, 1e-6);
        ref_flatten(want, x64, s);
        flatten_forward(y, x, s.n, s.h, s.w, s.c);
        expect_near(images[k].name, y, want, rows, 0);
        check_release();
    }
}

/* Gradients of sum(dy * f(x)) for a function f of images. */
typedef struct {
    RefImages s;
    double *x, *y, *dy;
    ptrdiff_t outputs;
    void (*f)(double *y, const double *x, RefImages s);
} Problem;

static double problem_loss(const void *what)
{
    const Problem *p = what;
    double sum = 0;
    p->f(p->y, p->x, p->s);
    for (ptrdiff_t i = 0; i < p->outputs; i++) sum += p->dy[i] * p->y[i];
    return sum;
}

typedef void Forward(double *y, const double *x, RefImages s);
typedef void Backward(float *dx, const float *dy, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int add);

static void check_gradient(const char *name, Forward *forward, Backward *backward, RefImages s, ptrdiff_t outputs)
{
    const ptrdiff_t size = s.n * (s.h + 2) * (s.w + 2) * s.c;
    float *dy = random_floats(outputs, 2), *dx = random_images(s.n, s.h, s.w, s.c, 3);
    double *want = doubles(size);
    Problem p = {
        s, widen(random_images(s.n, s.h, s.w, s.c, 1), size), doubles(outputs), widen(dy, outputs), outputs, forward};
    ref_gradient(want, p.x, size, problem_loss, &p);
    backward(dx, dy, s.n, s.h, s.w, s.c, 0);
    expect_near(name, dx, want, size, 1e-6);
    expect_zero_border(name, dx, s.n, s.h, s.w, s.c);
    backward(dx, dy, s.n, s.h, s.w, s.c, 1);
    for (ptrdiff_t i = 0; i < size; i++) want[i] *= 2;
    expect_near(name, dx, want, size, 1e-6);
    expect_zero_border(name, dx, s.n, s.h, s.w, s.c);
    check_release();
}

static void test_pool_and_flatten_gradients(void **state)
{
    const RefImages s = {2, 3, 4, 5};
    (void)state;
    check_gradient("mean pool", ref_mean_pool, mean_pool_backward, s, s.n * s.c);
    check_gradient("flatten", ref_flatten, flatten_backward, s, s.n * s.h * s.w * s.c);
}

/* V-TST's draw, its loss being sum(dz * z) + kl_scale sum(kl). */
typedef struct {
    ptrdiff_t n, d;
    double *mu, *raw, *eps, *dz, *z, *kl, kl_scale;
} Draw;

static double draw_loss(const void *what)
{
    const Draw *p = what;
    double sum = 0;
    ref_gaussian(p->z, p->kl, p->mu, p->raw, p->eps, p->n, p->d);
    for (ptrdiff_t i = 0; i < p->n * p->d; i++) sum += p->dz[i] * p->z[i];
    for (ptrdiff_t i = 0; i < p->n; i++) sum += p->kl_scale * p->kl[i];
    return sum;
}

typedef struct {
    const char *name;
    ptrdiff_t n, d;
    float spread; /* of raw */
    int draws;    /* 0: eps NULL */
} GaussianCase;

static void gaussian_case(const void *row)
{
    const GaussianCase *t = row;
    const ptrdiff_t size = t->n * t->d;
    float *mu = random_floats(size, 1), *raw = random_floats(size, 2), *eps = random_floats(size, 3);
    float *dz = random_floats(size, 4), *z = floats(size), *logvar = floats(size), *kl = floats(t->n);
    float *dmu = floats(size), *draw = floats(size);
    double *want = doubles(size);
    for (ptrdiff_t i = 0; i < size; i++) raw[i] *= t->spread;
    Draw p = {t->n,
              t->d,
              widen(mu, size),
              widen(raw, size),
              t->draws ? widen(eps, size) : NULL,
              widen(dz, size),
              doubles(size),
              doubles(t->n),
              0.25};

    gaussian_forward(z, logvar, kl, mu, raw, t->draws ? eps : NULL, t->n, t->d);
    ref_gaussian(p.z, p.kl, p.mu, p.raw, p.eps, t->n, t->d);
    for (ptrdiff_t i = 0; i < size; i++) want[i] = -log1p(exp(-p.raw[i]));
    expect_near(t->name, z, p.z, size, 1e-6);
    expect_near("log s2", logvar, want, size, 3e-7);
    expect_near("kl", kl, p.kl, t->n, 1e-6);

    gaussian_backward(dmu, draw, dz, mu, raw, logvar, t->draws ? eps : NULL, 0.25f, t->n, t->d);
    ref_gradient(want, p.mu, size, draw_loss, &p);
    expect_near("dmu", dmu, want, size, 1e-6);
    ref_gradient(want, p.raw, size, draw_loss, &p);
    expect_near("draw", draw, want, size, 1e-6);
}

static void test_gaussian(void **state)
{
    static const GaussianCase cases[] = {
        {"one", 1, 1, 1, 1},
        {"small", 3, 5, 4, 1},
        {"mean only", 3, 17, 4, 0},
        {"far out", 2, 19, 60, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(gaussian_case, &cases[i]);
}

/* Values that leave the range of exp in float: no NaN, no infinity that should not be there. */
static void extremes_case(const void *row)
{
    const float mu[] = {0, 0, 0, NAN}, raw[] = {-200, 200, NAN, 0}, eps[] = {1, 1, 1, 1};
    float z[4], logvar[4], kl[4];
    (void)row;
    gaussian_forward(z, logvar, kl, mu, raw, eps, 4, 1);
    assert_true(logvar[0] == -200 && fabsf(z[0]) < 1e-30f && fabsf(kl[0] - 99.5f) < 1e-4f);
    assert_true(fabsf(logvar[1]) < 1e-30f && z[1] == 1 && fabsf(kl[1]) < 1e-30f);
    assert_true(isnan(logvar[2]) && isnan(z[2]) && isnan(kl[2]));
    assert_true(isnan(z[3]) && isnan(kl[3]));
}

static void test_gaussian_extremes(void **state)
{
    (void)state;
    on_each_isa(extremes_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relu),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_pool_and_flatten),
        cmocka_unit_test(test_pool_and_flatten_gradients),
        cmocka_unit_test(test_gaussian),
        cmocka_unit_test(test_gaussian_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
