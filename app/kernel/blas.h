/* blas.h - private to kernel: what isa.c asks of gemm.c, the only file that knows OpenBLAS. */
#ifndef TARE_KERNEL_BLAS_H
#define TARE_KERNEL_BLAS_H

#include "base/err.h"

/* One thread, checked. ERR_STATE where OpenBLAS does not obey. */
Status blas_open(Err *err);

#endif
