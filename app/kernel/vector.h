/* vector.h - private to kernel: the inner loops that are compiled once for each instruction set.
 *
 * vector_portable.c, vector_avx2.c and vector_avx512.c include the same *_vec.h with another vector length
 * and compiler flags; each exports one table of functions, and isa.c picks one. */
#ifndef TARE_KERNEL_VECTOR_H
#define TARE_KERNEL_VECTOR_H

#include "kernel/attention.h"

#include <stdbool.h>
#include <stddef.h>

#define ADAM_BETA1 0.9
#define ADAM_BETA2 0.999
#define ADAM_EPS   1e-8f

enum {
    CONV_BLOCK = 16,     /* output channels that are computed together; packed weights are padded to it */
    CONV_TILE_ROWS = 24, /* rows (of k * ci) of one tile of a weight gradient */
    CONV_TILE = CONV_TILE_ROWS * CONV_BLOCK,
};

/* The next multiple of CONV_BLOCK. */
static inline ptrdiff_t padded(ptrdiff_t n)
{
    return (n + CONV_BLOCK - 1) / CONV_BLOCK * CONV_BLOCK;
}

/* One sweep of a convolution over an image: output pixel (r, p) = sum over taps of input strips times weights. A tap
 * is a strip of `length` contiguous floats, (kx, c) of one ky. All starts and steps in floats. */
typedef struct {
    ptrdiff_t rows, cols;                    /* output pixels */
    ptrdiff_t in_start, in_row, in_pixel;    /* the first strip of output pixel (0, 0); its steps with r and p */
    ptrdiff_t out_start, out_row, out_pixel; /* output pixel (0, 0); its steps with r and p */
    ptrdiff_t taps, tap_step, length;        /* from a strip to the next tap's */
    ptrdiff_t channels;                      /* of the output */
    const float *weights;                    /* (channels / CONV_BLOCK, taps, length, CONV_BLOCK) */
    bool add;                                /* to the output, instead of setting it */
} ConvSweep;

/* Per-channel arrays of a batch normalisation (norm.h); unused ones NULL. */
typedef struct {
    const float *mean, *rstd, *gamma, *beta, *dgamma, *dbeta;
    float per_pixel; /* 1 / pixels in the batch; 0 with running statistics */
} BatchNorm;

typedef struct {
    const char *name;
    /* one image: y (+)= x * weights */
    void (*conv_sweep)(float *y, const float *x, const ConvSweep *s);
    /* one image: dw (tile, CONV_TILE_ROWS, CONV_BLOCK) += the products of a forward sweep's strips and dy */
    void (*conv_gradient)(float *dw, const float *x, const float *dy, const ConvSweep *s, ptrdiff_t first_tile,
                          ptrdiff_t tiles);
    /* one row of w pixels x c channels */
    void (*bn_sums)(double *sum, double *square, const float *x, ptrdiff_t w, ptrdiff_t c);
    void (*bn_relu)(float *y, const float *x, const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c);
    void (*bn_relu_backward_sums)(double *dgamma, double *dbeta, const float *dy, const float *y, const float *x,
                                  const BatchNorm *bn, ptrdiff_t w, ptrdiff_t c);
    void (*bn_relu_backward)(float *dx, const float *dy, const float *y, const float *x, const BatchNorm *bn,
                             ptrdiff_t w, ptrdiff_t c, int add);
    /* rows of c floats */
    void (*layer_norm)(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                       float eps, ptrdiff_t rows, ptrdiff_t c);
    void (*layer_norm_backward)(float *dx, float *dgamma, float *dbeta, const float *dy, const float *x,
                                const float *mean, const float *rstd, const float *gamma, ptrdiff_t rows, ptrdiff_t c,
                                int add);
    /* one image */
    void (*attention)(float *y, float *log_sum, const float *qkv, float *scratch, const AttentionShape *s);
    void (*attention_backward)(float *dqkv, const float *dy, const float *qkv, const float *log_sum, float *scratch,
                               const AttentionShape *s);
    /* element-wise */
    void (*gelu)(float *y, const float *x, ptrdiff_t n);
    void (*gelu_backward)(float *dx, const float *dy, const float *x, ptrdiff_t n, int add);
    void (*adam)(float *w, float *m, float *v, const float *grad, ptrdiff_t n, float step, float root_scale,
                 float weight_decay);
    float (*gaussian_row)(float *z, float *logvar, const float *mu, const float *raw, const float *eps, ptrdiff_t d);
    void (*gaussian_backward)(float *dmu, float *draw, const float *dz, const float *mu, const float *logvar,
                              const float *eps, float kl_scale, ptrdiff_t n);
} VectorKernels;

extern const VectorKernels vector_portable;
#ifdef __x86_64__
extern const VectorKernels vector_avx2, vector_avx512;
#endif

/* The chosen table; chooses on the first call. */
const VectorKernels *vector_kernels(void);

#endif
