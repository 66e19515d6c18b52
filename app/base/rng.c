/* rng.c - see rng.h. Any thread. */
#include "base/rng.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>

Rng rng_stream(uint64_t seed, RngPurpose purpose, uint32_t step, uint32_t row)
{
    return (Rng){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .counter = {0, row, step, (uint32_t)purpose}};
}

uint32_t rng_u32(Rng *r)
{
    if (r->left == 0) {
        philox4x32_ctr_t counter = {{r->counter[0], r->counter[1], r->counter[2], r->counter[3]}};
        philox4x32_key_t key = {{r->key[0], r->key[1]}};
        philox4x32_ctr_t out = philox4x32(counter, key);
        for (int i = 0; i < 4; i++) r->block[i] = out.v[i];
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

double rng_uniform(Rng *r)
{
    uint64_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t rng_below(Rng *r, uint32_t n)
{
    assert(n > 0);
    uint32_t reject = -n % n; /* 2^32 mod n: below it, a remainder would come once too often */
    for (;;) {
        uint64_t wide = (uint64_t)rng_u32(r) * n; /* Lemire 2019 */
        if ((uint32_t)wide >= reject) return (uint32_t)(wide >> 32);
    }
}

float rng_normal(Rng *r)
{
    double u = 1.0 - rng_uniform(r), v = rng_uniform(r);
    return (float)(sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v));
}

void rng_normals(Rng *r, float *dst, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i + 1 < n; i += 2) {
        double u = 1.0 - rng_uniform(r), v = 2.0 * M_PI * rng_uniform(r), radius = sqrt(-2.0 * log(u));
        dst[i] = (float)(radius * cos(v));
        dst[i + 1] = (float)(radius * sin(v));
    }
    if (n % 2) dst[n - 1] = rng_normal(r);
}

/* Log of a Gamma(a, 1) number: Marsaglia & Tsang 2000, with their a + 1 trick; a log, as small a give numbers that no
 * double holds. */
static double log_gamma_draw(Rng *r, double a)
{
    double d = a + 1 - 1.0 / 3, c = 1 / sqrt(9 * d), boost = log(1 - rng_uniform(r)) / a;
    for (;;) {
        double x = (double)rng_normal(r), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - rng_uniform(r)) < 0.5 * x * x + d - d * v + d * log(v)) return log(d * v) + boost;
    }
}

double rng_beta(Rng *r, double a)
{
    double x = log_gamma_draw(r, a), y = log_gamma_draw(r, a);
    return 1 / (1 + exp(y - x));
}

void rng_shuffle(Rng *r, int32_t *items, ptrdiff_t n)
{
    for (ptrdiff_t i = n - 1; i > 0; i--) {
        ptrdiff_t j = rng_below(r, (uint32_t)(i + 1));
        int32_t t = items[i];
        items[i] = items[j];
        items[j] = t;
    }
}
