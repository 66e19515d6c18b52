/* norm.h - batch normalisation (Ioffe & Szegedy 2015) with the ReLU that follows it, channels last; layer
 * normalisation (Ba, Kiros & Hinton 2016) of plain rows.
 *
 * Images are (n, h+2, w+2, c) with a zero border that counts for nothing and stays as it is. Statistics come in two
 * steps, so that threads may share a batch: sums over a few images, then all sums added in order. eps = 1e-5. */
#ifndef TARE_KERNEL_NORM_H
#define TARE_KERNEL_NORM_H

#include <stddef.h>

#define BN_EPS         1e-5f
#define LAYER_NORM_EPS 1e-5f

/* sum (c), square (c) = sums of x and x^2 over the pixels of n images, in double. */
void bn_sums(double *sum, double *square, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);

/* mean (c), rstd (c) = mean and 1/sqrt(biased variance + eps) from sums over `count` pixels. */
void bn_moments(float *mean, float *rstd, const double *sum, const double *square, ptrdiff_t count, ptrdiff_t c);

/* y = max(0, gamma (x - mean) rstd + beta). y may not alias x. */
void bn_relu_forward(float *y, const float *x, const float *mean, const float *rstd, const float *gamma,
                     const float *beta, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);

/* First step back: dgamma (c), dbeta (c) = sums over the pixels of n images of dz xhat and dz, in double,
 * where dz = dy [y > 0] and xhat = (x - mean) rstd. */
void bn_relu_backward_sums(double *dgamma, double *dbeta, const float *dy, const float *y, const float *x,
                           const float *mean, const float *rstd, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);

/* Second step: dx (+)= gamma rstd (dz - dbeta/count - xhat dgamma/count), count pixels in the whole batch.
 * With batch_statistics = 0 (running statistics were used) dx (+)= gamma rstd dz. */
void bn_relu_backward(float *dx, const float *dy, const float *y, const float *x, const float *mean, const float *rstd,
                      const float *gamma, const float *dgamma, const float *dbeta, ptrdiff_t count, ptrdiff_t n,
                      ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int batch_statistics, int add);

/* Each of n rows of c floats by itself: y = gamma (x - mean) rstd + beta, eps = 1e-5 in rstd (n), biased variance. */
void layer_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                        ptrdiff_t n, ptrdiff_t c);

/* dx (n, c) is set, or added to; NULL: nobody wants it. dgamma (c), dbeta (c) are set. dx may not alias dy. */
void layer_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean,
                         const float *rstd, const float *gamma, ptrdiff_t n, ptrdiff_t c, int add);

#endif
