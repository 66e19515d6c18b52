/* course.c - the course of one job: steps, epochs, validations, checkpoints, commands. Worker thread.
 *
 * Everything that is due at a step is asked of the position alone, so that a training which goes on from a checkpoint
 * does and says what the uninterrupted one would. */
#include "train/training.h"

#include "base/clock.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static Status emit_state(Training *t, RunState state, const char *what, Err *err)
{
    Event event = training_event(t, EVENT_STATE);
    event.as.state.state = state;
    snprintf(event.as.state.text, sizeof event.as.state.text, "%s", what);
    return training_emit(t, &event, err);
}

/* ---- the stage's beginning ---- */

static Status emit_stage(Training *t, Err *err)
{
    Event event = training_event(t, EVENT_STAGE);
    snprintf(event.as.stage.name, sizeof event.as.stage.name, "%s", job_title(t->job));
    event.as.stage.steps = (int32_t)t->steps;
    event.as.stage.epochs = (int32_t)((t->steps + t->steps_per_epoch - 1) / t->steps_per_epoch);
    event.as.stage.parameters = t->head->trained + (t->trains_body ? t->body->trained : 0);
    if (t->stage2) snprintf(event.as.stage.body, sizeof event.as.stage.body, "%016llx", (unsigned long long)t->frozen);
    event.wall.expected_seconds = training_estimate(t);
    return training_emit(t, &event, err);
}

/* What the figures of this training must not be taken for. */
static Status emit_warning(Training *t, Err *err)
{
    Event event = training_event(t, EVENT_LOG);
    if (t->spec->mixup <= 0) return OK;
    snprintf(event.as.log.text, sizeof event.as.log.text,
             "mixup: loss and accuracy while training are of mixed images, an answer being right by its label's share");
    return training_emit(t, &event, err);
}

/* From here on events follow the checkpoint's; where that cannot be recorded, they still follow the last one on disk.
 */
static Status emit_resume(Training *t, Err *err)
{
    uint64_t *seq = t->task->host->seq, last = *seq;
    Event event = training_event(t, EVENT_RESUME);
    event.as.resume.from_seq = *seq = (uint64_t)t->at.seq;
    Status told = training_emit(t, &event, err);
    if (told != OK) *seq = last;
    return told;
}

static Status begin(Training *t, Err *err)
{
    TRY(training_open_evaluator(t, err));
    if (t->task->resume) {
        TRY(training_resume(t, err));
        TRY(emit_resume(t, err));
    }
    bool anew = t->at.seq == 0; /* no checkpoint is older than the stage's event */
    if (anew) TRY(emit_state(t, RUN_RUNNING, "", err));
    if (t->stage2 && !t->faithful) TRY(training_cache_features(t, err));
    if (anew) TRY(emit_stage(t, err));
    if (anew) TRY(emit_warning(t, err));
    t->speed_time = clock_seconds();
    t->speed_step = t->at.step;
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

/* ---- validation ---- */

static Status validate(Training *t, Err *err)
{
    Event event;
    Status done = training_evaluate(t, SPLIT_VALID, "now", &event, err);
    if (done == OK) done = training_emit(t, &event, err);
    if (done != OK) return done;
    t->at.evaluated = t->at.step;
    if (t->at.best_step > 0 && event.as.eval.nll >= t->at.best_nll) return OK;
    t->at.best_step = t->at.step;
    t->at.best_nll = event.as.eval.nll;
    training_keep_best(t);
    Event best = training_event(t, EVENT_BEST);
    best.as.best.nll = t->at.best_nll;
    return training_emit(t, &best, err);
}

static Status end_epoch(Training *t, int64_t epoch, Err *err)
{
    Event event = training_event(t, EVENT_EPOCH);
    event.as.epoch.loss = t->at.epoch_loss / t->at.epoch_seen;
    event.as.epoch.accuracy = t->at.epoch_right / t->at.epoch_seen;
    event.as.epoch.lr = training_lr(t, t->at.step - 1); /* commands come after this */
    t->at.epoch_loss = t->at.epoch_right = t->at.epoch_seen = 0;
    t->at.epochs_told = (double)epoch;
    return training_emit(t, &event, err);
}

/* ---- commands ---- */

static Status stop(Training *t, Err *err)
{
    if (t->saved_step != t->at.step) {
        Status saved = training_save(t, err);
        if (saved != OK) return saved;
    }
    return err_set(err, ERR_INTERRUPTED, "stopped at step %.0f; its checkpoint is kept", t->at.step);
}

static Status set_lr(Training *t, double lr, Err *err)
{
    char what[64];
    t->at.lr = lr;
    snprintf(what, sizeof what, "set lr = %g", lr);
    TRY(emit_state(t, t->steps_left == 0 ? RUN_PAUSED : RUN_RUNNING, what, err));
    TRY(training_save(t, err)); /* so that a kill cannot undo what was set */
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

/* Do what has been asked for since the last step; while paused, wait for more. */
static Status obey(Training *t, Err *err)
{
    const JobHost *host = t->task->host;
    Command c;
    bool told = false;
    for (;;) {
        if (t->steps_left == 0 && !told) TRY(emit_state(t, RUN_PAUSED, "", err));
        told = told || t->steps_left == 0;
        if (!host->command(host->arg, &c, t->steps_left == 0)) return OK;
        bool was_paused = t->steps_left == 0;
        switch (c.type) {
        case COMMAND_PAUSE:
            t->steps_left = 0;
            break;
        case COMMAND_GO:
            t->steps_left = -1;
            break;
        case COMMAND_STEP:
            t->steps_left = c.value;
            break;
        case COMMAND_SET_LR:
            TRY(set_lr(t, c.value, err));
            break;
        case COMMAND_STOP:
            return stop(t, err);
        }
        if (was_paused && t->steps_left != 0) {
            TRY(emit_state(t, RUN_RUNNING, "", err));
            t->speed_time = clock_seconds();
            told = false;
        }
    }
fail:
    return err ? err->code : ERR_IO;
}

/* ---- the loop ---- */

static bool finished(const Training *t)
{
    if (t->at.step >= (double)t->steps) return true;
    double since_best = t->at.evaluated - t->at.best_step;
    return t->spec->patience > 0 && t->at.best_step > 0 && since_best >= (double)t->spec->patience;
}

static bool due(const Training *t, int64_t every)
{
    int64_t step = (int64_t)t->at.step;
    return step > 0 && (step % every == 0 || step == t->steps);
}

/* What lies between two steps. */
static Status between_steps(Training *t, Err *err)
{
    int64_t step = (int64_t)t->at.step, epoch = step / t->steps_per_epoch;
    bool epoch_ended = step % t->steps_per_epoch == 0 && (double)epoch > t->at.epochs_told;
    if (due(t, t->eval_every) && t->at.evaluated < t->at.step) {
        Status validated = validate(t, err);
        if (validated == ERR_INTERRUPTED) return stop(t, err);
        TRY(validated);
    }
    if (epoch_ended) { /* after its validation, which the epoch's callbacks may want to see */
        TRY(end_epoch(t, epoch, err));
        t->task->host->epoch_end(t->task->host->arg, (int32_t)epoch);
    }
    if ((due(t, t->checkpoint_every) || finished(t)) && t->saved_step != t->at.step) TRY(training_save(t, err));
    if (!finished(t)) TRY(obey(t, err));
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

static Status run(Training *t, Err *err)
{
    TRY(begin(t, err));
    for (;;) {
        TRY(between_steps(t, err));
        if (finished(t)) break;
        TRY(training_step(t, err));
        if (t->steps_left > 0) t->steps_left--;
    }
    return training_finish(t, err);
fail:
    return err ? err->code : ERR_IO;
}

Status train(const JobTask *task, Err *err)
{
    Training t;
    Status done = training_open(&t, task, err);
    if (done == OK) done = run(&t, err);
    training_close(&t);
    return done;
}
