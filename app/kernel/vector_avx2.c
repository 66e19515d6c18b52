/* vector_avx2.c - the vector kernels for AVX2 with FMA: 6 x 16 sums in 12 of 16 registers. */
#ifdef __x86_64__
#define VECS  2
#define LANES 8
#define TILE  6
#include "kernel/conv_vec.h"
#include "kernel/attention_vec.h"
#include "kernel/element_vec.h"
#include "kernel/norm_vec.h"
#include "kernel/token_vec.h"

#define VECTOR_TABLE vector_avx2
#define VECTOR_NAME  "avx2"
#include "kernel/vector_table.h"
#endif
