/* ref.c - see ref.h. Slow on purpose. */
#include "ref/ref.h"

#include <math.h>
#include <string.h>

/* Calls visit for every (output pixel, weight) pair of a convolution: the one place where its indices are
 * worked out. y, x, w are offsets into the bordered output, the bordered input and the weights. */
typedef void Visit(void *to, const void *a, const void *b, ptrdiff_t y, ptrdiff_t x, ptrdiff_t w);

static void conv_visit(Visit *visit, void *to, const double *a, const double *b, const ConvShape *s, ptrdiff_t n)
{
    const ptrdiff_t h = s->h / s->stride, w = s->w / s->stride;
    const ptrdiff_t pad = s->k == 3 && (s->stride == 1 || s->pad_one);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t oy = 0; oy < h; oy++)
            for (ptrdiff_t ox = 0; ox < w; ox++)
                for (ptrdiff_t o = 0; o < s->co; o++)
                    for (ptrdiff_t c = 0; c < s->ci; c++)
                        for (ptrdiff_t ky = 0; ky < s->k; ky++)
                            for (ptrdiff_t kx = 0; kx < s->k; kx++) {
                                ptrdiff_t iy = oy * s->stride + ky - pad, ix = ox * s->stride + kx - pad;
                                if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                                visit(to, a, b, ((i * (h + 2) + oy + 1) * (w + 2) + ox + 1) * s->co + o,
                                      ((i * (s->h + 2) + iy + 1) * (s->w + 2) + ix + 1) * s->ci + c,
                                      ((o * s->ci + c) * s->k + ky) * s->k + kx);
                            }
}

static void visit_output(void *y, const void *x, const void *w, ptrdiff_t iy, ptrdiff_t ix, ptrdiff_t iw)
{
    ((double *)y)[iy] += ((const double *)x)[ix] * ((const double *)w)[iw];
}

static void visit_data(void *dx, const void *dy, const void *w, ptrdiff_t iy, ptrdiff_t ix, ptrdiff_t iw)
{
    ((double *)dx)[ix] += ((const double *)dy)[iy] * ((const double *)w)[iw];
}

static void visit_weights(void *dw, const void *x, const void *dy, ptrdiff_t iy, ptrdiff_t ix, ptrdiff_t iw)
{
    ((double *)dw)[iw] += ((const double *)x)[ix] * ((const double *)dy)[iy];
}

void ref_conv(double *y, const double *x, const double *weights, const ConvShape *s, ptrdiff_t n)
{
    memset(y, 0, sizeof *y * (size_t)(n * (s->h / s->stride + 2) * (s->w / s->stride + 2) * s->co));
    conv_visit(visit_output, y, x, weights, s, n);
}

void ref_conv_data(double *dx, const double *dy, const double *weights, const ConvShape *s, ptrdiff_t n)
{
    memset(dx, 0, sizeof *dx * (size_t)(n * (s->h + 2) * (s->w + 2) * s->ci));
    conv_visit(visit_data, dx, dy, weights, s, n);
}

void ref_conv_weights(double *dw, const double *x, const double *dy, const ConvShape *s, ptrdiff_t n)
{
    memset(dw, 0, sizeof *dw * (size_t)(s->co * s->ci * s->k * s->k));
    conv_visit(visit_weights, dw, x, dy, s, n);
}

/* Offset of pixel number p (0 .. n h w - 1) of bordered images. */
static ptrdiff_t pixel(RefImages s, ptrdiff_t p)
{
    ptrdiff_t i = p / (s.h * s.w), r = p / s.w % s.h, q = p % s.w;
    return ((i * (s.h + 2) + r + 1) * (s.w + 2) + q + 1) * s.c;
}

static ptrdiff_t pixels(RefImages s)
{
    return s.n * s.h * s.w;
}

void ref_moments(double *mean, double *variance, const double *x, RefImages s)
{
    for (ptrdiff_t j = 0; j < s.c; j++) {
        mean[j] = variance[j] = 0;
        for (ptrdiff_t p = 0; p < pixels(s); p++) mean[j] += x[pixel(s, p) + j] / (double)pixels(s);
        for (ptrdiff_t p = 0; p < pixels(s); p++)
            variance[j] += pow(x[pixel(s, p) + j] - mean[j], 2) / (double)pixels(s);
    }
}

void ref_bn_relu(double *y, const double *x, const double *gamma, const double *beta, const double *mean,
                 const double *variance, RefImages s)
{
    double own_mean[s.c], own_variance[s.c];
    ref_moments(own_mean, own_variance, x, s);
    if (!mean) mean = own_mean, variance = own_variance;
    for (ptrdiff_t p = 0; p < pixels(s); p++)
        for (ptrdiff_t j = 0; j < s.c; j++) {
            ptrdiff_t at = pixel(s, p) + j;
            y[at] = fmax(0, gamma[j] * (x[at] - mean[j]) / sqrt(variance[j] + 1e-5) + beta[j]);
        }
}

void ref_bn_relu_backward(double *dx, double *dgamma, double *dbeta, const double *dy, const double *x,
                          const double *gamma, const double *beta, const double *mean, const double *variance,
                          RefImages s)
{
    double own_mean[s.c], own_variance[s.c];
    const int batch = !mean;
    const double count = (double)pixels(s);
    ref_moments(own_mean, own_variance, x, s);
    if (batch) mean = own_mean, variance = own_variance;
    for (ptrdiff_t j = 0; j < s.c; j++) {
        const double rstd = 1 / sqrt(variance[j] + 1e-5);
        dgamma[j] = dbeta[j] = 0;
        for (int pass = 0; pass < 2; pass++) /* the sums, then what needs them */
            for (ptrdiff_t p = 0; p < pixels(s); p++) {
                ptrdiff_t at = pixel(s, p) + j;
                double xhat = (x[at] - mean[j]) * rstd, dz = gamma[j] * xhat + beta[j] > 0 ? dy[at] : 0;
                if (pass == 0) {
                    dgamma[j] += dz * xhat;
                    dbeta[j] += dz;
                } else {
                    double mean_part = batch ? (dbeta[j] + xhat * dgamma[j]) / count : 0;
                    dx[at] = gamma[j] * rstd * (dz - mean_part);
                }
            }
    }
}

void ref_mean_pool(double *y, const double *x, RefImages s)
{
    memset(y, 0, sizeof *y * (size_t)(s.n * s.c));
    for (ptrdiff_t p = 0; p < pixels(s); p++)
        for (ptrdiff_t j = 0; j < s.c; j++) y[p / (s.h * s.w) * s.c + j] += x[pixel(s, p) + j] / (double)(s.h * s.w);
}

void ref_flatten(double *y, const double *x, RefImages s)
{
    for (ptrdiff_t p = 0; p < pixels(s); p++)
        for (ptrdiff_t j = 0; j < s.c; j++) y[p * s.c + j] = x[pixel(s, p) + j];
}

void ref_linear(double *y, const double *x, const double *w, const double *b, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out)
{
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t o = 0; o < out; o++) {
            y[i * out + o] = b ? b[o] : 0;
            for (ptrdiff_t j = 0; j < in; j++) y[i * out + o] += x[i * in + j] * w[o * in + j];
        }
}

void ref_softmax(double *p, const double *logits, ptrdiff_t n, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, p += c, logits += c) {
        double most = logits[0], sum = 0;
        for (ptrdiff_t j = 1; j < c; j++) most = fmax(most, logits[j]);
        for (ptrdiff_t j = 0; j < c; j++) sum += p[j] = exp(logits[j] - most);
        for (ptrdiff_t j = 0; j < c; j++) p[j] /= sum;
    }
}

void ref_cross_entropy(double *nll, const double *logits, const int32_t *labels, ptrdiff_t n, ptrdiff_t c)
{
    double p[c];
    for (ptrdiff_t i = 0; i < n; i++) {
        ref_softmax(p, logits + i * c, 1, c);
        nll[i] = -log(p[labels[i]]);
    }
}

void ref_focal(double *loss, const double *logits, const double *targets, double gamma, ptrdiff_t n, ptrdiff_t c)
{
    double p[c];
    for (ptrdiff_t i = 0; i < n; i++) {
        ref_softmax(p, logits + i * c, 1, c);
        loss[i] = 0;
        for (ptrdiff_t k = 0; k < c; k++) loss[i] -= targets[i * c + k] * pow(1 - p[k], gamma) * log(p[k]);
    }
}

void ref_brier(double *loss, const double *logits, const double *targets, ptrdiff_t n, ptrdiff_t c)
{
    double p[c];
    for (ptrdiff_t i = 0; i < n; i++) {
        ref_softmax(p, logits + i * c, 1, c);
        loss[i] = 0;
        for (ptrdiff_t k = 0; k < c; k++) loss[i] += pow(p[k] - targets[i * c + k], 2);
    }
}

void ref_gaussian(double *z, double *kl, const double *mu, const double *raw, const double *eps, ptrdiff_t n,
                  ptrdiff_t d)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        kl[i] = 0;
        for (ptrdiff_t j = i * d; j < (i + 1) * d; j++) {
            double logvar = -log1p(exp(-raw[j])), s2 = exp(logvar);
            z[j] = mu[j] + (eps ? sqrt(s2) * eps[j] : 0);
            kl[i] += (mu[j] * mu[j] + s2 - 1 - logvar) / 2;
        }
    }
}

void ref_adam(double *w, double *m, double *v, double grad, int64_t t, double lr, double weight_decay)
{
    grad += weight_decay * *w;
    *m = 0.9 * *m + 0.1 * grad;
    *v = 0.999 * *v + 0.001 * grad * grad;
    *w -= lr * *m / (1 - pow(0.9, (double)t)) / (sqrt(*v / (1 - pow(0.999, (double)t))) + 1e-8);
}

void ref_sgd(double *w, double *m, double grad, double lr, double momentum, double weight_decay)
{
    *m = momentum * *m + grad + weight_decay * *w;
    *w -= lr * *m;
}

void ref_adamw(double *w, double *m, double *v, double grad, int64_t t, double lr, double weight_decay)
{
    *w -= lr * weight_decay * *w;
    ref_adam(w, m, v, grad, t, lr, 0);
}

void ref_nesterov(double *w, double *m, double grad, double lr, double momentum, double weight_decay)
{
    grad += weight_decay * *w;
    *m = momentum * *m + grad;
    *w -= lr * (grad + momentum * *m);
}

void ref_gradient(double *grad, double *param, ptrdiff_t n, double (*loss)(const void *what), const void *what)
{
    const double step = 1e-5;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double kept = param[i];
        param[i] = kept + step;
        const double up = loss(what);
        param[i] = kept - step;
        grad[i] = (up - loss(what)) / (2 * step);
        param[i] = kept;
    }
}
