/* ref.h - naive twins of the kernels: the definition, in double, one loop an index. Layouts as the kernels'
 * own (bordered images, channels last; weights as PyTorch's). Backward twins set, never add. */
#ifndef TARE_TESTS_REF_H
#define TARE_TESTS_REF_H

#include "kernel/conv.h"
#include <stdint.h>

void ref_conv(double *y, const double *x, const double *weights, const ConvShape *s, ptrdiff_t n);
void ref_conv_data(double *dx, const double *dy, const double *weights, const ConvShape *s, ptrdiff_t n);
void ref_conv_weights(double *dw, const double *x, const double *dy, const ConvShape *s, ptrdiff_t n);

typedef struct {
    ptrdiff_t n, h, w, c;
} RefImages;

/* mean (c), variance (c) of the pixels; biased. */
void ref_moments(double *mean, double *variance, const double *x, RefImages s);
/* y = max(0, gamma (x - mean) / sqrt(variance + eps) + beta); mean NULL: the batch's own moments. */
void ref_bn_relu(double *y, const double *x, const double *gamma, const double *beta, const double *mean,
                 const double *variance, RefImages s);
/* Gradients of the same; mean NULL: through the batch's own moments. */
void ref_bn_relu_backward(double *dx, double *dgamma, double *dbeta, const double *dy, const double *x,
                          const double *gamma, const double *beta, const double *mean, const double *variance,
                          RefImages s);

void ref_mean_pool(double *y, const double *x, RefImages s);
void ref_flatten(double *y, const double *x, RefImages s);

/* y (n, out) = x (n, in) w (out, in)' + b; b may be NULL. */
void ref_linear(double *y, const double *x, const double *w, const double *b, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out);

/* p (n, c) */
void ref_softmax(double *p, const double *logits, ptrdiff_t n, ptrdiff_t c);
void ref_cross_entropy(double *nll, const double *logits, const int32_t *labels, ptrdiff_t n, ptrdiff_t c);

/* loss (n) = sum_k (p_k - target_k)^2 with targets (n, c). */
void ref_brier(double *loss, const double *logits, const double *targets, ptrdiff_t n, ptrdiff_t c);

/* loss (n) = -sum_k target_k (1 - p_k)^gamma log p_k with targets (n, c). */
void ref_focal(double *loss, const double *logits, const double *targets, double gamma, ptrdiff_t n, ptrdiff_t c);

/* z (n, d), kl (n): V-TST's draw; eps NULL: z = mu. */
void ref_gaussian(double *z, double *kl, const double *mu, const double *raw, const double *eps, ptrdiff_t n,
                  ptrdiff_t d);

/* One step of a single weight. */
void ref_adam(double *w, double *m, double *v, double grad, int64_t t, double lr, double weight_decay);
void ref_sgd(double *w, double *m, double grad, double lr, double momentum, double weight_decay);
void ref_adamw(double *w, double *m, double *v, double grad, int64_t t, double lr, double weight_decay);
void ref_nesterov(double *w, double *m, double grad, double lr, double momentum, double weight_decay);

/* grad (n) = central differences of loss(what) with respect to param (n), which loss reads through `what`. */
void ref_gradient(double *grad, double *param, ptrdiff_t n, double (*loss)(const void *what), const void *what);

#endif
