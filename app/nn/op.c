/* op.c - operations: forward beside backward, one OpKind a kind (op_*.c have those with parameters, of transformers,
 * and of dropout). Any thread; a chunk's work touches the chunk's own rows and its own part of the state. */
#include "nn/op.h"

#include "kernel/activation.h"

#include <assert.h>
#include <string.h>

ptrdiff_t shape_floats(Shape s)
{
    return s.w ? (s.h + 2) * (s.w + 2) * s.c : shape_rows(s) * s.c;
}

/* ---- element-wise operations, pooling ---- */

static void relu_run(const OpRun *r)
{
    relu_forward(r->y, r->x[0], r->n * shape_floats(out_shape(r)));
}

static void relu_run_back(const OpRun *r)
{
    if (r->dx[0]) relu_backward(r->dx[0], r->dy, r->y, r->n * shape_floats(out_shape(r)), r->add[0]);
}

const OpKind op_relu = {
    .name = "relu",
    .forward = {.run = relu_run},
    .backward = {.run = relu_run_back},
    .keeps_out = true,
};

static void add_run(const OpRun *r)
{
    add_forward(r->y, r->x[0], r->x[1], r->n * shape_floats(out_shape(r)));
}

static void add_run_back(const OpRun *r)
{
    ptrdiff_t n = r->n * shape_floats(out_shape(r));
    for (int i = 0; i < 2; i++) {
        if (!r->dx[i]) continue;
        if (r->add[i])
            accumulate(r->dx[i], r->dy, n);
        else
            memcpy(r->dx[i], r->dy, (size_t)n * sizeof(float));
    }
}

const OpKind op_add = {.name = "add", .forward = {.run = add_run}, .backward = {.run = add_run_back}};

static void mean_pool_run(const OpRun *r)
{
    Shape s = in_shape(r);
    mean_pool_forward(r->y, r->x[0], r->n, s.h, s.w, s.c);
}

static void mean_pool_run_back(const OpRun *r)
{
    Shape s = in_shape(r);
    if (r->dx[0]) mean_pool_backward(r->dx[0], r->dy, r->n, s.h, s.w, s.c, r->add[0]);
}

const OpKind op_mean_pool = {
    .name = "mean_pool", .forward = {.run = mean_pool_run}, .backward = {.run = mean_pool_run_back}};

static void flatten_run(const OpRun *r)
{
    Shape s = in_shape(r);
    flatten_forward(r->y, r->x[0], r->n, s.h, s.w, s.c);
}

static void flatten_run_back(const OpRun *r)
{
    Shape s = in_shape(r);
    if (r->dx[0]) flatten_backward(r->dx[0], r->dy, r->n, s.h, s.w, s.c, r->add[0]);
}

const OpKind op_flatten = {.name = "flatten", .forward = {.run = flatten_run}, .backward = {.run = flatten_run_back}};

/* ---- V-TST's draw of z ---- */

static void gaussian_plan(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks,
                          bool training)
{
    (void)chunks, (void)training;
    s->logvar = CARVE_FLOATS(c, rows * net->slot[op->out].c);
    s->kl = CARVE_FLOATS(c, rows);
}

/* This chunk's rows of a (rows, z) array that may be NULL. */
static const float *rows_of(const OpRun *r, const float *all)
{
    return all ? all + r->first * out_shape(r).c : NULL;
}

static void gaussian_run(const OpRun *r)
{
    ptrdiff_t z = out_shape(r).c;
    gaussian_forward(r->y, r->state->logvar + r->first * z, r->state->kl + r->first, r->x[0], r->x[1],
                     rows_of(r, r->pass->mode == PASS_TRAIN ? r->pass->eps : NULL), r->n, z);
}

static void gaussian_run_back(const OpRun *r)
{
    assert(!r->add[0] && !r->add[1]);
    gaussian_backward(r->dx[0], r->dx[1], r->dy, r->x[0], r->x[1], rows_of(r, r->state->logvar),
                      rows_of(r, r->pass->eps), r->pass->kl_weight / (float)r->rows, r->n, out_shape(r).c);
}

const OpKind op_gaussian = {
    .name = "gaussian",
    .forward = {.run = gaussian_run},
    .backward = {.run = gaussian_run_back},
    .keeps_in = true,
    .plan = gaussian_plan,
};
