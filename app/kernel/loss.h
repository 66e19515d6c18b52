/* loss.h - softmax and cross-entropy. One thread each; the caller splits rows. */
#ifndef TARE_KERNEL_LOSS_H
#define TARE_KERNEL_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* logp (n, c) = log softmax(logits), each row in double before rounding; logp may alias logits. */
void log_softmax(float *logp, const float *logits, ptrdiff_t n, ptrdiff_t c);

/* nll (n) = -log softmax(logits)[label]; dlogits (n, c) = scale (softmax - onehot), or NULL for no gradient. */
void cross_entropy(float *nll, float *dlogits, const float *logits, const int32_t *labels, float scale, ptrdiff_t n,
                   ptrdiff_t c);

/* mean_p (n, c) += softmax(logits), in double: one draw of many. */
void add_softmax(double *mean_p, const float *logits, ptrdiff_t n, ptrdiff_t c);

#endif
