/* vector_types.h - private to the vector_*.c files: vectors of LANES floats (GCC's vector extension). */
#ifndef TARE_KERNEL_VECTOR_TYPES_H
#define TARE_KERNEL_VECTOR_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* LANES is set by the including file, for its instruction set. */
typedef float Vec __attribute__((vector_size(4 * LANES)));
typedef float VecInMemory __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t Mask __attribute__((vector_size(4 * LANES))); /* what comparisons give: 0 or -1 */

#define INLINE static inline __attribute__((always_inline))

/* The first `lanes` floats at p, then zeros; never reads beyond them. */
INLINE Vec vec_load(const float *p, ptrdiff_t lanes)
{
    if (lanes >= LANES) return *(const VecInMemory *)p;
    float part[LANES] = {0};
    for (ptrdiff_t i = 0; i < lanes; i++) part[i] = p[i];
    return *(const VecInMemory *)part;
}

INLINE void vec_store(float *p, Vec v, ptrdiff_t lanes)
{
    if (lanes >= LANES) {
        *(VecInMemory *)p = v;
        return;
    }
    float part[LANES];
    *(VecInMemory *)part = v;
    for (ptrdiff_t i = 0; i < lanes; i++) p[i] = part[i];
}

/* v where the mask is set, else 0. */
INLINE Vec vec_where(Mask mask, Vec v)
{
    return (Vec)(mask & (Mask)v);
}

/* min(v, most) and max(v, least), but a NaN stays a NaN. */
INLINE Vec vec_at_most(Vec v, float most)
{
    const Vec limit = (Vec){0} + most;
    return (Vec)(((v > limit) & (Mask)limit) | (~(v > limit) & (Mask)v));
}
INLINE Vec vec_at_least(Vec v, float least)
{
    return -vec_at_most(-v, -least);
}

/* The larger of each pair; where either is a NaN, b. */
INLINE Vec vec_max(Vec a, Vec b)
{
    const Mask larger = a > b;
    return (Vec)((larger & (Mask)a) | (~larger & (Mask)b));
}

/* The sum of all lanes, by halves. */
INLINE float vec_sum(Vec v)
{
    float part[LANES];
    *(VecInMemory *)part = v;
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) part[i] += part[i + half];
    return part[0];
}

/* e^v for v <= 0, within 2 units of the last place; below e^-87 it gives e^-87. v = n log 2 + r with |r| <=
 * log(2) / 2, then 2^n e^r with Cephes' polynomial (expf.c, S. Moshier). */
INLINE Vec vec_exp_negative(Vec v)
{
    const float round = 0x1.8p23f; /* adding it leaves n in the low bits */
    v = vec_at_least(v, -87);
    const Vec shifted = v * 1.44269504f + round, n = shifted - round;
    const Vec r = (v - n * 0.693359375f) + n * 2.12194440e-4f; /* log 2 in two parts */
    Vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    return p * (Vec)(((Mask)shifted << 23) + (127 << 23));
}

/* log(1 + v) for 0 <= v <= 1, as 2 atanh(s) with s = v / (2 + v) <= 1/3: the series up to s^15 leaves 2e-9. */
INLINE Vec vec_log1p_unit(Vec v)
{
    const Vec s = v / (v + 2), q = s * s;
    Vec p = q * (1.0f / 15) + 1.0f / 13;
    p = p * q + 1.0f / 11;
    p = p * q + 1.0f / 9;
    p = p * q + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    return (p * q * s + s) * 2;
}

#endif
