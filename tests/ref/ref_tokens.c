/* ref_tokens.c - see ref_tokens.h. Slow on purpose. */
#include "ref/ref_tokens.h"

#include <math.h>

/* One query of one head: its row of y. */
static void attend(double *y, const double *query, const double *keys, const AttentionShape *s)
{
    const ptrdiff_t head = s->width / s->heads, step = 3 * s->width;
    double total = 0;
    for (ptrdiff_t c = 0; c < head; c++) y[c] = 0;
    for (ptrdiff_t j = 0; j < s->tokens; j++) {
        double score = 0;
        for (ptrdiff_t c = 0; c < head; c++) score += query[c] * keys[j * step + c];
        double e = exp(score / sqrt((double)head));
        total += e;
        for (ptrdiff_t c = 0; c < head; c++) y[c] += e * keys[j * step + s->width + c];
    }
    for (ptrdiff_t c = 0; c < head; c++) y[c] /= total;
}

void ref_attention(double *y, const double *qkv, const AttentionShape *s, ptrdiff_t n)
{
    const ptrdiff_t head = s->width / s->heads;
    for (ptrdiff_t i = 0; i < n; i++, qkv += s->tokens * 3 * s->width)
        for (ptrdiff_t q = 0; q < s->queries; q++)
            for (ptrdiff_t h = 0; h < s->heads; h++)
                attend(y + (i * s->queries + q) * s->width + h * head, qkv + q * 3 * s->width + h * head,
                       qkv + s->width + h * head, s);
}

void ref_layer_norm(double *y, const double *x, const double *gamma, const double *beta, ptrdiff_t n, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, x += c, y += c) {
        double mean = 0, variance = 0;
        for (ptrdiff_t j = 0; j < c; j++) mean += x[j] / (double)c;
        for (ptrdiff_t j = 0; j < c; j++) variance += (x[j] - mean) * (x[j] - mean) / (double)c;
        for (ptrdiff_t j = 0; j < c; j++) y[j] = gamma[j] * (x[j] - mean) / sqrt(variance + 1e-5) + beta[j];
    }
}

double ref_gelu(double x)
{
    return 0.5 * x * (1 + erf(x / sqrt(2)));
}

void ref_patches(double *rows, const double *x, const PatchShape *s, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t py = 0; py < s->oh; py++)
            for (ptrdiff_t px = 0; px < s->ow; px++)
                for (ptrdiff_t c = 0; c < s->c; c++)
                    for (ptrdiff_t y = py * s->step; y < py * s->step + s->kh; y++)
                        for (ptrdiff_t k = px * s->step; k < px * s->step + s->kw; k++)
                            *rows++ = x[((i * (s->h + 2) + y + 1) * (s->w + 2) + k + 1) * s->c + c];
}

void ref_max_pool(double *y, const double *x, const PatchShape *s, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n * (s->oh + 2) * (s->ow + 2) * s->c; i++) y[i] = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t p = 0; p < s->oh * s->ow * s->c; p++) {
            ptrdiff_t c = p % s->c, px = p / s->c % s->ow, py = p / s->c / s->ow;
            double most = -INFINITY;
            for (ptrdiff_t r = py * s->step; r < py * s->step + s->kh; r++)
                for (ptrdiff_t k = px * s->step; k < px * s->step + s->kw; k++)
                    most = fmax(most, x[((i * s->h + r) * s->w + k) * s->c + c]);
            y[((i * (s->oh + 2) + py + 1) * (s->ow + 2) + px + 1) * s->c + c] = most;
        }
}
