/* work.c - one job at work, and what is told of it. Its lane's thread. */
#include "engine/slot.h"

#include "base/clock.h"
#include "run/task.h"
#include <stdio.h>
#include <string.h>

/* One job at work. */
typedef struct {
    Engine *e;
    Lane *lane;
    Slot *slot;
    uint64_t seq;
    int32_t step, epoch; /* of the last event */
    double began;        /* clock at the begin of this session */
} Work;

static void stamp(const Work *w, Event *event)
{
    bool resumes = event->type == EVENT_RESUME; /* repeats the seq it goes on from */
    event->seq = w->seq + !resumes;
    event->run = w->slot->run.id;
    event->wall.seconds = w->slot->seconds_before + clock_seconds() - w->began;
}

static Status emit(void *arg, Event *event, Err *err)
{
    Work *w = arg;
    stamp(w, event);
    Status recorded = record_append(&w->slot->record, event, err);
    if (recorded != OK) return recorded;
    w->seq = event->seq;
    w->step = event->step;
    w->epoch = event->epoch;
    ring_push(w->lane->ring, event);
    return OK;
}

/* A LOG event that repeats the seq of the last one. */
static void aside(void *arg, const char *text)
{
    Work *w = arg;
    Event event = {.type = EVENT_LOG, .step = w->step, .epoch = w->epoch, .stage = job_stage(&w->slot->run.job)};
    stamp(w, &event);
    event.seq = w->seq;
    snprintf(event.as.log.text, sizeof event.as.log.text, "%s", text);
    ring_push(w->lane->ring, &event);
}

static bool take_command(void *arg, Command *command, bool wait)
{
    Work *w = arg;
    Slot *s = w->slot;
    pthread_mutex_lock(&w->e->lock);
    while (wait && s->commands == 0) pthread_cond_wait(&w->e->wake, &w->e->lock);
    bool any = s->commands > 0;
    if (any) {
        *command = s->command[0];
        memmove(s->command, s->command + 1, (size_t)--s->commands * sizeof *s->command);
    }
    pthread_mutex_unlock(&w->e->lock);
    return any;
}

static bool stopping(void *arg)
{
    Work *w = arg;
    pthread_mutex_lock(&w->e->lock);
    bool is = w->slot->stopping;
    pthread_mutex_unlock(&w->e->lock);
    return is;
}

static void epoch_end(void *arg, int32_t epoch)
{
    Work *w = arg;
    Slot *s = w->slot;
    pthread_mutex_lock(&w->e->lock);
    while (s->waits_at_epochs && s->epoch_done < epoch && !s->stopping) pthread_cond_wait(&w->e->wake, &w->e->lock);
    pthread_mutex_unlock(&w->e->lock);
}

static RunState state_of(Status done)
{
    switch (done) {
    case OK:
        return RUN_DONE;
    case ERR_INTERRUPTED:
        return RUN_STOPPED;
    case ERR_DIVERGED:
        return RUN_DIVERGED;
    default:
        return RUN_FAILED;
    }
}

/* The last words of a run: its summary (a run that is done has written its own), then DONE. The folder is unlocked
 * before the main thread hears of it; where the disk takes no more, the main thread is told all the same. */
static void end(Work *w, Status done, const Err *err)
{
    Slot *s = w->slot;
    Err second;
    Event event = {.type = EVENT_DONE,
                   .step = w->step,
                   .epoch = w->epoch,
                   .stage = job_stage(&s->run.job),
                   .as.done.state = state_of(done)};
    if (done != OK) {
        snprintf(event.as.done.text, sizeof event.as.done.text, "%.*s", EVENT_TEXT_SIZE - 1, err->msg);
        json_t *summary =
            json_pack("{s:s, s:s}", "state", run_state_name[event.as.done.state], "what", event.as.done.text);
        record_summary(&s->record, summary, &second);
        json_decref(summary);
    }
    stamp(w, &event);
    if (record_append(&s->record, &event, &second) != OK && done == OK) {
        event.as.done.state = RUN_FAILED;
        snprintf(event.as.done.text, sizeof event.as.done.text, "%.*s", EVENT_TEXT_SIZE - 1, second.msg);
    }
    if (event.as.done.state == RUN_DONE) record_prune(s->record.folder, &second); /* what fails is done another time */
    record_close(&s->record);
    s->record_open = false;
    lane_let_go(w->lane, s);
    ring_push(w->lane->ring, &event);
}

void work(Lane *lane, Slot *s)
{
    const Job *job = &s->run.job;
    Work w = {.e = lane->engine, .lane = lane, .slot = s, .seq = s->seq_before, .began = clock_seconds()};
    Err err = {0};
    Dataset images;
    if (job->kind->images) normalise_view(&job->normalise, s->run.data, &images);
    JobHost host = {.arg = &w,
                    .emit = emit,
                    .aside = aside,
                    .command = take_command,
                    .stopping = stopping,
                    .epoch_end = epoch_end,
                    .seq = &w.seq};
    JobTask task = {.job = job,
                    .data = job->kind->images ? &images : NULL,
                    .runs = lane->engine->runs,
                    .record = &s->record,
                    .pool = lane->pool,
                    .cache = &lane->cache,
                    .host = &host,
                    .resume = s->resume};
    end(&w, job->kind->run(&task, &err), &err);
}
