/* op_drop.c - dropout (Srivastava et al. 2014) of single values, and stochastic depth (Huang et al. 2016), which drops
 * a whole branch of a row. What is left is scaled up, so that evaluation passes values through. Any thread.
 *
 * Draws come from the stream (seed, RNG_DROPOUT, step, operation x 2^16 + row): they do not depend on chunks or
 * threads, and the way back draws the same again. */
#include "nn/op.h"

#include "base/rng.h"

#include <assert.h>
#include <string.h>

enum { ROW_BITS = 16 };

/* to (size) = from where the stream keeps it, or += with add; each value by a draw of its own, or all by one. */
typedef void Drop(float *to, const float *from, ptrdiff_t size, Rng *stream, float rate, bool add);

/* 0, or 1 / (1 - rate) */
static float draw(Rng *stream, float rate)
{
    return (double)rng_u32(stream) * 0x1p-32 < (double)rate ? 0 : 1 / (1 - rate);
}

static void drop_values(float *to, const float *from, ptrdiff_t size, Rng *stream, float rate, bool add)
{
    for (ptrdiff_t i = 0; i < size; i++) {
        float kept = from[i] * draw(stream, rate);
        to[i] = add ? to[i] + kept : kept;
    }
}

static void drop_row(float *to, const float *from, ptrdiff_t size, Rng *stream, float rate, bool add)
{
    float scale = draw(stream, rate);
    for (ptrdiff_t i = 0; i < size; i++) to[i] = add ? to[i] + scale * from[i] : scale * from[i];
}

static void drop_rows(float *to, const float *from, const OpRun *r, Drop *drop, bool add)
{
    ptrdiff_t size = shape_floats(out_shape(r)), op = r->op - r->net->op;
    assert(r->rows <= 1 << ROW_BITS && op < 1 << (31 - ROW_BITS));
    for (ptrdiff_t i = 0; i < r->n; i++) {
        uint32_t row = (uint32_t)(op << ROW_BITS | (r->first + i));
        Rng stream = rng_stream(r->pass->seed, RNG_DROPOUT, r->pass->step, row);
        drop(to + i * size, from + i * size, size, &stream, r->op->rate, add);
    }
}

static void forward(const OpRun *r, Drop *drop)
{
    if (r->pass->mode == PASS_TRAIN)
        drop_rows(r->y, r->x[0], r, drop, false);
    else
        memcpy(r->y, r->x[0], (size_t)(r->n * shape_floats(out_shape(r))) * sizeof *r->y);
}

static void dropout_run(const OpRun *r)
{
    forward(r, drop_values);
}

static void dropout_run_back(const OpRun *r)
{
    if (r->dx[0]) drop_rows(r->dx[0], r->dy, r, drop_values, r->add[0]);
}

const OpKind op_dropout = {.name = "dropout", .forward = {.run = dropout_run}, .backward = {.run = dropout_run_back}};

static void drop_path_run(const OpRun *r)
{
    forward(r, drop_row);
}

static void drop_path_run_back(const OpRun *r)
{
    if (r->dx[0]) drop_rows(r->dx[0], r->dy, r, drop_row, r->add[0]);
}

const OpKind op_drop_path = {
    .name = "drop_path", .forward = {.run = drop_path_run}, .backward = {.run = drop_path_run_back}};
