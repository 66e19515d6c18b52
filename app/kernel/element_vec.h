/* element_vec.h - element-wise loops that the compiler turns into vectors; included by vector_*.c. */
#include "kernel/vector.h"

#include <math.h>

/* One step of Adam (Kingma & Ba 2015, Algorithm 1) with its two bias corrections folded into constants of the step:
 *
 *     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
 *     w -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) = step m / (sqrt(v) root_scale + eps)
 *
 * Seven floats are moved for a weight and a dozen operations done: memory decides. */
static void adam_range(float *restrict w, float *restrict m, float *restrict v, const float *restrict grad, ptrdiff_t n,
                       float step, float root_scale, float weight_decay)
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

/* gaussian_forward (activation.h) of up to LANES elements; returns twice their KL.
 *
 *     log s2 = logsigmoid(raw) = min(raw, 0) - log(1 + e^-|raw|)      neither exponential can overflow
 *     z = mu + e^(log s2 / 2) eps
 *     KL(N(mu, s2) || N(0, 1)) = (mu^2 + s2 - 1 - log s2) / 2
 *
 * 0 < s2 < 1 by the sigmoid: the posterior is never wider than the prior. */
INLINE Vec gaussian_lanes(float *z, float *logvar, const float *mu, const float *raw, const float *eps, ptrdiff_t lanes)
{
    const Vec m = vec_load(mu, lanes), r = vec_load(raw, lanes);
    const Vec minus_size = (Vec)((Mask)r | INT32_MIN);
    const Vec log_s2 = vec_at_most(r, 0) - vec_log1p_unit(vec_exp_negative(minus_size));
    const Vec s = vec_exp_negative(log_s2 * 0.5f);
    vec_store(logvar, log_s2, lanes);
    vec_store(z, eps ? m + s * vec_load(eps, lanes) : m, lanes);
    return m * m + (s * s - 1 - log_s2);
}

/* One row; returns its KL. */
static float gaussian_forward_row(float *z, float *logvar, const float *mu, const float *raw, const float *eps,
                                  ptrdiff_t d)
{
    Vec sum = {0};
    double kl = 0;
    ptrdiff_t j = 0;
    for (; j + LANES <= d; j += LANES)
        sum += gaussian_lanes(z + j, logvar + j, mu + j, raw + j, eps ? eps + j : NULL, LANES);
    for (int i = 0; i < LANES; i++) kl += (double)sum[i];
    if (j < d) sum = gaussian_lanes(z + j, logvar + j, mu + j, raw + j, eps ? eps + j : NULL, d - j);
    for (int i = 0; i < d - j; i++) kl += (double)sum[i];
    return (float)(0.5 * kl);
}

/* The reparameterised gradient (Kingma & Welling 2014): with eps held, z = mu + s eps and s = e^(log s2 / 2), so
 *
 *     dz / d mu = 1,  dz / d log s2 = s eps / 2;  dKL / d mu = mu,  dKL / d log s2 = (s2 - 1) / 2
 *     d log s2 / d raw = 1 - sigmoid(raw) = 1 - s2
 *     dmu = dz + kl_scale mu,  draw = (dz eps s + kl_scale (s2 - 1)) / 2 (1 - s2) */
static void gaussian_backward_range(float *dmu, float *draw, const float *dz, const float *mu, const float *logvar,
                                    const float *eps, float kl_scale, ptrdiff_t n)
{
    for (ptrdiff_t j = 0; j < n; j += LANES) {
        const ptrdiff_t lanes = n - j;
        const Vec s = vec_exp_negative(vec_load(logvar + j, lanes) * 0.5f), d = vec_load(dz + j, lanes);
        Vec dlogvar = (s * s - 1) * kl_scale;
        if (eps) dlogvar += d * vec_load(eps + j, lanes) * s;
        vec_store(draw + j, dlogvar * 0.5f * (1 - s * s), lanes);
        vec_store(dmu + j, d + vec_load(mu + j, lanes) * kl_scale, lanes);
    }
}
