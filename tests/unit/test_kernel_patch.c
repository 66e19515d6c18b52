/* test_kernel_patch.c - patches and max-pooling against their twins and differences. */
#include "kernel/patch.h"
#include "ref/check.h"
#include "ref/ref.h"
#include "ref/ref_tokens.h"

#include <math.h>

typedef struct {
    const char *name;
    ptrdiff_t n, h, w, c, kh, kw, step;
} Case;

static const Case cases[] = {
    {"one pixel", 1, 1, 1, 1, 1, 1, 1},   {"patches of 4", 2, 8, 12, 3, 4, 4, 4},  {"5x5", 2, 7, 8, 3, 5, 5, 1},
    {"whole image", 2, 3, 4, 5, 3, 4, 1}, {"some left over", 1, 5, 7, 2, 2, 2, 2},
};

/* The loss is sum(dy * f(x)). */
typedef struct {
    PatchShape s;
    ptrdiff_t n, outputs;
    double *x, *y, *dy;
    void (*f)(double *y, const double *x, const PatchShape *s, ptrdiff_t n);
} Problem;

static double loss(const void *what)
{
    const Problem *p = what;
    double sum = 0;
    p->f(p->y, p->x, &p->s, p->n);
    for (ptrdiff_t i = 0; i < p->outputs; i++) sum += p->dy[i] * p->y[i];
    return sum;
}

static void patches_case(const Case *t)
{
    const PatchShape s = patch_shape(t->h, t->w, t->c, t->kh, t->kw, t->step);
    const ptrdiff_t in = t->n * (t->h + 2) * (t->w + 2) * t->c, out = t->n * s.oh * s.ow * t->c * t->kh * t->kw;
    float *x = random_images(t->n, t->h, t->w, t->c, 1), *rows = floats(out), *drows = random_floats(out, 2);
    float *dx = random_images(t->n, t->h, t->w, t->c, 3);
    double *want = doubles(in);
    Problem p = {s, t->n, out, widen(x, in), doubles(out), widen(drows, out), ref_patches};
    patches_forward(rows, x, &s, t->n);
    ref_patches(p.y, p.x, &s, t->n);
    expect_near(t->name, rows, p.y, out, 0);

    ref_gradient(want, p.x, in, loss, &p);
    patches_backward(dx, drows, &s, t->n, 0);
    expect_near("dx", dx, want, in, 1e-6);
    expect_zero_border("dx", dx, t->n, t->h, t->w, t->c);
    patches_backward(dx, drows, &s, t->n, 1);
    for (ptrdiff_t i = 0; i < in; i++) want[i] *= 2;
    expect_near("dx, added", dx, want, in, 1e-6);
    expect_zero_border("dx", dx, t->n, t->h, t->w, t->c);
}

static void max_pool_case(const Case *t)
{
    const PatchShape s = patch_shape(t->h, t->w, t->c, t->kh, t->kw, t->step);
    const ptrdiff_t in = t->n * t->h * t->w * t->c, out = t->n * (s.oh + 2) * (s.ow + 2) * t->c;
    float *x = random_floats(in, 1), *y = floats(out), *dy = random_images(t->n, s.oh, s.ow, t->c, 2);
    float *dx = random_floats(in, 3);
    double *want = doubles(in);
    Problem p = {s, t->n, out, widen(x, in), doubles(out), widen(dy, out), ref_max_pool};
    max_pool_forward(y, x, &s, t->n);
    ref_max_pool(p.y, p.x, &s, t->n);
    expect_near(t->name, y, p.y, out, 0);
    expect_zero_border(t->name, y, t->n, s.oh, s.ow, t->c);
    ref_gradient(want, p.x, in, loss, &p);
    max_pool_backward(dx, dy, x, &s, t->n);
    expect_near("dx", dx, want, in, 1e-6);
}

static void test_twins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        patches_case(&cases[i]);
        max_pool_case(&cases[i]);
        check_release();
    }
}

/* Of equal values the first gets the gradient, as in PyTorch; a NaN is the largest. */
static void test_ties(void **state)
{
    const PatchShape s = patch_shape(2, 2, 1, 2, 2, 2);
    const float equal[4] = {1, 3, 3, 2}, odd[4] = {1, 3, NAN, 9};
    float y[9] = {0}, dy[9] = {0}, dx[4];
    (void)state;
    dy[4] = 5;
    max_pool_forward(y, equal, &s, 1);
    assert_true(y[4] == 3);
    max_pool_backward(dx, dy, equal, &s, 1);
    assert_true(dx[0] == 0 && dx[1] == 5 && dx[2] == 0 && dx[3] == 0);
    max_pool_forward(y, odd, &s, 1);
    assert_true(isnan(y[4]));
    max_pool_backward(dx, dy, odd, &s, 1);
    assert_true(dx[2] == 5 && dx[3] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_twins), cmocka_unit_test(test_ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
