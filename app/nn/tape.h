/* tape.h - inside a tape: where each slot of each chunk lies. For nn only.
 *
 * Memory is chunk-major: a chunk's slots lie together, so that a thread which takes a chunk through the net
 * stays in its own part of memory, and a buffer whose last reader has run can be used again whatever the
 * other chunks are doing. */
#ifndef TARE_NN_TAPE_H
#define TARE_NN_TAPE_H

#include "nn/op.h"

typedef struct {
    ptrdiff_t value, again, grad; /* floats from the start of a chunk's block; again: the value on the way back */
    int reader;                   /* the operation for which the value is computed again; -1: it was kept */
    bool wanted;                  /* its gradient leads to a parameter */
} SlotPlan;

typedef struct {
    int op;
    OpFn *fn;
} Step;

struct Tape {
    ptrdiff_t rows, chunk_rows, chunks;
    bool training;
    Carver carver;
    float *block;                    /* (chunks, block_floats) */
    ptrdiff_t block_floats, scratch; /* scratch: where in a block an operation's own lies */
    float *input, *output;           /* slots 0 and the last, and their gradients: whole batches */
    float *input_grad, *output_grad;
    float *grads;   /* (net->trained) */
    float *kl;      /* (rows), vtst */
    double *mean_p; /* (rows, classes), vtst: head_predict's sums */
    SlotPlan *slot; /* (net->slots) */
    OpState *state; /* (net->ops) */
    bool (*add)[2]; /* (net->ops): the operation adds to the gradient of input i; false: it is the first */

    /* of the call that is running */
    const Net *net;
    const Pass *pass;
    ptrdiff_t run_rows, run_chunks;
    bool backward, want_input;
    Step *step; /* work that waits to be run */
    int steps;
    int tile_op;
};

/* The rows of one chunk of a slot, or of its gradient (NULL where nobody wants it). */
float *tape_slot(const Tape *t, const Net *net, int slot, ptrdiff_t chunk);
float *tape_slot_grad(const Tape *t, const Net *net, int slot, ptrdiff_t chunk);

#endif
