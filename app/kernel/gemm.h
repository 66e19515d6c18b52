/* gemm.h - matrix products of row-major floats. The only user of OpenBLAS, at one thread. */
#ifndef TARE_KERNEL_GEMM_H
#define TARE_KERNEL_GEMM_H

#include <stddef.h>

/* y (n, out) = x (n, in) w' + b, w (out, in), b (out) or NULL. */
void linear_forward(float *y, const float *x, const float *w, const float *b, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out);
/* dx (n, in) = dy (n, out) w, or += with add. */
void linear_backward_data(float *dx, const float *dy, const float *w, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out,
                          int add);
/* dw (out, in) = dy' x, db (out) = column sums of dy (db may be NULL). */
void linear_backward_weights(float *dw, float *db, const float *x, const float *dy, ptrdiff_t n, ptrdiff_t in,
                             ptrdiff_t out);
/* dw (out, in), db (out) += the same sums, of outputs first .. first + count - 1 only. */
void linear_add_weights(float *dw, float *db, const float *x, const float *dy, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out,
                        ptrdiff_t first, ptrdiff_t count);

#endif
