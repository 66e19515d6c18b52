/* engine.c - the engine's life, its events and commands; see engine.h. The main thread calls in; the worker lives in
 * worker.c. What both touch lies behind engine->lock, or in the ring. */
#include "engine/worker.h"

#include "base/text.h"
#include "kernel/isa.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING_ROOM = 1024 };

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
    e->first = -1;
    if (!text_copy(e->runs, sizeof e->runs, options->runs)) {
        err_set(err, ERR_USAGE, "--runs: path too long");
        goto fail;
    }
    record_recover(e->runs, NULL); /* what cannot be finished now is told by the next rename */
    TRY(kernel_open(err));
    if (!(e->pool = pool_open(options->threads, err))) goto fail;
    if (!(e->ring = ring_open(RING_ROOM, err))) goto fail;
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&e->worker, NULL, worker_main, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        err_set(err, ERR_MEMORY, "the system gave no thread for the worker");
        goto fail;
    }
    e->worker_lives = true;
    return e;
fail:
    engine_close(e);
    return NULL;
}

static void free_slot(Slot *s)
{
    if (s->record_open) record_close(&s->record);
    dataset_release(s->run.data);
    for (int i = 0; i < SPLITS; i++) predictions_release(s->run.pred[i]);
    runlog_free(&s->run.log);
    free(s);
}

void engine_close(Engine *e)
{
    if (!e) return;
    if (e->worker_lives) {
        engine_stop_all(e);
        pthread_mutex_lock(&e->lock);
        e->closing = true;
        pthread_cond_broadcast(&e->wake);
        pthread_mutex_unlock(&e->lock);
        Event event;
        Run *run;
        while (pthread_tryjoin_np(e->worker, NULL) == EBUSY) { /* the worker may wait for room in the ring */
            poll(&(struct pollfd){.fd = ring_fd(e->ring), .events = POLLIN}, 1, 10);
            while (engine_drain(e, &event, &run)) {}
        }
        while (engine_drain(e, &event, &run)) {}
    }
    for (ptrdiff_t i = 0; i < e->slots; i++) free_slot(e->slot[i]);
    free(e->slot);
    feature_cache_clear(&e->cache);
    ring_close(e->ring);
    pool_close(e->pool);
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
    return ring_fd(e->ring);
}

/* ---- events ---- */

/* The worker has done with them; Lua has those that are still of use. */
static void release_images(Run *run)
{
    dataset_release(run->data);
    run->data = NULL;
}

bool engine_drain(Engine *e, Event *event, Run **run)
{
    Err err;
    if (e->cancelled_n > 0) {
        *event = (Event){.seq = 1, .run = e->cancelled[0], .type = EVENT_DONE, .as.done.state = RUN_CANCELLED};
        memmove(e->cancelled, e->cancelled + 1, (size_t)--e->cancelled_n * sizeof *e->cancelled);
        *run = &e->slot[event->run - 1]->run;
        release_images(*run);
        return true;
    }
    if (!ring_pop(e->ring, event)) return false;
    *run = &e->slot[event->run - 1]->run;
    if (event->type == EVENT_DONE) release_images(*run);
    if (runlog_fold(&(*run)->log, event, &err) != OK) {
        fprintf(stderr, "tare: run %s: %s\n", (*run)->job.name, err.msg);
        abort(); /* the worker numbers its own events: a gap is a bug */
    }
    return true;
}

bool engine_busy(const Engine *e)
{
    for (ptrdiff_t i = 0; i < e->slots; i++)
        if (e->slot[i]->run.ours && !run_state_ended(e->slot[i]->run.log.state)) return true;
    return e->cancelled_n > 0;
}

/* ---- commands ---- */

/* Take a run out of the queue; false when it is not (any more) in it. Under lock. */
static bool unqueue(Engine *e, Slot *s)
{
    for (ptrdiff_t *link = &e->first; *link >= 0; link = &e->slot[*link]->next) {
        if (e->slot[*link] != s) continue;
        *link = s->next;
        s->next = -1;
        return true;
    }
    return false;
}

/* A run that never began leaves nothing behind; one that was to be resumed stays as it was. */
static void forget_queued(Engine *e, Slot *s)
{
    Err ignored;
    record_close(&s->record);
    s->record_open = false;
    if (!s->resume) folder_remove(s->record.folder, &ignored);
    s->run.log.state = s->resume ? RUN_STOPPED : RUN_CANCELLED;
    if (e->cancelled_n < CANCELLED_MOST) e->cancelled[e->cancelled_n++] = s->run.id;
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
    if (type == COMMAND_STOP && unqueue(e, s))
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

void engine_epoch_done(Engine *e, Run *run, int32_t epoch)
{
    pthread_mutex_lock(&e->lock);
    if (slot_of(run)->epoch_done < epoch) slot_of(run)->epoch_done = epoch;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}
