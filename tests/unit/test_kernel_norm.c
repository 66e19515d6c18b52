/* test_kernel_norm.c - batch normalisation with ReLU against its naive twin and central differences. */
#include "kernel/norm.h"
#include "ref/check.h"
#include "ref/ref.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    RefImages shape; /* n, h, w, c */
} Case;

static const Case cases[] = {
    {"one pixel", {1, 1, 1, 1}},    {"one channel", {3, 5, 4, 1}},    {"3 channels", {2, 4, 7, 3}},
    {"8 channels", {2, 3, 3, 8}},   {"10 channels", {9, 3, 5, 10}},   {"16 channels", {4, 8, 6, 16}},
    {"17 channels", {2, 6, 5, 17}}, {"32 channels", {1, 16, 16, 32}}, {"wide rows", {1, 2, 97, 16}},
    {"40 channels", {2, 3, 4, 40}},
};

static ptrdiff_t size_of(RefImages s)
{
    return s.n * (s.h + 2) * (s.w + 2) * s.c;
}

/* One batch normalisation: the kernel's float arrays, and the twin's doubles. */
typedef struct {
    RefImages s;
    float *x, *y, *dy, *dx, *gamma, *beta, *mean, *rstd, *dgamma, *dbeta;
    double *dx64, *gamma64, *beta64, *x64, *y64, *dy64, *mean64, *variance64, *sums; /* sums (2, c) */
} Layer;

static Layer layer_make(RefImages s)
{
    Layer l = {.s = s};
    l.x = random_images(s.n, s.h, s.w, s.c, 1);
    l.dy = random_images(s.n, s.h, s.w, s.c, 2);
    l.gamma = random_floats(s.c, 3);
    l.beta = random_floats(s.c, 4);
    l.y = floats(size_of(s));
    l.dx = random_images(s.n, s.h, s.w, s.c, 5);
    l.mean = floats(s.c);
    l.rstd = floats(s.c);
    l.dgamma = floats(s.c);
    l.dbeta = floats(s.c);
    l.x64 = widen(l.x, size_of(s));
    l.y64 = doubles(size_of(s));
    l.dy64 = widen(l.dy, size_of(s));
    l.dx64 = doubles(size_of(s));
    l.gamma64 = widen(l.gamma, s.c);
    l.beta64 = widen(l.beta, s.c);
    l.mean64 = doubles(s.c);
    l.variance64 = doubles(s.c);
    l.sums = doubles(2 * s.c);
    return l;
}

/* Forward; with running statistics mean = .1, variance = .5. */
static void layer_forward(Layer *l, int batch)
{
    const RefImages s = l->s;
    ref_moments(l->mean64, l->variance64, l->x64, s);
    if (batch) {
        bn_sums(l->sums, l->sums + s.c, l->x, s.n, s.h, s.w, s.c);
        bn_moments(l->mean, l->rstd, l->sums, l->sums + s.c, s.n * s.h * s.w, s.c);
    }
    for (ptrdiff_t j = 0; j < s.c && !batch; j++) {
        l->mean64[j] = l->mean[j] = 0.125f;
        l->variance64[j] = 0.5;
        l->rstd[j] = (float)(1 / sqrt(0.5 + 1e-5));
    }
    bn_relu_forward(l->y, l->x, l->mean, l->rstd, l->gamma, l->beta, s.n, s.h, s.w, s.c);
}

/* Backward into dx (set or added). */
static void layer_backward(Layer *l, int batch, int add)
{
    const RefImages s = l->s;
    bn_relu_backward_sums(l->sums, l->sums + s.c, l->dy, l->y, l->x, l->mean, l->rstd, s.n, s.h, s.w, s.c);
    for (ptrdiff_t j = 0; j < s.c; j++) {
        l->dgamma[j] = (float)l->sums[j];
        l->dbeta[j] = (float)l->sums[s.c + j];
    }
    bn_relu_backward(l->dx, l->dy, l->y, l->x, l->mean, l->rstd, l->gamma, l->dgamma, l->dbeta, s.n * s.h * s.w, s.n,
                     s.h, s.w, s.c, batch, add);
}

static void twin_case(const void *row)
{
    const Case *t = row;
    const RefImages s = t->shape;
    for (int batch = 0; batch < 2; batch++) {
        if (batch && s.n * s.h * s.w == 1) continue; /* one pixel: variance 0, x - mean is rounding only */
        Layer l = layer_make(s);
        double *dgamma = doubles(s.c), *dbeta = doubles(s.c);
        const double *mean = batch ? NULL : l.mean64;
        layer_forward(&l, batch);
        ref_bn_relu(l.y64, l.x64, l.gamma64, l.beta64, mean, l.variance64, s);
        expect_near(t->name, l.y, l.y64, size_of(s), 1e-6);
        expect_zero_border(t->name, l.y, s.n, s.h, s.w, s.c);

        layer_backward(&l, batch, 0);
        ref_bn_relu_backward(l.dx64, dgamma, dbeta, l.dy64, l.x64, l.gamma64, l.beta64, mean, l.variance64, s);
        expect_near("dgamma", l.dgamma, dgamma, s.c, 2e-6);
        expect_near("dbeta", l.dbeta, dbeta, s.c, 2e-6);
        expect_near("dx", l.dx, l.dx64, size_of(s), 2e-6);
        expect_zero_border("dx", l.dx, s.n, s.h, s.w, s.c);

        for (ptrdiff_t i = 0; i < size_of(s); i++) l.dx64[i] *= 2;
        layer_backward(&l, batch, 1);
        expect_near("dx, added", l.dx, l.dx64, size_of(s), 2e-6);
    }
}

typedef struct {
    const Layer *l;
    int batch;
} Problem;

static double problem_loss(const void *what)
{
    const Problem *p = what;
    const Layer *l = p->l;
    double sum = 0;
    ref_bn_relu(l->y64, l->x64, l->gamma64, l->beta64, p->batch ? NULL : l->mean64, l->variance64, l->s);
    for (ptrdiff_t i = 0; i < size_of(l->s); i++) sum += l->dy64[i] * l->y64[i];
    return sum;
}

static void differences_case(const void *row)
{
    const Case *t = row;
    for (int batch = 0; batch < 2; batch++) {
        Layer l = layer_make(t->shape);
        const Problem p = {&l, batch};
        double *want = doubles(size_of(t->shape));
        layer_forward(&l, batch);
        layer_backward(&l, batch, 0);
        ref_gradient(want, l.x64, size_of(t->shape), problem_loss, &p);
        expect_near("dx by differences", l.dx, want, size_of(t->shape), 5e-6);
        ref_gradient(want, l.gamma64, t->shape.c, problem_loss, &p);
        expect_near("dgamma by differences", l.dgamma, want, t->shape.c, 5e-6);
        ref_gradient(want, l.beta64, t->shape.c, problem_loss, &p);
        expect_near("dbeta by differences", l.dbeta, want, t->shape.c, 5e-6);
    }
}

/* Sums stay accurate where a float sum would not: 8 x 64 x 64 pixels around a mean that is 30 deviations off. */
static void accuracy_case(const void *row)
{
    const RefImages s = {8, 64, 64, 17};
    double sum[17], square[17], mean[17], variance[17];
    float got_mean[17], rstd[17];
    double rstd64[17];
    (void)row;
    float *x = random_images(s.n, s.h, s.w, s.c, 9);
    for (ptrdiff_t i = 0; i < size_of(s); i++) x[i] = x[i] == 0 ? 0 : x[i] + 17;
    bn_sums(sum, square, x, s.n, s.h, s.w, s.c);
    bn_moments(got_mean, rstd, sum, square, s.n * s.h * s.w, s.c);
    ref_moments(mean, variance, widen(x, size_of(s)), s);
    for (int j = 0; j < 17; j++) {
        rstd64[j] = 1 / sqrt(variance[j] + 1e-5);
        assert_true(fabs(got_mean[j] - mean[j]) <= 2e-6 * mean[j]);
    }
    expect_near("rstd", rstd, rstd64, 17, 1e-4);
}

static void nan_case(const void *row)
{
    const RefImages s = {1, 3, 4, 10};
    (void)row;
    Layer l = layer_make(s);
    l.x[(6 + 1) * 10 + 3] = NAN; /* pixel (0, 0), channel 3 */
    layer_forward(&l, 1);
    assert_true(isnan(l.mean[3]) && isnan(l.rstd[3]));
    for (ptrdiff_t j = 0; j < s.c; j++) assert_int_equal(isnan(l.y[(6 + 1) * 10 + j]) != 0, j == 3);
}

static void test_twin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(twin_case, &cases[i]);
}

static void test_central_differences(void **state)
{
    static const Case small[] = {{"3 channels", {2, 3, 4, 3}}, {"9 channels", {2, 2, 3, 9}}};
    (void)state;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) on_each_isa(differences_case, &small[i]);
}

static void test_accuracy(void **state)
{
    (void)state;
    on_each_isa(accuracy_case, NULL);
}

static void test_nan_stays(void **state)
{
    (void)state;
    on_each_isa(nan_case, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_central_differences),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_nan_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
