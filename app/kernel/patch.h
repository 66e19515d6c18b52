/* patch.h - patches of bordered images as rows, and pooling. One thread each; the caller splits the images.
 *
 * Images are (n, h+2, w+2, c) with a zero border, as everywhere. Patches never reach into the border. */
#ifndef TARE_KERNEL_PATCH_H
#define TARE_KERNEL_PATCH_H

#include <stddef.h>

typedef struct {
    ptrdiff_t h, w, c; /* of the image */
    ptrdiff_t kh, kw;  /* of a patch */
    ptrdiff_t step;    /* from one patch to the next, both ways */
    ptrdiff_t oh, ow;  /* patches in a column, in a row: (h - kh) / step + 1 */
} PatchShape;

PatchShape patch_shape(ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, ptrdiff_t kh, ptrdiff_t kw, ptrdiff_t step);

/* rows (n, oh ow, c kh kw) = the patches, row by row; within a patch (c, y, x), the order of PyTorch's kernels, so that
 * a convolution without padding is a product with them. */
void patches_forward(float *rows, const float *x, const PatchShape *s, ptrdiff_t n);
/* dx (pixels only) = each pixel's sum over the patches it lies in, or += with add. */
void patches_backward(float *dx, const float *drows, const PatchShape *s, ptrdiff_t n, int add);

/* y (n, oh+2, ow+2, c) = the largest of each patch of the map x (n, h w, c), which has no border; y's border stays. A
 * NaN wins. The gradient goes to the first of the largest: dx (n, h w, c) is set. */
void max_pool_forward(float *y, const float *x, const PatchShape *s, ptrdiff_t n);
void max_pool_backward(float *dx, const float *dy, const float *x, const PatchShape *s, ptrdiff_t n);

#endif
