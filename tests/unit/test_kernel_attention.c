/* test_kernel_attention.c - attention against its naive twin and central differences, on every instruction set. */
#include "kernel/attention.h"
#include "ref/check.h"
#include "ref/ref.h"
#include "ref/ref_tokens.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name;
    AttentionShape s; /* tokens, width, heads, queries */
    ptrdiff_t n;
    float spread; /* of queries and keys */
} Case;

/* qkv and dy in floats and doubles; the loss is sum(dy * y). */
typedef struct {
    const Case *t;
    ptrdiff_t in, out; /* floats of qkv, of y */
    float *qkv, *dy, *y, *log_sum, *scratch;
    double *qkv64, *dy64, *y64;
} Layer;

static Layer layer_make(const Case *t)
{
    const AttentionShape *s = &t->s;
    Layer l = {.t = t, .in = t->n * s->tokens * 3 * s->width, .out = t->n * s->queries * s->width};
    l.qkv = random_floats(l.in, 1);
    for (ptrdiff_t i = 0; i < l.in; i++)
        if (i % (3 * s->width) < 2 * s->width) l.qkv[i] *= t->spread;
    l.dy = random_floats(l.out, 2);
    l.y = floats(l.out);
    l.log_sum = floats(t->n * s->heads * s->queries);
    l.scratch = floats(attention_scratch(s));
    l.qkv64 = widen(l.qkv, l.in);
    l.dy64 = widen(l.dy, l.out);
    l.y64 = doubles(l.out);
    return l;
}

static double loss(const void *what)
{
    const Layer *l = what;
    double sum = 0;
    ref_attention(l->y64, l->qkv64, &l->t->s, l->t->n);
    for (ptrdiff_t i = 0; i < l->out; i++) sum += l->dy64[i] * l->y64[i];
    return sum;
}

static void forward_case(const void *row)
{
    Layer l = layer_make(row);
    attention_forward(l.y, l.log_sum, l.qkv, l.scratch, &l.t->s, l.t->n);
    ref_attention(l.y64, l.qkv64, &l.t->s, l.t->n);
    expect_near(l.t->name, l.y, l.y64, l.out, 2e-6);
}

static void backward_case(const void *row)
{
    Layer l = layer_make(row);
    double *want = doubles(l.in);
    float *dqkv = random_floats(l.in, 3); /* set, whatever was there */
    attention_forward(l.y, l.log_sum, l.qkv, l.scratch, &l.t->s, l.t->n);
    attention_backward(dqkv, l.dy, l.qkv, l.log_sum, l.scratch, &l.t->s, l.t->n);
    ref_gradient(want, l.qkv64, l.in, loss, &l);
    expect_near(l.t->name, dqkv, want, l.in, 2e-6);
}

static void test_forward(void **state)
{
    static const Case cases[] = {
        {"one token", {1, 1, 1, 1}, 1, 1},
        {"vit 64, 4 heads", {65, 64, 4, 65}, 2, 2},
        {"vit 64, first token", {65, 64, 4, 1}, 2, 2},
        {"head of 32", {17, 64, 2, 17}, 2, 2},
        {"head of 48", {33, 48, 1, 33}, 1, 2},
        {"head of 5", {19, 15, 3, 19}, 3, 2},
        {"head of 20", {50, 40, 2, 50}, 1, 2},
        {"a few queries", {20, 32, 2, 18}, 2, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(forward_case, &cases[i]);
}

static void test_backward(void **state)
{
    static const Case cases[] = {
        {"one token", {1, 1, 1, 1}, 1, 1},        {"a head", {9, 16, 1, 9}, 1, 2},
        {"two heads of 3", {18, 6, 2, 18}, 2, 2}, {"first token", {7, 8, 2, 1}, 2, 2},
        {"a few queries", {9, 4, 1, 5}, 1, 2},    {"head of 17", {5, 17, 1, 5}, 1, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) on_each_isa(backward_case, &cases[i]);
}

/* Scores far beyond the range of exp: the largest wins, and nothing overflows. NaN stays in its own image. */
static void extremes_case(const void *row)
{
    const Case *t = row;
    Layer l = layer_make(t);
    for (ptrdiff_t i = 0; i < l.in; i++) l.qkv[i] *= 100, l.qkv64[i] *= 100;
    attention_forward(l.y, l.log_sum, l.qkv, l.scratch, &t->s, t->n);
    ref_attention(l.y64, l.qkv64, &t->s, t->n);
    for (ptrdiff_t i = 0; i < l.out; i++) assert_true(isfinite(l.y[i]));
    l.qkv[0] = NAN; /* the first query of the first image */
    attention_forward(l.y, l.log_sum, l.qkv, l.scratch, &t->s, t->n);
    for (ptrdiff_t i = 0; i < l.out; i++) assert_int_equal(isnan(l.y[i]), i < t->s.width / t->s.heads);
}

static void test_extremes(void **state)
{
    static const Case huge = {"huge scores", {18, 8, 2, 18}, 2, 1};
    (void)state;
    on_each_isa(extremes_case, &huge);
}

static void test_flops(void **state)
{
    (void)state;
    assert_true(attention_flops(&(AttentionShape){65, 64, 4, 65}) == 4.0 * 65 * 65 * 64);
    assert_true(attention_flops(&(AttentionShape){65, 64, 4, 1}) == 4.0 * 65 * 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_flops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
