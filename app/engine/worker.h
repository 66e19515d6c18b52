/* worker.h - what the main thread (engine.c) and the worker thread (worker.c) share. */
#ifndef TARE_ENGINE_WORKER_H
#define TARE_ENGINE_WORKER_H

#include "base/pool.h"
#include "engine/engine.h"
#include "engine/ring.h"
#include "run/record.h"
#include "train/course.h"
#include <pthread.h>
#include <stddef.h>

enum { COMMANDS_MOST = 32, CANCELLED_MOST = 4096 };

/* A run with what is not for callers. Of `run`, the worker reads id, job, data and ours, which never change once it is
 * queued; the log is the main thread's. */
typedef struct {
    Run run;
    Record record; /* the worker's while it is queued or running */
    bool record_open, resume;
    double seconds_before; /* of earlier sessions */
    uint64_t seq_before;   /* of the last event on disk */
    ptrdiff_t next;        /* in the queue: index of a slot, -1 at the end */
    /* under lock */
    Command command[COMMANDS_MOST + 1]; /* the last place is kept for one stop */
    int commands;
    bool stopping, waits_at_epochs;
    int32_t epoch_done;
} Slot;

static inline Slot *slot_of(Run *run)
{
    return (Slot *)((char *)run - offsetof(Slot, run));
}

struct Engine {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* a job, a command, an epoch's callbacks, the end */
    Slot **slot;         /* under lock for the worker; only the main thread appends */
    ptrdiff_t slots, slot_room;
    ptrdiff_t first; /* of the queue, -1 for empty; under lock */
    bool closing;    /* under lock */
    bool worker_lives, resume;
    char runs[PATH_SIZE];
    pthread_t worker;
    Pool *pool;
    Ring *ring;
    FeatureCache cache;                 /* the worker's */
    uint32_t cancelled[CANCELLED_MOST]; /* runs whose end has not been told yet; the main thread's */
    int cancelled_n;
};

void *worker_main(void *engine);

#endif
