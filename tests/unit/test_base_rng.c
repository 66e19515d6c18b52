/* test_base_rng.c - streams are what their names say, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include <math.h>
#include <string.h>

/* Philox4x32-10's published answers (Random123's kat_vectors): counter, key, result. */
static void philox_gives_its_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], result[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Rng r = {0};
        memcpy(r.key, cases[i].key, sizeof r.key);
        memcpy(r.counter, cases[i].counter, sizeof r.counter);
        for (int k = 0; k < 4; k++) assert_int_equal(rng_u32(&r), cases[i].result[k]);
    }
}

static void every_part_of_the_name_matters(void **state)
{
    (void)state;
    Rng same[] = {rng_stream(1, RNG_INIT, 2, 3), rng_stream(1, RNG_INIT, 2, 3)};
    Rng other[] = {rng_stream(2, RNG_INIT, 2, 3), rng_stream(1, RNG_SHUFFLE, 2, 3), rng_stream(1, RNG_INIT, 3, 3),
                   rng_stream(1, RNG_INIT, 2, 4), rng_stream(1 + (1ULL << 32), RNG_INIT, 2, 3)};
    uint32_t first = rng_u32(&same[0]);
    assert_int_equal(first, rng_u32(&same[1]));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) assert_int_not_equal(first, rng_u32(&other[i]));
}

static void numbers_have_their_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    static float normal[N];
    Rng r = rng_stream(7, RNG_BOOTSTRAP, 0, 0);
    double sum = 0, square = 0, fourth = 0, uniform = 0;
    rng_normals(&r, normal, N);
    for (int i = 0; i < N; i++) {
        double x = normal[i], u = rng_uniform(&r);
        assert_true(u >= 0 && u < 1 && isfinite(x));
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
        uniform += u;
    }
    assert_true(fabs(sum / N) < 4 / sqrt(N));
    assert_true(fabs(square / N - 1) < 4 * sqrt(2.0 / N));
    assert_true(fabs(fourth / N - 3) < 4 * sqrt(96.0 / N));
    assert_true(fabs(uniform / N - 0.5) < 4 * sqrt(1.0 / 12 / N));
}

static void below_is_unbiased_and_shuffle_permutes(void **state)
{
    (void)state;
    int count[7] = {0};
    Rng r = rng_stream(3, RNG_SUBSET, 1, 1);
    for (int i = 0; i < 70000; i++) count[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(count[i], 9600, 10400);
    int32_t items[50], seen[50] = {0};
    int moved = 0;
    for (int i = 0; i < 50; i++) items[i] = i;
    rng_shuffle(&r, items, 50);
    for (int i = 0; i < 50; i++) seen[items[i]]++, moved += items[i] != i;
    for (int i = 0; i < 50; i++) assert_int_equal(seen[i], 1);
    assert_true(moved > 40);
}

static void an_odd_number_of_normals_stays_in_bounds(void **state)
{
    (void)state;
    float x[4] = {9, 9, 9, 9};
    Rng r = rng_stream(1, RNG_INIT, 0, 0);
    rng_normals(&r, x, 3);
    assert_true(x[3] == 9 && x[2] != 9);
}

/* Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)); the share below 1/4 of the uniform and arcsine laws. */
static void betas_have_their_moments(void **state)
{
    (void)state;
    static const struct {
        double a, below; /* P(x < 1/4), < 0: not asked */
    } cases[] = {{1, 0.25}, {0.5, 1.0 / 3}, {0.2, -1}, {4, -1}, {1e-3, -1}};
    enum { N = 40000 };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double a = cases[k].a, sum = 0, square = 0, variance = 1 / (4 * (2 * a + 1));
        int below = 0;
        for (int i = 0; i < N; i++) {
            Rng r = rng_stream(5, RNG_MIXUP, (uint32_t)i, 0);
            double x = rng_beta(&r, a);
            assert_true(x >= 0 && x <= 1);
            sum += x - 0.5;
            square += (x - 0.5) * (x - 0.5);
            below += x < 0.25;
        }
        assert_true(fabs(sum / N) < 4 * sqrt(variance / N));
        assert_true(fabs(square / N - variance) < 4 * 0.25 / sqrt(N));
        if (cases[k].below > 0) assert_true(fabs((double)below / N - cases[k].below) < 4 * 0.5 / sqrt(N));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_its_published_answers),
        cmocka_unit_test(every_part_of_the_name_matters),
        cmocka_unit_test(numbers_have_their_moments),
        cmocka_unit_test(below_is_unbiased_and_shuffle_permutes),
        cmocka_unit_test(betas_have_their_moments),
        cmocka_unit_test(an_odd_number_of_normals_stays_in_bounds),
    };
    return cmocka_run_group_tests_name("base: random numbers", tests, NULL, NULL);
}
