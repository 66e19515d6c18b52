/* op_tokens.c - the operations of transformers over sequences of tokens: class token and positions, layer
 * normalisation, GELU, attention. Any thread; a chunk's work touches the chunk's own rows and its own part of the
 * state. */
#include "nn/op.h"

#include "kernel/activation.h"
#include "kernel/norm.h"

#include <assert.h>
#include <string.h>

/* ---- class token and positions ---- */

/* A part is the gradient of the class token, then of the positions, as they lie in the net. */
static void tokens_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                        bool training)
{
    (void)rows;
    const Param *token = &net->param[op->param[0]], *positions = &net->param[op->param[1]];
    assert(positions->offset == token->offset + token->size);
    if (!training) return;
    s->parts = chunks;
    s->part_size = token->size + positions->size;
    s->part = CARVE_FLOATS(c, s->parts * s->part_size);
}

static void tokens_run(const OpRun *r)
{
    Shape s = out_shape(r);
    const float *token = values_of(r, 0), *positions = values_of(r, 1), *x = r->x[0];
    float *y = r->y;
    ptrdiff_t rest = (s.h - 1) * s.c;
    for (ptrdiff_t i = 0; i < r->n; i++, x += rest, y += s.c + rest) {
        add_forward(y, token, positions, s.c);
        add_forward(y + s.c, x, positions + s.c, rest);
    }
}

static void tokens_run_back(const OpRun *r)
{
    Shape s = out_shape(r);
    ptrdiff_t rest = (s.h - 1) * s.c;
    float *dtoken = part_of(r), *dpositions = dtoken + s.c, *dx = r->dx[0];
    assert(!r->add[0]);
    memset(dpositions, 0, (size_t)(s.c + rest) * sizeof *dpositions);
    for (ptrdiff_t i = 0; i < r->n; i++) {
        const float *dy = r->dy + i * (s.c + rest);
        accumulate(dpositions, dy, s.c + rest);
        if (dx) memcpy(dx + i * rest, dy + s.c, (size_t)rest * sizeof *dx);
    }
    memcpy(dtoken, dpositions, (size_t)s.c * sizeof *dtoken);
}

/* Parts of two parameters that lie one behind the other. */
static void collect_parts(const OpRun *r)
{
    sum_parts(grads_of(r, 0), r->state->part, r->chunks, r->state->part_size);
}

const OpKind op_tokens = {
    .name = "tokens",
    .forward = {.run = tokens_run},
    .backward = {.run = tokens_run_back},
    .collect = collect_parts,
    .plan = tokens_plan,
};

/* ---- the first token of each sequence ---- */

static void take_token_run(const OpRun *r)
{
    Shape s = in_shape(r);
    for (ptrdiff_t i = 0; i < r->n; i++) memcpy(r->y + i * s.c, r->x[0] + i * s.h * s.c, (size_t)s.c * sizeof *r->y);
}

static void take_token_run_back(const OpRun *r)
{
    Shape s = in_shape(r);
    float *dx = r->dx[0];
    if (!dx) return;
    if (!r->add[0]) memset(dx, 0, (size_t)(r->n * s.h * s.c) * sizeof *dx);
    for (ptrdiff_t i = 0; i < r->n; i++) accumulate(dx + i * s.h * s.c, r->dy + i * s.c, s.c);
}

const OpKind op_take_token = {
    .name = "take_token", .forward = {.run = take_token_run}, .backward = {.run = take_token_run_back}};

/* ---- layer normalisation ---- */

static void layer_norm_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                            bool training)
{
    Shape shape = net->slot[op->out];
    assert(net->param[op->param[1]].offset == net->param[op->param[0]].offset + shape.c);
    s->mean = CARVE_FLOATS(c, rows * shape_rows(shape));
    s->rstd = CARVE_FLOATS(c, rows * shape_rows(shape));
    if (!training) return;
    s->parts = chunks;
    s->part_size = 2 * shape.c;
    s->part = CARVE_FLOATS(c, s->parts * s->part_size);
}

static void layer_norm_run(const OpRun *r)
{
    Shape s = in_shape(r);
    ptrdiff_t first = r->first * shape_rows(s);
    layer_norm_forward(r->y, r->state->mean + first, r->state->rstd + first, r->x[0], values_of(r, 0), values_of(r, 1),
                       in_rows(r), s.c);
}

static void layer_norm_run_back(const OpRun *r)
{
    Shape s = in_shape(r);
    ptrdiff_t first = r->first * shape_rows(s);
    float *part = part_of(r);
    layer_norm_backward(r->dx[0], part, part + s.c, r->dy, r->x[0], r->state->mean + first, r->state->rstd + first,
                        values_of(r, 0), in_rows(r), s.c, r->add[0]);
}

const OpKind op_layer_norm = {
    .name = "layer_norm",
    .forward = {.run = layer_norm_run},
    .backward = {.run = layer_norm_run_back},
    .collect = collect_parts,
    .keeps_in = true,
    .cheap = true,
    .plan = layer_norm_plan,
};

/* ---- GELU ---- */

static void gelu_run(const OpRun *r)
{
    gelu_forward(r->y, r->x[0], r->n * shape_floats(out_shape(r)));
}

static void gelu_run_back(const OpRun *r)
{
    if (r->dx[0]) gelu_backward(r->dx[0], r->dy, r->x[0], r->n * shape_floats(out_shape(r)), r->add[0]);
}

const OpKind op_gelu = {
    .name = "gelu",
    .forward = {.run = gelu_run},
    .backward = {.run = gelu_run_back},
    .keeps_in = true,
    .cheap = true,
};

/* ---- attention ---- */

static void attention_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                           bool training)
{
    (void)net, (void)chunks, (void)training;
    s->log_sum = CARVE_FLOATS(c, rows * op->attention.heads * op->attention.queries);
}

static float *log_sum_of(const OpRun *r)
{
    return r->state->log_sum + r->first * r->op->attention.heads * r->op->attention.queries;
}

static void attention_run(const OpRun *r)
{
    attention_forward(r->y, log_sum_of(r), r->x[0], r->scratch, &r->op->attention, r->n);
}

static void attention_run_back(const OpRun *r)
{
    assert(!r->add[0]);
    if (r->dx[0]) attention_backward(r->dx[0], r->dy, r->x[0], log_sum_of(r), r->scratch, &r->op->attention, r->n);
}

static ptrdiff_t attention_floats(const Op *op)
{
    return attention_scratch(&op->attention);
}

static double attention_op_flops(const Net *net, const Op *op)
{
    (void)net;
    return attention_flops(&op->attention);
}

const OpKind op_attention = {
    .name = "attention",
    .forward = {.run = attention_run},
    .backward = {.run = attention_run_back},
    .keeps_in = true,
    .flops = attention_op_flops,
    .scratch = attention_floats,
    .plan = attention_plan,
};
