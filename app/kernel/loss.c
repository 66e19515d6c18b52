/* loss.c - see loss.h. Rows of logits are short, so exp in double costs little. Any thread. */
#include "kernel/loss.h"

#include <math.h>

/* log of the sum of exp(row), without overflow; NaN where a logit is NaN. */
static double log_sum_exp(const float *row, ptrdiff_t c)
{
    double most = row[0], sum = 0;
    for (ptrdiff_t j = 1; j < c; j++)
        if (row[j] > most) most = row[j];
    for (ptrdiff_t j = 0; j < c; j++) sum += exp(row[j] - most);
    return most + log(sum);
}

void log_softmax(float *logp, const float *logits, ptrdiff_t n, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, logp += c, logits += c) {
        double norm = log_sum_exp(logits, c);
        for (ptrdiff_t j = 0; j < c; j++) logp[j] = (float)(logits[j] - norm);
    }
}

void cross_entropy(float *nll, float *dlogits, const float *logits, const int32_t *labels, float scale, ptrdiff_t n,
                   ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, logits += c) {
        double norm = log_sum_exp(logits, c);
        nll[i] = (float)(norm - logits[labels[i]]);
        if (!dlogits) continue;
        float *d = dlogits + i * c;
        for (ptrdiff_t j = 0; j < c; j++) d[j] = (float)(scale * (exp(logits[j] - norm) - (j == labels[i])));
    }
}

void add_softmax(double *mean_p, const float *logits, ptrdiff_t n, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, mean_p += c, logits += c) {
        double norm = log_sum_exp(logits, c);
        for (ptrdiff_t j = 0; j < c; j++) mean_p[j] += exp(logits[j] - norm);
    }
}
