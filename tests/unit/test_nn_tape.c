/* test_nn_tape.c - the executor: same bits for any number of threads and any batch, gradients, running statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "kernel/isa.h"
#include "nn/op.h"
#include "support/nets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIT(p, n, d, h) .patch = p, .dim = n, .depth = d, .heads = h, .mlp_ratio = 1.5

typedef struct {
    const char *name;
    ModelSpec body;
    Shape image;
    HeadSpec head;
    ptrdiff_t rows;
} Case;

/* The widths of the first two of wrn and of vit make one sum partial gradients only, and the other split its large ones
 * over tiles. */
static const Case cases[] = {
    {"wrn-10-1", {.family = "wrn", .depth = 10, .width = 1}, {8, 8, 3}, {.kind = "linear"}, 20},
    {"wrn-10-2", {.family = "wrn", .depth = 10, .width = 2}, {4, 8, 1}, {.kind = "tst", .z = 8}, 20},
    {"wrn-10-1, padded by one",
     {.family = "wrn", .depth = 10, .width = 1, .padding = "one"},
     {8, 12, 3},
     {.kind = "linear"},
     20},
    {"wrn-10-2, padded by one",
     {.family = "wrn", .depth = 10, .width = 2, .padding = "one"},
     {4, 8, 1},
     {.kind = "tst", .z = 8},
     20},
    {"mlp on images", {.family = "mlp", .hidden = 24, .layers = 2}, {6, 4, 3}, {.kind = "linear"}, 150},
    {"mlp on rows", {.family = "mlp", .hidden = 24, .layers = 3}, {0, 0, 17}, {.kind = "vtst", .z = 8}, 150},
    {"vit", {.family = "vit", VIT(2, 24, 3, 3)}, {8, 6, 3}, {.kind = "linear"}, 20},
    {"wide vit", {.family = "vit", VIT(4, 80, 2, 5)}, {8, 8, 1}, {.kind = "linear"}, 20},
    {"vit that drops",
     {.family = "vit", VIT(4, 16, 2, 2), .dropout = 0.25, .drop_path = 0.5},
     {8, 8, 1},
     {.kind = "linear"},
     20},
    {"cnn", {.family = "cnn"}, {16, 19, 2}, {.kind = "linear"}, 20},
};
enum { WRN, DROPPING = 8, CASES = sizeof cases / sizeof *cases, CLASSES = 5, ROWS_MOST = 200 };

static float eps[ROWS_MOST * 8];
static int32_t labels[ROWS_MOST];

static Model open_case(const Case *c, bool training)
{
    Err err = {0};
    Net *body = net_body(&c->body, c->image, &err);
    if (!body) fail_msg("%s", err.msg);
    Net *head = net_head(&c->head, body->output.c, CLASSES, &err);
    if (!head) fail_msg("%s", err.msg);
    net_init(body, 7, 0);
    net_init(head, 7, 1);
    Model m = model_open(body, head, c->rows, training);
    model_noise(&m, 3);
    return m;
}

static const Pass training = {.mode = PASS_TRAIN, .eps = eps, .kl_weight = 0.1f, .seed = 5, .step = 9};

static void assert_same(const char *what, const Case *c, const float *a, const float *b, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof a[i])) fail_msg("%s: %s[%td] = %.9g and %.9g", c->name, what, i, a[i], b[i]);
}

/* Two training steps with a pool of `threads`. */
static Model two_steps(const Case *c, int threads)
{
    Model m = open_case(c, true);
    Pool *pool = threads ? pool_open(threads, NULL) : NULL;
    Pass pass = training;
    pass.pool = pool;
    for (int step = 0; step < 2; step++) {
        model_forward(&m, c->rows, &pass);
        model_backward(&m, c->rows, labels, &pass);
        if (step == 0) model_adam(&m, 1e-3f);
    }
    net_update_running(m.body, m.body_tape, c->rows);
    pool_close(pool);
    return m;
}

static void test_threads(void **state)
{
    const Case *c = *state;
    static const int threads[] = {1, 2, 3, 7};
    Model want = two_steps(c, 0);
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        Model got = two_steps(c, threads[i]);
        assert_same("logits", c, tape_output(got.head_tape), tape_output(want.head_tape), c->rows * CLASSES);
        assert_same("body gradient", c, tape_grads(got.body_tape), tape_grads(want.body_tape), want.body->trained);
        assert_same("head gradient", c, tape_grads(got.head_tape), tape_grads(want.head_tape), want.head->trained);
        assert_same("value", c, got.body->values, want.body->values, want.body->size);
        model_close(&got);
    }
    model_close(&want);
}

/* In evaluation a row's bits depend on its chunk alone: a batch of fewer chunks gives the same; so does
 * a training tape. */
static void test_batches(void **state)
{
    const Case *c = *state;
    const Pass eval = {.mode = PASS_EVAL};
    Case fewer = *c;
    fewer.rows = strcmp(c->body.family, "mlp") ? 16 : 128;
    Model m = open_case(c, false), small = open_case(&fewer, false), trainer = open_case(c, true);
    model_forward(&m, c->rows, &eval);
    model_forward(&small, fewer.rows, &eval);
    model_forward(&trainer, c->rows, &eval);
    /* noise is drawn row by row, so the small batch is the start of the large one */
    assert_same("logits", c, tape_output(small.head_tape), tape_output(m.head_tape), fewer.rows * CLASSES);
    assert_same("logits", c, tape_output(trainer.head_tape), tape_output(m.head_tape), c->rows * CLASSES);
    model_forward(&m, 3, &eval); /* fewer rows than the tape holds */
    model_close(&m);
    model_close(&small);
    model_close(&trainer);
}

static double loss_at(Model *m, const Case *c)
{
    model_forward(m, c->rows, &training);
    return model_backward(m, c->rows, labels, &training);
}

/* Central differences of the whole loss along random directions of all parameters. */
static void test_gradient(void **state)
{
    const Case *c = *state;
    Model m = open_case(c, true);
    loss_at(&m, c);
    for (int part = 0; part < 2; part++) {
        Net *net = part ? m.head : m.body;
        size_t bytes = (size_t)net->trained * sizeof(float);
        float *grads = malloc(bytes), *first = malloc(bytes), *direction = malloc(bytes);
        loss_at(&m, c);
        memcpy(grads, tape_grads(part ? m.head_tape : m.body_tape), bytes);
        memcpy(first, net->values, bytes);
        Rng r = rng_stream(11, RNG_BOOTSTRAP, (uint32_t)part, 0);
        rng_normals(&r, direction, net->trained);
        double slope = 0, norm = 0, h = 2e-3, loss[2];
        for (ptrdiff_t i = 0; i < net->trained; i++) norm += (double)grads[i] * (double)grads[i];
        norm = sqrt(norm);
        for (ptrdiff_t i = 0; i < net->trained; i++) { /* uphill and some noise, so that the slope is not small */
            direction[i] = grads[i] / (float)norm + 0.3f * direction[i] / sqrtf((float)net->trained);
            slope += (double)grads[i] * (double)direction[i];
        }
        for (int side = 0; side < 2; side++) {
            for (ptrdiff_t i = 0; i < net->trained; i++)
                net->values[i] = first[i] + (float)(side ? h : -h) * direction[i];
            loss[side] = loss_at(&m, c);
        }
        memcpy(net->values, first, bytes);
        double numeric = (loss[1] - loss[0]) / (2 * h);
        if (!(fabs(numeric - slope) <= 0.02 * fabs(slope) + 1e-4))
            fail_msg("%s, %s: slope %g, by differences %g", c->name, part ? "head" : "body", slope, numeric);
        free(grads);
        free(first);
        free(direction);
    }
    model_close(&m);
}

/* running = (1 - m) running + m batch, with the unbiased variance, against the first convolution done by hand. */
static void test_running(void **state)
{
    (void)state;
    const Case *c = &cases[WRN];
    Model m = open_case(c, true);
    m.body->bn_momentum = 0.25f;
    model_forward(&m, c->rows, &training);
    net_update_running(m.body, m.body_tape, c->rows);
    Model again = open_case(c, true); /* the input of batchnorm_0 is init_conv's output */
    const float *w = again.body->values + net_param(again.body, "init_conv.weight")->offset;
    const float *x = tape_input(again.body_tape);
    double sum = 0, square = 0, count = (double)(c->rows * 8 * 8);
    for (ptrdiff_t row = 0; row < c->rows; row++)
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++) {
                double y = 0;
                for (int ky = 0; ky < 3; ky++)
                    for (int kx = 0; kx < 3; kx++)
                        for (int ci = 0; ci < 3; ci++)
                            y += (double)w[(ci * 3 + ky) * 3 + kx] *
                                 (double)x[((row * 10 + i + ky) * 10 + j + kx) * 3 + ci];
                sum += y;
                square += y * y;
            }
    double mean = sum / count, var = (square - sum * mean) / (count - 1);
    const float *got_mean, *got_var;
    model_param(&m, "layer.0.block.0.batchnorm_0.running_mean", &got_mean, NULL);
    model_param(&m, "layer.0.block.0.batchnorm_0.running_var", &got_var, NULL);
    assert_true(fabs((double)got_mean[0] - 0.25 * mean) <= 1e-6);
    assert_true(fabs((double)got_var[0] - (0.75 + 0.25 * var)) <= 1e-5);
    model_close(&m);
    model_close(&again);
}

/* The gradient of a head's features, against differences of single features. */
static void test_input_gradient(void **state)
{
    (void)state;
    Err err = {0};
    HeadSpec spec = {.kind = "vtst", .z = 8};
    Model m = model_open(NULL, net_head(&spec, 6, CLASSES, &err), 70, true);
    net_init(m.head, 5, 1);
    model_noise(&m, 2);
    model_forward(&m, 70, &training);
    model_backward(&m, 70, labels, &training); /* fills the output's gradient */
    model_forward(&m, 70, &training);
    net_backward(m.head, m.head_tape, 70, &training, true);
    for (ptrdiff_t i = 0; i < 70 * 6; i += 37) {
        float *x = tape_input(m.head_tape) + i, first = *x;
        double loss[2], got = (double)tape_input_grad(m.head_tape)[i];
        for (int side = 0; side < 2; side++) {
            *x = first + (side ? 0.01f : -0.01f);
            model_forward(&m, 70, &training);
            loss[side] = model_backward(&m, 70, labels, &training);
        }
        *x = first;
        assert_true(fabs((loss[1] - loss[0]) / 0.02 - got) <= 2e-5 + 0.02 * fabs(got));
    }
    model_close(&m);
}

/* What is dropped is a matter of seed, step and row: it changes with each, evaluation drops nothing, and a row keeps
 * its draws in another batch. */
static void test_streams(void **state)
{
    (void)state;
    const Case *c = &cases[DROPPING];
    const Pass eval = {.mode = PASS_EVAL};
    Case none = *c;
    none.body.dropout = none.body.drop_path = 0;
    Model m = open_case(c, true), plain = open_case(&none, true);
    float first[20 * CLASSES];
    const size_t size = sizeof first;
    memcpy(first, model_forward(&m, c->rows, &training), size);
    assert_memory_equal(model_forward(&m, c->rows, &training), first, size);
    Pass other = training;
    other.step++;
    assert_memory_not_equal(model_forward(&m, c->rows, &other), first, size);
    other = training;
    other.seed++;
    assert_memory_not_equal(model_forward(&m, c->rows, &other), first, size);
    assert_memory_equal(model_forward(&m, 16, &training), first, 16 * CLASSES * sizeof *first);
    memcpy(plain.body->values, m.body->values, (size_t)m.body->size * sizeof(float));
    memcpy(first, model_forward(&plain, c->rows, &eval), size);
    assert_memory_equal(model_forward(&m, c->rows, &eval), first, size);
    assert_memory_equal(model_forward(&plain, c->rows, &training), first, size);
    model_close(&m);
    model_close(&plain);
}

/* A quarter of the values is dropped, or of the rows, and what is left is a third larger. */
static void test_drop(void **state)
{
    (void)state;
    enum { N = 500, C = 40 };
    const OpKind *const kinds[] = {&op_dropout, &op_drop_path};
    for (int k = 0; k < 2; k++) {
        Net *net = net_new("drop", (Shape){0, 0, C}, NULL);
        assert_int_equal(net_finish(net, net_add_drop(net, 0, kinds[k], 0.25), NULL), OK);
        Tape *tape = tape_open(net, N, true, NULL);
        for (int i = 0; i < N * C; i++) tape_input(tape)[i] = (float)(i % 7 + 1);
        net_forward(net, tape, N, &training);
        int dropped = 0;
        for (int i = 0; i < N * C; i++) {
            float x = tape_input(tape)[i], y = tape_output(tape)[i];
            dropped += y == 0;
            if (y != 0) assert_true(fabsf(y - x / 0.75f) <= 1e-6f * x);
            if (k == 1) assert_int_equal(y == 0, tape_output(tape)[i / C * C] == 0); /* a row as one */
        }
        const double share = dropped / (double)(N * C), sd = sqrt(0.25 * 0.75 / (k ? N : N * C));
        assert_true(fabs(share - 0.25) < 4 * sd);
        tape_close(tape);
        net_release(net);
    }
}

/* What tape_need says is what tape_open takes; what is cheap to compute again is not kept. */
static void test_memory(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        Model m = open_case(&cases[i], true);
        assert_int_equal(tape_need(m.body, cases[i].rows, true, NULL), tape_bytes(m.body_tape));
        assert_true(tape_need(m.body, cases[i].rows, false, NULL) < tape_bytes(m.body_tape));
        model_close(&m);
    }
    const ModelSpec spec = {.family = "vit", VIT(4, 64, 8, 4)};
    Net *net = net_body(&spec, (Shape){32, 32, 3}, NULL);
    const double token = 65 * 64 * sizeof(float) * 128; /* one slot of 64 floats a token, a batch of 128 */
    /* a block would keep x, norm, q, k, v, attention, x, norm, hidden, GELU: 11; parts and gradients come on top */
    assert_true((double)tape_need(net, 128, true, NULL) < 8 * 10 * token);
    net_release(net);
}

static int open_kernels(void **state)
{
    Err err;
    (void)state;
    return kernel_open(&err) == OK ? 0 : -1;
}

int main(void)
{
    Rng r = rng_stream(1, RNG_EPS_TRAIN, 0, 0);
    rng_normals(&r, eps, ROWS_MOST * 8);
    for (int i = 0; i < ROWS_MOST; i++) labels[i] = i * 7 % CLASSES;
    const struct CMUnitTest each[] = {
        {"threads", test_threads, NULL, NULL, NULL},
        {"batches", test_batches, NULL, NULL, NULL},
        {"gradient", test_gradient, NULL, NULL, NULL},
    };
    enum { EACH = sizeof each / sizeof *each, ALONE = 5 };
    struct CMUnitTest tests[EACH * CASES + ALONE] = {
        cmocka_unit_test(test_running), cmocka_unit_test(test_input_gradient), cmocka_unit_test(test_streams),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_drop)};
    static char name[EACH * CASES][64];
    for (int i = 0; i < EACH * CASES; i++) {
        const Case *c = &cases[i % CASES];
        snprintf(name[i], sizeof name[i], "%s, %s", each[i / CASES].name, c->name);
        tests[ALONE + i] = each[i / CASES];
        tests[ALONE + i].name = name[i];
        tests[ALONE + i].initial_state = (void *)c;
    }
    return cmocka_run_group_tests(tests, open_kernels, NULL);
}
