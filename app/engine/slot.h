/* slot.h - what the main thread and the lanes share: the engine, and its runs with what is not for callers. */
#ifndef TARE_ENGINE_SLOT_H
#define TARE_ENGINE_SLOT_H

#include "engine/engine.h"
#include "engine/lane.h"
#include "run/record.h"
#include "run/replay.h"

enum { COMMANDS_MOST = 32 };

/* Of `run`, a lane reads id, job, data and parents, which never change once it is queued; the log is the main
 * thread's. */
typedef struct Slot {
    Run run;
    Record record; /* its lane's while it is queued or at work */
    bool record_open, resume;
    double seconds_before; /* of earlier sessions */
    uint64_t seq_before;   /* of the last event on disk */
    ptrdiff_t next;        /* in a queue: index of a slot, -1 at the end */
    Replay *follow;        /* of a run that another process writes */
    bool untold;           /* the end that the main thread gave it is still to be drained */
    bool lost;             /* an event could not be folded: the log is read anew when it ends */
    /* under lock */
    Command command[COMMANDS_MOST + 1]; /* the last place is kept for one stop */
    int commands;
    bool stopping, waits_at_epochs;
    bool over; /* its lane has done with it, or never had it */
    int32_t epoch_done;
} Slot;

static inline Slot *slot_of(Run *run)
{
    return (Slot *)((char *)run - offsetof(Slot, run));
}

struct Engine {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* a job, its parent's end, a command, an epoch's callbacks, the end */
    Slot **slot;         /* under lock for the lanes; only the main thread appends */
    ptrdiff_t slots, slot_room;
    bool closing; /* under lock */
    bool resume;
    char runs[PATH_SIZE];
    Pool *pool;
    Lane lane[LANES];
    int events;           /* an epoll of all rings, and of `ticks` */
    int ticks;            /* a timer that runs while runs are followed */
    int followed, untold; /* how many are followed; have an untold end */
    ptrdiff_t looking;    /* slots that this tick has still to look at */
};

/* One job at work: its lane's thread, until the run is over. */
void work(Lane *lane, Slot *slot);

/* follow.c, main thread. Run s is written by another process: from its first event on, its log follows until it has
 * ended, or nobody writes it any more (RUN_STOPPED). */
Status follow(Engine *e, Slot *s, Err *err);
void follow_end(Engine *e, Slot *s);
/* Fold the next event of s, or of any run that is followed; false when there is none. */
bool follow_look(Engine *e, Slot *s, Event *event);
bool follow_drain(Engine *e, Event *event, Run **run);

#endif
