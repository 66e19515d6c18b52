/* op.h - inside a network: what an operation is, what it keeps in a tape, and how networks are put together.
 * For nn only.
 *
 * Most operations treat each row by itself, so a chunk of rows may walk through many of them at one go. Where the
 * whole batch must be known first (batch statistics) an operation measures, all chunks meet, and it goes on. */
#ifndef TARE_NN_OP_H
#define TARE_NN_OP_H

#include "base/arena.h"
#include "kernel/attention.h"
#include "kernel/conv.h"
#include "kernel/patch.h"
#include "nn/net.h"

typedef struct OpKind OpKind;

struct Op {
    const OpKind *kind;
    int in[2], out;           /* slots; in[1] = -1 where there is one input; operation i writes slot i + 1 */
    int param[4];             /* indices into net->param, -1 where unused: weight, bias, running_mean, running_var */
    ConvShape conv;           /* conv only */
    PatchShape patch;         /* patches, max_pool */
    AttentionShape attention; /* attention */
    float rate;               /* dropout, drop_path: the share that is dropped */
};

/* What an operation keeps in a tape. Partial gradients: one part for each chunk, summed in their order at the end. */
typedef struct {
    float *packed;              /* conv: the weights as the direction that is running wants them */
    float *part;                /* (parts, part_size): gradients of the parameters, or NULL: straight into grads */
    ptrdiff_t parts, part_size; /* part_size in floats */
    ptrdiff_t tiles;            /* > 0 where the gradient is split over tiles of output instead */
    double *sums;               /* bn_relu: (chunks, 2, c): a chunk's sums, forward and backward */
    double *batch;              /* bn_relu: (2, c): sums of x and x^2 over the batch */
    float *mean, *rstd;         /* bn_relu: (c), layer_norm: (rows, tokens): what the running pass normalises with */
    float *log_sum;             /* attention: (rows, heads, queries) */
    float *logvar, *kl;         /* gaussian: (rows, z), (rows) */
} OpState;

/* One operation on one chunk of rows; or on the whole batch: then chunk = -1, and x, y, dx, dy tell only
 * what is there. */
typedef struct {
    const Net *net;
    const Op *op;
    OpState *state;
    const Pass *pass;
    float *grads;              /* (net->trained) */
    ptrdiff_t rows, chunks;    /* of the batch */
    ptrdiff_t chunk, first, n; /* this chunk: rows first .. first + n - 1 */
    const float *x[2];         /* inputs (n, ...) */
    float *y;                  /* output (n, ...) */
    const float *dy;           /* gradient of the output */
    float *dx[2];              /* gradients of the inputs; NULL: nobody wants it */
    bool add[2];               /* dx already holds what another reader said */
    float *scratch;            /* what the operation asked for; for the time of one call */
} OpRun;

typedef void OpFn(const OpRun *r);

/* One direction of an operation. Only `run` must be there. */
typedef struct {
    OpFn *prepare;  /* once, before any chunk: pack weights */
    OpFn *measure;  /* each chunk; then all chunks meet */
    OpFn *measured; /* once */
    OpFn *run;      /* each chunk */
} OpPhases;

/* What operations ask of a run: shapes, a parameter's values and gradient, the chunk's own part. */
static inline Shape in_shape(const OpRun *r)
{
    return r->net->slot[r->op->in[0]];
}
static inline Shape out_shape(const OpRun *r)
{
    return r->net->slot[r->op->out];
}
static inline const Param *param_of(const OpRun *r, int i)
{
    return &r->net->param[r->op->param[i]];
}
static inline const float *values_of(const OpRun *r, int i)
{
    return r->net->values + param_of(r, i)->offset;
}
static inline float *grads_of(const OpRun *r, int i)
{
    return r->grads + param_of(r, i)->offset;
}

/* Vectors of c floats that a row of a slot holds, borders left out, and that this chunk's input holds. */
static inline ptrdiff_t shape_rows(Shape s)
{
    return (s.h ? s.h : 1) * (s.w ? s.w : 1);
}
static inline ptrdiff_t in_rows(const OpRun *r)
{
    return r->n * shape_rows(in_shape(r));
}

/* This chunk's own gradient buffer. */
static inline float *part_of(const OpRun *r)
{
    return r->state->part + r->chunk * r->state->part_size;
}

/* Hands out zeroed memory, or, in a dry walk, only counts it. */
typedef struct {
    Arena arena;
    size_t bytes; /* handed out so far */
    bool dry;
} Carver;

void *carve(Carver *c, size_t bytes);
#define CARVE_FLOATS(c, count) ((float *)carve((c), (size_t)(count) * sizeof(float)))

struct OpKind {
    const char *name;
    OpPhases forward, backward;
    void (*tile)(const OpRun *r, ptrdiff_t tile);  /* add this chunk's share to one tile of the gradient */
    OpFn *collect;                                 /* once, at the end of the backward pass: parts -> grads */
    bool keeps_in, keeps_out;                      /* the backward pass reads the inputs, the output */
    bool cheap;                                    /* whose output is computed again from its kept input, not kept */
    double (*flops)(const Net *net, const Op *op); /* forward, of one row */
    ptrdiff_t (*scratch)(const Op *op);            /* floats of OpRun.scratch */
    void (*plan)(const Net *net, const Op *op, OpState *s, Carver *c, ptrdiff_t rows, ptrdiff_t chunks, bool training);
};

extern const OpKind op_conv, op_bn_relu, op_relu, op_add, op_mean_pool, op_flatten, op_linear, op_gaussian;
extern const OpKind op_patches, op_max_pool, op_tokens, op_take_token, op_layer_norm, op_gelu, op_attention;
extern const OpKind op_dropout, op_drop_path;

/* First values of a vision transformer's weights: normal with this sd, cut at two sds. */
#define VIT_SD 0.02f

/* Floats of one row of a slot, borders included. */
ptrdiff_t shape_floats(Shape s);

/* ---- building (build.c) ---- */

/* A net with the input as slot 0. Each net_add_* appends one operation that reads earlier slots, and returns
 * the slot it writes, or -1 without memory; given a slot of -1 it does nothing and returns -1, so only the
 * end needs a check. */
Net *net_new(const char *family, Shape input, Err *err);
int net_add_conv(Net *net, int x, const char *name, ptrdiff_t co, int k, int stride);        /* "SAME" (conv.h) */
int net_add_conv_padded(Net *net, int x, const char *name, ptrdiff_t co, int k, int stride); /* by one on each side */
int net_add_bn_relu(Net *net, int x, const char *name);
int net_add_relu(Net *net, int x);
int net_add_add(Net *net, int a, int b);
int net_add_mean_pool(Net *net, int x);
int net_add_flatten(Net *net, int x);
int net_add_linear(Net *net, int x, const char *name, ptrdiff_t out);
int net_add_linear_as(Net *net, int x, const char *name, Param weight); /* weight (out, ...) */
int net_add_gaussian(Net *net, int mu, int raw);
int net_add_patches(Net *net, int x, ptrdiff_t kh, ptrdiff_t kw, ptrdiff_t step); /* one patch: plain rows */
int net_add_max_pool(Net *net, int x, ptrdiff_t h, ptrdiff_t w);                  /* 2 x 2, of a map of h x w pixels */
int net_add_tokens(Net *net, int x);                                              /* "cls_token", "pos_embed" */
int net_add_take_token(Net *net, int x);                                          /* the first */
int net_add_layer_norm(Net *net, int x, const char *name);
int net_add_gelu(Net *net, int x);
int net_add_attention(Net *net, int x, ptrdiff_t heads, bool first_only);
int net_add_drop(Net *net, int x, const OpKind *kind, double rate); /* rate 0: nothing to add, x itself */

/* The last slot is the output: lay out the parameters. ERR_MEMORY. */
Status net_finish(Net *net, int output, Err *err);

#endif
