/* engine.h - runs, their queue, and the one worker thread that trains them. Called from the main thread only.
 *
 * Jobs are done first in, first out. The worker sends events through a ring; engine_drain folds them into the runs'
 * logs. Commands go the other way and take effect between two steps. */
#ifndef TARE_ENGINE_ENGINE_H
#define TARE_ENGINE_ENGINE_H

#include "calib/predictions.h"
#include "data/dataset.h"
#include "run/command.h"
#include "run/job.h"
#include "run/runlog.h"

typedef struct Engine Engine;

/* A run as the main thread knows it. Lives as long as the engine; read-only for callers. */
typedef struct Run {
    uint32_t id; /* 1, 2, ... in order of submission, equal to Event.run */
    Job job;
    Dataset *data;             /* while it is queued or trained; else NULL */
    uint64_t images;           /* their fingerprint, once they were there; else 0 */
    struct Run *parent;        /* NULL in stage 1, and when the parent is only known by name */
    RunLog log;                /* log.state is the run's state */
    bool ours;                 /* trained (or resumed) by this process; else opened from disk */
    bool reused;               /* --resume found it finished */
    Predictions *pred[SPLITS]; /* loaded on first use */
} Run;

typedef struct {
    int threads;      /* of the pool, >= 1 */
    const char *runs; /* folder of the runs */
    bool resume;      /* a submitted job that equals an unfinished or finished run on disk goes on with it */
} EngineOptions;

Engine *engine_open(const EngineOptions *options, Err *err);

/* Stops the worker (the running job writes a checkpoint first) and drains. NULL is fine. */
void engine_close(Engine *e);

const char *engine_runs(const Engine *e); /* the folder */

/* Queue a job. job->name "" picks the next free name ("tst-1"). data is retained. NULL with err set: ERR_USAGE (a name
 * that is taken, options that cannot be together), ERR_STATE (a parent that failed). */
Run *engine_submit(Engine *e, const Job *job, Dataset *data, Run *parent, Err *err);

/* A run by name: one of this process, or opened (read-only) from its folder. ERR_USAGE with a suggestion. */
Run *engine_run(Engine *e, const char *name, Err *err);

/* Go on with a stopped, failed or torn run from its last checkpoint: its job is queued again under its own name. */
Run *engine_resume(Engine *e, const char *name, Err *err);

/* Rename a run, and delete one with its files; runs of this process follow. ERR_STATE while it, or one made from it, is
 * being trained; ERR_USAGE when others were made from it, unless with_children. */
Status engine_rename(Engine *e, const char *name, const char *to, Err *err);
Status engine_delete(Engine *e, const char *name, bool with_children, Err *err);

/* Runs of this process in order of submission: number i, NULL past the end. */
Run *engine_nth(const Engine *e, ptrdiff_t i);

/* Readable while events are waiting. */
int engine_fd(const Engine *e);

/* Take the next event, folded into its run's log; false when there is none. */
bool engine_drain(Engine *e, Event *event, Run **run);

/* True while a job is queued, running or paused. */
bool engine_busy(const Engine *e);

/* ERR_STATE when the run has ended; a queued run takes STOP (it is cancelled) and PAUSE. */
Status engine_command(Engine *e, Run *run, CommandType type, double value, Err *err);
void engine_stop_all(Engine *e);

/* With `on`, the run waits at the end of each epoch until engine_epoch_done(run, epoch): what is set in between lands
 * on the same step every time. */
void engine_wait_at_epochs(Engine *e, Run *run, bool on);
void engine_epoch_done(Engine *e, Run *run, int32_t epoch);

/* The predictions of a finished run's kept checkpoint on "valid" or "test"; owned by the run. */
Predictions *engine_predictions(Engine *e, Run *run, SplitId split, Err *err);

#endif
