/* vector_portable.c - the vector kernels for what every processor of this kind has: SSE2 on x86-64, NEON on arm64. */
#ifdef __aarch64__
#define VECS 4 /* 32 registers hold 6 x 16 sums */
#else
#define VECS 2
#endif
#define LANES 4
#define TILE  6
#include "kernel/conv_vec.h"
#include "kernel/attention_vec.h"
#include "kernel/element_vec.h"
#include "kernel/norm_vec.h"
#include "kernel/token_vec.h"

#define VECTOR_TABLE vector_portable
#define VECTOR_NAME  "portable"
#include "kernel/vector_table.h"
