/* test_engine_lanes.c - two lanes, calibrators as runs, and runs that another engine writes. */
#include "test_train_lab.h"

#include "train/calibrate.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { FOREVER = 100000 };

static Run *obtain(Engine *e, const Run *parent, const char *method)
{
    Err err = {0};
    Job j;
    char stem[64];
    snprintf(stem, sizeof stem, "%s-%s", parent->job.name, method);
    if (calibrate_job(&j, method, &parent->job, &err) != OK) fail_msg("%s", err.msg);
    Run *run = engine_obtain(e, &j, stem, &err);
    if (!run) fail_msg("%s", err.msg);
    return run;
}

static Run *train_base(Engine *e, const char *name)
{
    Job j = job("stage1", name);
    j.train.epochs = 1;
    return submit(e, &j, NULL);
}

/* A training of which no test waits for the end. */
static Run *train_long(Engine *e, const char *name)
{
    Job j = job("stage1", name);
    j.train.epochs = FOREVER;
    Run *run = submit(e, &j, NULL);
    drain_until(e, run, EVENT_STEP);
    return run;
}

static void end_long(Engine *e, Run *run)
{
    assert_false(run_state_ended(run->log.state));
    assert_int_equal(engine_command(e, run, COMMAND_STOP, 0, NULL), OK);
    assert_int_equal(finish(e, run), RUN_STOPPED);
}

static void a_calibrator_waits_for_no_training(void **state)
{
    (void)state;
    Engine *e = engine("lanes", 1);
    Run *base = train_base(e, "base"), *early = obtain(e, base, "temperature"); /* queued before its parent has begun */
    assert_true(early->log.state == RUN_QUEUED);
    finish_well(e, early);
    assert_int_equal(base->log.state, RUN_DONE);
    Run *busy = train_long(e, "busy"), *late = obtain(e, base, "isotonic");
    finish_well(e, late);
    end_long(e, busy);

    Fit fit;
    Err err;
    assert_int_equal(calibrate_read(engine_runs(e), &early->job, &fit, &err), OK);
    assert_string_equal(fit.of->name, "temperature");
    assert_string_equal(fit.array[0].name, "t");
    fit_free(&fit);
    const EvalPoint *before = runlog_eval(&base->log, "valid", base->job.train.keep),
                    *after = runlog_eval(&early->log, "valid", base->job.train.keep);
    assert_true(after->as.nll <= before->as.nll);
    assert_non_null(engine_predictions(e, late, SPLIT_TEST, &err));
    engine_close(e);
}

static void a_calibrator_is_made_once(void **state)
{
    (void)state;
    Engine *e = engine("once", 1);
    Run *base = train_base(e, "base"), *first = obtain(e, base, "temperature");
    assert_ptr_equal(obtain(e, base, "temperature"), first);
    finish_well(e, first);
    assert_ptr_equal(obtain(e, base, "temperature"), first);
    assert_string_equal(first->job.name, "base-temperature");
    engine_close(e);

    e = engine("once", 1); /* another session finds it on disk */
    Err err = {0};
    base = engine_run(e, "base", &err);
    Run *found = obtain(e, base, "temperature");
    assert_int_equal(found->log.state, RUN_DONE);
    assert_false(found->ours);
    assert_ptr_equal(found->parent[0], base);
    Job taken = job("stage1", "base-isotonic"); /* a name that is another run's is passed over */
    taken.train.epochs = 1;
    finish_well(e, submit(e, &taken, NULL));
    Run *next = obtain(e, base, "isotonic");
    assert_string_equal(next->job.name, "base-isotonic-2");
    finish_well(e, next);
    engine_close(e);
}

static void a_calibrator_of_a_failed_run_fails(void **state)
{
    (void)state;
    Engine *e = engine("harm", 1);
    Run *busy = train_long(e, "busy"), *child = obtain(e, busy, "temperature");
    end_long(e, busy);
    assert_int_equal(finish(e, child), RUN_FAILED);
    assert_non_null(strstr(last_remark(child), "its parent busy has not ended well (stopped"));
    engine_close(e);
}

/* ---- runs of another process: another engine, whose locks count as those of a process ---- */

static void a_run_of_another_is_followed(void **state)
{
    (void)state;
    Engine *writer = engine("shared", 1), *reader = engine("shared", 1);
    Err err = {0};
    Run *theirs = train_long(writer, "watched");
    Run *seen = engine_run(reader, "watched", &err);
    assert_non_null(seen);
    assert_false(seen->ours);
    assert_int_equal(seen->log.state, RUN_RUNNING);
    assert_int_equal(engine_command(reader, seen, COMMAND_STOP, 0, &err), ERR_STATE);
    assert_null(engine_resume(reader, "watched", &err)); /* it is being written */
    end_long(writer, theirs);
    assert_int_equal(finish(reader, seen), RUN_STOPPED);
    assert_true(runlog_digest(&seen->log) == runlog_digest(&theirs->log));

    Run *base = train_base(writer, "base");
    drain_until(writer, base, EVENT_STAGE);
    seen = engine_run(reader, "base", &err);
    finish_well(writer, base);
    assert_int_equal(finish(reader, seen), RUN_DONE);
    uint64_t summary = file_print("shared", "base", "summary.json"),
             events = file_print("shared", "base", "events.jsonl");
    assert_ptr_equal(engine_resume(reader, "base", &err), seen); /* done: nothing to go on with */
    assert_int_equal(seen->log.state, RUN_DONE);
    assert_true(summary == file_print("shared", "base", "summary.json"));
    assert_true(events == file_print("shared", "base", "events.jsonl"));
    engine_close(reader);
    engine_close(writer);
}

/* A resume by one that has not yet seen the end: only the lock tells. */
static void a_done_run_is_not_gone_on_with(void **state)
{
    (void)state;
    Engine *writer = engine("late", 1), *reader = engine("late", 1);
    Err err = {0};
    Run *base = train_base(writer, "base");
    drain_until(writer, base, EVENT_STAGE);
    Run *seen = engine_run(reader, "base", &err);
    finish_well(writer, base);
    seen->log.state = RUN_STOPPED;
    uint64_t summary = file_print("late", "base", "summary.json");
    assert_ptr_equal(engine_resume(reader, "base", &err), seen);
    assert_int_equal(seen->log.state, RUN_DONE);
    assert_true(runlog_digest(&seen->log) == runlog_digest(&base->log));
    assert_true(summary == file_print("late", "base", "summary.json"));
    engine_close(reader);
    engine_close(writer);
}

/* A record without an end that nobody writes any more. */
static void a_torn_run_has_stopped(void **state)
{
    (void)state;
    Engine *e = engine("torn", 1);
    Err err = {0};
    Job j = job("stage1", "torn");
    Record r;
    char runs[128];
    snprintf(runs, sizeof runs, "%s/torn", folder);
    json_t *config = job_to_json(&j);
    assert_int_equal(record_create(&r, runs, "torn", config, &err), OK);
    json_decref(config);
    Event running = {.seq = 1, .type = EVENT_STATE, .stage = 1, .as.state.state = RUN_RUNNING};
    assert_int_equal(record_append(&r, &running, &err), OK);
    Run *seen = engine_run(e, "torn", &err);
    assert_int_equal(seen->log.state, RUN_RUNNING);
    record_close(&r);
    assert_int_equal(finish(e, seen), RUN_STOPPED);
    engine_close(e);
    e = engine("torn", 1);
    assert_int_equal(engine_run(e, "torn", &err)->log.state, RUN_STOPPED);
    engine_close(e);
}

/* ---- the queue ---- */

static int descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

static void a_queued_run_costs_one_descriptor(void **state)
{
    (void)state;
    enum { MANY = 20 };
    Engine *e = engine("queue", 1);
    Run *busy = train_long(e, "busy");

    /* A run that goes on opens files for a moment (a checkpoint, a summary); a paused one does not. */
    assert_int_equal(engine_command(e, busy, COMMAND_PAUSE, 0, NULL), OK);
    while (drain_until(e, busy, EVENT_STATE).as.state.state != RUN_PAUSED) continue;
    int before = descriptors();
    for (int i = 0; i < MANY; i++) {
        Job j = job("stage1", "");
        submit(e, &j, NULL);
    }
    assert_int_equal(descriptors(), before + MANY);
    engine_stop_all(e);
    finish(e, busy);
    engine_close(e);
}

/* Takes MANY names in the folder that all share; NULL, or what went wrong. */
static void *take_names(void *threads)
{
    enum { MANY = 60 };
    static char trouble[200];
    Err err = {0};
    char runs[128];
    snprintf(runs, sizeof runs, "%s/race", folder);
    Engine *e = engine_open(&(EngineOptions){.threads = 1, .runs = runs}, &err);
    Job j = job("stage1", "");
    j.train.epochs = FOREVER;
    char *wrong = NULL;
    for (int i = 0; e && i < MANY && !wrong; i++)
        if (!engine_submit(e, &j, images, &err)) wrong = trouble;
    if (wrong || !e) snprintf(trouble, sizeof trouble, "%.190s", err.msg);
    pthread_barrier_wait(threads); /* names are given back when a queue ends */
    engine_close(e);
    return wrong;
}

static void names_are_taken_by_one(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    pthread_barrier_t all;
    pthread_barrier_init(&all, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&thread[i], NULL, take_names, &all), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        if (wrong) fail_msg("%s", (char *)wrong);
    }
    pthread_barrier_destroy(&all);
}

/* ---- events that do not fit ---- */

/* An event that cannot be folded stops its run, with a checkpoint; what it did is read from its record. */
static void a_lost_event_is_read_from_the_record(void **state)
{
    (void)state;
    Engine *e = engine("lost", 1);
    Run *run = train_long(e, "busy");
    run->log.seq += 5; /* as if the memory for some events had been missing */
    assert_int_equal(finish(e, run), RUN_STOPPED);
    RunLog log;
    Err err;
    runlog_init(&log);
    assert_int_equal(record_fold(engine_runs(e), "busy", &log, &err), OK);
    assert_true(runlog_digest(&run->log) == runlog_digest(&log));
    runlog_free(&log);
    engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calibrator_waits_for_no_training),
        cmocka_unit_test(a_calibrator_is_made_once),
        cmocka_unit_test(a_calibrator_of_a_failed_run_fails),
        cmocka_unit_test(a_run_of_another_is_followed),
        cmocka_unit_test(a_done_run_is_not_gone_on_with),
        cmocka_unit_test(a_torn_run_has_stopped),
        cmocka_unit_test(a_lost_event_is_read_from_the_record),
        cmocka_unit_test(a_queued_run_costs_one_descriptor),
        cmocka_unit_test(names_are_taken_by_one),
    };
    return cmocka_run_group_tests_name("engine: lanes", tests, open_lab, close_lab);
}
