/* engine_runs.c - the runs of an engine: found, submitted, resumed, renamed, deleted. Main thread. */
#include "engine/worker.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/version.h"
#include "kernel/isa.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- runs ---- */

static void hold_images(Run *run, Dataset *data)
{
    run->data = dataset_retain(data);
    run->images = data->fingerprint;
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
        s->run = (Run){.id = (uint32_t)e->slots + 1, .job = *job, .parent = parent};
        if (data) hold_images(&s->run, data);
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

/* The fingerprint as config.json has it. */
static const char *print_of(const Dataset *data, char dst[24])
{
    snprintf(dst, 24, "%016llx", (unsigned long long)data->fingerprint);
    return dst;
}

static json_t *config_of(const Engine *e, const Job *job, const Dataset *data)
{
    char created[32], print[24];
    json_t *config = job_to_json(job);
    Normalise own = normalise_of(data);
    json_object_set_new(config, "data_fingerprint", json_string(print_of(data, print)));
    json_object_set_new(config, "data_normalise", normalise_to_json(&own));
    json_object_set_new(config, "wall",
                        json_pack("{s:s, s:s, s:s, s:s, s:i}", "created", clock_iso(created, sizeof created), "version",
                                  TARE_VERSION, "isa", kernel_isa(), "blas", kernel_blas_core(), "threads",
                                  pool_threads(e->pool)));
    return config;
}

/* The images that runs/name was trained on are these: files may have changed since. */
static Status check_images(const Engine *e, const char *name, const Dataset *data, Err *err)
{
    char print[24];
    json_t *config = record_read_json(e->runs, name, "config.json", err);
    if (!config) return err ? err->code : ERR_IO;
    const char *then = json_string_value(json_object_get(config, "data_fingerprint"));
    bool same = !then || strcmp(then, print_of(data, print)) == 0;
    json_decref(config);
    if (same) return OK;
    return err_set(err, ERR_STATE, "run %s was trained on other images than '%s' now holds; train a new run", name,
                   data->spec.name);
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

/* Take the run's folder again: its handle, stopped so far, is the one that goes on. */
static Status reopen(Engine *e, Run *run, Dataset *data, Run *parent, Err *err)
{
    Slot *s = slot_of(run);
    RunLog log;
    runlog_init(&log);
    Status done = record_reopen(&s->record, e->runs, run->job.name, &log, err);
    if (done != OK) {
        runlog_free(&log);
        return done;
    }
    runlog_free(&run->log);
    run->log = log;
    if (!run->data) hold_images(run, data);
    run->parent = parent;
    run->ours = s->record_open = s->resume = true;
    s->seconds_before = log.seconds;
    s->seq_before = log.seq;
    s->stopping = false; /* the worker has done with it: no lock */
    s->commands = 0;
    s->epoch_done = 0;
    run->log.state = RUN_QUEUED;
    return OK;
}

/* Queue a run that is on disk again, or hand it out as it is when it has ended well. */
static Run *go_on(Engine *e, const char *name, Dataset *data, Run *parent, Err *err)
{
    Run *old = engine_run(e, name, err);
    if (!old || check_images(e, name, data, err) != OK) return NULL;
    if (old->log.state == RUN_DONE) {
        char folder[PATH_SIZE];
        if (path_join(folder, e->runs, name, NULL) == OK) record_prune(folder, NULL); /* a kill may have come before */
        old->reused = true;
        old->parent = parent;
        return old;
    }
    if (old->ours && !run_state_ended(old->log.state)) {
        err_set(err, ERR_STATE, "run %s is %s", name, run_state_name[old->log.state]);
        return NULL;
    }
    if (reopen(e, old, data, parent, err) != OK) return NULL;
    enqueue(e, slot_of(old));
    return old;
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
        job.normalise = parent->job.normalise;
    }
    if (job_check(&job, data, err) != OK) return NULL;
    if (job.name[0] && record_check_name(job.name, err) != OK) return NULL;
    if (e->resume && find_same(e, &job, same)) return go_on(e, same, data, parent, err);
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
    Run *run = go_on(e, name, data, parent, err);
    dataset_release(data);
    return run;
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

/* ---- keeping house ---- */

/* A run that this process trains keeps its name and its files until it has ended. */
static Status check_idle(const Engine *e, const char *name, Err *err)
{
    const Run *run = in_process(e, name);
    if (!run || !run->ours || run_state_ended(run->log.state)) return OK;
    return err_set(err, ERR_STATE, "run %s is %s; stop it first", name, run_state_name[run->log.state]);
}

Status engine_rename(Engine *e, const char *name, const char *to, Err *err)
{
    Status done = check_idle(e, name, err);
    if (done == OK) done = record_rename(e->runs, name, to, err);
    if (done != OK) return done;
    for (ptrdiff_t i = 0; i < e->slots; i++) { /* no job that reads these is queued: record_rename took all locks */
        Job *job = &e->slot[i]->run.job;
        if (strcmp(job->name, name) == 0) text_copy(job->name, sizeof job->name, to);
        if (strcmp(job->from, name) == 0) text_copy(job->from, sizeof job->from, to);
    }
    return OK;
}

Status engine_delete(Engine *e, const char *name, bool with_children, Err *err)
{
    Status done = check_idle(e, name, err);
    if (done == OK) done = record_delete(e->runs, name, with_children, err);
    if (done != OK) return done;
    for (ptrdiff_t i = 0; i < e->slots; i++) { /* it and, where they went too, its children */
        Run *run = &e->slot[i]->run;
        char folder[PATH_SIZE];
        if (run_state_ended(run->log.state) && path_join(folder, e->runs, run->job.name, NULL) == OK &&
            !folder_exists(folder))
            run->log.state = RUN_CANCELLED; /* it holds its name no longer */
    }
    return OK;
}
