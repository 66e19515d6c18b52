/* lane.c - see lane.h. */
#include "engine/slot.h"

#include <errno.h>
#include <signal.h>

enum { RING_ROOM = 1024 };

/* ---- the queue ---- */

void lane_enqueue(Lane *lane, Slot *s)
{
    Engine *e = lane->engine;
    pthread_mutex_lock(&e->lock);
    ptrdiff_t *link = &lane->first;
    while (*link >= 0) link = &e->slot[*link]->next;
    *link = (ptrdiff_t)s->run.id - 1;
    s->over = false;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

bool lane_unqueue_locked(Lane *lane, Slot *s)
{
    Engine *e = lane->engine;
    for (ptrdiff_t *link = &lane->first; *link >= 0; link = &e->slot[*link]->next) {
        if (e->slot[*link] != s) continue;
        *link = s->next;
        s->next = -1;
        s->over = true;
        return true;
    }
    return false;
}

static bool parents_over(const Slot *s)
{
    for (int i = 0; i < s->run.job.parents; i++)
        if (s->run.parent[i] && !slot_of(s->run.parent[i])->over) return false;
    return true;
}

/* The first run whose parents are over, in whichever lane they are; NULL for none. Under lock. */
static Slot *next_ready(const Lane *lane)
{
    const Engine *e = lane->engine;
    for (ptrdiff_t i = lane->first; i >= 0; i = e->slot[i]->next)
        if (parents_over(e->slot[i])) return e->slot[i];
    return NULL;
}

/* ---- the thread ---- */

/* The next run, waited for; NULL at the end. */
static Slot *take(Lane *lane)
{
    Engine *e = lane->engine;
    Slot *s;
    pthread_mutex_lock(&e->lock);
    while (!(s = next_ready(lane)) && !e->closing) pthread_cond_wait(&e->wake, &e->lock);
    if (s) lane_unqueue_locked(lane, s);
    if (s) s->over = false;
    pthread_mutex_unlock(&e->lock);
    return s;
}

void lane_let_go(Lane *lane, Slot *s)
{
    pthread_mutex_lock(&lane->engine->lock);
    s->over = true;
    pthread_cond_broadcast(&lane->engine->wake);
    pthread_mutex_unlock(&lane->engine->lock);
}

static void *lane_main(void *arg)
{
    Lane *lane = arg;
    for (Slot *s; (s = take(lane));) work(lane, s);
    return NULL;
}

Status lane_open(Lane *lane, Engine *engine, Pool *pool, Err *err)
{
    *lane = (Lane){.engine = engine, .first = -1, .pool = pool};
    if (!(lane->ring = ring_open(RING_ROOM, err))) return ERR_MEMORY;
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    lane->lives = pthread_create(&lane->thread, NULL, lane_main, lane) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lane->lives ? OK : err_set(err, ERR_MEMORY, "the system gave no thread for the runs");
}

bool lane_ended(Lane *lane)
{
    if (lane->lives && pthread_tryjoin_np(lane->thread, NULL) != EBUSY) lane->lives = false;
    return !lane->lives;
}

void lane_close(Lane *lane)
{
    feature_cache_clear(&lane->cache);
    ring_close(lane->ring);
}
