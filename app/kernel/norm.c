/* norm.c - see norm.h: the interior of every image, row by row, through the vector kernels; rows of tokens likewise.
 * Any thread. */
#include "kernel/norm.h"
#include "kernel/vector.h"

#include <math.h>
#include <string.h>

void bn_sums(double *sum, double *square, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    const VectorKernels *k = vector_kernels();
    memset(sum, 0, (size_t)c * sizeof *sum);
    memset(square, 0, (size_t)c * sizeof *square);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++) k->bn_sums(sum, square, x + ((i * (h + 2) + r) * (w + 2) + 1) * c, w, c);
}

void bn_moments(float *mean, float *rstd, const double *sum, const double *square, ptrdiff_t count, ptrdiff_t c)
{
    for (ptrdiff_t j = 0; j < c; j++) {
        double m = sum[j] / (double)count, variance = square[j] / (double)count - m * m;
        if (variance < 0) variance = 0; /* rounding only; a NaN stays */
        mean[j] = (float)m;
        rstd[j] = (float)(1 / sqrt(variance + (double)BN_EPS));
    }
}

void bn_relu_forward(float *y, const float *x, const float *mean, const float *rstd, const float *gamma,
                     const float *beta, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    const VectorKernels *k = vector_kernels();
    const BatchNorm bn = {.mean = mean, .rstd = rstd, .gamma = gamma, .beta = beta};
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++) {
            ptrdiff_t row = ((i * (h + 2) + r) * (w + 2) + 1) * c;
            k->bn_relu(y + row, x + row, &bn, w, c);
        }
}

void bn_relu_backward_sums(double *dgamma, double *dbeta, const float *dy, const float *y, const float *x,
                           const float *mean, const float *rstd, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    const VectorKernels *k = vector_kernels();
    const BatchNorm bn = {.mean = mean, .rstd = rstd};
    memset(dgamma, 0, (size_t)c * sizeof *dgamma);
    memset(dbeta, 0, (size_t)c * sizeof *dbeta);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++) {
            ptrdiff_t row = ((i * (h + 2) + r) * (w + 2) + 1) * c;
            k->bn_relu_backward_sums(dgamma, dbeta, dy + row, y + row, x + row, &bn, w, c);
        }
}

void bn_relu_backward(float *dx, const float *dy, const float *y, const float *x, const float *mean, const float *rstd,
                      const float *gamma, const float *dgamma, const float *dbeta, ptrdiff_t count, ptrdiff_t n,
                      ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int batch_statistics, int add)
{
    const VectorKernels *k = vector_kernels();
    const BatchNorm bn = {.mean = mean,
                          .rstd = rstd,
                          .gamma = gamma,
                          .dgamma = dgamma,
                          .dbeta = dbeta,
                          .per_pixel = batch_statistics ? 1 / (float)count : 0};
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++) {
            ptrdiff_t row = ((i * (h + 2) + r) * (w + 2) + 1) * c;
            k->bn_relu_backward(dx + row, dy + row, y + row, x + row, &bn, w, c, add);
        }
}

void layer_norm_forward(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                        ptrdiff_t n, ptrdiff_t c)
{
    vector_kernels()->layer_norm(y, mean, rstd, x, gamma, beta, LAYER_NORM_EPS, n, c);
}

void layer_norm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean,
                         const float *rstd, const float *gamma, ptrdiff_t n, ptrdiff_t c, int add)
{
    memset(dgamma, 0, (size_t)c * sizeof *dgamma);
    memset(dbeta, 0, (size_t)c * sizeof *dbeta);
    vector_kernels()->layer_norm_backward(dx, dgamma, dbeta, dy, x, mean, rstd, gamma, n, c, add);
}
