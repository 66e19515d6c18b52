/* token_vec.h - layer normalisation of rows, and GELU, for vectors of LANES floats; included by vector_*.c. */
#include "kernel/vector.h"
#include "kernel/vector_types.h"

#include <math.h>

/* ---- layer normalisation ---- */

/* The sum of (x - shift)^power over c floats, power 1 or 2. */
INLINE float power_sum(const float *x, float shift, int power, ptrdiff_t c)
{
    Vec sums = {0};
    ptrdiff_t j = 0;
    for (; j + LANES <= c; j += LANES) {
        const Vec d = *(const VecInMemory *)(x + j) - shift;
        sums += power == 1 ? d : d * d;
    }
    float sum = vec_sum(sums);
    for (; j < c; j++) sum += power == 1 ? x[j] - shift : (x[j] - shift) * (x[j] - shift);
    return sum;
}

static void layer_norm_rows(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                            float eps, ptrdiff_t rows, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < rows; i++, x += c, y += c) {
        /* two passes over a row that L1 holds: no cancellation, unlike E x^2 - (E x)^2 in float */
        mean[i] = power_sum(x, 0, 1, c) / (float)c;
        rstd[i] = 1 / sqrtf(power_sum(x, mean[i], 2, c) / (float)c + eps);
        for (ptrdiff_t j = 0; j < c; j += LANES) {
            const Vec xhat = (vec_load(x + j, c - j) - mean[i]) * rstd[i];
            vec_store(y + j, xhat * vec_load(gamma + j, c - j) + vec_load(beta + j, c - j), c - j);
        }
    }
}

/* One row's share of dgamma and dbeta, and the sums of gamma dy and gamma dy xhat over the row. */
INLINE void row_sums(float *dgamma, float *dbeta, float sum[2], const float *dy, const float *x, float mean, float rstd,
                     const float *gamma, ptrdiff_t c)
{
    Vec plain = {0}, with_x = {0};
    for (ptrdiff_t j = 0; j < c; j += LANES) {
        const ptrdiff_t lanes = c - j;
        const Vec d = vec_load(dy + j, lanes), xhat = (vec_load(x + j, lanes) - mean) * rstd;
        const Vec scaled = d * vec_load(gamma + j, lanes); /* 0 in lanes that are not there */
        vec_store(dgamma + j, vec_load(dgamma + j, lanes) + d * xhat, lanes);
        vec_store(dbeta + j, vec_load(dbeta + j, lanes) + d, lanes);
        plain += scaled;
        with_x += scaled * xhat;
    }
    sum[0] = vec_sum(plain);
    sum[1] = vec_sum(with_x);
}

static void layer_norm_backward_rows(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x,
                                     const float *mean, const float *rstd, const float *gamma, ptrdiff_t rows,
                                     ptrdiff_t c, int add)
{
    for (ptrdiff_t i = 0; i < rows; i++, dy += c, x += c) {
        /* first over the row: sum g and sum g xhat, and the parameters' own gradients on the way */
        float sum[2];
        row_sums(dgamma, dbeta, sum, dy, x, mean[i], rstd[i], gamma, c);
        if (!dx) continue;
        /* then dx = rstd (g - (sum g + xhat sum g xhat) / c), g = gamma dy */
        for (ptrdiff_t j = 0; j < c; j += LANES) {
            const Vec xhat = (vec_load(x + j, c - j) - mean[i]) * rstd[i];
            Vec d = vec_load(dy + j, c - j) * vec_load(gamma + j, c - j) - (xhat * sum[1] + sum[0]) * (1 / (float)c);
            d *= rstd[i];
            vec_store(dx + j, add ? d + vec_load(dx + j, c - j) : d, c - j);
        }
        dx += c;
    }
}

/* ---- GELU ---- */

/* Phi(x), the normal distribution's cumulative function, and bell = e^(-x^2 / 2): 1 - erf(z) = (a1 t + ... + a5 t^5)
 * e^(-z^2) with t = 1 / (1 + p z), within 1.5e-7 for z >= 0 (Abramowitz & Stegun 1964, 7.1.26); here z = |x| /
 * sqrt(2). */
INLINE Vec normal_cdf(Vec x, Vec *bell)
{
    const Vec size = (Vec)((Mask)x & INT32_MAX), t = 1 / (size * (0.3275911f * 0.70710678f) + 1);
    Vec p = t * 1.061405429f - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    *bell = vec_exp_negative(x * x * -0.5f);
    const Vec tail = p * t * *bell * 0.5f;
    return vec_where(x < 0, tail) + vec_where(~(x < 0), 1 - tail);
}

static void gelu_range(float *y, const float *x, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const Vec v = vec_load(x + i, n - i);
        Vec bell;
        vec_store(y + i, v * normal_cdf(v, &bell), n - i);
    }
}

/* d GELU / dx = Phi(x) + x phi(x), phi(x) = e^(-x^2 / 2) / sqrt(2 pi) */
static void gelu_backward_range(float *dx, const float *dy, const float *x, ptrdiff_t n, int add)
{
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const Vec v = vec_load(x + i, n - i);
        Vec bell, d = normal_cdf(v, &bell);
        d = (d + v * bell * 0.39894228f) * vec_load(dy + i, n - i);
        vec_store(dx + i, add ? d + vec_load(dx + i, n - i) : d, n - i);
    }
}
