/* engine.h - runs, and the lanes of work that make them. Called from the main thread only.
 *
 * Each lane does its jobs first in, first out, when their parents are over. Events come through a ring a lane;
 * engine_drain folds them into the runs' logs. Commands go the other way and take effect between two steps. Runs that
 * other processes write are followed: their logs grow as theirs do. */
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
    Dataset *data;                    /* while it is queued or at work; else NULL */
    uint64_t images;                  /* their fingerprint, once they were there; else 0 */
    struct Run *parent[PARENTS_MOST]; /* job.parents of them; NULL for one whose folder is gone */
    RunLog log;                       /* log.state is the run's state */
    bool ours;                        /* made (or gone on with) by this process; else opened from disk */
    bool told;                        /* a script has been told of its harm, which is the script's to deal with then */
    Predictions *pred[SPLITS];        /* loaded on first use */
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

/* Queue a job. job->name "" picks the next free name ("tst-1"); images, network and normalisation are those of its
 * first parent, if it has one. data is retained; NULL where the kind needs no images. NULL with err set: ERR_USAGE (a
 * name that is taken, options that cannot be together), ERR_STATE (a parent that failed). */
Run *engine_submit(Engine *e, const Job *job, Dataset *data, Err *err);

/* As engine_submit, but where there is a run of this very job called `stem` ("stem-2", ...), that one, which goes on if
 * it has not ended well. */
Run *engine_obtain(Engine *e, const Job *job, const char *stem, Err *err);

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

/* Readable while events are waiting, or a run of another process has grown. */
int engine_fd(const Engine *e);

/* Take the next event, folded into its run's log; false when there is none. An event that there is no memory for stops
 * its run, with a checkpoint; the log is read anew when it has ended. */
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

/* `run` cannot end before `other`, which is at work and waits at the end of an epoch, goes on: it is that very run, it
 * stands behind it in a queue, or is made from such a run. */
bool engine_waits_for(const Engine *e, const Run *run, const Run *other);

/* The worst that became of a run of this process without a script being told (`told` = false), or with: RUN_DIVERGED,
 * RUN_FAILED, or RUN_DONE where all is well. A run whose parent diverged has failed of that. */
RunState engine_harm(const Engine *e, bool told);

/* The predictions of a finished run's kept checkpoint on "valid" or "test"; owned by the run. */
Predictions *engine_predictions(Engine *e, Run *run, SplitId split, Err *err);

#endif
