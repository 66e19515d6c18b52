/* norm_vec.h - batch normalisation of one row of pixels, 16 channels at a time; included by vector_*.c.
 *
 * Sums run in float over the w pixels of the row, then are added to the caller's doubles. Each function has a
 * block of `lanes` channels as its body: 16, known to the compiler, or what is left of them. Channels lie together, so
 * that a vector holds channels of one pixel and nothing is ever summed across its lanes: w pixels, one accumulator a
 * channel. Bytes decide here, not FLOPs: each function reads what it needs once and keeps the channels' constants in
 * registers for the whole row. */
#include "kernel/vector.h"
#include "kernel/vector_types.h"

enum { NORM_BLOCK = 16, NORM_VECS = NORM_BLOCK / LANES };

#define EACH_VEC(v) for (int v = 0; v < NORM_VECS; v++)

/* part[v] = the v'th vector of a block at p, of which `lanes` floats exist. */
INLINE void load_block(Vec *part, const float *p, ptrdiff_t lanes)
{
    EACH_VEC(v) part[v] = vec_load(p + v * LANES, lanes - v * LANES);
}

INLINE void add_block(double *sum, const Vec *part, ptrdiff_t lanes)
{
    for (ptrdiff_t i = 0; i < lanes; i++) sum[i] += (double)part[i / LANES][i % LANES];
}

INLINE void sums_block(double *sum, double *square, const float *x, ptrdiff_t w, ptrdiff_t c, ptrdiff_t lanes)
{
    Vec s[NORM_VECS] = {{0}}, q[NORM_VECS] = {{0}}, value[NORM_VECS];
    for (ptrdiff_t p = 0; p < w; p++, x += c) {
        load_block(value, x, lanes);
        EACH_VEC(v) s[v] += value[v];
        EACH_VEC(v) q[v] += value[v] * value[v];
    }
    add_block(sum, s, lanes);
    add_block(square, q, lanes);
}

static void bn_sums_row(double *sum, double *square, const float *x, ptrdiff_t w, ptrdiff_t c)
{
    ptrdiff_t j = 0;
    for (; j + NORM_BLOCK <= c; j += NORM_BLOCK) sums_block(sum + j, square + j, x + j, w, c, NORM_BLOCK);
    if (j < c) sums_block(sum + j, square + j, x + j, w, c, c - j);
}

/* y = max(0, (x - mean) scale + beta) with scale = gamma rstd, of channels j .. j + lanes - 1 of a row; likewise below.
 * The mean is subtracted first: folding it into beta would save an operation and lose the digits that x and mean share.
 */
INLINE void relu_block(float *y, const float *x, const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c, ptrdiff_t j,
                       ptrdiff_t lanes)
{
    Vec mean[NORM_VECS], beta[NORM_VECS], scale[NORM_VECS], rstd[NORM_VECS], value[NORM_VECS];
    load_block(mean, bn->mean + j, lanes);
    load_block(beta, bn->beta + j, lanes);
    load_block(scale, bn->gamma + j, lanes);
    load_block(rstd, bn->rstd + j, lanes);
    EACH_VEC(v) scale[v] *= rstd[v];
    for (ptrdiff_t p = j; p < w * c; p += c) {
        load_block(value, x + p, lanes);
        EACH_VEC(v)
        {
            const Vec z = (value[v] - mean[v]) * scale[v] + beta[v];
            vec_store(y + p + v * LANES, vec_where(~(z < 0), z), lanes - v * LANES); /* a NaN is not < 0 and stays */
        }
    }
}

static void bn_relu_row(float *y, const float *x, const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c)
{
    ptrdiff_t j = 0;
    for (; j + NORM_BLOCK <= c; j += NORM_BLOCK) relu_block(y, x, bn, w, c, j, NORM_BLOCK);
    if (j < c) relu_block(y, x, bn, w, c, j, c - j);
}

/* dz = dy where y > 0, of one block. */
INLINE void load_dz(Vec *dz, const float *dy, const float *y, ptrdiff_t lanes)
{
    Vec value[NORM_VECS];
    load_block(dz, dy, lanes);
    load_block(value, y, lanes);
    EACH_VEC(v) dz[v] = vec_where(value[v] > 0, dz[v]);
}

INLINE void backward_sums_block(double *dgamma, double *dbeta, const float *dy, const float *y, const float *x,
                                const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c, ptrdiff_t j, ptrdiff_t lanes)
{
    Vec mean[NORM_VECS], rstd[NORM_VECS], value[NORM_VECS], dz[NORM_VECS];
    Vec with_x[NORM_VECS] = {{0}}, plain[NORM_VECS] = {{0}};
    load_block(mean, bn->mean + j, lanes);
    load_block(rstd, bn->rstd + j, lanes);
    /* xhat = (x - mean) rstd: rstd is the same for all pixels and is multiplied in once, at the end */
    for (ptrdiff_t p = j; p < w * c; p += c) {
        load_dz(dz, dy + p, y + p, lanes);
        load_block(value, x + p, lanes);
        EACH_VEC(v) plain[v] += dz[v];
        EACH_VEC(v) with_x[v] += dz[v] * (value[v] - mean[v]);
    }
    EACH_VEC(v) with_x[v] *= rstd[v];
    add_block(dgamma + j, with_x, lanes);
    add_block(dbeta + j, plain, lanes);
}

static void bn_relu_backward_sums_row(double *dgamma, double *dbeta, const float *dy, const float *y, const float *x,
                                      const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c)
{
    ptrdiff_t j = 0;
    for (; j + NORM_BLOCK <= c; j += NORM_BLOCK) backward_sums_block(dgamma, dbeta, dy, y, x, bn, w, c, j, NORM_BLOCK);
    if (j < c) backward_sums_block(dgamma, dbeta, dy, y, x, bn, w, c, j, c - j);
}

/* dx (+)= gamma rstd (dz - dbeta / N - (x - mean) rstd dgamma / N) = scale (dz - shift - (x - mean) slope), with what
 * does not depend on the pixel worked out first: scale = gamma rstd, shift = dbeta / N, slope = rstd dgamma / N. */
INLINE void backward_block(float *dx, const float *dy, const float *y, const float *x, const BatchNorm *bn, ptrdiff_t w,
                           ptrdiff_t c, int add, ptrdiff_t j, ptrdiff_t lanes)
{
    Vec mean[NORM_VECS], scale[NORM_VECS], slope[NORM_VECS], shift[NORM_VECS], rstd[NORM_VECS];
    Vec value[NORM_VECS], dz[NORM_VECS], old[NORM_VECS] = {{0}};
    load_block(mean, bn->mean + j, lanes);
    load_block(rstd, bn->rstd + j, lanes);
    load_block(scale, bn->gamma + j, lanes);
    load_block(slope, bn->dgamma + j, lanes);
    load_block(shift, bn->dbeta + j, lanes);
    EACH_VEC(v) scale[v] *= rstd[v];
    EACH_VEC(v) slope[v] *= rstd[v] * bn->per_pixel;
    EACH_VEC(v) shift[v] *= bn->per_pixel;
    for (ptrdiff_t p = j; p < w * c; p += c) {
        load_dz(dz, dy + p, y + p, lanes);
        load_block(value, x + p, lanes);
        if (add) load_block(old, dx + p, lanes);
        EACH_VEC(v)
        {
            const Vec d = old[v] + (dz[v] - shift[v] - (value[v] - mean[v]) * slope[v]) * scale[v];
            vec_store(dx + p + v * LANES, d, lanes - v * LANES);
        }
    }
}

static void bn_relu_backward_row(float *dx, const float *dy, const float *y, const float *x, const BatchNorm *bn,
                                 ptrdiff_t w, ptrdiff_t c, int add)
{
    ptrdiff_t j = 0;
    for (; j + NORM_BLOCK <= c; j += NORM_BLOCK) backward_block(dx, dy, y, x, bn, w, c, add, j, NORM_BLOCK);
    if (j < c) backward_block(dx, dy, y, x, bn, w, c, add, j, c - j);
}
