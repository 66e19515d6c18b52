/* runlog.c - see runlog.h. Main thread. */
#include "run/runlog.h"

#include "file/whole.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of an event: in which list of the log, how much of it, and its place in the digest. */
typedef struct {
    EventType type;            /* whose table of facts fits the points */
    size_t items, count, room; /* of the list, within RunLog */
    size_t size, front;        /* of a point; of the event in it */
    size_t between[2];         /* digest: the two numbers that stand between seq and stage */
} Kept;

#define LIST(item)                                                                                                     \
    offsetof(RunLog, item), offsetof(RunLog, item##s), offsetof(RunLog, item##_room), sizeof(*((RunLog *)0)->item)
#define AT(member) offsetof(Event, member)

static const Kept kept_step = {EVENT_STEP, LIST(step), sizeof(StepPoint), {AT(step), AT(epoch)}},
                  kept_epoch = {EVENT_EPOCH, LIST(epoch), sizeof(EpochPoint), {AT(step), AT(epoch)}},
                  kept_eval = {EVENT_EVAL, LIST(eval), offsetof(EvalPoint, best), {AT(step), AT(epoch)}},
                  kept_stage = {EVENT_STAGE,
                                LIST(stage),
                                sizeof(StagePoint),
                                {AT(as.stage.steps), AT(as.stage.epochs)}},
                  kept_remark = {EVENT_STATE, LIST(remark), sizeof(Remark), {AT(step), AT(type)}};

/* In the order of the digest. */
static const Kept *const kept[] = {&kept_step, &kept_epoch, &kept_eval, &kept_stage, &kept_remark};
enum { KEPT = sizeof kept / sizeof *kept };

#define FITS(Point) _Static_assert(offsetof(Point, as) == offsetof(Event, as), "a point is the front of an event")
FITS(StepPoint);
FITS(EpochPoint);
FITS(EvalPoint);
FITS(StagePoint);
FITS(Remark);

/* Point i of a list. The five pointers have types of their own, so that they are copied, not cast. */
static char *point_of(const RunLog *log, const Kept *k, ptrdiff_t i)
{
    char *items;
    memcpy(&items, (const char *)log + k->items, sizeof items);
    return items + (size_t)i * k->size;
}

static uint64_t seq_of(const char *point)
{
    return *(const uint64_t *)(point + AT(seq));
}

static ptrdiff_t *count_of(const RunLog *log, const Kept *k)
{
    return (ptrdiff_t *)((char *)log + k->count);
}

void runlog_init(RunLog *log)
{
    *log = (RunLog){.state = RUN_QUEUED};
}

void runlog_free(RunLog *log)
{
    for (int i = 0; i < KEPT; i++) free(point_of(log, kept[i], 0));
    runlog_init(log);
}

/* ---- the fold ---- */

/* Keep the front of an event; the list is doubled when it is full. */
static Status keep(RunLog *log, const Kept *k, const Event *e, Err *err)
{
    ptrdiff_t *count = count_of(log, k), *room = (ptrdiff_t *)((char *)log + k->room);
    if (*count == *room) {
        ptrdiff_t more = *room ? *room * 2 : 16;
        void *bigger = realloc(point_of(log, k, 0), (size_t)more * k->size);
        if (!bigger) return err_set(err, ERR_MEMORY, "no memory for %td points of a run", more);
        memcpy((char *)log + k->items, &bigger, sizeof bigger);
        *room = more;
    }
    char *point = point_of(log, k, *count);
    memset(point, 0, k->size);
    memcpy(point, e, k->front);
    ++*count;
    return OK;
}

static Status fold_step(RunLog *log, const Event *e, Err *err)
{
    return keep(log, &kept_step, e, err);
}

static Status fold_epoch(RunLog *log, const Event *e, Err *err)
{
    return keep(log, &kept_epoch, e, err);
}

static Status fold_eval(RunLog *log, const Event *e, Err *err)
{
    return keep(log, &kept_eval, e, err);
}

static Status fold_stage(RunLog *log, const Event *e, Err *err)
{
    return keep(log, &kept_stage, e, err);
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

static Status fold_remark(RunLog *log, const Event *e, Err *err)
{
    Status done = keep(log, &kept_remark, e, err);
    if (done != OK) return done;
    Remark *remark = &log->remark[log->remarks - 1];
    if (e->type == EVENT_LOG) remark->as.state = log->state;
    log->state = remark->as.state;
    return OK;
}

/* Points later than from_seq go, from the end of each list. A BEST later than it is forgotten too, even where its
 * evaluation stays. */
static Status fold_resume(RunLog *log, const Event *e, Err *err)
{
    (void)err;
    uint64_t from = e->as.resume.from_seq;
    for (int i = 0; i < KEPT; i++) {
        ptrdiff_t *count = count_of(log, kept[i]);
        while (*count > 0 && seq_of(point_of(log, kept[i], *count - 1)) > from) --*count;
    }
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
        if (strcmp(point->as.split, split) == 0 && (!checkpoint || strcmp(point->as.checkpoint, checkpoint) == 0))
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

int32_t runlog_epoch_of(const RunLog *log, const EvalPoint *eval)
{
    const EvalPoint *best = strcmp(eval->as.checkpoint, "best") == 0 ? runlog_best(log) : NULL;
    return best ? best->epoch : eval->epoch;
}

/* ---- the digest ----
 *
 * It runs over fields, not over structs: their padding is undefined, and wall times stay out. A point is seq, two
 * numbers (a stage's own length, or where the run stands), stage, then its facts: whole numbers, texts, reals, bins.
 * This order is that of the first digests that were recorded. */

static uint64_t mix(uint64_t digest, const void *bytes, size_t size)
{
    return fingerprint(bytes, size, digest);
}

/* A NaN's sign and payload do not survive a file: every NaN is the same. */
static uint64_t mix_real(uint64_t digest, double value)
{
    if (isnan(value)) value = NAN;
    return mix(digest, &value, sizeof value);
}

static uint64_t mix_bins(uint64_t d, const FineBins *bins)
{
    d = mix(d, bins->count, sizeof bins->count);
    d = mix(d, bins->right, sizeof bins->right);
    for (int b = 0; b < FINE_BINS; b++) d = mix_real(d, bins->confidence[b]);
    return d;
}

static uint64_t mix_field(uint64_t d, const EventField *field, const char *at)
{
    switch (field->kind) {
    case FIELD_INT:
    case FIELD_WORD:
        return mix(d, at, field->size);
    case FIELD_TEXT:
        return mix(d, at, strlen(at) + 1);
    case FIELD_REAL:
        return mix_real(d, *(const double *)at);
    case FIELD_BINS:
        return mix_bins(d, (const FineBins *)at);
    }
    return d;
}

static uint64_t mix_point(uint64_t d, const Kept *k, const char *point)
{
    d = mix(d, point + AT(seq), sizeof(uint64_t));
    for (int i = 0; i < 2; i++) d = mix(d, point + k->between[i], sizeof(int32_t));
    d = mix(d, point + AT(stage), sizeof(int32_t));
    if (k == &kept_eval) d = mix(d, point + offsetof(EvalPoint, best), sizeof(uint64_t));
    static const FieldKind order[][2] = {
        {FIELD_INT, FIELD_WORD}, {FIELD_TEXT, FIELD_TEXT}, {FIELD_REAL, FIELD_REAL}, {FIELD_BINS, FIELD_BINS}};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (const EventField *f = event_facts[k->type]; f->key; f++) {
            bool told = f->offset == k->between[0] || f->offset == k->between[1];
            if ((f->kind == order[i][0] || f->kind == order[i][1]) && !told) d = mix_field(d, f, point + f->offset);
        }
    return d;
}

double runlog_seconds_left(const RunLog *log)
{
    const StagePoint *stage = log->stages > 0 ? &log->stage[log->stages - 1] : NULL;
    if (!stage || stage->as.steps <= 0) return -1;
    if (log->now_step > 0)
        return (log->seconds - stage->wall.seconds) / log->now_step * (stage->as.steps - log->now_step);
    if (stage->wall.expected_seconds <= 0) return -1;
    return stage->wall.expected_seconds > log->seconds ? stage->wall.expected_seconds - log->seconds : 0;
}

uint64_t runlog_digest(const RunLog *log)
{
    uint64_t d = 0;
    for (int i = 0; i < KEPT; i++)
        for (ptrdiff_t p = 0; p < *count_of(log, kept[i]); p++) d = mix_point(d, kept[i], point_of(log, kept[i], p));
    d = mix(d, &log->seq, sizeof log->seq);
    d = mix(d, &log->now_step, sizeof log->now_step);
    d = mix(d, &log->now_epoch, sizeof log->now_epoch);
    d = mix(d, &log->now_stage, sizeof log->now_stage);
    return mix(d, &log->state, sizeof log->state);
}
