/* optimiser.h - updates of a flat block of weights. Element-wise: callers may split [first, n) as they like. */
#ifndef TARE_KERNEL_OPTIMISER_H
#define TARE_KERNEL_OPTIMISER_H

#include <stddef.h>
#include <stdint.h>

/* Adam (Kingma & Ba 2015) as PyTorch has it: bias-corrected, eps outside the root, betas .9, .999, eps 1e-8;
 * weight_decay is added to the gradient (the caller passes 0 for what does not decay). t counts from 1. m, v
 * start as zero. */
void adam_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay);

/* SGD with momentum as PyTorch has it: m = momentum m + g, w -= lr m; the first step sets m = g (m
 * starts as zero). */
void sgd_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay);

#endif
