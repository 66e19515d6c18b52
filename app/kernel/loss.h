/* loss.h - softmax, and the losses that a classifier may be trained with. One thread each; the caller splits rows. */
#ifndef TARE_KERNEL_LOSS_H
#define TARE_KERNEL_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* logp (n, c) = log softmax(logits), each row in double before rounding; logp may alias logits. */
void log_softmax(float *logp, const float *logits, ptrdiff_t n, ptrdiff_t c);

/* nll (n) = -log softmax(logits)[label]; dlogits (n, c) = scale (softmax - onehot), or NULL for no gradient. */
void cross_entropy(float *nll, float *dlogits, const float *logits, const int32_t *labels, float scale, ptrdiff_t n,
                   ptrdiff_t c);

/* What a row's loss is compared with: q = (1 - smoothing) (share onehot(label) + (1 - share) onehot(other)) +
 * smoothing / c. Label smoothing: Szegedy et al. 2016, section 7; two labels: mixup, Zhang et al. 2018, eq. 1. */
typedef struct {
    const int32_t *labels, *others; /* (n); others NULL: share is 1 */
    float share, smoothing, gamma;  /* gamma: of the focal loss, 0 = cross-entropy */
} Targets;

/* loss (n) = -sum_k q_k (1 - p_k)^gamma log p_k with p = softmax(logits): the focal loss (Lin et al. 2017, eq. 4;
 * Mukhoti et al. 2020), which is the cross-entropy with q where gamma = 0. dlogits (n, c) = scale d loss / d logits. */
void target_loss(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale, ptrdiff_t n,
                 ptrdiff_t c);

/* loss (n) = sum_k (p_k - q_k)^2 with p = softmax(logits): the Brier score (Brier 1950), a proper score as the
 * cross-entropy is, and bounded: 0..2. gamma is not read. dlogits (n, c) = scale d loss / d logits. */
void brier_loss(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale, ptrdiff_t n,
                ptrdiff_t c);

/* The rows of the option `loss`. */
typedef struct {
    const char *name;
    const char *formula;        /* for people */
    const char *const reads[4]; /* which of the options smoothing, focal and mixup it heeds; NULL at the end */
    void (*rows)(float *loss, float *dlogits, const float *logits, const Targets *targets, float scale, ptrdiff_t n,
                 ptrdiff_t c);
} Loss;

#define LOSS_NAMES "cross-entropy|brier" /* of the table, as an option's choices */
extern const Loss losses[];              /* ends with name NULL */
const Loss *loss_find(const char *name); /* NULL when there is none */
bool loss_reads(const Loss *loss, const char *option);

/* mean_p (n, c) += softmax(logits), in double: one draw of many. */
void add_softmax(double *mean_p, const float *logits, ptrdiff_t n, ptrdiff_t c);

#endif
