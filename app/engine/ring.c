/* ring.c - see ring.h. ring_push on the worker, the rest on the main thread.
 *
 * Only the producer writes `pushed`, only the consumer `popped`; both count up for ever, and slot i % room
 * holds event i. The release of a count publishes the slot, the acquire on the other side receives it.
 *
 * Events that found the ring full stand in a list, under the mutex. While there are any the producer adds to the list
 * alone, and the consumer takes them when the ring is empty: all that is in the ring is older. */
#include "engine/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CACHE_LINE = 64 };

typedef struct Late {
    struct Late *next;
    Event event;
} Late;

struct Ring {
    Event *slot; /* (room) */
    size_t room;
    int fd;                /* an eventfd: counts pushes since the consumer last found the ring empty */
    pthread_mutex_t mutex; /* with `space` and the list: used when the ring is full, and only then */
    pthread_cond_t space;
    Late *first, **end; /* under mutex */
    atomic_bool late;   /* the list has events; set and cleared under mutex */
    _Alignas(CACHE_LINE) atomic_size_t pushed;
    _Alignas(CACHE_LINE) atomic_size_t popped;
    atomic_bool waiting; /* the producer sleeps on `space`, or is about to */
};

Ring *ring_open(size_t room, Err *err)
{
    if (room == 0 || (room & (room - 1)) != 0) {
        err_set(err, ERR_USAGE, "a ring's room is a power of two, not %zu", room);
        return NULL;
    }
    Ring *ring = aligned_alloc(CACHE_LINE, sizeof *ring);
    Event *slot = calloc(room, sizeof *slot);
    if (!ring || !slot) {
        err_set(err, ERR_MEMORY, "no memory for a ring of %zu events", room);
        goto fail;
    }
    *ring = (Ring){.slot = slot, .room = room, .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    if (ring->fd < 0) {
        err_sys(err, "cannot make an eventfd");
        goto fail;
    }
    ring->end = &ring->first;
    pthread_mutex_init(&ring->mutex, NULL);
    pthread_cond_init(&ring->space, NULL);
    return ring;
fail:
    free(slot);
    free(ring);
    return NULL;
}

void ring_close(Ring *ring)
{
    if (!ring) return;
    pthread_cond_destroy(&ring->space);
    pthread_mutex_destroy(&ring->mutex);
    close(ring->fd);
    while (ring->first) {
        Late *next = ring->first->next;
        free(ring->first);
        ring->first = next;
    }
    free(ring->slot);
    free(ring);
}

int ring_fd(const Ring *ring)
{
    return ring->fd;
}

/* The producer says that it waits and then looks at `popped`; the consumer moves `popped` and then looks
 * whether anyone waits. These four are sequentially consistent, so at least one side sees the other and no
 * wake-up is lost. */
static void wait_for_space(Ring *ring, size_t pushed)
{
    pthread_mutex_lock(&ring->mutex);
    atomic_store(&ring->waiting, true);
    while (pushed - atomic_load(&ring->popped) == ring->room || atomic_load(&ring->late))
        pthread_cond_wait(&ring->space, &ring->mutex);
    atomic_store(&ring->waiting, false);
    pthread_mutex_unlock(&ring->mutex);
}

/* True where the list has taken the event. */
static bool push_late(Ring *ring, const Event *event)
{
    Late *late = malloc(sizeof *late);
    if (!late) return false;
    *late = (Late){.event = *event};
    pthread_mutex_lock(&ring->mutex);
    *ring->end = late;
    ring->end = &late->next;
    atomic_store(&ring->late, true);
    pthread_mutex_unlock(&ring->mutex);
    return true;
}

static void tell_consumer(const Ring *ring)
{
    const uint64_t one = 1;
    while (write(ring->fd, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void ring_push(Ring *ring, const Event *event)
{
    size_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
    bool full = pushed - atomic_load_explicit(&ring->popped, memory_order_acquire) == ring->room;
    bool late = full || atomic_load(&ring->late);
    if (!late || !push_late(ring, event)) {
        if (late) wait_for_space(ring, pushed);
        ring->slot[pushed & (ring->room - 1)] = *event;
        atomic_store_explicit(&ring->pushed, pushed + 1, memory_order_release);
    }
    tell_consumer(ring);
}

static bool empty(const Ring *ring, size_t popped)
{
    return atomic_load_explicit(&ring->pushed, memory_order_acquire) == popped;
}

/* From the list, when the ring is empty. */
static bool pop_late(Ring *ring, Event *event)
{
    if (!atomic_load(&ring->late)) return false;
    pthread_mutex_lock(&ring->mutex);
    Late *late = ring->first;
    ring->first = late->next;
    if (!ring->first) {
        ring->end = &ring->first;
        atomic_store(&ring->late, false);
        pthread_cond_signal(&ring->space);
    }
    bool more = ring->first != NULL;
    pthread_mutex_unlock(&ring->mutex);
    *event = late->event;
    free(late);
    if (more) tell_consumer(ring); /* the descriptor was cleared */
    return true;
}

bool ring_pop(Ring *ring, Event *event)
{
    size_t popped = atomic_load_explicit(&ring->popped, memory_order_relaxed);
    if (empty(ring, popped)) {
        /* Clear the descriptor first, then look again: a push in between is either seen or makes it readable. */
        uint64_t pushes;
        while (read(ring->fd, &pushes, sizeof pushes) < 0 && errno == EINTR) continue;
        if (empty(ring, popped)) return pop_late(ring, event);
    }
    *event = ring->slot[popped & (ring->room - 1)];
    atomic_store(&ring->popped, popped + 1);
    if (atomic_load(&ring->waiting)) {
        pthread_mutex_lock(&ring->mutex);
        pthread_cond_signal(&ring->space);
        pthread_mutex_unlock(&ring->mutex);
    }
    return true;
}
