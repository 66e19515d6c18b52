/* op_patch.c - operations between images and sequences: patches as rows, and max-pooling of maps. Any thread; a chunk's
 * work touches the chunk's own rows only. */
#include "nn/op.h"

#include <assert.h>

static void patches_run(const OpRun *r)
{
    patches_forward(r->y, r->x[0], &r->op->patch, r->n);
}

static void patches_run_back(const OpRun *r)
{
    if (r->dx[0]) patches_backward(r->dx[0], r->dy, &r->op->patch, r->n, r->add[0]);
}

const OpKind op_patches = {.name = "patches", .forward = {.run = patches_run}, .backward = {.run = patches_run_back}};

static void max_pool_run(const OpRun *r)
{
    max_pool_forward(r->y, r->x[0], &r->op->patch, r->n);
}

static void max_pool_run_back(const OpRun *r)
{
    assert(!r->add[0]);
    if (r->dx[0]) max_pool_backward(r->dx[0], r->dy, r->x[0], &r->op->patch, r->n);
}

const OpKind op_max_pool = {
    .name = "max_pool",
    .forward = {.run = max_pool_run},
    .backward = {.run = max_pool_run_back},
    .keeps_in = true,
};
