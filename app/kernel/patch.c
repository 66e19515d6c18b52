/* patch.c - see patch.h. Plain loops, bound by memory; any thread. */
#include "kernel/patch.h"

#include <math.h>
#include <string.h>

PatchShape patch_shape(ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, ptrdiff_t kh, ptrdiff_t kw, ptrdiff_t step)
{
    return (PatchShape){h, w, c, kh, kw, step, (h - kh) / step + 1, (w - kw) / step + 1};
}

/* Where patch p of an image starts, in floats from its first pixel; rows of pixels are `row` floats. */
static ptrdiff_t corner(const PatchShape *s, ptrdiff_t p, ptrdiff_t row)
{
    return p / s->ow * s->step * row + p % s->ow * s->step * s->c;
}

/* A patch becomes a row (channel, y, x): the order of a convolution's kernel (O, I, kh, kw), so that its weights,
 * as other programs store them, multiply the rows as they are. */
void patches_forward(float *rows, const float *x, const PatchShape *s, ptrdiff_t n)
{
    const ptrdiff_t row = (s->w + 2) * s->c;
    for (ptrdiff_t i = 0; i < n; i++, x += (s->h + 2) * row)
        for (ptrdiff_t p = 0; p < s->oh * s->ow; p++) {
            const float *from = x + row + s->c + corner(s, p, row);
            for (ptrdiff_t c = 0; c < s->c; c++)
                for (ptrdiff_t y = 0; y < s->kh; y++)
                    for (ptrdiff_t k = 0; k < s->kw; k++) *rows++ = from[y * row + k * s->c + c];
        }
}

/* The transpose of patches_forward: what was copied to several rows is added up from them; where patches do not
 * overlap, once. */
void patches_backward(float *dx, const float *drows, const PatchShape *s, ptrdiff_t n, int add)
{
    const ptrdiff_t row = (s->w + 2) * s->c;
    for (ptrdiff_t i = 0; i < n; i++, dx += (s->h + 2) * row) {
        float *pixels = dx + row + s->c;
        for (ptrdiff_t y = 0; y < s->h && !add; y++) memset(pixels + y * row, 0, (size_t)(s->w * s->c) * sizeof *dx);
        for (ptrdiff_t p = 0; p < s->oh * s->ow; p++) {
            float *to = pixels + corner(s, p, row);
            for (ptrdiff_t c = 0; c < s->c; c++)
                for (ptrdiff_t y = 0; y < s->kh; y++)
                    for (ptrdiff_t k = 0; k < s->kw; k++) to[y * row + k * s->c + c] += *drows++;
        }
    }
}

/* Ties go to the first place and a NaN wins, so that forward and backward agree on one place without keeping it.
 * The place of the largest of channel c of a patch, in floats from the patch's corner. */
static ptrdiff_t largest(const float *from, const PatchShape *s, ptrdiff_t c)
{
    ptrdiff_t best = c;
    for (ptrdiff_t y = 0; y < s->kh; y++)
        for (ptrdiff_t k = 0; k < s->kw; k++) {
            const ptrdiff_t at = (y * s->w + k) * s->c + c;
            if (from[at] > from[best] || (isnan(from[at]) && !isnan(from[best]))) best = at;
        }
    return best;
}

void max_pool_forward(float *y, const float *x, const PatchShape *s, ptrdiff_t n)
{
    const ptrdiff_t row = (s->ow + 2) * s->c;
    for (ptrdiff_t i = 0; i < n; i++, x += s->h * s->w * s->c, y += (s->oh + 2) * row)
        for (ptrdiff_t p = 0; p < s->oh * s->ow; p++) {
            const float *from = x + corner(s, p, s->w * s->c);
            float *to = y + (p / s->ow + 1) * row + (p % s->ow + 1) * s->c;
            for (ptrdiff_t c = 0; c < s->c; c++) to[c] = from[largest(from, s, c)];
        }
}

void max_pool_backward(float *dx, const float *dy, const float *x, const PatchShape *s, ptrdiff_t n)
{
    const ptrdiff_t row = (s->ow + 2) * s->c, size = s->h * s->w * s->c;
    memset(dx, 0, (size_t)(n * size) * sizeof *dx);
    for (ptrdiff_t i = 0; i < n; i++, x += size, dx += size, dy += (s->oh + 2) * row)
        for (ptrdiff_t p = 0; p < s->oh * s->ow; p++) {
            const ptrdiff_t at = corner(s, p, s->w * s->c);
            const float *d = dy + (p / s->ow + 1) * row + (p % s->ow + 1) * s->c;
            for (ptrdiff_t c = 0; c < s->c; c++) dx[at + largest(x + at, s, c)] += d[c];
        }
}
