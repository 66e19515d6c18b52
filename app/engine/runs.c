/* engine_runs.c - the runs of an engine: found, submitted, resumed, renamed, deleted. Main thread. */
#include "engine/slot.h"

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

static Slot *new_slot(Engine *e, const Job *job, Dataset *data, Run *const *parent, Err *err)
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
        s->run = (Run){.id = (uint32_t)e->slots + 1, .job = *job};
        if (data) hold_images(&s->run, data);
        for (int i = 0; i < job->parents; i++) s->run.parent[i] = parent[i];
        runlog_init(&s->run.log);
        s->next = -1;
        s->over = true; /* until it is queued */
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

/* A handle that is found no longer; it lives as long as the engine all the same. */
static void forget(Slot *s)
{
    s->run.job.name[0] = 0;
    s->run.log.state = RUN_FAILED;
}

/* The lock is looked at before the record is read: what its writer wrote last is then seen. */
static Status read_log(Engine *e, Slot *s, Err *err)
{
    const char *name = s->run.job.name;
    Event event;
    if (record_locked(e->runs, name)) {
        TRY(follow(e, s, err));
        while (follow_look(e, s, &event)) {}
        return OK;
    }
    TRY(record_fold(e->runs, name, &s->run.log, err));
    if (!run_state_ended(s->run.log.state)) s->run.log.state = RUN_STOPPED; /* torn: its process is gone */
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

static Run *open_run(Engine *e, const char *name, int depth, Err *err)
{
    enum { DEPTH_MOST = 8 }; /* configs may be edited into a circle */
    Run *run = in_process(e, name), *parent[PARENTS_MOST] = {0};
    Event event;
    Job job;
    Err ignored;
    if (run) {
        while (follow_look(e, slot_of(run), &event)) {}
        return run;
    }
    if (record_check_name(name, err) != OK || read_job(e, name, &job, err) != OK) return NULL;
    for (int i = 0; i < job.parents && depth < DEPTH_MOST; i++)
        parent[i] = open_run(e, job.parent[i], depth + 1, &ignored); /* whose folder may be gone */
    Slot *s = new_slot(e, &job, NULL, parent, err);
    if (!s) return NULL;
    if (read_log(e, s, err) == OK) return &s->run;
    forget(s);
    return NULL;
}

Run *engine_run(Engine *e, const char *name, Err *err)
{
    return open_run(e, name, 0, err);
}

/* ---- the queue ---- */

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
    if (data) {
        Normalise own = normalise_of(data);
        json_object_set_new(config, "data_fingerprint", json_string(print_of(data, print)));
        json_object_set_new(config, "data_normalise", normalise_to_json(&own));
    }
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
    if (!data) return OK;
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

/* Take the run's folder again: its handle, stopped so far, is the one that goes on. Only under the lock is it known
 * whether it has ended meanwhile, by the hand of another process: then the handle is given back with that end. */
static Status reopen(Engine *e, Run *run, Dataset *data, Err *err)
{
    Slot *s = slot_of(run);
    RunLog log;
    runlog_init(&log);
    Status done = record_reopen(&s->record, e->runs, run->job.name, &log, err);
    if (done != OK) {
        runlog_free(&log);
        return done;
    }
    follow_end(e, s);
    runlog_free(&run->log);
    run->log = log;
    if (log.state == RUN_DONE) {
        record_close(&s->record);
        return OK;
    }
    if (!run->data && data) hold_images(run, data);
    run->ours = s->record_open = s->resume = true;
    s->seconds_before = log.seconds;
    s->seq_before = log.seq;
    s->stopping = false; /* its lane has done with it: no lock */
    s->commands = 0;
    s->epoch_done = 0;
    run->log.state = RUN_QUEUED;
    lane_enqueue(&e->lane[run->job.kind->lane], s);
    return OK;
}

/* Queue a run that is on disk again, or hand it out as it is when it has ended well. */
static Run *go_on(Engine *e, const char *name, Dataset *data, Err *err)
{
    Run *old = engine_run(e, name, err);
    if (!old || check_images(e, name, data, err) != OK) return NULL;
    if (old->ours && !run_state_ended(old->log.state)) {
        err_set(err, ERR_STATE, "run %s is %s", name, run_state_name[old->log.state]);
        return NULL;
    }
    if (old->log.state == RUN_DONE) {
        char folder[PATH_SIZE];
        if (path_join(folder, e->runs, name, NULL) == OK) record_prune(folder, NULL); /* a kill may have come before */
        return old;
    }
    return reopen(e, old, data, err) == OK ? old : NULL;
}

/* ---- the queue ---- */

/* Runs that a job is made from: they may be queued or at work, but must not have come to harm. */
static Status find_parents(Engine *e, Job *job, Run *parent[PARENTS_MOST], Err *err)
{
    for (int i = 0; i < job->parents; i++) {
        if (!(parent[i] = engine_run(e, job->parent[i], err))) return ERR_USAGE;
        RunState state = parent[i]->log.state;
        if (run_state_ended(state) && state != RUN_DONE)
            return err_set(err, ERR_STATE, "run %s has not ended well (%s); train it first", job->parent[i],
                           run_state_name[state]);
    }
    if (job->parents == 0) return OK;
    job->data = parent[0]->job.data;
    job->model = parent[0]->job.model;
    job->normalise = parent[0]->job.normalise;
    return OK;
}

/* A job's folder and its place in the queue. */
static Run *begin(Engine *e, const Job *job, Dataset *data, Run *const *parent, Err *err)
{
    Slot *s = new_slot(e, job, data, parent, err);
    if (!s) return NULL;
    json_t *config = config_of(e, job, data);
    Status made = record_create(&s->record, e->runs, job->name, config, err);
    json_decref(config);
    if (made != OK) {
        forget(s);
        return NULL;
    }
    s->record_open = s->run.ours = true;
    lane_enqueue(&e->lane[job->kind->lane], s);
    return &s->run;
}

static bool name_taken(const Engine *e, const char *name)
{
    char path[PATH_SIZE];
    return in_process(e, name) || (path_join(path, e->runs, name, NULL) == OK && folder_exists(path));
}

/* Begin under the next free name of "tst-1", "tst-2", ...: the folder is the claim, which another process may have made
 * between the look and the deed. */
static Run *begin_nameless(Engine *e, Job *job, Dataset *data, Run *const *parent, Err *err)
{
    for (int i = 1; i < 1000000; i++) {
        snprintf(job->name, sizeof job->name, "%s-%d", job->kind->name, i);
        if (name_taken(e, job->name)) continue;
        Run *run = begin(e, job, data, parent, err);
        if (run || !name_taken(e, job->name)) return run;
    }
    err_set(err, ERR_USAGE, "%s is full of runs called %s-...; delete some, or use --runs", e->runs, job->kind->name);
    return NULL;
}

/* The name is taken by a run of other options: which they are is said, as --resume will not go on with it. */
static void say_difference(const Engine *e, const Job *job, Err *err)
{
    char what[420];
    Job there;
    Err ignored;
    if (read_job(e, job->name, &there, &ignored) != OK || !*job_difference(what, sizeof what, job, &there)) return;
    err_set(err, ERR_USAGE,
            "run %s is there already, and is another: here %s; take another name, delete it, or give its options",
            job->name, what);
}

Run *engine_submit(Engine *e, const Job *wanted, Dataset *data, Err *err)
{
    Job job = *wanted;
    Run *parent[PARENTS_MOST] = {0};
    char same[RUN_NAME_SIZE];
    if (find_parents(e, &job, parent, err) != OK || job_check(&job, data, err) != OK) return NULL;
    if (job.name[0] && record_check_name(job.name, err) != OK) return NULL;
    if (e->resume && find_same(e, &job, same)) return go_on(e, same, data, err);
    if (!job.name[0]) return begin_nameless(e, &job, data, parent, err);
    Run *run = begin(e, &job, data, parent, err);
    if (!run && err) say_difference(e, &job, err);
    return run;
}

Run *engine_obtain(Engine *e, const Job *wanted, const char *stem, Err *err)
{
    Job job = *wanted;
    Run *parent[PARENTS_MOST] = {0}, *run;
    Err ignored;
    if (find_parents(e, &job, parent, err) != OK || job_check(&job, NULL, err) != OK) return NULL;
    for (int i = 1; i < 1000000; i++) {
        char number[16] = "";
        if (i > 1) snprintf(number, sizeof number, "-%d", i);
        snprintf(job.name, sizeof job.name, "%.*s%s", RUN_NAME_SIZE - 1 - (int)strlen(number), stem, number);
        if (!name_taken(e, job.name)) {
            run = begin(e, &job, NULL, parent, err);
            if (run || !name_taken(e, job.name)) return run;
        }
        if (!(run = engine_run(e, job.name, &ignored)) || !job_same(&job, &run->job)) continue;
        return run_state_ended(run->log.state) ? go_on(e, job.name, NULL, err) : run; /* which is on its way */
    }
    err_set(err, ERR_USAGE, "%s is full of runs called %s-...; delete some, or use --runs", e->runs, stem);
    return NULL;
}

Run *engine_resume(Engine *e, const char *name, Err *err)
{
    Job job;
    Dataset *data = NULL;
    Run *run = NULL, *parent[PARENTS_MOST];
    if (record_check_name(name, err) != OK || read_job(e, name, &job, err) != OK) return NULL;
    if (find_parents(e, &job, parent, err) != OK) return NULL;
    if (job.kind->images && !(data = dataset_load(&job.data, err))) return NULL;
    run = go_on(e, name, data, err);
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
        for (int p = 0; p < job->parents; p++)
            if (strcmp(job->parent[p], name) == 0) text_copy(job->parent[p], RUN_NAME_SIZE, to);
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
