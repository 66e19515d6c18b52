/* nets.h - for tests and benchmarks: a body and a head run as one, and images as other software lays them out. */
#ifndef TARE_TESTS_NETS_H
#define TARE_TESTS_NETS_H

#include "nn/net.h"

typedef struct {
    Net *body, *head; /* body NULL: the head's features are the input */
    Tape *body_tape, *head_tape;
    float *moment[4]; /* Adam's m and v: of the body, of the head */
    int64_t steps;
    ptrdiff_t rows;
} Model;

/* Takes over the references. */
Model model_open(Net *body, Net *head, ptrdiff_t rows, bool training);
void model_close(Model *m);

/* src (rows, c, h, w) into the input, or (rows, c) where it is plain. */
void model_input(Model *m, const float *src);
/* Standard normal numbers into the input. */
void model_noise(Model *m, uint64_t seed);

const float *model_forward(Model *m, ptrdiff_t rows, const Pass *pass); /* logits */
/* After model_forward in PASS_TRAIN: all gradients, and the mean loss (cross-entropy + kl_weight KL). */
double model_backward(Model *m, ptrdiff_t rows, const int32_t *labels, const Pass *pass);
void model_adam(Model *m, float lr); /* and the running statistics */

/* Value and gradient of the parameter with this name in body or head. */
const Param *model_param(const Model *m, const char *name, const float **value, const float **grad);

#endif
