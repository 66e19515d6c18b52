/* optimiser.c - see optimiser.h. Any thread, on ranges that do not overlap. */
#include "kernel/optimiser.h"
#include "kernel/vector.h"

#include <math.h>

void adam_step(float *w, float *m, float *v, const float *grad, ptrdiff_t n, int64_t t, float lr, float weight_decay)
{
    /* PyTorch's order of operations: w -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps) */
    double first = 1 - pow(ADAM_BETA1, (double)t), second = 1 - pow(ADAM_BETA2, (double)t);
    vector_kernels()->adam(w, m, v, grad, n, (float)(lr / first), (float)(1 / sqrt(second)), weight_decay);
}

void sgd_step(float *w, float *m, const float *grad, ptrdiff_t n, float lr, float momentum, float weight_decay)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        m[i] = momentum * m[i] + (grad[i] + weight_decay * w[i]);
        w[i] -= lr * m[i];
    }
}
