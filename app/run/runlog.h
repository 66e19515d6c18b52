/* runlog.h - the fold: what is known of a run after so many of its events. Read by every view, written by runlog_fold
 * alone. Main thread. */
#ifndef TARE_RUN_RUNLOG_H
#define TARE_RUN_RUNLOG_H

#include "run/event.h"

/* Points are fronts of events: as much of one as its type needs, so that the tables of fields (event.h) fit both. */

typedef struct {
    EVENT_FRONT;
    StepFacts as;
} StepPoint;

typedef struct {
    EVENT_FRONT;
    EpochFacts as;
} EpochPoint;

typedef struct {
    EVENT_FRONT;
    EvalFacts as;
    uint64_t best; /* seq of the BEST that followed, 0 = none: a resume may forget it and keep the evaluation */
} EvalPoint;

typedef struct {
    EVENT_FRONT;
    StageFacts as; /* it began at wall.seconds */
} StagePoint;

/* Of STATE, LOG and DONE; a LOG has the state of the run at that time. */
typedef struct {
    EVENT_FRONT;
    RemarkFacts as;
} Remark;

/* Growable arrays, each in order of seq. */
typedef struct {
    StepPoint *step;
    EpochPoint *epoch;
    EvalPoint *eval;
    StagePoint *stage;
    Remark *remark;
    ptrdiff_t steps, epochs, evals, stages, remarks;
    ptrdiff_t step_room, epoch_room, eval_room, stage_room, remark_room;
    uint64_t seq; /* of the last event folded */
    RunState state;
    int32_t now_step, now_epoch, now_stage;
    double seconds; /* wall.seconds of the last event */
    int resumes;
    size_t dropped; /* bytes at the end of events.jsonl that were no events (record_fold) */
} RunLog;

void runlog_init(RunLog *log);
void runlog_free(RunLog *log);

/* Fold one event in. RESUME forgets everything later than from_seq. ERR_FORMAT when seq does not follow; ERR_MEMORY. */
Status runlog_fold(RunLog *log, const Event *event, Err *err);

/* The latest evaluation of a split (of "best"/"last"/"now", NULL = any), or NULL. */
const EvalPoint *runlog_eval(const RunLog *log, const char *split, const char *checkpoint);
const EvalPoint *runlog_best(const RunLog *log); /* the evaluation with the last BEST, or NULL */

/* Seconds until the last step: at the pace of this stage so far, before its first step what was expected. < 0: unknown,
 * or nothing is trained. */
double runlog_seconds_left(const RunLog *log);

/* The epoch of the network that was evaluated: "best" is judged at the end of a run, and was made before. */
int32_t runlog_epoch_of(const RunLog *log, const EvalPoint *eval);

/* A digest of everything folded except wall times: equal folds have equal digests. */
uint64_t runlog_digest(const RunLog *log);

#endif
