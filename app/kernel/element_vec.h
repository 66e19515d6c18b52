/* element_vec.h - element-wise loops that gain from longer vectors; the compiler vectorises them. Included by
 * vector_*.c. */
#include "kernel/vector.h"

#include <math.h>

static void adam_range(float *restrict w, float *restrict m, float *restrict v, const float *restrict grad,
                       ptrdiff_t n, float step, float root_scale, float weight_decay)
{
    const float keep1 = (float)ADAM_BETA1, keep2 = (float)ADAM_BETA2;
    const float take1 = (float)(1 - ADAM_BETA1), take2 = (float)(1 - ADAM_BETA2);
    for (ptrdiff_t i = 0; i < n; i++) {
        float g = grad[i] + weight_decay * w[i];
        m[i] = keep1 * m[i] + take1 * g;
        v[i] = keep2 * v[i] + take2 * g * g;
        w[i] -= step * m[i] / (sqrtf(v[i]) * root_scale + ADAM_EPS);
    }
}

/* One row of gaussian_forward (activation.h); returns its KL. */
static float gaussian_forward_row(float *z, float *logvar, const float *mu, const float *raw,
                                  const float *eps, ptrdiff_t d)
{
    float kl = 0;
    for (ptrdiff_t j = 0; j < d; j++) {
        float e = expf(-fabsf(raw[j])), s2 = (raw[j] < 0 ? e : 1) / (1 + e);
        logvar[j] = (raw[j] < 0 ? raw[j] : 0) - log1pf(e);
        z[j] = eps ? mu[j] + sqrtf(s2) * eps[j] : mu[j];
        kl += 0.5f * (mu[j] * mu[j] + (s2 - 1 - logvar[j]));
    }
    return kl;
}

/* dmu = dz + kl_scale mu; draw = (dz eps sqrt(s2) + kl_scale (s2 - 1)) / 2 (1 - s2), as d log s2 / d raw = 1
 * - s2. */
static void gaussian_backward_range(float *dmu, float *draw, const float *dz, const float *mu,
                                    const float *logvar, const float *eps, float kl_scale, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        float s2 = expf(logvar[i]), dlogvar = kl_scale * (s2 - 1);
        if (eps) dlogvar += dz[i] * eps[i] * sqrtf(s2);
        draw[i] = 0.5f * dlogvar * (1 - s2);
        dmu[i] = dz[i] + kl_scale * mu[i];
    }
}
