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

#endif
