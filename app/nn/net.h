/* net.h - a network body or head: named parameters, and a list of operations over slots.
 *
 * A network is built by appending operations (net_add_*, one per row of the table in op.c); a slot is a value that an
 * operation writes. Weights live in the Net; activations, gradients and scratch live in a Tape, so a finished Net is
 * immutable and may be shared by any number of jobs, each with a tape of its own.
 *
 * Layouts: images (rows, h+2, w+2, c), channels last with a zero border of one pixel; sequences (rows, h, c), w = 0: h
 * tokens (or the pixels of a map without a border); plain rows (rows, c), h = w = 0.
 * Weights as PyTorch's state dicts have them: convolution (out, in, ky, kx), linear (out, in). */
#ifndef TARE_NN_NET_H
#define TARE_NN_NET_H

#include "base/err.h"
#include "base/option.h"
#include "base/pool.h"
#include <stdbool.h>
#include <stdint.h>

enum { PARAM_NAME_SIZE = 64, PARAM_MAX_DIMS = 4 };

typedef struct {
    ptrdiff_t h, w, c; /* w = 0: sequences of h tokens of c floats; h = w = 0: plain rows of c floats */
} Shape;

/* A view of the net's values. The trained parameters come first, in one block, so that an optimiser walks one flat
 * array; running statistics follow. */
typedef struct {
    char name[PARAM_NAME_SIZE]; /* "layer.0.block.0.conv_0.weight" */
    int dims;
    ptrdiff_t shape[PARAM_MAX_DIMS], offset, size; /* offset and size in floats */
    bool trained;                                  /* false: a running statistic */
    bool decays;                                   /* weight decay applies (matrices and kernels, not biases, not BN) */
    float init_sd;                                 /* first values ~ N(0, init_sd^2) where > 0 */
    bool init_cut;                                 /* and what lies beyond 2 init_sd is drawn again */
    float init;                                    /* else this constant */
    float init_bound;                              /* or, where > 0, uniform in +- init_bound */
} Param;

typedef struct Op Op;

typedef struct {
    char family[16]; /* "wrn", "vit", "cnn", "mlp", "linear", "tst", "vtst" */
    Shape input, output;
    int ops, slots, params;
    Op *op;
    Shape *slot; /* (slots) */
    Param *param;
    ptrdiff_t trained, size; /* floats: of the trained block; of all */
    float *values;           /* (size) */
    float bn_momentum;       /* running = (1 - m) running + m batch */
    int references;          /* atomic */
} Net;

/* ---- building ---- */

/* Which body: a row of the table of families in family.c. */
typedef struct {
    char family[OPTION_TEXT_SIZE];
    int64_t depth, width;           /* wrn; vit: depth = blocks */
    char padding[OPTION_TEXT_SIZE]; /* wrn: "same" | "one" */
    int64_t hidden, layers;         /* mlp: `layers` hidden layers of `hidden` units */
    int64_t patch, dim, heads;      /* vit: pixels of a patch's side, floats of a token, heads of an attention */
    double mlp_ratio, dropout, drop_path;
} ModelSpec;

extern const Option wrn_options[], vit_options[], cnn_options[], mlp_options[];

typedef struct {
    const char *name; /* "wrn" */
    const Option *options;
    Status (*check)(const ModelSpec *spec, Shape image, Err *err);
    Status (*build)(Net *net, const ModelSpec *spec, Shape image, Err *err);
    const char *help;
} Family;

extern const Family families[]; /* ends with name NULL */
const Family *family_find(const char *name);

/* Which classifier on top of the features. */
typedef struct {
    char kind[OPTION_TEXT_SIZE]; /* "linear", "tst", "vtst" */
    int64_t z;                   /* units of the last hidden layer (tst, vtst) */
} HeadSpec;

/* Built with weights unset (call net_init or load them). NULL with err set (ERR_USAGE: a depth that does not fit). */
Net *net_body(const ModelSpec *spec, Shape image, Err *err);
Net *net_head(const HeadSpec *spec, ptrdiff_t features, ptrdiff_t classes, Err *err);
Net *net_copy(const Net *net, Err *err); /* same graph, own weights */
Net *net_retain(Net *net);
void net_release(Net *net); /* NULL is fine */

/* First weights: parameter i from stream (seed, RNG_INIT, i, salt); salt 0 for bodies, 1 for heads. */
void net_init(Net *net, uint64_t seed, uint32_t salt);

const Param *net_param(const Net *net, const char *name); /* NULL when there is none */
uint64_t net_fingerprint(const Net *net);                 /* of names, shapes and all values */
bool net_finite(const Net *net, const char **name);       /* false: *name is the first parameter with a NaN or Inf */
double net_flops(const Net *net);                         /* multiply-adds x 2 of one row's forward pass */

/* ---- running ---- */

typedef struct Tape Tape;

typedef enum {
    PASS_EVAL,  /* running statistics, no dropout, z = mu */
    PASS_TRAIN, /* batch statistics (kept in the tape until net_update_running), dropout, z = mu + sigma eps */
} PassMode;

typedef struct {
    PassMode mode;
    const float *eps; /* (rows, Z), PASS_TRAIN of a vtst head: the draws of N(0, 1) */
    float kl_weight;  /* weight of the KL summed over Z, in the loss that is differentiated */
    Pool *pool;       /* may be NULL */
    uint64_t seed;    /* of what PASS_TRAIN drops, and the training step: the same on the way back */
    uint32_t step;
} Pass;

/* Work memory for `rows` rows. training: gradients too. Allocated once; no later call allocates. ERR_MEMORY. */
Tape *tape_open(const Net *net, ptrdiff_t rows, bool training, Err *err);
void tape_close(Tape *tape); /* NULL is fine */
size_t tape_bytes(const Tape *tape);

/* What tape_bytes would be, without taking the memory; 0 with err set (ERR_MEMORY). */
size_t tape_need(const Net *net, ptrdiff_t rows, bool training, Err *err);

float *tape_input(Tape *tape);                  /* fill before net_forward; borders of images stay zero */
const float *tape_output(const Tape *tape);     /* (rows, output) */
float *tape_output_grad(Tape *tape);            /* fill before net_backward */
const float *tape_input_grad(const Tape *tape); /* plain rows only (a head's features) */
float *tape_grads(Tape *tape);                  /* (net->trained): set, not added to, by net_backward */
const float *tape_kl(const Tape *tape);         /* (rows): KL(q(z|x) || N(0, I)) summed over Z; NULL unless vtst */

/* Same bits for any number of threads: chunks of 8 rows in a network of convolutions or patches, of 64 rows in any
 * other (fewer, by halves, where a chunk would take over 2 GFLOP). */
void net_forward(const Net *net, Tape *tape, ptrdiff_t rows, const Pass *pass);

/* Once after a PASS_TRAIN forward on the same rows: it uses up the activations. Gradients of sum over rows of
 * (what output_grad says + kl_weight KL / rows for a vtst head: the loss is a mean over the batch).
 * want_input: fill tape_input_grad. */
void net_backward(const Net *net, Tape *tape, ptrdiff_t rows, const Pass *pass, bool want_input);

/* Move the running statistics towards the last training batch's (unbiased variance). Mutates net. */
void net_update_running(Net *net, const Tape *tape, ptrdiff_t rows);

/* logp (rows, classes) = log p(y|x) of features (rows, F). linear, tst: log softmax. vtst with draws M >= 1: the log of
 * the mean of M softmaxes, draw m of row r from stream (seed, RNG_EPS_EVAL, m, first_row + r); draws = 0: z = mu.
 * tape must hold `rows` rows of `head`. */
void head_predict(const Net *head, Tape *tape, const float *features, ptrdiff_t rows, int draws, uint64_t seed,
                  ptrdiff_t first_row, Pool *pool, float *logp);

#endif
