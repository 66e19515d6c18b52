/* test_kernel_gemm.c - linear layers against their naive twin and central differences. */
#include "kernel/gemm.h"
#include "kernel/isa.h"
#include "ref/check.h"
#include "ref/ref.h"

typedef struct {
    const char *name;
    ptrdiff_t n, in, out;
} Case;

static const Case cases[] = {
    {"smallest", 1, 1, 1}, {"one row", 1, 64, 10}, {"a chunk", 64, 128, 30}, {"odd", 9, 7, 17}, {"tall", 65, 3, 2},
};

/* y = x w' + b; dy is the gradient of the loss sum(dy * y). */
typedef struct {
    Case t;
    float *x, *w, *b, *dy;
    double *x64, *w64, *b64, *dy64, *y64;
} Layer;

static Layer layer_make(const Case *t)
{
    Layer l = {.t = *t};
    l.x = random_floats(t->n * t->in, 1);
    l.w = random_floats(t->out * t->in, 2);
    l.b = random_floats(t->out, 3);
    l.dy = random_floats(t->n * t->out, 4);
    l.x64 = widen(l.x, t->n * t->in);
    l.w64 = widen(l.w, t->out * t->in);
    l.b64 = widen(l.b, t->out);
    l.dy64 = widen(l.dy, t->n * t->out);
    l.y64 = doubles(t->n * t->out);
    return l;
}

static void forward_case(const Case *t)
{
    Layer l = layer_make(t);
    float *y = floats(t->n * t->out);
    linear_forward(y, l.x, l.w, l.b, t->n, t->in, t->out);
    ref_linear(l.y64, l.x64, l.w64, l.b64, t->n, t->in, t->out);
    expect_near(t->name, y, l.y64, t->n * t->out, 2e-6);
    linear_forward(y, l.x, l.w, NULL, t->n, t->in, t->out);
    ref_linear(l.y64, l.x64, l.w64, NULL, t->n, t->in, t->out);
    expect_near("no bias", y, l.y64, t->n * t->out, 2e-6);
}

static double loss(const void *what)
{
    const Layer *l = what;
    double sum = 0;
    ref_linear(l->y64, l->x64, l->w64, l->b64, l->t.n, l->t.in, l->t.out);
    for (ptrdiff_t i = 0; i < l->t.n * l->t.out; i++) sum += l->dy64[i] * l->y64[i];
    return sum;
}

static void backward_case(const Case *t)
{
    Layer l = layer_make(t);
    const ptrdiff_t inputs = t->n * t->in, weights = t->out * t->in;
    float *dx = random_floats(inputs, 7), *dw = random_floats(weights, 5), *db = random_floats(t->out, 6);
    double *want = doubles(inputs + weights);

    ref_gradient(want, l.x64, inputs, loss, &l);
    linear_backward_data(dx, l.dy, l.w, t->n, t->in, t->out, 0);
    expect_near(t->name, dx, want, inputs, 2e-6);
    linear_backward_data(dx, l.dy, l.w, t->n, t->in, t->out, 1);
    for (ptrdiff_t i = 0; i < inputs; i++) want[i] *= 2;
    expect_near("dx, added", dx, want, inputs, 2e-6);

    linear_backward_weights(dw, db, l.x, l.dy, t->n, t->in, t->out);
    ref_gradient(want, l.w64, weights, loss, &l);
    expect_near("dw", dw, want, weights, 2e-6);
    ref_gradient(want, l.b64, t->out, loss, &l);
    expect_near("db", db, want, t->out, 2e-6);
    linear_backward_weights(dw, NULL, l.x, l.dy, t->n, t->in, t->out); /* db may be NULL */

    /* the same in two shares of the outputs, each added to what is there */
    float *sum = floats(weights), *bias = floats(t->out);
    for (int i = 0; i < 2; i++)
        for (ptrdiff_t first = 0, half = (t->out + 1) / 2; first < t->out; first += half)
            linear_add_weights(sum, bias, l.x, l.dy, t->n, t->in, t->out, first,
                               t->out - first < half ? t->out - first : half);
    for (ptrdiff_t i = 0; i < t->out; i++) want[i] *= 2;
    expect_near("db, in shares", bias, want, t->out, 2e-6);
    ref_gradient(want, l.w64, weights, loss, &l);
    for (ptrdiff_t i = 0; i < weights; i++) want[i] *= 2;
    expect_near("dw, in shares", sum, want, weights, 2e-6);
}

static void test_forward(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forward_case(&cases[i]);
        check_release();
    }
}

static void test_backward(void **state)
{
    static const Case small[] = {{"smallest", 1, 1, 1}, {"odd", 9, 7, 5}, {"tall", 21, 2, 3}, {"wide", 2, 3, 17}};
    (void)state;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        backward_case(&small[i]);
        check_release();
    }
}

static int open_kernels(void **state)
{
    Err err;
    (void)state;
    return kernel_open(&err) == OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forward), cmocka_unit_test(test_backward)};
    return cmocka_run_group_tests(tests, open_kernels, NULL);
}
