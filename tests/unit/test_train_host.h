/* test_train_host.h - trainings without an engine, on the test's own thread: stopped after exactly so many steps, gone
 * on with, looked into. */
#ifndef TARE_TEST_ENGINE_HOST_H
#define TARE_TEST_ENGINE_HOST_H

#include "test_train_lab.h"

#include "train/training.h"

typedef struct {
    Record record;
    RunLog log;
    uint64_t seq;
    int64_t calls, stop_after;   /* steps of this session; < 0: never */
    char aside[EVENT_TEXT_SIZE]; /* the last one */
    FeatureCache cache;
    JobHost host;
    JobTask task;
    char runs[128];
} Session;

static inline Status session_emit(void *arg, Event *event, Err *err)
{
    Session *s = arg;
    event->seq = s->seq + (event->type != EVENT_RESUME);
    Status done = record_append(&s->record, event, err);
    if (done == OK) done = runlog_fold(&s->log, event, err);
    s->seq = event->seq;
    return done;
}

static inline void session_aside(void *arg, const char *text)
{
    Session *s = arg;
    snprintf(s->aside, sizeof s->aside, "%s", text);
}

/* Asked once between two steps. */
static inline bool session_command(void *arg, Command *command, bool wait)
{
    Session *s = arg;
    (void)wait;
    *command = (Command){.type = COMMAND_STOP};
    return s->calls++ == s->stop_after;
}

static inline bool session_goes_on(void *arg)
{
    (void)arg;
    return false;
}

static inline void session_epoch_end(void *arg, int32_t epoch)
{
    (void)arg;
    (void)epoch;
}

/* Make the run's folder, or with `resume` fold what is in it. */
static inline void session_open(Session *s, const char *runs, const Job *j, Pool *pool, bool resume)
{
    Err err = {0};
    *s = (Session){.stop_after = -1};
    snprintf(s->runs, sizeof s->runs, "%s/%s", folder, runs);
    runlog_init(&s->log);
    json_t *config = job_to_json(j);
    Status made = resume ? record_reopen(&s->record, s->runs, j->name, &s->log, &err)
                         : record_create(&s->record, s->runs, j->name, config, &err);
    json_decref(config);
    if (made != OK) fail_msg("%s", err.msg);
    s->seq = s->log.seq;
    s->host = (JobHost){.arg = s,
                          .emit = session_emit,
                          .aside = session_aside,
                          .command = session_command,
                          .stopping = session_goes_on,
                          .epoch_end = session_epoch_end,
                          .seq = &s->seq};
    s->task = (JobTask){.job = j,
                          .data = images,
                          .runs = s->runs,
                          .record = &s->record,
                          .pool = pool,
                          .cache = &s->cache,
                          .host = &s->host,
                          .resume = resume};
}

static inline void session_close(Session *s)
{
    record_close(&s->record);
    runlog_free(&s->log);
    feature_cache_clear(&s->cache);
}

/* Train to the end, or for so many steps; the digest of the events so far. */
static inline uint64_t session_train(Session *s, int64_t stop_after, Status want)
{
    Err err = {0};
    s->stop_after = stop_after;
    Status done = train(&s->task, &err);
    if (done != want) fail_msg("%s: %s", s->task.job->name, done == OK ? "it ended well" : err.msg);
    return runlog_digest(&s->log);
}

/* The parent of stage 2, in a folder of runs. */
static inline void make_base(const char *runs, int threads)
{
    Engine *e = engine(runs, threads);
    Job j = job("stage1", "base");
    j.train.epochs = 1;
    finish_well(e, submit(e, &j, NULL));
    engine_close(e);
}

/* "optimizer=sgd clip=0.5" into the options of a job. */
static inline void set_options(Job *j, const char *options)
{
    char copy[256], *rest = copy;
    Err err = {0};
    snprintf(copy, sizeof copy, "%s", options);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '=');
        *value++ = 0;
        const Option *o = option_find(j->kind->options, word);
        if (!o) fail_msg("no option %s", word);
        Status set = o->kind == OPTION_BOOL ? option_set_bool(o, &j->train, *value == 't', &err)
                     : o->kind == OPTION_INT || o->kind == OPTION_REAL
                         ? option_set_number(o, &j->train, atof(value), &err)
                         : option_set_text(o, &j->train, value, &err);
        if (set != OK) fail_msg("%s", err.msg);
    }
}

#endif
