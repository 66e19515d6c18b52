/* test_nn_golden.c - whole networks against PyTorch's double-precision values (tests/gold/nets/README.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/isa.h"
#include "kernel/loss.h"
#include "nn/checkpoint.h"
#include "support/nets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name, *head;
    ModelSpec body; /* no family: a head on FEATURES features */
    Shape image;
    int64_t z;
} Case;

enum { WRN, VIT, CNN, TST, VTST };
static const Case cases[] = {
    [WRN] = {"wrn-10-1", "linear", {.family = "wrn", .depth = 10, .width = 1}, {32, 32, 3}, 0},
    [VIT] = {"vit-tiny",
             "linear",
             {.family = "vit", .patch = 4, .dim = 32, .depth = 2, .heads = 2, .mlp_ratio = 2},
             {32, 32, 3},
             0},
    [CNN] = {"cnn", "linear", {.family = "cnn"}, {17, 20, 2}, 0},
    [TST] = {"tst", "tst", {.depth = 0}, {0, 0, 0}, 32},
    [VTST] = {"vtst", "vtst", {.depth = 0}, {0, 0, 0}, 32},
};

enum { ROWS = 4, FEATURES = 64, CLASSES = 10 };

typedef struct {
    TensorFile gold;
    Model model;
    Pass pass; /* of training */
} Fixture;

static const float *gold(const Fixture *f, const char *name, ptrdiff_t *size)
{
    const Array *t = tensors_find(&f->gold, name);
    if (!t) fail_msg("the fixture has no '%s'", name);
    ptrdiff_t n = 1;
    for (int d = 0; d < t->dims; d++) n *= t->shape[d];
    if (size) *size = n;
    return t->data;
}

/* The gradient of the keys' bias is exactly 0 (softmax does not see what all scores share), so Adam moves it by the
 * sign of rounding errors: those values are no reference. */
static bool noise(const char *name, ptrdiff_t i, ptrdiff_t n)
{
    return strncmp(name, "after3/", 7) == 0 && strstr(name, "attn.qkv.bias") && i >= n / 3 && i < n / 3 * 2;
}

/* |got - gold| <= absolute + relative * largest |gold| of the tensor */
static void check_near(const Fixture *f, const char *name, const float *got, double absolute, double relative)
{
    ptrdiff_t n;
    const float *want = gold(f, name, &n);
    double most = 0, off = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (noise(name, i, n)) continue;
        most = fmax(most, fabs((double)want[i]));
        double d = fabs((double)got[i] - (double)want[i]);
        off = d <= off ? off : d; /* a NaN wins */
    }
    if (!(off <= absolute + relative * most))
        fail_msg("%s: off by %g where %g is allowed", name, off, absolute + relative * most);
}

static void open_case(Fixture *f, const Case *c)
{
    Err err = {0};
    char path[256];
    HeadSpec head_spec = {.z = c->z};
    snprintf(head_spec.kind, sizeof head_spec.kind, "%s", c->head);
    snprintf(path, sizeof path, "tests/gold/nets/%s.safetensors", c->name);
    if (tensors_read(path, &f->gold, &err) != OK) fail_msg("%s", err.msg);
    Net *body = c->body.family[0] ? net_body(&c->body, c->image, &err) : NULL;
    if (c->body.family[0] && !body) fail_msg("%s", err.msg);
    Net *head = net_head(&head_spec, body ? body->output.c : FEATURES, CLASSES, &err);
    if (!head) fail_msg("%s", err.msg);
    if (body && net_from_tensors(body, "param/", &f->gold, path, &err) != OK) fail_msg("%s", err.msg);
    if (net_from_tensors(head, "param/", &f->gold, path, &err) != OK) fail_msg("%s", err.msg);
    f->model = model_open(body, head, ROWS, true);
    model_input(&f->model, gold(f, "x", NULL));
    f->pass = (Pass){.mode = PASS_TRAIN};
    if (c->z) f->pass.kl_weight = 1.0f / (float)c->z;
    if (strcmp(c->head, "vtst") == 0) f->pass.eps = gold(f, "eps", NULL);
}

static void close_case(Fixture *f)
{
    model_close(&f->model);
    tensors_free(&f->gold);
}

static void test_eval(void **state)
{
    Fixture f;
    open_case(&f, *state);
    const Pass eval = {.mode = PASS_EVAL};
    check_near(&f, "logits_eval", model_forward(&f.model, ROWS, &eval), 1e-5, 0);
    if (f.model.body) check_near(&f, "features_eval", tape_output(f.model.body_tape), 1e-5, 0);
    close_case(&f);
}

/* An evaluation tape reuses its buffers: the same values. */
static void test_eval_tape(void **state)
{
    Fixture f;
    open_case(&f, *state);
    const Pass eval = {.mode = PASS_EVAL};
    Model m = model_open(f.model.body ? net_retain(f.model.body) : NULL, net_retain(f.model.head), ROWS, false);
    model_input(&m, gold(&f, "x", NULL));
    check_near(&f, "logits_eval", model_forward(&m, ROWS, &eval), 1e-5, 0);
    if (m.body) assert_true(tape_bytes(m.body_tape) < tape_bytes(f.model.body_tape) / 2);
    model_close(&m);
    close_case(&f);
}

static void test_gradients(void **state)
{
    Fixture f;
    open_case(&f, *state);
    check_near(&f, "logits_train", model_forward(&f.model, ROWS, &f.pass), 1e-5, 0);
    double loss = model_backward(&f.model, ROWS, (const int32_t *)gold(&f, "y", NULL), &f.pass);
    assert_true(fabs(loss - (double)*gold(&f, "loss", NULL)) <= 1e-5);
    int seen = 0;
    for (int i = 0; i < f.gold.tensors; i++) {
        const float *grad;
        if (strncmp(f.gold.tensor[i].name, "grad/", 5) != 0) continue;
        assert_non_null(model_param(&f.model, f.gold.tensor[i].name + 5, NULL, &grad));
        check_near(&f, f.gold.tensor[i].name, grad, 1e-5, 1e-4);
        seen++;
    }
    int trained = 0;
    for (int i = 0; i < f.model.head->params; i++) trained += f.model.head->param[i].trained;
    for (int i = 0; f.model.body && i < f.model.body->params; i++) trained += f.model.body->param[i].trained;
    assert_int_equal(seen, trained);
    close_case(&f);
}

/* Parameters and running statistics after three steps of Adam on the one batch. */
static void test_three_steps(void **state)
{
    Fixture f;
    open_case(&f, *state);
    for (int step = 0; step < 3; step++) {
        model_forward(&f.model, ROWS, &f.pass);
        model_backward(&f.model, ROWS, (const int32_t *)gold(&f, "y", NULL), &f.pass);
        model_adam(&f.model, 1e-3f);
    }
    for (int i = 0; i < f.gold.tensors; i++) {
        const float *value;
        if (strncmp(f.gold.tensor[i].name, "after3/", 7) != 0) continue;
        assert_non_null(model_param(&f.model, f.gold.tensor[i].name + 7, &value, NULL));
        check_near(&f, f.gold.tensor[i].name, value, 2e-4, 0);
    }
    close_case(&f);
}

/* Evaluation takes z = mu: logits W mu + b, from the fixture's own mu. */
static void test_mean_of_z(void **state)
{
    Fixture f;
    open_case(&f, *state);
    const int64_t z = ((const Case *)*state)->z;
    const float *mu = gold(&f, "mu", NULL), *w = gold(&f, "param/pyz.fc1_y.weight", NULL);
    const float *b = gold(&f, "param/pyz.fc1_y.bias", NULL);
    const Pass eval = {.mode = PASS_EVAL};
    const float *logits = model_forward(&f.model, ROWS, &eval);
    for (int i = 0; i < ROWS * CLASSES; i++) {
        double want = (double)b[i % CLASSES];
        for (int64_t j = 0; j < z; j++) want += (double)w[i % CLASSES * z + j] * (double)mu[i / CLASSES * z + j];
        assert_true(fabs((double)logits[i] - want) <= 1e-5);
    }
    close_case(&f);
}

/* KL, and the mean of the softmaxes of ten given draws. */
static void test_variational(void **state)
{
    Fixture f;
    open_case(&f, *state);
    const int64_t z = ((const Case *)*state)->z;
    const float *mu = gold(&f, "mu", NULL), *logvar = gold(&f, "logvar", NULL), *eps = gold(&f, "eps_test10", NULL);
    double mean_kl = 0;
    model_forward(&f.model, ROWS, &f.pass);
    for (int i = 0; i < ROWS; i++) {
        double kl = 0, got = (double)tape_kl(f.model.head_tape)[i];
        for (int64_t j = i * z; j < (i + 1) * z; j++)
            kl += 0.5 * ((double)mu[j] * (double)mu[j] + exp((double)logvar[j]) - 1 - (double)logvar[j]);
        assert_true(fabs(got - kl) <= 1e-4);
        mean_kl += got / ROWS;
    }
    assert_true(fabs(mean_kl / (double)z - (double)*gold(&f, "kl_over_Z", NULL)) <= 1e-5);

    double p[ROWS * CLASSES] = {0};
    float mean[ROWS * CLASSES];
    for (int m = 0; m < 10; m++) {
        Pass pass = f.pass;
        pass.eps = eps + m * ROWS * z;
        add_softmax(p, model_forward(&f.model, ROWS, &pass), ROWS, CLASSES);
    }
    for (int i = 0; i < ROWS * CLASSES; i++) mean[i] = (float)(p[i] / 10);
    check_near(&f, "probs_mc10", mean, 1e-5, 0);
    close_case(&f);
}

/* So that TARE_ISA counts. */
static int open_kernels(void **state)
{
    Err err;
    (void)state;
    return kernel_open(&err) == OK ? 0 : -1;
}

#define CHECK(what, test, c)                                                                                           \
    {                                                                                                                  \
        what ", " #c, test, NULL, NULL, (void *)&cases[c]                                                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK("eval", test_eval, WRN),
        CHECK("eval", test_eval, VIT),
        CHECK("eval", test_eval, CNN),
        CHECK("eval", test_eval, TST),
        CHECK("eval tape", test_eval_tape, WRN),
        CHECK("eval tape", test_eval_tape, VIT),
        CHECK("eval tape", test_eval_tape, TST),
        CHECK("z = mu", test_mean_of_z, VTST),
        CHECK("gradients", test_gradients, WRN),
        CHECK("gradients", test_gradients, VIT),
        CHECK("gradients", test_gradients, CNN),
        CHECK("gradients", test_gradients, TST),
        CHECK("gradients", test_gradients, VTST),
        CHECK("three steps", test_three_steps, WRN),
        CHECK("three steps", test_three_steps, VIT),
        CHECK("three steps", test_three_steps, CNN),
        CHECK("three steps", test_three_steps, TST),
        CHECK("three steps", test_three_steps, VTST),
        CHECK("kl and ten draws", test_variational, VTST),
    };
    return cmocka_run_group_tests(tests, open_kernels, NULL);
}
