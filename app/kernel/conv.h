/* conv.h - convolutions over channels-last images with a zero border of one pixel.
 *
 * x (n, h+2, w+2, ci), y (n, h/stride+2, w/stride+2, co), weights (co, ci, k, k) as PyTorch's. k = 3, stride 1: one
 * pixel of padding on each side. k = 3, stride 2, h and w even: "SAME" padding, none left and top, one right and
 * bottom; with pad_one, one on each side (the last one right and bottom is never reached). k = 1: no padding. Forward
 * and backward-data write pixels only and leave every border as it is (zero, from the arena). One thread each; the
 * caller splits the images. Convolution has no bias here: batch normalisation follows. */
#ifndef TARE_KERNEL_CONV_H
#define TARE_KERNEL_CONV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    ptrdiff_t h, w, ci, co; /* of the input; ci, co >= 1, any number */
    int k, stride;          /* 1 or 3; 1 or 2 */
    bool pad_one;           /* of k = 3, stride 2 */
} ConvShape;

/* Floats that the packed weights of either direction take. */
size_t conv_packed_size(const ConvShape *s);
void conv_pack_forward(float *packed, const float *weights, const ConvShape *s);
void conv_pack_backward(float *packed, const float *weights, const ConvShape *s);

/* y = x * w for n images. */
void conv_forward(float *y, const float *x, const float *packed, const ConvShape *s, ptrdiff_t n);

/* dx = dy * w' (or += with add): the gradient of the input. packed by conv_pack_backward. */
void conv_backward_data(float *dx, const float *dy, const float *packed, const ConvShape *s, ptrdiff_t n, bool add);

/* dw += the gradient of the weights from n images, in the kernel's own tile order; conv_unpack_gradient then
 * gives grad (co, ci, k, k). The work is split over conv_gradient_tiles(s) tiles of output: tile t only
 * touches its own floats of dw (conv_gradient_size(s) floats, zeroed by the caller). */
size_t conv_gradient_size(const ConvShape *s);
ptrdiff_t conv_gradient_tiles(const ConvShape *s);
void conv_backward_weights(float *dw, const float *x, const float *dy, const ConvShape *s, ptrdiff_t n,
                           ptrdiff_t first_tile, ptrdiff_t tiles);
void conv_unpack_gradient(float *grad, const float *dw, const ConvShape *s);

double conv_flops(const ConvShape *s); /* 2 x multiply-adds of one image, one direction */

#endif
