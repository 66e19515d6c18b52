/* optimiser.c - see optimiser.h. Any thread, on ranges that do not overlap. */
#include "kernel/optimiser.h"
#include "kernel/vector.h"

#include <math.h>
#include <string.h>

void adam_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay)
{
    /* PyTorch's order of operations: w -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps) */
    double first = 1 - pow(ADAM_BETA1, (double)t), second = 1 - pow(ADAM_BETA2, (double)t);
    vector_kernels()->adam(w, m, v, grad, n, (float)(lr / first), (float)(1 / sqrt(second)), weight_decay);
}

/* The momentum buffer holds gradients, not steps: a new rate acts at once, on the past as well. */
void sgd_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        m[i] = momentum * m[i] + (grad[i] + weight_decay * w[i]);
        w[i] -= lr * m[i];
    }
}

void adamw_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay)
{
    /* decay apart from the gradient: Adam's normalisation would undo it where gradients are large */
    if (weight_decay > 0) scale_floats(w, 1 - lr * weight_decay, n);
    adam_step(w, m, v, grad, n, t, lr, 0);
}

/* Nesterov looks at the gradient where momentum is about to lead. Reformulated about the weights that are kept, that is
 * a step along g + momentum m in place of m. */
void nesterov_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        float g = grad[i] + weight_decay * w[i];
        m[i] = momentum * m[i] + g;
        w[i] -= lr * (g + momentum * m[i]);
    }
}

/* ---- the table ---- */

static void adam(float *w, float *m, float *v, const float *grad, ptrdiff_t n, const OptimiserStep *s)
{
    adam_step(w, m, v, grad, n, s->t, s->lr, s->weight_decay);
}

static void adamw(float *w, float *m, float *v, const float *grad, ptrdiff_t n, const OptimiserStep *s)
{
    adamw_step(w, m, v, grad, n, s->t, s->lr, s->weight_decay);
}

static void sgd(float *w, float *m, float *v, const float *grad, ptrdiff_t n, const OptimiserStep *s)
{
    (void)v;
    sgd_step(w, m, grad, n, s->lr, s->momentum, s->weight_decay);
}

static void nesterov(float *w, float *m, float *v, const float *grad, ptrdiff_t n, const OptimiserStep *s)
{
    (void)v;
    nesterov_step(w, m, grad, n, s->lr, s->momentum, s->weight_decay);
}

const Optimiser optimisers[] = {
    {"adam", true, adam}, {"adamw", true, adamw}, {"sgd", false, sgd}, {"nesterov", false, nesterov}, {0},
};

const Optimiser *optimiser_find(const char *name)
{
    for (const Optimiser *o = optimisers; o->name; o++)
        if (strcmp(o->name, name) == 0) return o;
    return NULL;
}

/* ---- beside the step ---- */

double sum_of_squares(const float *x, ptrdiff_t n)
{
    enum {
        SUMS = 8
    }; /* that do not wait for each other: an addition takes several cycles, and one can begin in each */
    double sum[SUMS] = {0}, all = 0;
    ptrdiff_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (int k = 0; k < SUMS; k++) sum[k] += (double)x[i + k] * (double)x[i + k];
    for (int k = 0; i + k < n; k++) sum[k] += (double)x[i + k] * (double)x[i + k];
    for (int k = 0; k < SUMS; k++) all += sum[k];
    return all;
}

void scale_floats(float *x, float factor, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) x[i] *= factor;
}

void average_step(float *mean, const float *w, ptrdiff_t n, float keep)
{
    for (ptrdiff_t i = 0; i < n; i++) mean[i] = keep * mean[i] + (1 - keep) * w[i];
}
