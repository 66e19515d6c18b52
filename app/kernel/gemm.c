/* gemm.c - see gemm.h. Every product is one cblas_sgemm call on the caller's thread; any thread. */
#include "kernel/gemm.h"
#include "kernel/blas.h"
#include "kernel/isa.h"

#include <cblas.h>
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

void linear_forward(float *y, const float *x, const float *w, const float *b, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out)
{
    if (b)
        for (ptrdiff_t i = 0; i < n; i++) memcpy(y + i * out, b, (size_t)out * sizeof *y);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)n, (blasint)out, (blasint)in, 1, x, (blasint)in, w,
                (blasint)in, b ? 1 : 0, y, (blasint)out);
}

void linear_backward_data(float *dx, const float *dy, const float *w, ptrdiff_t n, ptrdiff_t in, ptrdiff_t out, int add)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)n, (blasint)in, (blasint)out, 1, dy, (blasint)out,
                w, (blasint)in, add ? 1 : 0, dx, (blasint)in);
}

void linear_backward_weights(float *dw, float *db, const float *x, const float *dy, ptrdiff_t n, ptrdiff_t in,
                             ptrdiff_t out)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (blasint)out, (blasint)in, (blasint)n, 1, dy, (blasint)out, x,
                (blasint)in, 0, dw, (blasint)in);
    if (!db) return;
    memset(db, 0, (size_t)out * sizeof *db);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < out; j++) db[j] += dy[i * out + j];
}
