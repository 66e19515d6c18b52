/* runlog.h - the fold: what is known of a run after so many of its events. Read by every view, written by runlog_fold
 * alone. Main thread. */
#ifndef TARE_RUN_RUNLOG_H
#define TARE_RUN_RUNLOG_H

#include "run/event.h"

typedef struct {
    uint64_t seq;
    int32_t step, epoch, stage;
    double loss, kl, lr, seconds, images_per_second;
} StepPoint;

typedef struct {
    uint64_t seq;
    int32_t step, epoch, stage;
    double loss, accuracy, lr, seconds;
} EpochPoint;

typedef struct {
    uint64_t seq;
    int32_t step, epoch, stage;
    uint64_t best; /* seq of the BEST that followed, 0 = none: a resume may forget it and keep the evaluation */
    char split[8], checkpoint[8], file[EVENT_NAME_SIZE];
    double nll, brier, accuracy, confidence, seconds;
    FineBins bins;
} EvalPoint;

typedef struct {
    uint64_t seq;
    int32_t stage, steps, epochs;
    int64_t parameters;
    double expected_seconds, began; /* of the whole run; of this event: seconds since the run began */
    char name[EVENT_NAME_SIZE], body[24];
} StagePoint;

typedef struct {
    uint64_t seq;
    int32_t step, stage;
    RunState state; /* of STATE and DONE */
    EventType type; /* EVENT_STATE, EVENT_LOG, EVENT_DONE */
    char text[EVENT_TEXT_SIZE];
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

/* A digest of everything folded except wall times: equal folds have equal digests. */
uint64_t runlog_digest(const RunLog *log);

#endif
