/* loss.c - see loss.h. Rows of logits are short, so exp in double costs little. Any thread. */
#include "kernel/loss.h"

#include <math.h>
#include <string.h>

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

static double target_of(const Targets *t, ptrdiff_t row, ptrdiff_t k, ptrdiff_t c)
{
    double hard = k == t->labels[row];
    if (t->others) hard = (double)t->share * hard + (1 - (double)t->share) * (k == t->others[row]);
    return (1 - (double)t->smoothing) * hard + (double)t->smoothing / (double)c;
}

/* -(1 - p)^gamma log p, and *slope = p times its derivative: gamma p (1 - p)^(gamma - 1) log p - (1 - p)^gamma. */
static double focal(double logp, double gamma, double *slope)
{
    double p = exp(logp), rest = -expm1(logp);
    if (rest <= 0 && gamma > 0) return *slope = 0; /* p is 1, and log p goes to 0 as -(1 - p) */
    double power = gamma > 0 ? pow(rest, gamma) : 1;
    *slope = (gamma > 0 ? gamma * p * power / rest * logp : 0) - power;
    return -power * logp;
}

/* d p_k / d logit_j = p_k (onehot_kj - p_j), so d loss / d logit_j = q_j slope_j - p_j sum_k q_k slope_k. */
void target_loss(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale, ptrdiff_t n,
                 ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, logits += c, dlogits += c) {
        double norm = log_sum_exp(logits, c), sum = 0, slopes = 0;
        for (ptrdiff_t k = 0; k < c; k++) {
            double q = target_of(targets, i, k, c), slope = 0;
            if (q > 0) sum += q * focal(logits[k] - norm, (double)targets->gamma, &slope);
            slopes += q * slope;
        }
        loss[i] = (float)sum;
        for (ptrdiff_t j = 0; j < c; j++) {
            double q = target_of(targets, i, j, c), slope = 0;
            if (q > 0) focal(logits[j] - norm, (double)targets->gamma, &slope);
            dlogits[j] = (float)(scale * (q * slope - exp(logits[j] - norm) * slopes));
        }
    }
}

/* With m_k = p_k - q_k: d loss / d p_k = 2 m_k and d p_k / d logit_j = p_k (onehot_kj - p_j), so
 * d loss / d logit_j = 2 p_j (m_j - sum_k p_k m_k). It vanishes where p_j does: an answer that is surely wrong hardly
 * moves, which the cross-entropy would pull at most. */
void brier_loss(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale, ptrdiff_t n,
                ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, logits += c, dlogits += c) {
        double norm = log_sum_exp(logits, c), sum = 0, mean = 0;
        for (ptrdiff_t k = 0; k < c; k++) {
            double p = exp(logits[k] - norm), miss = p - target_of(targets, i, k, c);
            sum += miss * miss;
            mean += p * miss;
        }
        loss[i] = (float)sum;
        for (ptrdiff_t j = 0; j < c; j++) {
            double p = exp(logits[j] - norm), miss = p - target_of(targets, i, j, c);
            dlogits[j] = (float)(scale * 2 * p * (miss - mean));
        }
    }
}

/* ---- the table ---- */

/* Plain labels have the shorter sum, whose last bits differ. */
static void cross_entropy_rows(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale,
                               ptrdiff_t n, ptrdiff_t c)
{
    if (targets->others || targets->smoothing > 0 || targets->gamma > 0)
        target_loss(loss, dlogits, logits, targets, scale, n, c);
    else
        cross_entropy(loss, dlogits, logits, targets->labels, scale, n, c);
}

const Loss losses[] = {
    {"cross-entropy", "-sum q log p", {"smoothing", "focal", "mixup"}, cross_entropy_rows},
    {"brier", "sum (p - q)^2", {"smoothing", "mixup"}, brier_loss},
    {.name = NULL},
};

const Loss *loss_find(const char *name)
{
    for (const Loss *l = losses; l->name; l++)
        if (strcmp(l->name, name) == 0) return l;
    return NULL;
}

bool loss_reads(const Loss *loss, const char *option)
{
    for (const char *const *r = loss->reads; *r; r++)
        if (strcmp(*r, option) == 0) return true;
    return false;
}

void add_softmax(double *mean_p, const float *logits, ptrdiff_t n, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n; i++, mean_p += c, logits += c) {
        double norm = log_sum_exp(logits, c);
        for (ptrdiff_t j = 0; j < c; j++) mean_p[j] += exp(logits[j] - norm);
    }
}
