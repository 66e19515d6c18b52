/* engine.c - see engine.h. The main thread calls in; the worker lives in worker.c. What both touch lies behind
 * engine->lock, or in the ring. */
#include "engine/worker.h"

#include "base/text.h"
#include "kernel/isa.h"
#include "base/clock.h"
#include "base/version.h"
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

/* ---- runs ---- */

static Slot *slot_of(Run *run)
{
    return (Slot *)((char *)run - offsetof(Slot, run));
}

static Slot *new_slot(Engine *e, const Job *job, Dataset *data, Run *parent, Err *err)
{
    Slot *s = calloc(1, sizeof *s);
    pthread_mutex_lock(&e->lock); /* the worker reads the table */
    if (s && e->slots == e->slot_room) {
        ptrdiff_t room = e->slot_room ? 2 * e->slot_room : 16;
        Slot **more = realloc(e->slot, (size_t)room * sizeof *more);
        if (more) {
            e->slot = more;
            e->slot_room = room;
        }
    }
    bool fits = s && e->slots < e->slot_room;
    if (fits) {
        s->run = (Run){
            .id = (uint32_t)e->slots + 1, .job = *job, .data = data ? dataset_retain(data) : NULL, .parent = parent};
        runlog_init(&s->run.log);
        s->next = -1;
        e->slot[e->slots++] = s;
    }
    pthread_mutex_unlock(&e->lock);
    if (fits) return s;
    free(s);
    err_set(err, ERR_MEMORY, "no memory for another run");
    return NULL;
}

Run *engine_nth(const Engine *e, ptrdiff_t i)
{
    return i >= 0 && i < e->slots ? &e->slot[i]->run : NULL;
}

static Run *in_process(const Engine *e, const char *name)
{
    for (ptrdiff_t i = e->slots - 1; i >= 0; i--)
        if (strcmp(e->slot[i]->run.job.name, name) == 0 && e->slot[i]->run.log.state != RUN_CANCELLED)
            return &e->slot[i]->run;
    return NULL;
}

/* The job of runs/name, without its data. */
static Status read_job(const Engine *e, const char *name, Job *job, Err *err)
{
    json_t *config = record_read_json(e->runs, name, "config.json", err);
    if (!config) return err ? err->code : ERR_IO;
    Status read = job_from_json(job, config, err);
    json_decref(config);
    text_copy(job->name, sizeof job->name, name);
    if (read != OK) err_prefix(err, "run %s: ", name);
    return read;
}

Run *engine_run(Engine *e, const char *name, Err *err)
{
    Run *run = in_process(e, name);
    Job job;
    if (run) return run;
    if (record_check_name(name, err) != OK || read_job(e, name, &job, err) != OK) return NULL;
    Slot *s = new_slot(e, &job, NULL, NULL, err);
    if (!s) return NULL;
    if (record_fold(e->runs, name, &s->run.log, err) != OK) {
        s->run.job.name[0] = 0; /* not to be found again */
        s->run.log.state = RUN_FAILED;
        return NULL;
    }
    if (!run_state_ended(s->run.log.state) && !record_locked(e->runs, name)) s->run.log.state = RUN_STOPPED; /* torn */
    return &s->run;
}

/* ---- the queue ---- */

static void enqueue(Engine *e, Slot *s)
{
    pthread_mutex_lock(&e->lock);
    ptrdiff_t *link = &e->first;
    while (*link >= 0) link = &e->slot[*link]->next;
    *link = (ptrdiff_t)s->run.id - 1;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

/* The next free "tst-1", "tst-2", ... */
static Status free_name(const Engine *e, const char *stem, char *name, Err *err)
{
    char path[PATH_SIZE];
    for (int i = 1; i < 1000000; i++) {
        snprintf(name, RUN_NAME_SIZE, "%s-%d", stem, i);
        Status joined = path_join(path, e->runs, name, err);
        if (joined != OK) return joined;
        if (!folder_exists(path) && !in_process(e, name)) return OK;
    }
    return err_set(err, ERR_USAGE, "%s is full of runs called %s-...; delete some, or use --runs", e->runs, stem);
}

static json_t *config_of(const Engine *e, const Job *job, const Dataset *data)
{
    char created[32], print[24];
    snprintf(print, sizeof print, "%016llx", (unsigned long long)data->fingerprint);
    json_t *config = job_to_json(job);
    json_object_set_new(config, "data_fingerprint", json_string(print));
    json_object_set_new(config, "wall",
                        json_pack("{s:s, s:s, s:s, s:s, s:i}", "created", clock_iso(created, sizeof created), "version",
                                  TARE_VERSION, "isa", kernel_isa(), "blas", kernel_blas_core(), "threads",
                                  pool_threads(e->pool)));
    return config;
}

/* With --resume: the run on disk that is this very job, unless this process has taken it already. */
static bool find_same(Engine *e, const Job *job, char name[RUN_NAME_SIZE])
{
    char **names;
    ptrdiff_t count;
    bool found = false;
    if (record_names(e->runs, &names, &count, NULL) != OK) return false;
    for (ptrdiff_t i = 0; i < count && !found; i++) {
        Job other;
        Err ignored;
        if (job->name[0] && strcmp(job->name, names[i]) != 0) continue;
        if (in_process(e, names[i]) || read_job(e, names[i], &other, &ignored) != OK) continue;
        found = job_same(job, &other) && text_copy(name, RUN_NAME_SIZE, names[i]);
    }
    record_names_free(names, count);
    return found;
}

/* Queue a run that is on disk again, or hand it out as it is when it has ended well. */
static Run *go_on(Engine *e, const char *name, const Job *job, Dataset *data, Run *parent, Err *err)
{
    Run *old = engine_run(e, name, err);
    if (!old) return NULL;
    if (old->log.state == RUN_DONE) {
        old->reused = true;
        if (!old->data) old->data = dataset_retain(data);
        old->parent = parent;
        return old;
    }
    if (old->ours && !run_state_ended(old->log.state)) {
        err_set(err, ERR_STATE, "run %s is %s", name, run_state_name[old->log.state]);
        return NULL;
    }
    old->job.name[0] = 0; /* its place is taken by the run that goes on */
    Slot *s = new_slot(e, job, data, parent, err);
    if (!s) return NULL;
    text_copy(s->run.job.name, sizeof s->run.job.name, name);
    if (record_reopen(&s->record, e->runs, name, &s->run.log, err) != OK) {
        s->run.log.state = RUN_FAILED;
        return NULL;
    }
    s->record_open = s->resume = s->run.ours = true;
    s->seconds_before = s->run.log.seconds;
    s->seq_before = s->run.log.seq;
    s->run.log.state = RUN_QUEUED;
    enqueue(e, s);
    return &s->run;
}

Run *engine_submit(Engine *e, const Job *wanted, Dataset *data, Run *parent, Err *err)
{
    Job job = *wanted;
    char same[RUN_NAME_SIZE];
    json_t *config = NULL;
    if (parent) {
        if (run_state_ended(parent->log.state) && parent->log.state != RUN_DONE) {
            err_set(err, ERR_STATE, "run %s has not ended well (%s); train it first", parent->job.name,
                    run_state_name[parent->log.state]);
            return NULL;
        }
        text_copy(job.from, sizeof job.from, parent->job.name);
        job.data = parent->job.data;
        job.model = parent->job.model;
    }
    if (job_check(&job, data, err) != OK) return NULL;
    if (job.name[0] && record_check_name(job.name, err) != OK) return NULL;
    if (e->resume && find_same(e, &job, same)) return go_on(e, same, &job, data, parent, err);
    if (!job.name[0] && free_name(e, job.kind->name, job.name, err) != OK) return NULL;

    Slot *s = new_slot(e, &job, data, parent, err);
    if (!s) return NULL;
    config = config_of(e, &job, data);
    Status made = record_create(&s->record, e->runs, job.name, config, err);
    json_decref(config);
    if (made != OK) {
        s->run.job.name[0] = 0;
        s->run.log.state = RUN_FAILED;
        return NULL;
    }
    s->record_open = s->run.ours = true;
    enqueue(e, s);
    return &s->run;
}

Run *engine_resume(Engine *e, const char *name, Err *err)
{
    Job job;
    Run *parent = NULL;
    if (record_check_name(name, err) != OK || read_job(e, name, &job, err) != OK) return NULL;
    if (job.from[0] && !(parent = engine_run(e, job.from, err))) return NULL;
    Dataset *data = dataset_load(&job.data, err);
    if (!data) return NULL;
    Run *run = go_on(e, name, &job, data, parent, err);
    dataset_release(data);
    return run;
}

/* ---- events ---- */

bool engine_drain(Engine *e, Event *event, Run **run)
{
    Err err;
    if (e->cancelled_n > 0) {
        *event = (Event){.seq = 1, .run = e->cancelled[0], .type = EVENT_DONE, .as.done.state = RUN_CANCELLED};
        memmove(e->cancelled, e->cancelled + 1, (size_t)--e->cancelled_n * sizeof *e->cancelled);
        *run = &e->slot[event->run - 1]->run;
        return true;
    }
    if (!ring_pop(e->ring, event)) return false;
    *run = &e->slot[event->run - 1]->run;
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
    else if (s->commands == COMMANDS_MOST)
        done = err_set(err, ERR_STATE, "run %s has not yet obeyed the last %d commands", run->job.name, COMMANDS_MOST);
    else
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

Predictions *engine_predictions(Engine *e, Run *run, SplitId split, Err *err)
{
    char file[32];
    if (split == SPLIT_TRAIN) {
        err_set(err, ERR_USAGE, "a run keeps its predictions on \"valid\" and \"test\", not on \"train\"");
        return NULL;
    }
    if (run->log.state != RUN_DONE) {
        err_set(err, ERR_STATE, "run %s has no predictions: it is %s", run->job.name, run_state_name[run->log.state]);
        return NULL;
    }
    snprintf(file, sizeof file, "%s.safetensors", split_name[split]);
    if (!run->pred[split]) run->pred[split] = record_predictions(e->runs, run->job.name, file, err);
    return run->pred[split];
}
