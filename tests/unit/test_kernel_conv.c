/* test_kernel_conv.c - convolutions against their naive twins and against central differences. */
#include "ref/check.h"
#include "ref/ref.h"

#include <string.h>

typedef struct {
    const char *name;
    ptrdiff_t n;
    ConvShape shape; /* h, w, ci, co, k, stride, pad_one */
} Case;

static const Case cases[] = {
    {"3x3, first layer", 2, {8, 8, 3, 16, 3, 1, false}},
    {"3x3, one channel in", 3, {5, 7, 1, 16, 3, 1, false}},
    {"3x3, one channel out", 2, {6, 5, 16, 1, 3, 1, false}},
    {"3x3, one pixel", 1, {1, 1, 1, 1, 3, 1, false}},
    {"3x3, one row", 2, {1, 9, 2, 3, 3, 1, false}},
    {"3x3, one column", 2, {9, 1, 2, 3, 3, 1, false}},
    {"3x3, 16 to 16", 2, {6, 32, 16, 16, 3, 1, false}},
    {"3x3, 16 to 17", 1, {4, 13, 16, 17, 3, 1, false}},
    {"3x3, 32 to 10", 1, {7, 6, 32, 10, 3, 1, false}},
    {"3x3, 5 to 33", 9, {3, 4, 5, 33, 3, 1, false}},
    {"3x3, 64 to 64", 1, {8, 8, 64, 64, 3, 1, false}},
    {"3x3, 70 to 40: strips in parts", 1, {4, 6, 70, 40, 3, 1, false}},
    {"3x3, 150 to 20: strips in parts", 1, {3, 5, 150, 20, 3, 1, false}},
    {"3x3 / 2, first layer", 2, {8, 12, 3, 16, 3, 2, false}},
    {"3x3 / 2, one channel", 3, {4, 6, 1, 1, 3, 2, false}},
    {"3x3 / 2, smallest", 1, {2, 2, 1, 2, 3, 2, false}},
    {"3x3 / 2, 16 to 32", 2, {16, 16, 16, 32, 3, 2, false}},
    {"3x3 / 2, 17 to 10", 2, {6, 14, 17, 10, 3, 2, false}},
    {"3x3 / 2, 80 to 70: strips in parts", 1, {4, 6, 80, 70, 3, 2, false}},
    {"3x3 / 2, padded by one, first layer", 2, {8, 12, 3, 16, 3, 2, true}},
    {"3x3 / 2, padded by one, one channel", 3, {4, 6, 1, 1, 3, 2, true}},
    {"3x3 / 2, padded by one, smallest", 1, {2, 2, 1, 2, 3, 2, true}},
    {"3x3 / 2, padded by one, 16 to 32", 2, {16, 16, 16, 32, 3, 2, true}},
    {"3x3 / 2, padded by one, 17 to 10", 2, {6, 14, 17, 10, 3, 2, true}},
    {"3x3 / 2, padded by one, 80 to 70: strips in parts", 1, {4, 6, 80, 70, 3, 2, true}},
    {"1x1, 16 to 32", 2, {5, 6, 16, 32, 1, 1, false}},
    {"1x1, 3 to 10", 4, {4, 3, 3, 10, 1, 1, false}},
    {"1x1, 1 to 1", 1, {2, 3, 1, 1, 1, 1, false}},
    {"1x1 / 2, 16 to 32", 2, {8, 16, 16, 32, 1, 2, false}},
    {"1x1 / 2, 7 to 17", 2, {4, 6, 7, 17, 1, 2, false}},
    {"1x1 / 2, 600 to 20: strips in parts", 1, {4, 2, 600, 20, 1, 2, false}},
};

static ptrdiff_t input_size(const Case *t)
{
    return t->n * (t->shape.h + 2) * (t->shape.w + 2) * t->shape.ci;
}
static ptrdiff_t output_size(const Case *t)
{
    return t->n * (t->shape.h / t->shape.stride + 2) * (t->shape.w / t->shape.stride + 2) * t->shape.co;
}
static ptrdiff_t weights_size(const Case *t)
{
    return t->shape.co * t->shape.ci * t->shape.k * t->shape.k;
}

static float *random_input(const Case *t)
{
    return random_images(t->n, t->shape.h, t->shape.w, t->shape.ci, 1);
}
static float *random_output(const Case *t)
{
    return random_images(t->n, t->shape.h / t->shape.stride, t->shape.w / t->shape.stride, t->shape.co, 2);
}

/* A tolerance for sums of this many products of numbers below 1. */
static double tolerance(ptrdiff_t terms)
{
    return 4e-8 * (double)(8 + terms);
}

static void forward_case(const void *row)
{
    const Case *t = row;
    const ConvShape *s = &t->shape;
    float *x = random_input(t), *w = random_floats(weights_size(t), 3), *y = floats(output_size(t));
    float *packed = floats((ptrdiff_t)conv_packed_size(s));
    double *want = doubles(output_size(t));
    conv_pack_forward(packed, w, s);
    conv_forward(y, x, packed, s, t->n);
    ref_conv(want, widen(x, input_size(t)), widen(w, weights_size(t)), s, t->n);
    expect_near(t->name, y, want, output_size(t), tolerance(s->k * s->k * s->ci));
    expect_zero_border(t->name, y, t->n, s->h / s->stride, s->w / s->stride, s->co);

    float *last = floats(output_size(t) / t->n); /* the last image alone: the same bits */
    conv_forward(last, x + (t->n - 1) * (input_size(t) / t->n), packed, s, 1);
    expect_same(t->name, last, y + (t->n - 1) * (output_size(t) / t->n), output_size(t) / t->n);
}

static void backward_data_case(const void *row)
{
    const Case *t = row;
    const ConvShape *s = &t->shape;
    const ptrdiff_t n = input_size(t);
    float *dy = random_output(t), *w = random_floats(weights_size(t), 3),
          *packed = floats((ptrdiff_t)conv_packed_size(s));
    float *dx = random_images(t->n, s->h, s->w, s->ci, 4), *sum = floats(n);
    double *want = doubles(n);
    memcpy(sum, dx, (size_t)n * sizeof *sum);
    conv_pack_backward(packed, w, s);
    ref_conv_data(want, widen(dy, output_size(t)), widen(w, weights_size(t)), s, t->n);
    conv_backward_data(dx, dy, packed, s, t->n, false);
    expect_near(t->name, dx, want, n, tolerance(s->k * s->k * s->co));
    expect_zero_border(t->name, dx, t->n, s->h, s->w, s->ci);

    for (ptrdiff_t i = 0; i < n; i++) want[i] += (double)sum[i];
    conv_backward_data(sum, dy, packed, s, t->n, true);
    expect_near(t->name, sum, want, n, tolerance(s->k * s->k * s->co));
}

static void backward_weights_case(const void *row)
{
    const Case *t = row;
    const ConvShape *s = &t->shape;
    const ptrdiff_t size = (ptrdiff_t)conv_gradient_size(s), tiles = conv_gradient_tiles(s);
    float *x = random_input(t), *dy = random_output(t), *dw = floats(size), *grad = floats(weights_size(t));
    double *want = doubles(weights_size(t));
    ref_conv_weights(want, widen(x, input_size(t)), widen(dy, output_size(t)), s, t->n);
    conv_backward_weights(dw, x, dy, s, t->n, 0, tiles);
    conv_unpack_gradient(grad, dw, s);
    expect_near(t->name, grad, want, weights_size(t), tolerance(t->n * s->h * s->w));

    float *apart = floats(size); /* tile by tile, image by image: the same bits */
    for (ptrdiff_t k = tiles - 1; k >= 0; k--)
        for (ptrdiff_t i = 0; i < t->n; i++)
            conv_backward_weights(apart, x + i * (input_size(t) / t->n), dy + i * (output_size(t) / t->n), s, 1, k, 1);
    expect_same(t->name, apart, dw, size);
}

/* sum of dy * conv(x, w), in double: what central differences differentiate. */
typedef struct {
    const Case *t;
    double *x, *w, *dy, *y;
} Problem;

static double problem_loss(const void *what)
{
    const Problem *p = what;
    double sum = 0;
    ref_conv(p->y, p->x, p->w, &p->t->shape, p->t->n);
    for (ptrdiff_t i = 0; i < output_size(p->t); i++) sum += p->dy[i] * p->y[i];
    return sum;
}

static const Case small_cases[] = {
    {"3x3", 2, {4, 3, 3, 2, 3, 1, false}},
    {"3x3 / 2", 2, {4, 6, 2, 3, 3, 2, false}},
    {"3x3 / 2, padded by one", 2, {4, 6, 2, 3, 3, 2, true}},
    {"1x1", 1, {3, 4, 3, 4, 1, 1, false}},
    {"1x1 / 2", 2, {4, 4, 3, 2, 1, 2, false}},
};

static void differences_case(const void *row)
{
    const Case *t = row;
    const ConvShape *s = &t->shape;
    float *x = random_input(t), *w = random_floats(weights_size(t), 3), *dy = random_output(t);
    float *packed = floats((ptrdiff_t)conv_packed_size(s)), *dx = floats(input_size(t));
    float *dw = floats((ptrdiff_t)conv_gradient_size(s)), *grad = floats(weights_size(t));
    double *want = doubles(input_size(t) + weights_size(t));
    Problem p = {t, widen(x, input_size(t)), widen(w, weights_size(t)), widen(dy, output_size(t)),
                 doubles(output_size(t))};

    conv_pack_backward(packed, w, s);
    conv_backward_data(dx, dy, packed, s, t->n, false);
    ref_gradient(want, p.x, input_size(t), problem_loss, &p);
    expect_near(t->name, dx, want, input_size(t), 1e-6);

    conv_backward_weights(dw, x, dy, s, t->n, 0, conv_gradient_tiles(s));
    conv_unpack_gradient(grad, dw, s);
    ref_gradient(want, p.w, weights_size(t), problem_loss, &p);
    expect_near(t->name, grad, want, weights_size(t), 1e-6);
}

#define COUNT(table) (sizeof table / sizeof *table)

static void test_forward(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) on_each_isa(forward_case, &cases[i]);
}

static void test_backward_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) on_each_isa(backward_data_case, &cases[i]);
}

static void test_backward_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) on_each_isa(backward_weights_case, &cases[i]);
}

static void test_central_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(small_cases); i++) on_each_isa(differences_case, &small_cases[i]);
}

/* Row 0 of "SAME" sees rows 0, 1, 2 of the image; padded by one, rows -1, 0, 1. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        bool pad_one;
        float want[4]; /* of a kernel of ones over the image 1 .. 16 */
    } rows[] = {
        {false,
         {1 + 2 + 3 + 5 + 6 + 7 + 9 + 10 + 11, 3 + 4 + 7 + 8 + 11 + 12, 9 + 10 + 11 + 13 + 14 + 15, 11 + 12 + 15 + 16}},
        {true,
         {1 + 2 + 5 + 6, 2 + 3 + 4 + 6 + 7 + 8, 5 + 6 + 9 + 10 + 13 + 14, 6 + 7 + 8 + 10 + 11 + 12 + 14 + 15 + 16}},
    };
    for (int i = 0; i < 2; i++) {
        const ConvShape s = {4, 4, 1, 1, 3, 2, rows[i].pad_one};
        float x[36] = {0}, y[16] = {0}, w[9], *packed = floats((ptrdiff_t)conv_packed_size(&s));
        for (int p = 0; p < 16; p++) x[(p / 4 + 1) * 6 + p % 4 + 1] = (float)(p + 1);
        for (int p = 0; p < 9; p++) w[p] = 1;
        conv_pack_forward(packed, w, &s);
        conv_forward(y, x, packed, &s, 1);
        for (int p = 0; p < 4; p++) assert_true(y[(p / 2 + 1) * 4 + p % 2 + 1] == rows[i].want[p]);
    }
}

static void test_flops(void **state)
{
    (void)state;
    assert_true(conv_flops(&(ConvShape){32, 32, 16, 16, 3, 1, false}) == 2.0 * 1024 * 16 * 16 * 9);
    assert_true(conv_flops(&(ConvShape){32, 32, 16, 32, 1, 2, false}) == 2.0 * 256 * 16 * 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),          cmocka_unit_test(test_backward_data),
        cmocka_unit_test(test_backward_weights), cmocka_unit_test(test_central_differences),
        cmocka_unit_test(test_padding),          cmocka_unit_test(test_flops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
