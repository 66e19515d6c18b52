/* attention.h - multi-head self-attention over short sequences (Vaswani et al. 2017, eq. 1). One thread each; the
 * caller splits the images.
 *
 * qkv (n, tokens, 3 width): each token's queries of all heads, then keys, then values; head h has the columns
 * h * width / heads onwards of each. Where queries = 1 only the first token asks, and y has its row alone. */
#ifndef TARE_KERNEL_ATTENTION_H
#define TARE_KERNEL_ATTENTION_H

#include <stddef.h>

typedef struct {
    ptrdiff_t tokens, width, heads; /* heads divides width */
    ptrdiff_t queries;              /* tokens, or fewer: the first ones */
} AttentionShape;

/* Floats of scratch memory that either direction wants, whatever n is. */
ptrdiff_t attention_scratch(const AttentionShape *s);

/* y (n, queries, width) = softmax(q k' / sqrt(width / heads)) v for each head. log_sum (n, heads, queries) = the log
 * of each softmax's denominator, for the way back: probabilities are computed again, not kept. */
void attention_forward(float *y, float *log_sum, const float *qkv, float *scratch, const AttentionShape *s,
                       ptrdiff_t n);

/* dqkv (n, tokens, 3 width) from dy (n, queries, width): set, not added. */
void attention_backward(float *dqkv, const float *dy, const float *qkv, const float *log_sum, float *scratch,
                        const AttentionShape *s, ptrdiff_t n);

double attention_flops(const AttentionShape *s); /* 2 x multiply-adds of one image, forward */

#endif
