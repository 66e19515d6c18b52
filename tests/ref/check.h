/* check.h - what the kernel tests share: arrays of exactly their size, comparison with a twin, every
 * instruction set. */
#ifndef TARE_TESTS_CHECK_H
#define TARE_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Run test(table row) on each instruction set that this processor has; release all arrays after each. */
void on_each_isa(void (*test)(const void *row), const void *row);

/* Zeroed arrays that live until check_release(); a read past their end is seen by the sanitisers. */
float *floats(ptrdiff_t n);
double *doubles(ptrdiff_t n);
void check_release(void);

/* Numbers in [-1, 1) that depend on `seed` only. */
float *random_floats(ptrdiff_t n, uint32_t seed);
/* The same in the pixels of bordered images (n, h+2, w+2, c); borders 0. */
float *random_images(ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c, uint32_t seed);
double *widen(const float *x, ptrdiff_t n);

/* Fail, naming `what`, the instruction set and the place, unless |got - want| <= tolerance (1 + max |want|)
 * everywhere. */
void expect_near(const char *what, const float *got, const double *want, ptrdiff_t n, double tolerance);
void expect_same(const char *what, const float *got, const float *want, ptrdiff_t n); /* the same bits */
void expect_zero_border(const char *what, const float *x, ptrdiff_t n, ptrdiff_t h, ptrdiff_t w, ptrdiff_t c);

#endif
