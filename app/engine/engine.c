/* engine.c - the engine's life, its events and commands; see engine.h. The main thread calls in; what it shares with
 * the lanes lies behind engine->lock, or in their rings. */
#include "engine/slot.h"

#include "base/text.h"
#include "kernel/isa.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* ---- life ---- */

/* A run that is queued or at work holds its folder's lock: as many descriptors as the system gives. */
static void raise_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static Status watch(const Engine *e, int fd, Err *err)
{
    struct epoll_event readable = {.events = EPOLLIN};
    return epoll_ctl(e->events, EPOLL_CTL_ADD, fd, &readable) == 0 ? OK : err_sys(err, "cannot wait for events");
}

Engine *engine_open(const EngineOptions *options, Err *err)
{
    Engine *e = calloc(1, sizeof *e);
    if (!e) {
        err_set(err, ERR_MEMORY, "no memory for the engine");
        return NULL;
    }
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->wake, NULL);
    e->resume = options->resume;
    e->ticks = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    e->events = epoll_create1(EPOLL_CLOEXEC);
    if (e->events < 0 || e->ticks < 0) {
        err_sys(err, "cannot wait for events");
        goto fail;
    }
    if (!text_copy(e->runs, sizeof e->runs, options->runs)) {
        err_set(err, ERR_USAGE, "--runs: path too long");
        goto fail;
    }
    raise_limit();
    record_recover(e->runs, NULL); /* what cannot be finished now is told by the next rename */
    TRY(kernel_open(err));
    if (!(e->pool = pool_open(options->threads, err))) goto fail;
    for (int i = 0; i < LANES; i++) {
        TRY(lane_open(&e->lane[i], e, i == LANE_WORKER ? e->pool : NULL, err));
        TRY(watch(e, ring_fd(e->lane[i].ring), err));
    }
    TRY(watch(e, e->ticks, err));
    return e;
fail:
    engine_close(e);
    return NULL;
}

static void free_slot(Engine *e, Slot *s)
{
    if (s->record_open) record_close(&s->record);
    follow_end(e, s);
    dataset_release(s->run.data);
    for (int i = 0; i < SPLITS; i++) predictions_release(s->run.pred[i]);
    runlog_free(&s->run.log);
    free(s);
}

static bool lanes_ended(Engine *e)
{
    bool ended = true;
    for (int i = 0; i < LANES; i++) ended &= lane_ended(&e->lane[i]);
    return ended;
}

/* Stop what runs; the lanes may wait for room in their rings until then. */
static void end_lanes(Engine *e)
{
    Event event;
    Run *run;
    engine_stop_all(e);
    pthread_mutex_lock(&e->lock);
    e->closing = true;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
    while (!lanes_ended(e)) {
        poll(&(struct pollfd){.fd = e->events, .events = POLLIN}, 1, 10);
        while (engine_drain(e, &event, &run)) {}
    }
    while (engine_drain(e, &event, &run)) {}
}

void engine_close(Engine *e)
{
    if (!e) return;
    end_lanes(e);
    for (ptrdiff_t i = 0; i < e->slots; i++) free_slot(e, e->slot[i]);
    free(e->slot);
    for (int i = 0; i < LANES; i++) lane_close(&e->lane[i]);
    pool_close(e->pool);
    if (e->events >= 0) close(e->events);
    if (e->ticks >= 0) close(e->ticks);
    pthread_cond_destroy(&e->wake);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

const char *engine_runs(const Engine *e)
{
    return e->runs;
}

int engine_fd(const Engine *e)
{
    return e->events;
}

/* ---- events ---- */

/* Its lane has done with them; Lua has those that are still of use. */
static void release_images(Run *run)
{
    dataset_release(run->data);
    run->data = NULL;
}

/* The end of a run that never began. */
static bool drain_untold(Engine *e, Event *event, Run **run)
{
    if (e->untold == 0) return false;
    ptrdiff_t i = 0;
    while (!e->slot[i]->untold) i++;
    Slot *s = e->slot[i];
    s->untold = false;
    e->untold--;
    *run = &s->run;
    *event = (Event){.seq = s->run.log.seq + 1,
                     .run = s->run.id,
                     .type = EVENT_DONE,
                     .stage = job_stage(&s->run.job),
                     .as.done.state = s->run.log.state};
    release_images(*run);
    return true;
}

/* A run some of whose events found no memory has ended: what it did is read from its record. Where there is no memory
 * for that either, all that is left is its state. */
static void reread(Engine *e, Slot *s, const Event *end)
{
    RunLog log;
    Err ignored;
    runlog_init(&log);
    bool whole = record_fold(e->runs, s->run.job.name, &log, &ignored) == OK;
    if (whole) {
        runlog_free(&s->run.log);
        s->run.log = log;
        s->lost = false;
    } else {
        runlog_free(&log);
        s->run.log.state = end->as.done.state;
    }
}

static void fold(Engine *e, Slot *s, const Event *event)
{
    Err ignored;
    if (event->type == EVENT_DONE) release_images(&s->run);
    if (!s->lost && runlog_fold(&s->run.log, event, &ignored) == OK) return;
    if (!s->lost) engine_command(e, &s->run, COMMAND_STOP, 0, &ignored);
    s->lost = true;
    if (event->type == EVENT_DONE) reread(e, s, event);
}

bool engine_drain(Engine *e, Event *event, Run **run)
{
    if (drain_untold(e, event, run)) return true;
    for (int i = 0; i < LANES; i++) {
        if (!e->lane[i].ring || !ring_pop(e->lane[i].ring, event)) continue;
        Slot *s = e->slot[event->run - 1];
        *run = &s->run;
        fold(e, s, event);
        return true;
    }
    return follow_drain(e, event, run);
}

bool engine_busy(const Engine *e)
{
    for (ptrdiff_t i = 0; i < e->slots; i++)
        if (e->slot[i]->run.ours && !run_state_ended(e->slot[i]->run.log.state)) return true;
    return e->untold > 0;
}

/* ---- commands ---- */

/* A run that never began leaves nothing behind; one that was to be resumed stays as it was. */
static void forget_queued(Engine *e, Slot *s)
{
    Err ignored;
    record_close(&s->record);
    s->record_open = false;
    if (!s->resume) folder_remove(s->record.folder, &ignored);
    s->run.log.state = s->resume ? RUN_STOPPED : RUN_CANCELLED;
    s->untold = true;
    e->untold++;
}

Status engine_command(Engine *e, Run *run, CommandType type, double value, Err *err)
{
    Slot *s = slot_of(run);
    Status done = OK;
    bool forget = false;
    if (run_state_ended(run->log.state))
        return err_set(err, ERR_STATE, "run %s is over (%s)", run->job.name, run_state_name[run->log.state]);
    if (!run->ours) return err_set(err, ERR_STATE, "run %s belongs to another process", run->job.name);
    pthread_mutex_lock(&e->lock);
    if (type == COMMAND_STOP && lane_unqueue_locked(&e->lane[run->job.kind->lane], s))
        forget = true;
    else if (type != COMMAND_STOP && s->commands >= COMMANDS_MOST)
        done = err_set(err, ERR_STATE, "run %s has not yet obeyed the last %d commands", run->job.name, COMMANDS_MOST);
    else if (type != COMMAND_STOP || !s->stopping) /* one stop is enough */
        s->command[s->commands++] = (Command){type, value};
    if (done == OK && type == COMMAND_STOP) s->stopping = true;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
    if (forget) forget_queued(e, s);
    return done;
}

void engine_stop_all(Engine *e)
{
    for (ptrdiff_t i = e->slots - 1; i >= 0; i--) { /* children before their parents */
        Run *run = &e->slot[i]->run;
        if (run->ours && !run_state_ended(run->log.state) && !e->slot[i]->stopping)
            engine_command(e, run, COMMAND_STOP, 0, NULL);
    }
}

void engine_wait_at_epochs(Engine *e, Run *run, bool on)
{
    pthread_mutex_lock(&e->lock);
    slot_of(run)->waits_at_epochs = on;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

bool engine_waits_for(const Engine *e, const Run *run, const Run *other)
{
    const Slot *s = slot_of((Run *)other);
    if (!run || !run->ours || run_state_ended(run->log.state) || run_state_ended(other->log.state) || s->stopping)
        return false;
    if (run == other || run->job.kind->lane == other->job.kind->lane) return true; /* what is at work is first */
    for (int i = 0; i < run->job.parents; i++)
        if (engine_waits_for(e, run->parent[i], other)) return true;
    return false;
}

static bool has_diverged(const Run *run)
{
    if (!run || run->log.state == RUN_DIVERGED) return run != NULL;
    for (int i = 0; i < run->job.parents && run->log.state == RUN_FAILED; i++)
        if (has_diverged(run->parent[i])) return true;
    return false;
}

RunState engine_harm(const Engine *e, bool told)
{
    RunState worst = RUN_DONE;
    for (ptrdiff_t i = 0; i < e->slots; i++) {
        const Run *run = &e->slot[i]->run;
        if (!run->ours || run->told != told) continue;
        if (has_diverged(run)) return RUN_DIVERGED;
        if (run->log.state == RUN_FAILED) worst = RUN_FAILED;
    }
    return worst;
}

void engine_epoch_done(Engine *e, Run *run, int32_t epoch)
{
    pthread_mutex_lock(&e->lock);
    if (slot_of(run)->epoch_done < epoch) slot_of(run)->epoch_done = epoch;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}
