/* check.c - see check.h. One thread. */
#include "kernel/isa.h"
#include "ref/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARRAYS = 256 };

static void *arrays[MOST_ARRAYS];
static int array_count;

static void *zeroed(ptrdiff_t n, size_t size)
{
    assert_true(array_count < MOST_ARRAYS);
    void *p = calloc((size_t)n, size);
    assert_non_null(p);
    return arrays[array_count++] = p;
}

float *floats(ptrdiff_t n)
{
    return zeroed(n, sizeof(float));
}
double *doubles(ptrdiff_t n)
{
    return zeroed(n, sizeof(double));
}

void check_release(void)
{
    while (array_count > 0) free(arrays[--array_count]);
}

void on_each_isa(void (*test)(const void *row), const void *row)
{
    static const char *const names[] = {"portable", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Err err;
        setenv("TARE_ISA", names[i], 1);
        Status status = kernel_open(&err);
        unsetenv("TARE_ISA");
        if (status == ERR_USAGE) continue; /* this processor lacks it */
        assert_int_equal(status, OK);
        assert_string_equal(kernel_isa(), names[i]);
        test(row);
        check_release();
    }
}

static float next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
    return (float)(int32_t)(*state & 0xffffff00u) * 0x1p-31f;
}

float *random_floats(ptrdiff_t n, uint32_t seed)
{
    float *x = floats(n);
    for (ptrdiff_t i = 0; i < n; i++) x[i] = next(&seed);
    return x;
}

float *random_images(ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, uint32_t seed)
{
    float *x = floats(n * (h + 2) * (w + 2) * c);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t r = 1; r <= h; r++)
            for (ptrdiff_t p = c; p < (w + 1) * c; p++) x[(i * (h + 2) + r) * (w + 2) * c + p] = next(&seed);
    return x;
}

double *widen(const float *x, ptrdiff_t n)
{
    double *d = doubles(n);
    for (ptrdiff_t i = 0; i < n; i++) d[i] = (double)x[i];
    return d;
}

void expect_near(const char *what, const float *got, const double *want, ptrdiff_t n, double tolerance)
{
    double most = 0;
    for (ptrdiff_t i = 0; i < n; i++) most = fmax(most, fabs(want[i]));
    for (ptrdiff_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * (1 + most)))
            fail_msg("%s [%s]: at %td of %td: %.9g, not %.9g", what, kernel_isa(), i, n, got[i], want[i]);
}

void expect_same(const char *what, const float *got, const float *want, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0)
            fail_msg("%s [%s]: at %td of %td: %.9g, not %.9g", what, kernel_isa(), i, n, got[i], want[i]);
}

/* Whether float number i of bordered images lies in the border. */
static int in_border(ptrdiff_t i, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    ptrdiff_t r = i / (c * (w + 2)) % (h + 2), p = i / c % (w + 2);
    return r == 0 || r == h + 1 || p == 0 || p == w + 1;
}

void expect_zero_border(const char *what, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c)
{
    for (ptrdiff_t i = 0; i < n * (h + 2) * (w + 2) * c; i++)
        if (in_border(i, h, w, c) && x[i] != 0) fail_msg("%s [%s]: border written at %td", what, kernel_isa(), i);
}
