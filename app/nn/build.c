/* build.c - networks from operations: slots, parameters, and their layout in memory. One thread. */
#include "nn/op.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more item; arrays double, so they are full when their count is a power of two. NULL without memory. */
static void *grow(void *array, int count, size_t item)
{
    if (count & (count - 1)) return array;
    return realloc(array, (count ? 2 * (size_t)count : 1) * item);
}

static int add_slot(Net *net, Shape s)
{
    Shape *grown = grow(net->slot, net->slots, sizeof *grown);
    if (!grown) return -1;
    net->slot = grown;
    net->slot[net->slots] = s;
    return net->slots++;
}

/* Append "prefix.suffix" (prefix NULL: "suffix") with the rest as in p; its size comes from its shape. The index, or
 * -1. */
static int add_param(Net *net, const char *prefix, const char *suffix, Param p)
{
    Param *grown = grow(net->param, net->params, sizeof *grown);
    if (!grown) return -1;
    net->param = grown;
    int length = snprintf(p.name, sizeof p.name, "%s%s%s", prefix ? prefix : "", prefix ? "." : "", suffix);
    assert(length < PARAM_NAME_SIZE);
    (void)length;
    p.size = 1;
    for (int d = 0; d < p.dims; d++) p.size *= p.shape[d];
    net->param[net->params] = p;
    return net->params++;
}

/* Append op with its output slot; the slot, or -1. */
static int add_op(Net *net, Op op, Shape out)
{
    Op *grown = grow(net->op, net->ops, sizeof *grown);
    if (!grown) return -1;
    net->op = grown;
    op.out = add_slot(net, out);
    if (op.out < 0) return -1;
    assert(op.out == net->ops + 1);
    net->op[net->ops++] = op;
    return op.out;
}

static Op op_of(const OpKind *kind, int a, int b)
{
    return (Op){.kind = kind, .in = {a, b}, .param = {-1, -1, -1, -1}};
}

Net *net_new(const char *family, Shape input, Err *err)
{
    Net *net = calloc(1, sizeof *net);
    if (!net || add_slot(net, input) < 0) {
        err_set(err, ERR_MEMORY, "no memory for a network");
        free(net);
        return NULL;
    }
    snprintf(net->family, sizeof net->family, "%s", family);
    net->input = input;
    net->bn_momentum = 0.01f;
    net->references = 1;
    return net;
}

/* Kernels ~ N(0, 2 / (k k C_out)), as the authors' code has them (He et al. 2015, fan out). */
static int add_conv(Net *net, int x, const char *name, ptrdiff_t co, int k, int stride, bool pad_one)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_conv, x, -1);
    op.conv = (ConvShape){.h = s.h, .w = s.w, .ci = s.c, .co = co, .k = k, .stride = stride, .pad_one = pad_one};
    op.param[0] = add_param(net, name, "weight",
                            (Param){.dims = 4,
                                    .shape = {co, s.c, k, k},
                                    .trained = true,
                                    .decays = true,
                                    .init_sd = (float)sqrt(2.0 / (double)(k * k * co))});
    if (op.param[0] < 0) return -1;
    return add_op(net, op, (Shape){s.h / stride, s.w / stride, co});
}

int net_add_conv(Net *net, int x, const char *name, ptrdiff_t co, int k, int stride)
{
    return add_conv(net, x, name, co, k, stride, false);
}

int net_add_conv_padded(Net *net, int x, const char *name, ptrdiff_t co, int k, int stride)
{
    return add_conv(net, x, name, co, k, stride, true);
}

int net_add_bn_relu(Net *net, int x, const char *name)
{
    if (x < 0) return -1;
    static const char *const suffix[4] = {"weight", "bias", "running_mean", "running_var"};
    static const float first[4] = {1, 0, 0, 1};
    Op op = op_of(&op_bn_relu, x, -1);
    for (int i = 0; i < 4; i++) {
        Param p = {.dims = 1, .shape = {net->slot[x].c}, .trained = i < 2, .init = first[i]};
        op.param[i] = add_param(net, name, suffix[i], p);
        if (op.param[i] < 0) return -1;
    }
    return add_op(net, op, net->slot[x]);
}

int net_add_relu(Net *net, int x)
{
    return x < 0 ? -1 : add_op(net, op_of(&op_relu, x, -1), net->slot[x]);
}

int net_add_add(Net *net, int a, int b)
{
    return a < 0 || b < 0 ? -1 : add_op(net, op_of(&op_add, a, b), net->slot[a]);
}

int net_add_mean_pool(Net *net, int x)
{
    return x < 0 ? -1 : add_op(net, op_of(&op_mean_pool, x, -1), (Shape){0, 0, net->slot[x].c});
}

int net_add_flatten(Net *net, int x)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    return add_op(net, op_of(&op_flatten, x, -1), (Shape){0, 0, s.h * s.w * s.c});
}

/* Weights uniform in +- 1/sqrt(in), PyTorch's default for Linear; bias 0, as the authors' code has it. */
int net_add_linear(Net *net, int x, const char *name, ptrdiff_t out)
{
    if (x < 0) return -1;
    ptrdiff_t in = net->slot[x].c;
    return net_add_linear_as(net, x, name,
                             (Param){.dims = 2, .shape = {out, in}, .init_bound = (float)(1.0 / sqrt((double)in))});
}

int net_add_linear_as(Net *net, int x, const char *name, Param weight)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_linear, x, -1);
    weight.trained = weight.decays = true;
    op.param[0] = add_param(net, name, "weight", weight);
    op.param[1] = add_param(net, name, "bias", (Param){.dims = 1, .shape = {weight.shape[0]}, .trained = true});
    if (op.param[0] < 0 || op.param[1] < 0) return -1;
    assert(net->param[op.param[0]].size == weight.shape[0] * s.c);
    return add_op(net, op, (Shape){s.h, 0, weight.shape[0]});
}

int net_add_gaussian(Net *net, int mu, int raw)
{
    return mu < 0 || raw < 0 ? -1 : add_op(net, op_of(&op_gaussian, mu, raw), net->slot[mu]);
}

/* ---- patches and tokens ---- */

int net_add_patches(Net *net, int x, ptrdiff_t kh, ptrdiff_t kw, ptrdiff_t step)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_patches, x, -1);
    op.patch = patch_shape(s.h, s.w, s.c, kh, kw, step);
    ptrdiff_t patches = op.patch.oh * op.patch.ow;
    return add_op(net, op, (Shape){patches > 1 ? patches : 0, 0, s.c * kh * kw});
}

int net_add_max_pool(Net *net, int x, ptrdiff_t h, ptrdiff_t w)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_max_pool, x, -1);
    assert(s.h == h * w && !s.w);
    op.patch = patch_shape(h, w, s.c, 2, 2, 2);
    return add_op(net, op, (Shape){op.patch.oh, op.patch.ow, s.c});
}

/* First values of the class token and of positions: see vit.c. */
int net_add_tokens(Net *net, int x)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_tokens, x, -1);
    Param token = {.dims = 3, .shape = {1, 1, s.c}, .trained = true, .init_sd = VIT_SD, .init_cut = true};
    op.param[0] = add_param(net, NULL, "cls_token", token);
    token.shape[1] = shape_rows(s) + 1;
    op.param[1] = add_param(net, NULL, "pos_embed", token);
    if (op.param[0] < 0 || op.param[1] < 0) return -1;
    return add_op(net, op, (Shape){shape_rows(s) + 1, 0, s.c});
}

int net_add_take_token(Net *net, int x)
{
    return x < 0 ? -1 : add_op(net, op_of(&op_take_token, x, -1), (Shape){0, 0, net->slot[x].c});
}

int net_add_layer_norm(Net *net, int x, const char *name)
{
    if (x < 0) return -1;
    Op op = op_of(&op_layer_norm, x, -1);
    Param p = {.dims = 1, .shape = {net->slot[x].c}, .trained = true, .init = 1};
    op.param[0] = add_param(net, name, "weight", p);
    p.init = 0;
    op.param[1] = add_param(net, name, "bias", p);
    return op.param[0] < 0 || op.param[1] < 0 ? -1 : add_op(net, op, net->slot[x]);
}

int net_add_gelu(Net *net, int x)
{
    return x < 0 ? -1 : add_op(net, op_of(&op_gelu, x, -1), net->slot[x]);
}

int net_add_attention(Net *net, int x, ptrdiff_t heads, bool first_only)
{
    if (x < 0) return -1;
    Shape s = net->slot[x];
    Op op = op_of(&op_attention, x, -1);
    op.attention = (AttentionShape){.tokens = s.h, .width = s.c / 3, .heads = heads, .queries = first_only ? 1 : s.h};
    return add_op(net, op, (Shape){first_only ? 0 : s.h, 0, s.c / 3});
}

int net_add_drop(Net *net, int x, const OpKind *kind, double rate)
{
    if (x < 0 || rate <= 0) return x;
    Op op = op_of(kind, x, -1);
    op.rate = (float)rate;
    return add_op(net, op, net->slot[x]);
}

Status net_finish(Net *net, int output, Err *err)
{
    assert(output < 0 || output == net->slots - 1);
    for (int trained = 1; trained >= 0; trained--) {
        for (int i = 0; i < net->params; i++) {
            if (net->param[i].trained != (bool)trained) continue;
            net->param[i].offset = net->size;
            net->size += net->param[i].size;
        }
        if (trained) net->trained = net->size;
    }
    size_t bytes = ((size_t)net->size * sizeof(float) + 63) & ~(size_t)63;
    net->values = output < 0 ? NULL : aligned_alloc(64, bytes ? bytes : 64);
    if (!net->values)
        return err_set(err, ERR_MEMORY, "no memory for a network of %td parameters; lower its width", net->size);
    memset(net->values, 0, bytes);
    net->output = net->slot[output];
    return OK;
}
