/* replay.h - a run's events read bit by bit: replayed at a pace, or followed while another process writes them. */
#ifndef TARE_RUN_REPLAY_H
#define TARE_RUN_REPLAY_H

#include "run/runlog.h"
#include <stdbool.h>
#include <sys/types.h>

typedef struct {
    int fd;      /* of events.jsonl */
    off_t at;    /* what has been read */
    char *bytes; /* read but not yet taken: whole lines and the begin of one */
    size_t used, room;
    long line;    /* number of the last line taken */
    bool again;   /* the line is read anew, as it did not parse */
    bool waiting; /* `next` holds an event that has not been folded */
    Event next;
} Replay;

/* runs/name, from its first event. ERR_USAGE, ERR_IO. */
Status replay_open(Replay *r, const char *runs, const char *name, Err *err);
void replay_close(Replay *r);

/* Fold all events up to wall.seconds = `until` into log (INFINITY: all there are). *folded says how many. A line that
 * is not whole yet waits for its rest. ERR_FORMAT names the line. */
Status replay_fold(Replay *r, double until, RunLog *log, int *folded, Err *err);

/* Fold the next event; *there = false when there is none yet. */
Status replay_step(Replay *r, RunLog *log, Event *event, bool *there, Err *err);

/* Seconds at which the next event lies; INFINITY when none is there (yet). */
double replay_next(const Replay *r);

#endif
