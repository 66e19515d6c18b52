/* task.h - one job at work: what it gets, and what it asks of whoever runs it. The thread of the job's lane. */
#ifndef TARE_RUN_TASK_H
#define TARE_RUN_TASK_H

#include "base/pool.h"
#include "run/command.h"
#include "run/job.h"
#include "run/record.h"

typedef struct {
    void *arg;
    /* Record and send an event; seq, run and wall.seconds are filled in. Fails when it cannot be recorded. */
    Status (*emit)(void *arg, Event *event, Err *err);
    /* Show a remark that concerns this session alone, such as how far a long pass is: it is not recorded, so that the
     * record does not depend on what was in a cache. */
    void (*aside)(void *arg, const char *text);
    /* The next command, waiting for one with `wait`; false when there is none. */
    bool (*command)(void *arg, Command *command, bool wait);
    bool (*stopping)(void *arg); /* a stop is waiting among the commands */
    /* Wait until the epoch's callbacks have returned, where the run has any. */
    void (*epoch_end)(void *arg, int32_t epoch);
    uint64_t *seq; /* of the last event; a checkpoint holds it, and a resume sets it back */
} JobHost;

typedef struct JobTask {
    const Job *job;
    const Dataset *data; /* NULL where the kind needs none */
    const char *runs;    /* folder of the runs: what the parents left is read there */
    const Record *record;
    Pool *pool;                 /* the worker's; NULL on other lanes */
    struct FeatureCache *cache; /* the worker's */
    const JobHost *host;
    bool resume; /* go on from what the run's folder holds, or from the start where it holds nothing */
} JobTask;

/* The job of parent i, which must have ended well: a child does not outlive the reason its parent failed for.
 * ERR_STATE. */
Status task_parent(const JobTask *task, int i, Job *parent, Err *err);

/* For kinds whose jobs have no steps. An event of theirs; and the words with which one begins, which is anew where it
 * is resumed: *stage, to be filled in and emitted, is its STAGE event. */
Event task_event(const JobTask *task, EventType type);
Status task_begin(const JobTask *task, Event *stage, Err *err);
Status task_emit(const JobTask *task, Event *event, Err *err);

#endif
