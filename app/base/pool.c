/* pool.c - see pool.h. pool_run: the owner thread; the rest runs on the pool's own threads. */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct Pool {
    int threads;
    pthread_t id[POOL_MAX_THREADS]; /* id[0] is unused: thread 0 is the caller */
    struct Seat {
        Pool *pool;
        int thread;
    } seat[POOL_MAX_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned round; /* under lock: counts jobs, so that a late sleeper sees that it missed none */
    int busy;       /* under lock: helpers that have not finished this round */
    bool closing;
    PoolFn *fn;
    void *work;
    ptrdiff_t chunks;
    atomic_ptrdiff_t next;
};

static void take_chunks(Pool *p, int thread)
{
    for (;;) {
        ptrdiff_t chunk = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (chunk >= p->chunks) return;
        p->fn(p->work, chunk, thread);
    }
}

static void *helper(void *arg)
{
    struct Seat *seat = arg;
    Pool *p = seat->pool;
    unsigned seen = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->round == seen && !p->closing) pthread_cond_wait(&p->start, &p->lock);
        if (p->closing) break;
        seen = p->round;
        pthread_mutex_unlock(&p->lock);
        take_chunks(p, seat->thread);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0) pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

Pool *pool_open(int threads, Err *err)
{
    if (threads < 1 || threads > POOL_MAX_THREADS) {
        err_set(err, ERR_USAGE, "threads = %d is not between 1 and %d", threads, POOL_MAX_THREADS);
        return NULL;
    }
    Pool *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(err, ERR_MEMORY, "no memory for a thread pool");
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    p->threads = 1;
    for (int t = 1; t < threads; t++) {
        p->seat[t] = (struct Seat){p, t};
        if (pthread_create(&p->id[t], NULL, helper, &p->seat[t]) != 0) break;
        p->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (p->threads < threads) {
        err_set(err, ERR_MEMORY, "the system gave only %d of %d threads; lower --threads", p->threads, threads);
        pool_close(p);
        return NULL;
    }
    return p;
}

void pool_close(Pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    for (int t = 1; t < p->threads; t++) pthread_join(p->id[t], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    free(p);
}

int pool_threads(const Pool *p)
{
    return p ? p->threads : 1;
}

void pool_run(Pool *p, ptrdiff_t chunks, PoolFn *fn, void *work)
{
    if (!p || p->threads == 1 || chunks <= 1) {
        for (ptrdiff_t chunk = 0; chunk < chunks; chunk++) fn(work, chunk, 0);
        return;
    }
    pthread_mutex_lock(&p->lock);
    assert(p->busy == 0);
    p->fn = fn;
    p->work = work;
    p->chunks = chunks;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    p->busy = p->threads - 1;
    p->round++;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    take_chunks(p, 0);
    pthread_mutex_lock(&p->lock);
    while (p->busy > 0) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

int pool_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count > POOL_MAX_THREADS ? POOL_MAX_THREADS : count;
}
