/* op_conv.c - the operations of convolutional networks: convolution, and batch normalisation with its ReLU.
 * Any thread; a chunk's work touches the chunk's own rows and its own part of the state. */
#include "nn/op.h"

#include "kernel/activation.h"
#include "kernel/norm.h"

#include <math.h>
#include <string.h>

/* ---- convolution ---- */

/* Where a layer's gradient takes more floats than this, every chunk a part of its own would cost too much memory: the
 * work is split over tiles of the one gradient instead. A function of shapes only, so that bits do not change. */
enum { PART_MOST = 1 << 16, TILE_GROUPS = 16 };

static void conv_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                      bool training)
{
    (void)net, (void)rows;
    s->packed = CARVE_FLOATS(c, conv_packed_size(&op->conv));
    if (!training) return;
    s->part_size = (ptrdiff_t)conv_gradient_size(&op->conv);
    if (s->part_size > PART_MOST) {
        s->tiles = conv_gradient_tiles(&op->conv);
        if (s->tiles > TILE_GROUPS) s->tiles = TILE_GROUPS;
    }
    s->parts = s->tiles ? 1 : chunks;
    s->part = CARVE_FLOATS(c, s->parts * s->part_size);
}

static void conv_prepare(const OpRun *r)
{
    conv_pack_forward(r->state->packed, values_of(r, 0), &r->op->conv);
}

static void conv_run(const OpRun *r)
{
    conv_forward(r->y, r->x[0], r->state->packed, &r->op->conv, r->n);
}

static void conv_prepare_back(const OpRun *r)
{
    OpState *s = r->state;
    if (r->dx[0]) conv_pack_backward(s->packed, values_of(r, 0), &r->op->conv);
    if (s->tiles) memset(s->part, 0, (size_t)s->part_size * sizeof *s->part);
}

static void conv_run_back(const OpRun *r)
{
    const ConvShape *shape = &r->op->conv;
    if (!r->state->tiles) {
        float *part = part_of(r);
        memset(part, 0, (size_t)r->state->part_size * sizeof *part);
        conv_backward_weights(part, r->x[0], r->dy, shape, r->n, 0, conv_gradient_tiles(shape));
    }
    if (r->dx[0]) conv_backward_data(r->dx[0], r->dy, r->state->packed, shape, r->n, r->add[0]);
}

/* Group number `tile` of the tiles: an even share of them. */
static void conv_tile(const OpRun *r, ptrdiff_t tile)
{
    const ConvShape *shape = &r->op->conv;
    ptrdiff_t all = conv_gradient_tiles(shape), from = all * tile / r->state->tiles,
              to = all * (tile + 1) / r->state->tiles;
    conv_backward_weights(r->state->part, r->x[0], r->dy, shape, r->n, from, to - from);
}

/* part 0 = the sum of all parts, in their order. */
static float *sum_of_parts(const OpRun *r)
{
    OpState *s = r->state;
    for (ptrdiff_t i = 1; i < r->chunks && i < s->parts; i++)
        accumulate(s->part, s->part + i * s->part_size, s->part_size);
    return s->part;
}

static void conv_collect(const OpRun *r)
{
    conv_unpack_gradient(grads_of(r, 0), sum_of_parts(r), &r->op->conv);
}

static double conv_op_flops(const Net *net, const Op *op)
{
    (void)net;
    return conv_flops(&op->conv);
}

const OpKind op_conv = {
    .name = "conv",
    .forward = {.prepare = conv_prepare, .run = conv_run},
    .backward = {.prepare = conv_prepare_back, .run = conv_run_back},
    .tile = conv_tile,
    .collect = conv_collect,
    .keeps_in = true,
    .flops = conv_op_flops,
    .plan = conv_plan,
};

/* ---- batch normalisation and ReLU ---- */

static void bn_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                    bool training)
{
    (void)rows;
    ptrdiff_t width = net->slot[op->out].c;
    s->mean = CARVE_FLOATS(c, width);
    s->rstd = CARVE_FLOATS(c, width);
    if (!training) return;
    s->sums = carve(c, (size_t)(chunks * 2 * width) * sizeof(double));
    s->batch = carve(c, (size_t)(2 * width) * sizeof(double));
}

/* With running statistics there is nothing to measure. */
static void bn_prepare(const OpRun *r)
{
    if (r->pass->mode == PASS_TRAIN) return;
    const float *mean = values_of(r, 2), *var = values_of(r, 3);
    for (ptrdiff_t i = 0; i < out_shape(r).c; i++) {
        r->state->mean[i] = mean[i];
        r->state->rstd[i] = (float)(1.0 / sqrt((double)var[i] + (double)BN_EPS));
    }
}

static double *bn_sums_of(const OpRun *r)
{
    return r->state->sums + r->chunk * 2 * out_shape(r).c;
}

/* The first chunk's sums += all others', in their order. */
static const double *bn_add_chunks(const OpRun *r)
{
    ptrdiff_t n = 2 * out_shape(r).c;
    double *total = r->state->sums;
    for (ptrdiff_t chunk = 1; chunk < r->chunks; chunk++)
        for (ptrdiff_t i = 0; i < n; i++) total[i] += r->state->sums[chunk * n + i];
    return total;
}

static void bn_measure(const OpRun *r)
{
    Shape s = in_shape(r);
    double *sums = bn_sums_of(r);
    bn_sums(sums, sums + s.c, r->x[0], r->n, s.h, s.w, s.c);
}

static void bn_measured(const OpRun *r)
{
    Shape s = in_shape(r);
    OpState *state = r->state;
    memcpy(state->batch, bn_add_chunks(r), (size_t)(2 * s.c) * sizeof(double));
    bn_moments(state->mean, state->rstd, state->batch, state->batch + s.c, r->rows * s.h * s.w, s.c);
}

static void bn_run(const OpRun *r)
{
    Shape s = in_shape(r);
    bn_relu_forward(r->y, r->x[0], r->state->mean, r->state->rstd, values_of(r, 0), values_of(r, 1), r->n, s.h, s.w,
                    s.c);
}

static void bn_measure_back(const OpRun *r)
{
    Shape s = in_shape(r);
    double *sums = bn_sums_of(r);
    bn_relu_backward_sums(sums, sums + s.c, r->dy, r->y, r->x[0], r->state->mean, r->state->rstd, r->n, s.h, s.w, s.c);
}

static void bn_measured_back(const OpRun *r)
{
    ptrdiff_t c = in_shape(r).c;
    float *dgamma = grads_of(r, 0), *dbeta = grads_of(r, 1);
    const double *total = bn_add_chunks(r);
    for (ptrdiff_t i = 0; i < c; i++) {
        dgamma[i] = (float)total[i];
        dbeta[i] = (float)total[c + i];
    }
}

static void bn_run_back(const OpRun *r)
{
    if (!r->dx[0]) return;
    Shape s = in_shape(r);
    bn_relu_backward(r->dx[0], r->dy, r->y, r->x[0], r->state->mean, r->state->rstd, values_of(r, 0), grads_of(r, 0),
                     grads_of(r, 1), r->rows * s.h * s.w, r->n, s.h, s.w, s.c, 1, r->add[0]);
}

const OpKind op_bn_relu = {
    .name = "bn_relu",
    .forward = {.prepare = bn_prepare, .measure = bn_measure, .measured = bn_measured, .run = bn_run},
    .backward = {.measure = bn_measure_back, .measured = bn_measured_back, .run = bn_run_back},
    .keeps_in = true,
    .keeps_out = true,
    .plan = bn_plan,
};
