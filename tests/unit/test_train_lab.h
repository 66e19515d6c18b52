/* test_train_lab.h - a laboratory for tests of whole runs: folders of runs, a small data set, and jobs of seconds. */
#ifndef TARE_TEST_ENGINE_LAB_H
#define TARE_TEST_ENGINE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "engine/engine.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64]; /* of the folders of runs */
static Dataset *images;

static inline int open_lab(void **state)
{
    (void)state;
    DataSpec spec = {0};
    Err err;
    strcpy(folder, "/tmp/tare-test-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    option_defaults(blends_options, &spec);
    spec.train = spec.valid = 72;
    spec.test = 40;
    spec.size = 16;
    spec.classes = 4;
    images = dataset_load(&spec, &err);
    return images ? 0 : -1;
}

static inline int close_lab(void **state)
{
    (void)state;
    Err err;
    dataset_release(images);
    return folder_remove(folder, &err) == OK ? 0 : -1;
}

static inline Engine *engine(const char *runs, int threads)
{
    char path[128];
    Err err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, runs);
    Engine *e = engine_open(&(EngineOptions){.threads = threads, .runs = path}, &err);
    if (!e) fail_msg("%s", err.msg);
    return e;
}

/* A job of the defaults, cut to seconds: WRN-10-1, batches of 16, 3 epochs of 5 steps; stage 2 of 20 steps. */
static inline Job job(const char *kind, const char *name)
{
    Job j = {.kind = job_kind(kind), .data = images->spec};
    option_defaults(j.kind->options, &j.train);
    option_defaults(wrn_options, &j.model);
    strcpy(j.model.family, "wrn");
    strcpy(j.name, name);
    j.train.batch = 16;
    j.train.epochs = 3;
    j.train.log_every = 2;
    j.train.steps = j.kind->stage == 2 ? 20 : 0;
    j.train.eval_every = j.kind->stage == 2 ? 7 : 0;
    j.train.z = 16;
    j.train.lr = j.kind->stage == 2 ? 1e-3 : 2e-3;
    return j;
}

static inline Run *submit(Engine *e, const Job *j, Run *parent)
{
    Err err = {0};
    Job whole = *j;
    if (parent) job_add_parent(&whole, parent->job.name, &err);
    Run *run = engine_submit(e, &whole, images, &err);
    if (!run) fail_msg("%s", err.msg);
    return run;
}

static inline const char *last_remark(const Run *run)
{
    return run->log.remarks > 0 ? run->log.remark[run->log.remarks - 1].as.text : "";
}

/* Drain until `run` has ended, or until an event of a type arrives (EVENT_TYPES: only the end). */
static inline Event drain_until(Engine *e, Run *run, EventType type)
{
    Event event = {0};
    Run *of;
    for (;;) {
        while (engine_drain(e, &event, &of))
            if (of == run && (event.type == type || event.type == EVENT_DONE)) return event;
        poll(&(struct pollfd){.fd = engine_fd(e), .events = POLLIN}, 1, 100);
    }
}

static inline RunState finish(Engine *e, Run *run)
{
    if (!run_state_ended(run->log.state)) drain_until(e, run, EVENT_TYPES);
    return run->log.state;
}

static inline void finish_well(Engine *e, Run *run)
{
    if (finish(e, run) != RUN_DONE) fail_msg("%s: %s", run->job.name, last_remark(run));
}

static inline uint64_t file_print(const char *runs, const char *name, const char *file)
{
    char path[256];
    unsigned char *bytes;
    size_t size;
    Err err = {0};
    snprintf(path, sizeof path, "%s/%s/%s/%s", folder, runs, name, file);
    if (file_read(path, 1 << 28, false, &bytes, &size, &err) != OK) fail_msg("%s", err.msg);
    uint64_t print = fingerprint(bytes, size, 0);
    free(bytes);
    return print;
}

#endif
