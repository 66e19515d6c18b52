/* isa.h - one source of vector kernels, compiled for several instruction sets, chosen at run time. */
#ifndef TARE_KERNEL_ISA_H
#define TARE_KERNEL_ISA_H

#include "base/err.h"

/* Choose the best set this processor has, or the one $TARE_ISA names ("portable", "avx2", "avx512"):
 * ERR_USAGE for a name that is unknown or that the processor lacks. Sets OpenBLAS to one thread and checks
 * it. Call once, at start, before any kernel; without a call the first kernel chooses. */
Status kernel_open(Err *err);
const char *kernel_isa(void);       /* "avx2" */
const char *kernel_blas_core(void); /* OpenBLAS's own choice: "Zen" */

#endif
