/* lane.h - a thread that works off a queue of runs, first in, first out, and tells what happens through a ring. The
 * engine has one that trains, with all of the machine's threads, and one that reads results, which waits for no
 * training but its own parents. */
#ifndef TARE_ENGINE_LANE_H
#define TARE_ENGINE_LANE_H

#include "base/pool.h"
#include "engine/ring.h"
#include "train/features.h"
#include <pthread.h>
#include <stddef.h>

struct Engine;
struct Slot;

typedef struct {
    struct Engine *engine;
    ptrdiff_t first; /* of the queue: index of a slot, -1 for empty; under the engine's lock */
    Ring *ring;
    Pool *pool;         /* of the worker, borrowed; NULL on the analyst's */
    FeatureCache cache; /* the thread's */
    pthread_t thread;
    bool lives;
} Lane;

/* Start the thread. ERR_MEMORY. lane_close ends it: the queue must be empty and engine->closing set, or it never does;
 * one that was not opened is fine. */
Status lane_open(Lane *lane, struct Engine *engine, Pool *pool, Err *err);
void lane_close(Lane *lane);
bool lane_ended(Lane *lane); /* joined, as far as it ran */

/* Main thread; they take the engine's lock (`locked`: it has been taken). */
void lane_enqueue(Lane *lane, struct Slot *slot);
bool lane_unqueue_locked(Lane *lane, struct Slot *slot); /* false when it is not (any more) in the queue */

/* The lane's thread has done with a run, whose record is closed: its children may begin. It is called before the main
 * thread hears of the end, and may queue the run again. */
void lane_let_go(Lane *lane, struct Slot *slot);

#endif
