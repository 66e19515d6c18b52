/* activation.h - element-wise functions, pooling, and V-TST's draw of z. One thread each; the caller splits rows. */
#ifndef TARE_KERNEL_ACTIVATION_H
#define TARE_KERNEL_ACTIVATION_H

#include <stddef.h>

/* y = max(0, x); y may alias x. */
void relu_forward(float *y, const float *x, ptrdiff_t n);
/* dx = dy [y > 0], or += with add; dx may alias dy without add. */
void relu_backward(float *dx, const float *dy, const float *y, ptrdiff_t n, int add);

/* y = x Phi(x), the exact GELU (Hendrycks & Gimpel 2016) within 3e-7; dx = dy (Phi(x) + x phi(x)), or += with add. y
 * may alias x, and dx dy without add. */
void gelu_forward(float *y, const float *x, ptrdiff_t n);
void gelu_backward(float *dx, const float *dy, const float *x, ptrdiff_t n, int add);

/* y = a + b over n floats (borders too: 0 + 0); y may alias either. */
void add_forward(float *y, const float *a, const float *b, ptrdiff_t n);

/* dst += src over n floats. */
void accumulate(float *dst, const float *src, ptrdiff_t n);
/* sum (n) = part[0] + part[1] + ... + part[parts-1] (parts, n), added in that order. */
void sum_parts(float *sum, const float *part, ptrdiff_t parts, ptrdiff_t n);

/* y (n, c) = mean over the h x w pixels of bordered images x (n, h+2, w+2, c); and its gradient (pixels only). */
void mean_pool_forward(float *y, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);
void mean_pool_backward(float *dx, const float *dy, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int add);

/* y (n, h*w*c) = the pixels of bordered images, row by row; and its gradient (pixels only). */
void flatten_forward(float *y, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);
void flatten_backward(float *dx, const float *dy, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int add);

/* V-TST: log s2 = logsigmoid(raw), z = mu + sqrt(s2) eps (eps NULL: z = mu), and
 * kl (n) = sum_j (mu^2 + s2 - 1 - log s2) / 2. All of mu, raw, logvar, eps, z are (n, d); logvar receives log s2. */
void gaussian_forward(float *z, float *logvar, float *kl, const float *mu, const float *raw, const float *eps,
                      ptrdiff_t n, ptrdiff_t d);
/* dmu, draw from dz and from kl_scale * d(sum of kl): set, not added. */
void gaussian_backward(float *dmu, float *draw, const float *dz, const float *mu, const float *raw, const float *logvar,
                       const float *eps, float kl_scale, ptrdiff_t n, ptrdiff_t d);

#endif
