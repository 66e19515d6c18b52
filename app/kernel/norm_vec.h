/* norm_vec.h - batch normalisation of one row of pixels, LANES channels at a time; included by vector_*.c.
 *
 * Sums run in float over the w pixels of the row, then are added to the caller's doubles. */
#include "kernel/vector.h"
#include "kernel/vector_types.h"

INLINE void add_lanes(double *sum, Vec v, ptrdiff_t lanes)
{
    for (ptrdiff_t i = 0; i < LANES && i < lanes; i++) sum[i] += (double)v[i];
}

static void bn_sums_row(double *sum, double *square, const float *x, ptrdiff_t w, ptrdiff_t c)
{
    for (ptrdiff_t j = 0; j < c; j += LANES) {
        Vec s = {0}, q = {0};
        for (ptrdiff_t p = 0; p < w; p++) {
            Vec v = vec_load(x + p * c + j, c - j);
            s += v;
            q += v * v;
        }
        add_lanes(sum + j, s, c - j);
        add_lanes(square + j, q, c - j);
    }
}

static void bn_relu_row(float *y, const float *x, const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c)
{
    for (ptrdiff_t j = 0; j < c; j += LANES) {
        const ptrdiff_t lanes = c - j;
        const Vec mean = vec_load(bn->mean + j, lanes), beta = vec_load(bn->beta + j, lanes);
        const Vec scale = vec_load(bn->gamma + j, lanes) * vec_load(bn->rstd + j, lanes);
        for (ptrdiff_t p = j; p < w * c; p += c) {
            Vec v = (vec_load(x + p, lanes) - mean) * scale + beta;
            vec_store(y + p, vec_where(~(v < 0), v), lanes); /* a NaN is not < 0 and stays */
        }
    }
}

static void bn_relu_backward_sums_row(double *dgamma, double *dbeta, const float *dy, const float *y,
                                      const float *x, const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c)
{
    for (ptrdiff_t j = 0; j < c; j += LANES) {
        const ptrdiff_t lanes = c - j;
        const Vec mean = vec_load(bn->mean + j, lanes), rstd = vec_load(bn->rstd + j, lanes);
        Vec with_x = {0}, plain = {0};
        for (ptrdiff_t p = j; p < w * c; p += c) {
            Vec dz = vec_where(vec_load(y + p, lanes) > 0, vec_load(dy + p, lanes));
            plain += dz;
            with_x += dz * (vec_load(x + p, lanes) - mean);
        }
        add_lanes(dgamma + j, with_x * rstd, lanes);
        add_lanes(dbeta + j, plain, lanes);
    }
}

static void bn_relu_backward_row(float *dx, const float *dy, const float *y, const float *x,
                                 const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c, int add)
{
    for (ptrdiff_t j = 0; j < c; j += LANES) {
        const ptrdiff_t lanes = c - j;
        const Vec mean = vec_load(bn->mean + j, lanes), rstd = vec_load(bn->rstd + j, lanes);
        const Vec scale = vec_load(bn->gamma + j, lanes) * rstd;
        const Vec slope = vec_load(bn->dgamma + j, lanes) * rstd * bn->per_pixel;
        const Vec shift = vec_load(bn->dbeta + j, lanes) * bn->per_pixel;
        for (ptrdiff_t p = j; p < w * c; p += c) {
            Vec dz = vec_where(vec_load(y + p, lanes) > 0, vec_load(dy + p, lanes));
            Vec d = (dz - shift - (vec_load(x + p, lanes) - mean) * slope) * scale;
            vec_store(dx + p, add ? vec_load(dx + p, lanes) + d : d, lanes);
        }
    }
}
