/* test_nn_tape.c - the executor: same bits for any number of threads and any batch, gradients, running statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "support/nets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    ModelSpec body;
    Shape image;
    HeadSpec head;
    ptrdiff_t rows;
} Case;

/* The widths make one case sum partial gradients only, and the other split its large ones over tiles. */
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
};
enum { CLASSES = 5, ROWS_MOST = 200 };

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

static const Pass training = {.mode = PASS_TRAIN, .eps = eps, .kl_weight = 0.1f};

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
    fewer.rows = c->image.h && strcmp(c->body.family, "wrn") == 0 ? 16 : 128;
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
    const Case *c = &cases[0];
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

#define CHECK(what, test, i)                                                                                           \
    {                                                                                                                  \
        what, test, NULL, NULL, (void *)&cases[i]                                                                      \
    }

int main(void)
{
    Rng r = rng_stream(1, RNG_EPS_TRAIN, 0, 0);
    rng_normals(&r, eps, ROWS_MOST * 8);
    for (int i = 0; i < ROWS_MOST; i++) labels[i] = i * 7 % CLASSES;
    const struct CMUnitTest tests[] = {
        CHECK("threads, wrn-10-1", test_threads, 0),
        CHECK("threads, wrn-10-2", test_threads, 1),
        CHECK("threads, wrn-10-1 padded by one", test_threads, 2),
        CHECK("threads, wrn-10-2 padded by one", test_threads, 3),
        CHECK("threads, mlp on images", test_threads, 4),
        CHECK("threads, mlp on rows", test_threads, 5),
        CHECK("batches, wrn-10-1", test_batches, 0),
        CHECK("batches, wrn-10-2", test_batches, 1),
        CHECK("batches, wrn-10-1 padded by one", test_batches, 2),
        CHECK("batches, wrn-10-2 padded by one", test_batches, 3),
        CHECK("batches, mlp on images", test_batches, 4),
        CHECK("batches, mlp on rows", test_batches, 5),
        CHECK("gradient, wrn-10-1", test_gradient, 0),
        CHECK("gradient, wrn-10-2", test_gradient, 1),
        CHECK("gradient, wrn-10-1 padded by one", test_gradient, 2),
        CHECK("gradient, wrn-10-2 padded by one", test_gradient, 3),
        CHECK("gradient, mlp on images", test_gradient, 4),
        CHECK("gradient, mlp on rows", test_gradient, 5),
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_input_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
