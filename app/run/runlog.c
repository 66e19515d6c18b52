/* runlog.c - see runlog.h. Main thread. */
#include "run/runlog.h"

#include "file/whole.h"
#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void runlog_init(RunLog *log)
{
    *log = (RunLog){.state = RUN_QUEUED};
}

void runlog_free(RunLog *log)
{
    free(log->step);
    free(log->epoch);
    free(log->eval);
    free(log->stage);
    free(log->remark);
    runlog_init(log);
}

/* `items` with room for one more than `count`, doubled when full; NULL for lack of memory (items are kept). */
static void *grown(void *items, ptrdiff_t count, ptrdiff_t *room, size_t size, Err *err)
{
    if (count < *room) return items;
    ptrdiff_t more = *room ? *room * 2 : 16;
    void *bigger = realloc(items, (size_t)more * size);
    if (bigger)
        *room = more;
    else
        err_set(err, ERR_MEMORY, "no memory for %td points of a run", more);
    return bigger;
}

/* Append to the array log->item (counted by items, with item_room), or return ERR_MEMORY. */
#define APPEND(log, item, type, ...)                                                                                   \
    do {                                                                                                               \
        type *bigger = grown((log)->item, (log)->item##s, &(log)->item##_room, sizeof(type), err);                     \
        if (!bigger) return ERR_MEMORY;                                                                                \
        (log)->item = bigger;                                                                                          \
        (log)->item[(log)->item##s++] = (type){__VA_ARGS__};                                                           \
    } while (0)

static Status fold_step(RunLog *log, const Event *e, Err *err)
{
    APPEND(log, step, StepPoint, .seq = e->seq, .step = e->step, .epoch = e->epoch, .stage = e->stage,
           .loss = e->as.step.loss, .kl = e->as.step.kl, .lr = e->as.step.lr, .seconds = e->wall.seconds,
           .images_per_second = e->wall.images_per_second);
    return OK;
}

static Status fold_epoch(RunLog *log, const Event *e, Err *err)
{
    APPEND(log, epoch, EpochPoint, .seq = e->seq, .step = e->step, .epoch = e->epoch, .stage = e->stage,
           .loss = e->as.epoch.loss, .accuracy = e->as.epoch.accuracy, .lr = e->as.epoch.lr,
           .seconds = e->wall.seconds);
    return OK;
}

static Status fold_eval(RunLog *log, const Event *e, Err *err)
{
    APPEND(log, eval, EvalPoint, .seq = e->seq, .step = e->step, .epoch = e->epoch, .stage = e->stage,
           .nll = e->as.eval.nll, .brier = e->as.eval.brier, .accuracy = e->as.eval.accuracy,
           .confidence = e->as.eval.confidence, .seconds = e->wall.seconds, .bins = e->as.eval.bins);
    EvalPoint *point = &log->eval[log->evals - 1];
    text_copy(point->split, sizeof point->split, e->as.eval.split);
    text_copy(point->checkpoint, sizeof point->checkpoint, e->as.eval.checkpoint);
    text_copy(point->file, sizeof point->file, e->as.eval.file);
    return OK;
}

static Status fold_best(RunLog *log, const Event *e, Err *err)
{
    if (log->evals == 0)
        return err_set(err, ERR_FORMAT, "event %llu calls an evaluation the best, but none came before it",
                       (unsigned long long)e->seq);
    EvalPoint *last = &log->eval[log->evals - 1];
    if (!last->best) last->best = e->seq;
    return OK;
}

static Status fold_stage(RunLog *log, const Event *e, Err *err)
{
    APPEND(log, stage, StagePoint, .seq = e->seq, .stage = e->stage, .steps = e->as.stage.steps,
           .epochs = e->as.stage.epochs, .parameters = e->as.stage.parameters,
           .expected_seconds = e->wall.expected_seconds, .began = e->wall.seconds);
    StagePoint *point = &log->stage[log->stages - 1];
    text_copy(point->name, sizeof point->name, e->as.stage.name);
    text_copy(point->body, sizeof point->body, e->as.stage.body);
    return OK;
}

static Status fold_remark(RunLog *log, const Event *e, Err *err)
{
    const char *text = e->type == EVENT_LOG     ? e->as.log.text
                       : e->type == EVENT_STATE ? e->as.state.what
                                                : e->as.done.what;
    RunState state = e->type == EVENT_LOG ? log->state : e->type == EVENT_STATE ? e->as.state.state : e->as.done.state;
    APPEND(log, remark, Remark, .seq = e->seq, .step = e->step, .stage = e->stage, .state = state, .type = e->type);
    Remark *remark = &log->remark[log->remarks - 1];
    text_copy(remark->text, sizeof remark->text, text);
    log->state = state;
    return OK;
}

/* Drop the points later than seq from the end of an array. */
#define DROP(log, item, from)                                                                                          \
    while ((log)->item##s > 0 && (log)->item[(log)->item##s - 1].seq > (from)) (log)->item##s--

/* A BEST later than from_seq is forgotten too, even where its evaluation stays. */
static Status fold_resume(RunLog *log, const Event *e, Err *err)
{
    (void)err;
    uint64_t from = e->as.resume.from_seq;
    DROP(log, step, from);
    DROP(log, epoch, from);
    DROP(log, eval, from);
    DROP(log, stage, from);
    DROP(log, remark, from);
    if (log->evals > 0 && log->eval[log->evals - 1].best > from) log->eval[log->evals - 1].best = 0;
    log->state = RUN_RUNNING;
    log->resumes++;
    return OK;
}

static Status (*const fold_type[EVENT_TYPES])(RunLog *, const Event *, Err *) = {
    [EVENT_STEP] = fold_step,  [EVENT_EPOCH] = fold_epoch,   [EVENT_EVAL] = fold_eval,
    [EVENT_BEST] = fold_best,  [EVENT_STAGE] = fold_stage,   [EVENT_STATE] = fold_remark,
    [EVENT_LOG] = fold_remark, [EVENT_RESUME] = fold_resume, [EVENT_DONE] = fold_remark,
};

Status runlog_fold(RunLog *log, const Event *event, Err *err)
{
    bool resume = event->type == EVENT_RESUME;
    if (event->type == EVENT_LOG && event->seq == log->seq) return OK; /* an aside */
    if (resume && (event->seq != event->as.resume.from_seq || event->seq > log->seq))
        return err_set(err, ERR_FORMAT, "a resume from event %llu (its seq is %llu), but the last event is %llu",
                       (unsigned long long)event->as.resume.from_seq, (unsigned long long)event->seq,
                       (unsigned long long)log->seq);
    if (!resume && event->seq != log->seq + 1)
        return err_set(err, ERR_FORMAT, "event %llu follows event %llu: some are missing or out of order",
                       (unsigned long long)event->seq, (unsigned long long)log->seq);
    Status done = fold_type[event->type](log, event, err);
    if (done != OK) return done;
    log->seq = event->seq;
    log->now_step = event->step;
    log->now_epoch = event->epoch;
    log->now_stage = event->stage;
    log->seconds = event->wall.seconds;
    return OK;
}

const EvalPoint *runlog_eval(const RunLog *log, const char *split, const char *checkpoint)
{
    for (ptrdiff_t i = log->evals - 1; i >= 0; i--) {
        const EvalPoint *point = &log->eval[i];
        if (strcmp(point->split, split) == 0 && (!checkpoint || strcmp(point->checkpoint, checkpoint) == 0))
            return point;
    }
    return NULL;
}

const EvalPoint *runlog_best(const RunLog *log)
{
    for (ptrdiff_t i = log->evals - 1; i >= 0; i--)
        if (log->eval[i].best) return &log->eval[i];
    return NULL;
}

/* The digest runs over fields, not over structs: their padding is undefined, and wall times stay out. */

#define MIX(digest, value) ((digest) = fingerprint(&(value), sizeof(value), (digest)))

static void mix_text(uint64_t *digest, const char *text)
{
    *digest = fingerprint(text, strlen(text) + 1, *digest);
}

/* A NaN's sign and payload do not survive a file: every NaN is the same. */
static void mix_real(uint64_t *digest, double value)
{
    if (isnan(value)) value = NAN;
    MIX(*digest, value);
}

static void mix_place(uint64_t *digest, uint64_t seq, int32_t step, int32_t epoch, int32_t stage)
{
    MIX(*digest, seq);
    MIX(*digest, step);
    MIX(*digest, epoch);
    MIX(*digest, stage);
}

static void mix_eval(uint64_t *digest, const EvalPoint *p)
{
    mix_place(digest, p->seq, p->step, p->epoch, p->stage);
    MIX(*digest, p->best);
    mix_text(digest, p->split);
    mix_text(digest, p->checkpoint);
    mix_text(digest, p->file);
    mix_real(digest, p->nll);
    mix_real(digest, p->brier);
    mix_real(digest, p->accuracy);
    mix_real(digest, p->confidence);
    MIX(*digest, p->bins.count);
    MIX(*digest, p->bins.right);
    for (int b = 0; b < FINE_BINS; b++) mix_real(digest, p->bins.confidence[b]);
}

double runlog_seconds_left(const RunLog *log)
{
    const StagePoint *stage = log->stages > 0 ? &log->stage[log->stages - 1] : NULL;
    if (!stage || stage->steps <= 0) return -1;
    if (log->now_step > 0) return (log->seconds - stage->began) / log->now_step * (stage->steps - log->now_step);
    if (stage->expected_seconds <= 0) return -1;
    return stage->expected_seconds > log->seconds ? stage->expected_seconds - log->seconds : 0;
}

uint64_t runlog_digest(const RunLog *log)
{
    uint64_t d = 0;
    for (ptrdiff_t i = 0; i < log->steps; i++) {
        const StepPoint *p = &log->step[i];
        mix_place(&d, p->seq, p->step, p->epoch, p->stage);
        mix_real(&d, p->loss);
        mix_real(&d, p->kl);
        mix_real(&d, p->lr);
    }
    for (ptrdiff_t i = 0; i < log->epochs; i++) {
        const EpochPoint *p = &log->epoch[i];
        mix_place(&d, p->seq, p->step, p->epoch, p->stage);
        mix_real(&d, p->loss);
        mix_real(&d, p->accuracy);
        mix_real(&d, p->lr);
    }
    for (ptrdiff_t i = 0; i < log->evals; i++) mix_eval(&d, &log->eval[i]);
    for (ptrdiff_t i = 0; i < log->stages; i++) {
        const StagePoint *p = &log->stage[i];
        mix_place(&d, p->seq, p->steps, p->epochs, p->stage);
        MIX(d, p->parameters);
        mix_text(&d, p->name);
        mix_text(&d, p->body);
    }
    for (ptrdiff_t i = 0; i < log->remarks; i++) {
        const Remark *p = &log->remark[i];
        mix_place(&d, p->seq, p->step, (int32_t)p->type, p->stage);
        MIX(d, p->state);
        mix_text(&d, p->text);
    }
    mix_place(&d, log->seq, log->now_step, log->now_epoch, log->now_stage);
    MIX(d, log->state);
    return d;
}
