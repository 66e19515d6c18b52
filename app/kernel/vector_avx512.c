/* vector_avx512.c - the vector kernels for AVX-512: 12 x 16 sums, the inputs broadcast by the multiply-add itself. */
#ifdef __x86_64__
#define VECS  1
#define LANES 16
#define TILE  12
#include "kernel/conv_vec.h"
#include "kernel/attention_vec.h"
#include "kernel/element_vec.h"
#include "kernel/norm_vec.h"
#include "kernel/token_vec.h"

#define VECTOR_TABLE vector_avx512
#define VECTOR_NAME  "avx512"
#include "kernel/vector_table.h"
#endif
