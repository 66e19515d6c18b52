/* test_nn_net.c - families and heads: names, sizes, first weights, refusals; copies, references, fingerprints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nn/net.h"
#include "nn/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- sizes ---- */

/* Parameters of WRN-d-k with a linear head, straight from the architecture's definition. */
static ptrdiff_t wrn_parameters(ptrdiff_t depth, ptrdiff_t k, ptrdiff_t in, ptrdiff_t classes)
{
    ptrdiff_t total = 16 * in * 9, c = 16, blocks = (depth - 4) / 6;
    for (int group = 0; group < 3; group++)
        for (ptrdiff_t b = 0; b < blocks; b++) {
            ptrdiff_t co = (16 << group) * k;
            total += 2 * c + 9 * c * co + 2 * co + 9 * co * co + (c != co ? c * co : 0);
            c = co;
        }
    return total + 2 * c + c * classes + classes;
}

static const struct {
    const char *name;
    int64_t depth, width;
    Shape image;
    ptrdiff_t classes, parameters; /* 0: from the definition alone */
} sizes[] = {
    {"wrn-10-1", 10, 1, {32, 32, 3}, 10, 77850},
    {"wrn-16-1", 16, 1, {32, 32, 3}, 10, 0},
    {"wrn-16-4, 100 classes", 16, 4, {32, 32, 3}, 100, 0},
    {"wrn-28-10", 28, 10, {32, 32, 3}, 10, 36479194}, /* 36.5 M in Zagoruyko & Komodakis, table 5 */
    {"wrn-10-2, grey, not square", 10, 2, {28, 36, 1}, 10, 0},
    {"wrn-10-1, smallest", 10, 1, {4, 4, 1}, 2, 0},
    {"wrn-10-1, 4 channels, 1000 classes", 10, 1, {64, 8, 4}, 1000, 0},
    {"wrn-10-1, 7 channels", 10, 1, {12, 20, 7}, 3, 0},
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        Err err = {0};
        ModelSpec spec = {.family = "wrn", .depth = sizes[i].depth, .width = sizes[i].width};
        Net *body = net_body(&spec, sizes[i].image, &err);
        if (!body) fail_msg("%s", err.msg);
        assert_int_equal(body->output.c, 64 * spec.width);
        HeadSpec head_spec = {.kind = "linear"};
        Net *head = net_head(&head_spec, body->output.c, sizes[i].classes, &err);
        ptrdiff_t got = body->trained + head->trained;
        assert_int_equal(got, wrn_parameters(spec.depth, spec.width, sizes[i].image.c, sizes[i].classes));
        if (sizes[i].parameters) assert_int_equal(got, sizes[i].parameters);
        net_release(body);
        net_release(head);
    }
}

/* A wrn takes any channels, classes, and sides that divide by 4: forward and back, features as they should be. */
static void test_any_images(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i].depth > 10) continue;
        ModelSpec spec = {.family = "wrn", .depth = sizes[i].depth, .width = sizes[i].width};
        Net *body = net_body(&spec, sizes[i].image, NULL);
        Shape image = sizes[i].image;
        net_init(body, 3, 0);
        Tape *tape = tape_open(body, 3, true, NULL);
        const Pass pass = {.mode = PASS_TRAIN};
        for (ptrdiff_t p = 0; p < 3 * (image.h + 2) * (image.w + 2); p++) {
            ptrdiff_t y = p / (image.w + 2) % (image.h + 2), x = p % (image.w + 2);
            bool inside = y && y <= image.h && x && x <= image.w;
            for (ptrdiff_t c = 0; c < image.c; c++)
                tape_input(tape)[p * image.c + c] = inside ? sinf((float)(p * 7 + c * 3)) : 0;
        }
        net_forward(body, tape, 3, &pass);
        float most = 0;
        for (ptrdiff_t j = 0; j < 3 * body->output.c; j++) {
            assert_true(isfinite(tape_output(tape)[j]));
            most = fmaxf(most, tape_output(tape)[j]);
            tape_output_grad(tape)[j] = j % 2 ? 1 : -1;
        }
        assert_true(most > 0);
        net_backward(body, tape, 3, &pass, false);
        for (int k = 0; k < body->params; k++) { /* every trained tensor has a gradient */
            const Param *p = &body->param[k];
            float largest = 0;
            for (ptrdiff_t j = 0; p->trained && j < p->size; j++)
                largest = fmaxf(largest, fabsf(tape_grads(tape)[p->offset + j]));
            if (p->trained && !(largest > 0 && isfinite(largest)))
                fail_msg("%s: no gradient of %s", sizes[i].name, p->name);
        }
        tape_close(tape);
        net_release(body);
    }
}

/* Parameters of the other families, counted by hand. */
static void test_sizes_of_others(void **state)
{
    (void)state;
    static const struct {
        ModelSpec spec;
        Shape image;
        ptrdiff_t features, parameters;
    } rows[] = {
        /* patches, class token and positions, blocks of 8 d^2 + 11 d, the last norm */
        {{.family = "vit", .patch = 4, .dim = 64, .depth = 4, .heads = 4, .mlp_ratio = 2},
         {32, 32, 3},
         64,
         64 * 49 + 66 * 64 + 4 * (8 * 64 * 64 + 11 * 64) + 2 * 64},
        /* ViT-B/16 without its head: 85.8 M in Dosovitskiy et al., table 1 (86 M) */
        {{.family = "vit", .patch = 16, .dim = 768, .depth = 12, .heads = 12, .mlp_ratio = 4},
         {224, 224, 3},
         768,
         85798656},
        {{.family = "cnn"}, {32, 32, 3}, 84, 6 * 76 + 16 * 151 + 120 * 401 + 84 * 121},
        {{.family = "cnn"}, {28, 28, 1}, 84, 6 * 26 + 16 * 151 + 120 * 257 + 84 * 121},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Err err = {0};
        Net *net = net_body(&rows[i].spec, rows[i].image, &err);
        if (!net) fail_msg("%s", err.msg);
        assert_int_equal(net->output.c, rows[i].features);
        assert_int_equal(net->output.h, 0);
        assert_int_equal(net->trained, rows[i].parameters);
        net_release(net);
    }
}

/* docs: 74.1 MFLOP an image for a training step of WRN-10-1, about three times the forward pass. */
static void test_flops(void **state)
{
    (void)state;
    ModelSpec spec = {.family = "wrn", .depth = 10, .width = 1};
    Net *net = net_body(&spec, (Shape){32, 32, 3}, NULL);
    double want = 2.0 * (1024 * 9 * (3 * 16 + 16 * 16 + 16 * 16) + 256 * (9 * (16 * 32 + 32 * 32) + 16 * 32) +
                         64 * (9 * (32 * 64 + 64 * 64) + 32 * 64));
    assert_true(fabs(net_flops(net) - want) <= 1e-6 * want);
    net_release(net);
}

/* ---- names ---- */

static const struct {
    const char *kind, *name;
    int dims;
    ptrdiff_t shape[4];
    bool trained, decays;
} params[] = {
    {"wrn", "init_conv.weight", 4, {16, 3, 3, 3}, true, true},
    {"wrn", "layer.0.block.0.batchnorm_0.weight", 1, {16}, true, false},
    {"wrn", "layer.0.block.0.shortcut.weight", 4, {32, 16, 1, 1}, true, true},
    {"wrn", "layer.1.block.0.conv_0.weight", 4, {64, 32, 3, 3}, true, true},
    {"wrn", "layer.2.block.1.conv_1.weight", 4, {128, 128, 3, 3}, true, true},
    {"wrn", "layer.2.block.1.batchnorm_1.running_var", 1, {128}, false, false},
    {"wrn", "batchnorm.bias", 1, {128}, true, false},
    {"vit", "cls_token", 3, {1, 1, 48}, true, false},
    {"vit", "pos_embed", 3, {1, 65, 48}, true, false},
    {"vit", "patch_embed.weight", 4, {48, 3, 4, 4}, true, true},
    {"vit", "blocks.0.norm1.weight", 1, {48}, true, false},
    {"vit", "blocks.3.attn.qkv.weight", 2, {144, 48}, true, true},
    {"vit", "blocks.15.attn.proj.bias", 1, {48}, true, false},
    {"vit", "blocks.1.mlp.fc1.weight", 2, {120, 48}, true, true},
    {"vit", "blocks.1.mlp.fc2.weight", 2, {48, 120}, true, true},
    {"vit", "norm.bias", 1, {48}, true, false},
    {"cnn", "conv1.weight", 4, {6, 3, 5, 5}, true, true},
    {"cnn", "conv2.bias", 1, {16}, true, false},
    {"cnn", "fc1.weight", 2, {120, 400}, true, true},
    {"cnn", "fc2.weight", 2, {84, 120}, true, true},
    {"mlp", "mlp.0.weight", 2, {24, 3072}, true, true},
    {"mlp", "mlp.1.bias", 1, {24}, true, false},
    {"linear", "logits.weight", 2, {10, 64}, true, true},
    {"tst", "qzx_model.fc1.weight", 2, {96, 64}, true, true},
    {"tst", "qzx_model.fc2.bias", 1, {32}, true, false},
    {"vtst", "qzx_var.fc2.weight", 2, {32, 96}, true, true},
    {"vtst", "pyz.fc1_y.weight", 2, {10, 32}, true, true},
};

static Net *open_net(const char *kind)
{
    Err err = {0};
    ModelSpec body = {
        .depth = 16, .width = 2, .hidden = 24, .layers = 2, .patch = 4, .dim = 48, .heads = 3, .mlp_ratio = 2.5};
    HeadSpec head = {.z = 32};
    snprintf(body.family, sizeof body.family, "%s", kind);
    snprintf(head.kind, sizeof head.kind, "%s", kind);
    Net *net = family_find(kind) ? net_body(&body, (Shape){32, 32, 3}, &err) : net_head(&head, 64, 10, &err);
    if (!net) fail_msg("%s", err.msg);
    return net;
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        Net *net = open_net(params[i].kind);
        const Param *p = net_param(net, params[i].name);
        if (!p) fail_msg("%s has no %s", params[i].kind, params[i].name);
        assert_int_equal(p->dims, params[i].dims);
        for (int d = 0; d < p->dims; d++) assert_int_equal(p->shape[d], params[i].shape[d]);
        assert_int_equal(p->trained, params[i].trained);
        assert_int_equal(p->decays, params[i].decays);
        assert_int_equal(p->offset < net->trained, params[i].trained);
        net_release(net);
    }
    Net *narrow = open_net("wrn");
    assert_null(net_param(narrow, "layer.0.block.1.shortcut.weight"));
    assert_null(net_param(narrow, "logits.weight"));
    net_release(narrow);
}

/* ---- layers ---- */

/* Layers add up to the network; what only passes values on is plain. */
static void test_layers(void **state)
{
    (void)state;
    static const char *const kinds[] = {"wrn", "vit", "cnn", "mlp", "tst", "vtst"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Net *net = open_net(kinds[i]);
        ptrdiff_t parameters = 0;
        double flops = 0;
        for (int op = 0; op < net->ops; op++) {
            Layer layer = net_layer(net, op);
            parameters += layer.parameters;
            flops += layer.flops;
            assert_int_equal(layer.name[0] != 0, layer.parameters > 0);
            bool plain = !strcmp(layer.operation, "relu") || !strcmp(layer.operation, "add") ||
                         !strcmp(layer.operation, "gelu") || !strcmp(layer.operation, "gaussian");
            assert_int_equal(layer.plain, plain);
        }
        assert_int_equal(parameters, net->trained);
        assert_true(fabs(flops - net_flops(net)) <= 1e-9 * flops);
        net_release(net);
    }
    Net *net = open_net("vit");
    Layer layer = net_layer(net, 4); /* patches, patch_embed, tokens, norm1, qkv */
    assert_string_equal(layer.name, "blocks.0.attn.qkv");
    assert_string_equal(layer.operation, "linear");
    assert_int_equal(layer.output.h, 65);
    assert_int_equal(layer.output.c, 3 * 48);
    assert_true(layer.flops == 2.0 * 65 * 48 * 144);
    net_release(net);
}

/* ---- first weights ---- */

static void moments(const Net *net, const char *name, double *mean, double *sd, double *most)
{
    const Param *p = net_param(net, name);
    double sum = 0, square = 0;
    *most = 0;
    for (ptrdiff_t i = 0; i < p->size; i++) {
        double w = (double)net->values[p->offset + i];
        sum += w;
        square += w * w;
        *most = fmax(*most, fabs(w));
    }
    *mean = sum / (double)p->size;
    *sd = sqrt(square / (double)p->size - *mean * *mean);
}

static void test_init(void **state)
{
    (void)state;
    double mean, sd, most;
    Net *body = open_net("wrn"), *head = open_net("tst");
    net_init(body, 1, 0);
    net_init(head, 1, 1);
    moments(body, "layer.2.block.1.conv_1.weight", &mean, &sd, &most);
    assert_true(fabs(mean) < 5e-4 && fabs(sd / sqrt(2.0 / (9 * 128)) - 1) < 0.01);
    moments(body, "layer.1.block.0.shortcut.weight", &mean, &sd, &most);
    assert_true(fabs(sd / sqrt(2.0 / 64) - 1) < 0.05);
    moments(body, "batchnorm.weight", &mean, &sd, &most);
    assert_true(mean == 1 && sd == 0);
    moments(body, "batchnorm.running_var", &mean, &sd, &most);
    assert_true(mean == 1 && sd == 0);
    moments(body, "batchnorm.running_mean", &mean, &sd, &most);
    assert_true(most == 0);
    moments(head, "qzx_model.fc1.weight", &mean, &sd, &most); /* uniform in +- 1/8 */
    assert_true(most <= 0.125 && most > 0.1249 && fabs(sd / (0.125 / sqrt(3)) - 1) < 0.02);
    moments(head, "qzx_model.fc1.bias", &mean, &sd, &most);
    assert_true(most == 0);

    Net *vit = open_net("vit");
    net_init(vit, 1, 0); /* cut at two sds, a normal distribution's sd is .8796 of its own */
    moments(vit, "blocks.3.attn.qkv.weight", &mean, &sd, &most);
    assert_true(fabs(mean) < 1e-3 && fabs(sd / (0.8796 * 0.02) - 1) < 0.03 && most <= 0.04 && most > 0.0399);
    moments(vit, "pos_embed", &mean, &sd, &most);
    assert_true(fabs(sd / (0.8796 * 0.02) - 1) < 0.05 && most <= 0.04);
    moments(vit, "norm.weight", &mean, &sd, &most);
    assert_true(mean == 1 && sd == 0);
    moments(vit, "blocks.0.mlp.fc1.bias", &mean, &sd, &most);
    assert_true(most == 0);
    net_release(vit);

    uint64_t first = net_fingerprint(body);
    net_init(body, 2, 0);
    assert_true(net_fingerprint(body) != first);
    net_init(body, 1, 1);
    assert_true(net_fingerprint(body) != first);
    net_init(body, 1, 0);
    assert_true(net_fingerprint(body) == first);
    net_release(body);
    net_release(head);
}

/* ---- copies, references ---- */

static void test_copy(void **state)
{
    (void)state;
    Net *net = open_net("vtst");
    net_init(net, 1, 1);
    uint64_t print = net_fingerprint(net);
    Net *copy = net_copy(net, NULL);
    assert_true(net_fingerprint(copy) == print);
    copy->values[0] += 1;
    assert_true(net_fingerprint(net) == print && net_fingerprint(copy) != print);
    assert_ptr_equal(net_retain(net), net);
    net_release(net);
    assert_true(net_fingerprint(net) == print); /* still there */
    net_release(net);
    assert_string_equal(copy->family, "vtst"); /* and the copy outlives it */
    net_release(copy);
    net_release(NULL);
}

static void test_finite(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    Net *net = open_net("wrn");
    net_init(net, 1, 0);
    for (int i = 0; i < 3; i++) {
        const char *name = "untouched";
        assert_true(net_finite(net, &name));
        assert_string_equal(name, "untouched");
        const Param *p = net_param(net, "layer.1.block.0.batchnorm_1.running_var");
        float was = net->values[p->offset + 3];
        net->values[p->offset + 3] = bad[i];
        assert_false(net_finite(net, &name));
        assert_string_equal(name, p->name);
        net->values[p->offset + 3] = was;
    }
    net_release(net);
}

/* ---- refusals ---- */

#define VIT(p, n, d, h) .patch = p, .dim = n, .depth = d, .heads = h, .mlp_ratio = 2

static const struct {
    const char *name;
    ModelSpec spec;
    Shape image;
    const char *says;
} refused[] = {
    {"depth between", {.family = "wrn", .depth = 12, .width = 1}, {32, 32, 3}, "take 10 or 16"},
    {"depth below a step", {.family = "wrn", .depth = 27, .width = 1}, {32, 32, 3}, "take 22 or 28"},
    {"depth too small", {.family = "wrn", .depth = 4, .width = 1}, {32, 32, 3}, "smallest is 10"},
    {"negative depth", {.family = "wrn", .depth = -2, .width = 1}, {32, 32, 3}, "smallest is 10"},
    {"no width", {.family = "wrn", .depth = 10}, {32, 32, 3}, "width 1 to 64"},
    {"wrn on rows", {.family = "wrn", .depth = 10, .width = 1}, {0, 0, 64}, "take an mlp"},
    {"30 x 32", {.family = "wrn", .depth = 10, .width = 1}, {30, 32, 3}, "30 x 32 does not divide by 4"},
    {"unknown", {.family = "vgg"}, {32, 32, 3}, "no model 'vgg'; there are wrn, vit, cnn, mlp"},
    {"heads", {.family = "vit", VIT(4, 64, 4, 3)}, {32, 32, 3}, "heads = 3 does not divide dim = 64"},
    {"patch", {.family = "vit", VIT(5, 64, 4, 4)}, {32, 32, 3}, "patch = 5 does not divide images of 32 x 32"},
    {"one patch", {.family = "vit", VIT(32, 64, 4, 4)}, {32, 32, 3}, "is the whole image"},
    {"vit on rows", {.family = "vit", VIT(4, 64, 4, 4)}, {0, 0, 64}, "take an mlp"},
    {"no blocks", {.family = "vit", VIT(4, 64, 0, 4)}, {32, 32, 3}, "depth = 0 may be 1 to 64"},
    {"drops all", {.family = "vit", VIT(4, 64, 4, 4), .dropout = 1}, {32, 32, 3}, "dropout = 1 may be 0 to 0.9"},
    {"cnn on rows", {.family = "cnn"}, {0, 0, 64}, "take an mlp"},
    {"small images", {.family = "cnn"}, {15, 32, 3}, "at least 16 x 16, not 15 x 32"},
    {"no hidden units", {.family = "mlp", .layers = 1}, {32, 32, 3}, "hidden = 0"},
    {"no layers", {.family = "mlp", .hidden = 8}, {32, 32, 3}, "layers = 0"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        Err err = {0};
        assert_null(net_body(&refused[i].spec, refused[i].image, &err));
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, refused[i].says)) fail_msg("%s: %s", refused[i].name, err.msg);
    }
    Err err = {0};
    assert_null(net_head(&(HeadSpec){.kind = "svm"}, 64, 10, &err));
    assert_non_null(strstr(err.msg, "no head 'svm'"));
    assert_null(net_head(&(HeadSpec){.kind = "tst"}, 64, 10, &err));
    assert_non_null(strstr(err.msg, "z = 0"));
    assert_null(net_head(&(HeadSpec){.kind = "linear"}, 64, 1, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_images), cmocka_unit_test(test_sizes_of_others),
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_flops),
        cmocka_unit_test(test_names),      cmocka_unit_test(test_layers),
        cmocka_unit_test(test_init),       cmocka_unit_test(test_copy),
        cmocka_unit_test(test_finite),     cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
