/* rng.h - counter-based random numbers (Philox4x32-10; Salmon et al., SC 2011; Debian's librandom123-dev).
 *
 * A stream is named by (seed, purpose, step, row) and never depends on what was drawn before elsewhere, so the
 * same name gives the same numbers on any thread, after a resume and in any order of jobs. */
#ifndef TARE_BASE_RNG_H
#define TARE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* The number of a purpose is part of every recorded result: append, never renumber. */
typedef enum {
    RNG_INIT = 1,  /* first weights;        step = parameter index */
    RNG_SUBSET,    /* which images;         step = split, row = class */
    RNG_SHUFFLE,   /* order of an epoch;    step = epoch */
    RNG_AUGMENT,   /* crop and flip;        step = training step, row = position in the epoch's order */
    RNG_EPS_TRAIN, /* V-TST's draw;         step = training step, row = position in the batch */
    RNG_EPS_EVAL,  /* V-TST's prediction;   step = draw m, row = image */
    RNG_BLENDS,    /* the synthetic images; step = split, row = image */
    RNG_BOOTSTRAP, /* resamples;            step = resample */
    RNG_DROPOUT,   /* step = training step, row = operation x 2^16 + position in the batch */
    RNG_MIXUP,     /* share and partners;   step = training step */
    RNG_EXCHANGE,  /* coins of an exchange; step = toss */
} RngPurpose;

typedef struct {
    uint32_t key[2], counter[4], block[4];
    int left; /* unread words of block */
} Rng;

Rng rng_stream(uint64_t seed, RngPurpose purpose, uint32_t step, uint32_t row);

uint32_t rng_u32(Rng *r);
double rng_uniform(Rng *r);             /* [0, 1), 53 bits */
uint32_t rng_below(Rng *r, uint32_t n); /* 0 .. n-1, unbiased; n > 0 */
float rng_normal(Rng *r);               /* N(0, 1), Box-Muller in double */
void rng_normals(Rng *r, float *dst, ptrdiff_t n);
double rng_beta(Rng *r, double a);                     /* Beta(a, a) for a > 0, in [0, 1] */
void rng_shuffle(Rng *r, int32_t *items, ptrdiff_t n); /* Fisher-Yates */

#endif
