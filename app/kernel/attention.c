/* attention.c - see attention.h: image after image through the vector kernels. Any thread. */
#include "kernel/attention.h"
#include "kernel/vector.h"

/* As attention_vec.h cuts it. */
ptrdiff_t attention_scratch(const AttentionShape *s)
{
    const ptrdiff_t head = s->width / s->heads, wide = padded(s->queries);
    return 2 * head * wide + 3 * s->tokens * padded(head) + 2 * s->tokens * wide + 2 * wide;
}

void attention_forward(float *y, float *log_sum, const float *qkv, float *scratch, const AttentionShape *s, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        vector_kernels()->attention(y + i * s->queries * s->width, log_sum + i * s->heads * s->queries,
                                    qkv + i * s->tokens * 3 * s->width, scratch, s);
}

void attention_backward(float *dqkv, const float *dy, const float *qkv, const float *log_sum, float *scratch,
                        const AttentionShape *s, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        vector_kernels()->attention_backward(dqkv + i * s->tokens * 3 * s->width, dy + i * s->queries * s->width,
                                             qkv + i * s->tokens * 3 * s->width, log_sum + i * s->heads * s->queries,
                                             scratch, s);
}

double attention_flops(const AttentionShape *s)
{
    return 4.0 * (double)(s->queries * s->tokens * s->width);
}
