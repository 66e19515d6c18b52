/* norm.c - see norm.h: the interior of every image, row by row, through the vector kernels; rows of tokens likewise.
 * Any thread. */
#include "kernel/norm.h"
#include "kernel/vector.h"

#include <math.h>
#include <string.h>

/* ---- batch normalisation ----
 *
 * Forward, for each channel over the N = n h w pixels of the batch:
 *
 *     m = sum x / N,  s2 = sum x^2 / N - m^2,  xhat = (x - m) / sqrt(s2 + eps),  y = max(0, gamma xhat + beta)
 *
 * Back: m and s2 are functions of every x, so a pixel's gradient has three parts: its own, the one by way of m and the
 * one by way of s2. With dz = dy [y > 0], and since sum xhat = 0 and sum xhat^2 = N (but for eps),
 *
 *     dbeta = sum dz,  dgamma = sum dz xhat,  dx = gamma rstd (dz - dbeta / N - xhat dgamma / N)
 *
 * that is dz without its mean and without its component along xhat: a batch cannot be moved in the two directions that
 * normalisation takes out again. Where running statistics were used, m and s2 are constants and the first part is all.
 *
 * Both sums need the whole batch before the first dx can be written; hence two passes each way. */

void bn_sums(double *sum, double *square, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    const VectorKernels *k = vector_kernels();
    memset(sum, 0, (size_t)c * sizeof *sum);
    memset(square, 0, (size_t)c * sizeof *square);
    /* row r of pixels lies behind r bordered rows, one pixel in: the border counts for nothing */
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++) k->bn_sums(sum, square, x + ((i * (h + 2) + r) * (w + 2) + 1) * c, w, c);
}

void bn_moments(float *mean, float *rstd, const double *sum, const double *square, ptrdiff_t count, ptrdiff_t c)
{
    /* the difference cancels where |m| >> s, which a layer fed by normalised ones is not */
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
    /* per_pixel = 1 / N turns the sums into means; 0 leaves both out, which is the gradient by running statistics */
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

/* ---- layer normalisation ----
 *
 * The same formulas with the roles of rows and columns exchanged: each row is normalised over its own c floats, so that
 * no row waits for another, and gamma is inside the two sums that are taken out:
 *
 *     dx = rstd (g - mean(g) - xhat mean(g xhat)),  g = gamma dy;  dgamma += dy xhat, dbeta += dy over the rows */

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
