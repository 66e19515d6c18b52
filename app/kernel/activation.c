/* activation.c - see activation.h. Plain loops, bound by memory; any thread. */
#include "kernel/activation.h"
#include "kernel/vector.h"

#include <string.h>

void relu_forward(float *y, const float *x, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0 : x[i]; /* so that a NaN stays a NaN */
}

void relu_backward(float *dx, const float *dy, const float *y, ptrdiff_t n, int add)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const float d = dy[i], dz = y[i] > 0 ? d : 0; /* loaded always: a loop without branches becomes vectors */
        dx[i] = add ? dx[i] + dz : dz;
    }
}

void gelu_forward(float *y, const float *x, ptrdiff_t n)
{
    vector_kernels()->gelu(y, x, n);
}

void gelu_backward(float *dx, const float *dy, const float *x, ptrdiff_t n, int add)
{
    vector_kernels()->gelu_backward(dx, dy, x, n, add);
}

void add_forward(float *y, const float *a, const float *b, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

void accumulate(float *dst, const float *src, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) dst[i] += src[i];
}

/* Parts are added in their order, whoever made them: the same bits for any number of threads. */
void sum_parts(float *sum, const float *part, ptrdiff_t parts, ptrdiff_t n)
{
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (ptrdiff_t p = 0; p < parts; p++) accumulate(sum, part + p * n, n);
}

void mean_pool_forward(float *y, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    const float scale = 1.0f / (float)(h * w);
    for (ptrdiff_t i = 0; i < n; i++, y += c, x += (h + 2) * (w + 2) * c) {
        memset(y, 0, (size_t)c * sizeof *y);
        for (ptrdiff_t r = 1; r <= h; r++)
            for (ptrdiff_t p = 1; p <= w; p++) accumulate(y, x + (r * (w + 2) + p) * c, c);
        for (ptrdiff_t j = 0; j < c; j++) y[j] *= scale;
    }
}

/* Every pixel had the same share in the mean: y's gradient, divided by their number, goes to each. */
void mean_pool_backward(float *dx, const float *dy, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int add)
{
    const float scale = 1.0f / (float)(h * w);
    for (ptrdiff_t i = 0; i < n; i++, dy += c, dx += (h + 2) * (w + 2) * c)
        for (ptrdiff_t r = 1; r <= h; r++)
            for (ptrdiff_t p = 1; p <= w; p++) {
                float *d = dx + (r * (w + 2) + p) * c;
                for (ptrdiff_t j = 0; j < c; j++) d[j] = (add ? d[j] : 0) + scale * dy[j];
            }
}

void flatten_forward(float *y, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, x += (h + 2) * (w + 2) * c)
        for (ptrdiff_t r = 1; r <= h; r++, y += w * c)
            memcpy(y, x + (r * (w + 2) + 1) * c, (size_t)(w * c) * sizeof *y);
}

void flatten_backward(float *dx, const float *dy, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, int add)
{
    for (ptrdiff_t i = 0; i < n; i++, dx += (h + 2) * (w + 2) * c)
        for (ptrdiff_t r = 1; r <= h; r++, dy += w * c) {
            float *d = dx + (r * (w + 2) + 1) * c;
            if (add)
                accumulate(d, dy, w * c);
            else
                memcpy(d, dy, (size_t)(w * c) * sizeof *d);
        }
}

/* ---- V-TST's draw; the formulas stand at the vector kernels in element_vec.h ---- */

void gaussian_forward(float *z, float *logvar, float *kl, const float *mu, const float *raw, const float *eps,
                      ptrdiff_t n, ptrdiff_t d)
{
    const VectorKernels *k = vector_kernels();
    for (ptrdiff_t i = 0; i < n; i++, z += d, logvar += d, mu += d, raw += d) {
        kl[i] = k->gaussian_row(z, logvar, mu, raw, eps, d);
        if (eps) eps += d;
    }
}

void gaussian_backward(float *dmu, float *draw, const float *dz, const float *mu, const float *raw, const float *logvar,
                       const float *eps, float kl_scale, ptrdiff_t n, ptrdiff_t d)
{
    (void)raw; /* log s2 says all: d logsigmoid(raw) / d raw = 1 - s2 */
    vector_kernels()->gaussian_backward(dmu, draw, dz, mu, logvar, eps, kl_scale, n * d);
}
