/* isa.c - see isa.h. The choice is one atomic pointer: any thread may ask, all get the same answer. */
#include "kernel/isa.h"
#include "kernel/blas.h"
#include "kernel/vector.h"

#include <stdlib.h>
#include <string.h>

static const VectorKernels *chosen;

static bool always(void)
{
    return true;
}
#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

/* The best first. */
static const struct {
    const VectorKernels *kernels;
    bool (*supported)(void);
} sets[] = {
#ifdef __x86_64__
    {&vector_avx512, has_avx512},
    {&vector_avx2, has_avx2},
#endif
    {&vector_portable, always},
};
enum { SETS = sizeof sets / sizeof *sets };

static const VectorKernels *best(void)
{
    int i = 0;
    while (!sets[i].supported()) i++;
    return sets[i].kernels;
}

const VectorKernels *vector_kernels(void)
{
    const VectorKernels *k = __atomic_load_n(&chosen, __ATOMIC_ACQUIRE);
    if (k) return k;
    k = best();
    __atomic_store_n(&chosen, k, __ATOMIC_RELEASE);
    return k;
}

static Status choose(const char *name, Err *err)
{
    const VectorKernels *k = NULL;
    if (!name || !*name) k = best();
    for (int i = 0; !k && i < SETS; i++) {
        if (strcmp(name, sets[i].kernels->name) != 0) continue;
        if (!sets[i].supported())
            return err_set(err, ERR_USAGE, "TARE_ISA=%s: this processor lacks it; try TARE_ISA=%s", name, best()->name);
        k = sets[i].kernels;
    }
    if (!k) return err_set(err, ERR_USAGE, "TARE_ISA=%s is unknown; use portable, avx2 or avx512", name);
    __atomic_store_n(&chosen, k, __ATOMIC_RELEASE);
    return OK;
}

Status kernel_open(Err *err)
{
    Status status = choose(getenv("TARE_ISA"), err);
    return status == OK ? blas_open(err) : status;
}

const char *kernel_isa(void)
{
    return vector_kernels()->name;
}
