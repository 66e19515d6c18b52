/* test_engine_ring.c - two threads, a small ring: every event arrives, in order and whole. For ThreadSanitizer too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/ring.h"
#include <poll.h>
#include <pthread.h>
#include <string.h>

enum { EVENTS = 100000 };

static Event numbered(uint64_t seq)
{
    Event e = {.seq = seq, .run = (uint32_t)seq ^ 0xabcdu, .type = EVENT_EVAL, .step = (int32_t)seq, .stage = 1};
    for (int b = 0; b < FINE_BINS; b++) e.as.eval.bins.count[b] = (uint32_t)seq + (uint32_t)b;
    return e;
}

static bool same_number(const Event *e, uint64_t seq)
{
    Event want = numbered(seq);
    return e->seq == seq && e->run == want.run && e->step == want.step &&
           memcmp(e->as.eval.bins.count, want.as.eval.bins.count, sizeof want.as.eval.bins.count) == 0;
}

static void *produce(void *ring)
{
    for (uint64_t seq = 1; seq <= EVENTS; seq++) {
        Event e = numbered(seq);
        ring_push(ring, &e);
    }
    return NULL;
}

static bool readable(const Ring *ring, int milliseconds)
{
    struct pollfd p = {.fd = ring_fd(ring), .events = POLLIN};
    return poll(&p, 1, milliseconds) == 1;
}

/* The consumer sleeps in poll() whenever the ring is empty: a lost wake-up would hang (and fail after the limit). */
static void all_arrive_in_order(void **state)
{
    (void)state;
    static const size_t rooms[] = {1, 4, 256};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        pthread_t producer;
        Event e;
        Ring *ring = ring_open(rooms[i], NULL);
        assert_non_null(ring);
        assert_int_equal(pthread_create(&producer, NULL, produce, ring), 0);
        for (uint64_t seq = 1; seq <= EVENTS;) {
            assert_true(readable(ring, 60000));
            for (; ring_pop(ring, &e); seq++)
                if (!same_number(&e, seq)) fail_msg("room %zu: event %lu is wrong", rooms[i], (unsigned long)seq);
        }
        pthread_join(producer, NULL);
        assert_false(ring_pop(ring, &e));
        assert_false(readable(ring, 0));
        ring_close(ring);
    }
}

static void descriptor_follows_contents(void **state)
{
    (void)state;
    Event e;
    Ring *ring = ring_open(4, NULL);
    assert_false(readable(ring, 0));
    assert_false(ring_pop(ring, &e));
    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t i = 1; i <= 4; i++) {
            Event in = numbered(4 * round + i);
            ring_push(ring, &in);
        }
        for (uint64_t i = 1; i <= 4; i++) {
            assert_true(readable(ring, 0));
            assert_true(ring_pop(ring, &e));
            assert_true(same_number(&e, 4 * round + i));
        }
        assert_false(ring_pop(ring, &e));
        assert_false(readable(ring, 0));
    }
    ring_close(ring);
}

/* Nobody reads: the producer goes on all the same, and what it said is there later, in order; more than once. */
static void a_producer_waits_for_no_reader(void **state)
{
    (void)state;
    enum { ROOM = 4, MANY = 1000 };
    Event e;
    Ring *ring = ring_open(ROOM, NULL);
    for (uint64_t round = 0; round < 3; round++) {
        for (uint64_t i = 1; i <= MANY; i++) {
            Event in = numbered(MANY * round + i);
            ring_push(ring, &in);
        }
        for (uint64_t i = 1; i <= MANY; i++) {
            assert_true(readable(ring, 0));
            assert_true(ring_pop(ring, &e));
            if (!same_number(&e, MANY * round + i)) fail_msg("event %lu is wrong", (unsigned long)i);
        }
        assert_false(ring_pop(ring, &e));
        assert_false(readable(ring, 0));
    }
    Event in = numbered(1);
    for (int i = 0; i <= ROOM; i++) ring_push(ring, &in);
    ring_close(ring); /* with some in the list */
}

static void room_is_a_power_of_two(void **state)
{
    (void)state;
    static const size_t rooms[] = {0, 3, 100};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        Err err = {0};
        assert_null(ring_open(rooms[i], &err));
        assert_int_equal(err.code, ERR_USAGE);
    }
    ring_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrive_in_order),
        cmocka_unit_test(descriptor_follows_contents),
        cmocka_unit_test(a_producer_waits_for_no_reader),
        cmocka_unit_test(room_is_a_power_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
