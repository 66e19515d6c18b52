/* test_base_pool.c - every chunk is done once, by any number of threads, over and over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"
#include <stdatomic.h>
#include <string.h>

enum { MOST = 1000 };

typedef struct {
    atomic_int times[MOST];
    atomic_int bad_thread;
    int threads;
} Tally;

static void count_chunk(void *work, ptrdiff_t chunk, int thread)
{
    Tally *tally = work;
    atomic_fetch_add(&tally->times[chunk], 1);
    if (thread < 0 || thread >= tally->threads) atomic_store(&tally->bad_thread, 1);
}

static void each_chunk_is_done_once(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    static const ptrdiff_t chunks[] = {0, 1, 2, 5, MOST};
    static Tally tally;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        Pool *pool = pool_open(threads[t], NULL);
        assert_int_equal(pool_threads(pool), threads[t]);
        for (int round = 0; round < 200; round++) {
            ptrdiff_t n = chunks[round % 5];
            memset(&tally, 0, sizeof tally);
            tally.threads = threads[t];
            pool_run(pool, n, count_chunk, &tally);
            for (ptrdiff_t i = 0; i < MOST; i++) assert_int_equal(tally.times[i], i < n);
            assert_int_equal(tally.bad_thread, 0);
        }
        pool_close(pool);
    }
}

static void no_pool_is_one_thread_in_order(void **state)
{
    (void)state;
    static Tally tally = {.threads = 1};
    assert_int_equal(pool_threads(NULL), 1);
    pool_run(NULL, 10, count_chunk, &tally);
    for (int i = 0; i < MOST; i++) assert_int_equal(tally.times[i], i < 10);
    pool_close(NULL);
}

static void an_absurd_number_of_threads_is_refused(void **state)
{
    (void)state;
    static const int absurd[] = {0, -1, POOL_MAX_THREADS + 1};
    for (int i = 0; i < 3; i++) {
        Err err;
        assert_null(pool_open(absurd[i], &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_chunk_is_done_once),
        cmocka_unit_test(no_pool_is_one_thread_in_order),
        cmocka_unit_test(an_absurd_number_of_threads_is_refused),
    };
    return cmocka_run_group_tests_name("base: pool", tests, NULL, NULL);
}
