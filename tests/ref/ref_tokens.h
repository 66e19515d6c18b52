/* ref_tokens.h - naive twins of what transformers and patches need (ref.h): the definition, in double. */
#ifndef TARE_TESTS_REF_TOKENS_H
#define TARE_TESTS_REF_TOKENS_H

#include "kernel/attention.h"
#include "kernel/patch.h"

/* y (n, queries, width) from qkv (n, tokens, 3 width). */
void ref_attention(double *y, const double *qkv, const AttentionShape *s, ptrdiff_t n);

/* y (n, c), each row by itself. */
void ref_layer_norm(double *y, const double *x, const double *gamma, const double *beta, ptrdiff_t n, ptrdiff_t c);
double ref_gelu(double x);

/* rows (n, oh ow, c kh kw) of bordered images; y, bordered, of maps without a border. */
void ref_patches(double *rows, const double *x, const PatchShape *s, ptrdiff_t n);
void ref_max_pool(double *y, const double *x, const PatchShape *s, ptrdiff_t n);

#endif
