/* test_kernel_isa.c - choosing the instruction set: by name, by default, and what is said of a bad name. */
#include "kernel/isa.h"
#include "ref/check.h"

#include <stdlib.h>
#include <string.h>

static void test_portable(void **state)
{
    Err err;
    (void)state;
    setenv("TARE_ISA", "portable", 1);
    assert_int_equal(kernel_open(&err), OK);
    assert_string_equal(kernel_isa(), "portable");
}

static void test_default(void **state)
{
    Err err;
    (void)state;
    setenv("TARE_ISA", "", 1); /* as if unset */
    assert_int_equal(kernel_open(&err), OK);
    unsetenv("TARE_ISA");
    assert_int_equal(kernel_open(&err), OK);
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) assert_string_not_equal(kernel_isa(), "portable");
#endif
    assert_true(strlen(kernel_blas_core()) > 0);
}

static void test_bad_names(void **state)
{
    Err err;
    (void)state;
    setenv("TARE_ISA", "sse9", 1);
    assert_int_equal(kernel_open(&err), ERR_USAGE);
    assert_string_equal(err.msg, "TARE_ISA=sse9 is unknown; use portable, avx2 or avx512");
#ifdef __x86_64__
    setenv("TARE_ISA", "avx512", 1);
    if (!__builtin_cpu_supports("avx512f")) {
        assert_int_equal(kernel_open(&err), ERR_USAGE);
        assert_non_null(strstr(err.msg, "TARE_ISA=avx512: this processor lacks it; try TARE_ISA="));
    }
#endif
    unsetenv("TARE_ISA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portable),
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_bad_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
