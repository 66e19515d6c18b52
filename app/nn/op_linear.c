/* op_linear.c - linear layers over plain rows, and over all tokens of a chunk at once. Any thread; a chunk's work
 * touches the chunk's own rows and its own part of the state. */
#include "nn/op.h"

#include "kernel/activation.h"
#include "kernel/gemm.h"

#include <assert.h>
#include <string.h>

/* Over tokens there are many chunks, and parts of a gradient of more floats than this would take more memory than they
 * are worth: the work is split over tiles of outputs instead. A function of shapes only, so that bits do not change. */
enum { PART_FLOATS = 1 << 14, TILE_OUTPUTS = 96 };

/* A part is (out, in) weights, then (out) biases, as they lie in the net: bias follows weight. */
static void linear_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                        bool training)
{
    (void)rows;
    const Param *weight = &net->param[op->param[0]], *bias = &net->param[op->param[1]];
    assert(bias->offset == weight->offset + weight->size);
    if (!training) return;
    s->part_size = weight->size + bias->size;
    if (net->slot[op->in[0]].h && s->part_size > PART_FLOATS) {
        s->tiles = (bias->size + TILE_OUTPUTS - 1) / TILE_OUTPUTS;
        return;
    }
    s->parts = chunks;
    s->part = CARVE_FLOATS(c, s->parts * s->part_size);
}

static void linear_run(const OpRun *r)
{
    linear_forward(r->y, r->x[0], values_of(r, 0), values_of(r, 1), in_rows(r), in_shape(r).c, out_shape(r).c);
}

static void linear_prepare_back(const OpRun *r)
{
    if (r->state->tiles) memset(grads_of(r, 0), 0, (size_t)r->state->part_size * sizeof *r->grads);
}

static void linear_run_back(const OpRun *r)
{
    ptrdiff_t in = in_shape(r).c, out = out_shape(r).c;
    if (!r->state->tiles) {
        float *part = part_of(r);
        linear_backward_weights(part, part + in * out, r->x[0], r->dy, in_rows(r), in, out);
    }
    if (r->dx[0]) linear_backward_data(r->dx[0], r->dy, values_of(r, 0), in_rows(r), in, out, r->add[0]);
}

/* An even share of the outputs, straight into the gradient. */
static void linear_tile(const OpRun *r, ptrdiff_t tile)
{
    ptrdiff_t in = in_shape(r).c, out = out_shape(r).c, tiles = r->state->tiles;
    ptrdiff_t from = out * tile / tiles, to = out * (tile + 1) / tiles;
    linear_add_weights(grads_of(r, 0), grads_of(r, 1), r->x[0], r->dy, in_rows(r), in, out, from, to - from);
}

static void linear_collect(const OpRun *r)
{
    if (!r->state->tiles) sum_parts(grads_of(r, 0), r->state->part, r->chunks, r->state->part_size);
}

static double linear_flops(const Net *net, const Op *op)
{
    Shape in = net->slot[op->in[0]];
    return 2.0 * (double)shape_rows(in) * (double)in.c * (double)net->slot[op->out].c;
}

const OpKind op_linear = {
    .name = "linear",
    .forward = {.run = linear_run},
    .backward = {.prepare = linear_prepare_back, .run = linear_run_back},
    .tile = linear_tile,
    .collect = linear_collect,
    .keeps_in = true,
    .flops = linear_flops,
    .plan = linear_plan,
};
