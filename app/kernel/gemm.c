/* gemm.c - see gemm.h. Every product is one cblas_sgemm call on the caller's thread; any thread. */
#include "kernel/gemm.h"
#include "kernel/blas.h"
#include "kernel/isa.h"

#include <cblas.h>
#include <stdbool.h>
#include <string.h>

Status blas_open(Err *err)
{
    openblas_set_num_threads(1);
    int threads = openblas_get_num_threads();
    if (threads == 1) return OK;
    return err_set(err, ERR_STATE, "OpenBLAS keeps %d threads; set OPENBLAS_NUM_THREADS=1 and start again", threads);
}

const char *kernel_blas_core(void)
{
    return openblas_get_corename();
}

/* OpenBLAS built with OpenMP asks OpenMP, which counts threads for each caller: a pool's thread must be told as well,
 * or it shares out its product and changes the bits. Other builds have no OpenMP, and the symbol is NULL. */
extern void omp_set_num_threads(int threads) __attribute__((weak));

static void one_thread(void)
{
    static _Thread_local bool told;
    if (told) return;
    told = true;
    if (omp_set_num_threads) omp_set_num_threads(1);
}

/* c (m, n) = a b + beta c, row-major; a and b as they are, or transposed. Leading dimensions are the row lengths. */
static void product(float *c, const float *a, bool a_transposed, const float *b, bool b_transposed, ptrdiff_t m,
                    ptrdiff_t n, ptrdiff_t k, float beta)
{
    one_thread();
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans, b_transposed ? CblasTrans : CblasNoTrans,
                (blasint)m, (blasint)n, (blasint)k, 1, a, (blasint)(a_transposed ? m : k), b,
                (blasint)(b_transposed ? k : n), beta, c, (blasint)n);
}

void linear_forward(float *y, const float *x, const float *w, const float *b, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out)
{
    if (b)
        for (ptrdiff_t i = 0; i < n; i++) memcpy(y + i * out, b, (size_t)out * sizeof *y);
    product(y, x, false, w, true, n, out, in, b ? 1 : 0);
}

void linear_backward_data(float *dx, const float *dy, const float *w, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out, int add)
{
    product(dx, dy, false, w, false, n, in, out, add ? 1 : 0);
}

void linear_backward_weights(float *dw, float *db, const float *x, const float *dy, ptrdiff_t n, ptrdiff_t in,
                             ptrdiff_t out)
{
    product(dw, dy, true, x, false, out, in, n, 0);
    if (!db) return;
    memset(db, 0, (size_t)out * sizeof *db);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < out; j++) db[j] += dy[i * out + j];
}

void linear_add_weights(float *dw, float *db, const float *x, const float *dy, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out,
                        ptrdiff_t first, ptrdiff_t count)
{
    one_thread();
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)count, (blasint)in, (blasint)n, 1, dy + first,
                (blasint)out, x, (blasint)in, 1, dw + first * in, (blasint)in);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = first; j < first + count; j++) db[j] += dy[i * out + j];
}
