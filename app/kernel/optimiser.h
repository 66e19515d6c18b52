/* optimiser.h - updates of a flat block of weights. Element-wise, but for the sum of squares: callers may split
 * [first, n) as they like. */
#ifndef TARE_KERNEL_OPTIMISER_H
#define TARE_KERNEL_OPTIMISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adam (Kingma & Ba 2015) as PyTorch has it: bias-corrected, eps outside the root, betas .9, .999, eps 1e-8;
 * weight_decay is added to the gradient (the caller passes 0 for what does not decay). t counts from 1. m, v
 * start as zero. */
void adam_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay);

/* SGD with momentum as PyTorch has it: m = momentum m + g, w -= lr m; the first step sets m = g (m
 * starts as zero). */
void sgd_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay);

/* AdamW (Loshchilov & Hutter 2019, Algorithm 2) as PyTorch has it: w *= 1 - lr weight_decay, then Adam without decay.
 */
void adamw_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay);

/* Nesterov's momentum as PyTorch has it (Sutskever et al. 2013, reformulated): g = grad + weight_decay w,
 * m = momentum m + g, w -= lr (g + momentum m). */
void nesterov_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay);

/* What one step needs beside the arrays. */
typedef struct {
    int64_t t; /* of this step, from 1 */
    float lr, momentum, weight_decay;
} OptimiserStep;

/* The rows of the option `optimizer`. */
typedef struct {
    const char *name;
    bool second; /* keeps v beside m */
    void (*step)(float *w, float *m, float *v, const float *grad, ptrdiff_t n, const OptimiserStep *s);
} Optimiser;

extern const Optimiser optimisers[];               /* ends with name NULL */
const Optimiser *optimiser_find(const char *name); /* NULL when there is none */

/* Sum of x (n) squared, in double, in an order that n alone decides. NaN or infinite where an element is. */
double sum_of_squares(const float *x, ptrdiff_t n);

/* x (n) *= factor. */
void scale_floats(float *x, float factor, ptrdiff_t n);

/* mean (n) = keep mean + (1 - keep) w: one step of an exponential moving average. */
void average_step(float *mean, const float *w, ptrdiff_t n, float keep);

#endif
