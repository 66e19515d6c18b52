/* test_train_bits.c - whole runs through the engine: the same for any number of threads, after a stop and a resume,
 * by either way to the features; commands, failures, divergence. */
#include "test_train_lab.h"

#include "nn/checkpoint.h"
#include "run/record.h"
#include <unistd.h>

/* ---- the same bits ---- */

typedef struct {
    uint64_t fold[3], weights[3], best[3], logp[3];
} Prints;

static const char *const kinds[3] = {"stage1", "tst", "vtst"};

static Prints three_runs(const char *runs, int threads)
{
    Engine *e = engine(runs, threads);
    Run *run[3];
    Prints p;
    for (int i = 0; i < 3; i++) {
        Job j = job(kinds[i], kinds[i]);
        run[i] = submit(e, &j, i ? run[0] : NULL);
    }
    for (int i = 0; i < 3; i++) {
        if (finish(e, run[i]) != RUN_DONE)
            fail_msg("%s: %s", kinds[i], run[i]->log.remark[run[i]->log.remarks - 1].as.text);
        p.fold[i] = runlog_digest(&run[i]->log);
    }
    engine_close(e);
    for (int i = 0; i < 3; i++) {
        p.weights[i] = file_print(runs, kinds[i], "last.safetensors");
        p.best[i] = file_print(runs, kinds[i], "best.safetensors");
        p.logp[i] = file_print(runs, kinds[i], "test.safetensors");
    }
    return p;
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    Prints one = three_runs("threads1", 1);
    static const int threads[] = {2, 3, 7};
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "threads%d", threads[i]);
        Prints other = three_runs(name, threads[i]);
        assert_memory_equal(&one, &other, sizeof one);
    }
    assert_int_not_equal(one.fold[1], one.fold[2]);
    assert_int_not_equal(one.weights[0], one.best[0]);
}

static void cached_and_faithful_features_agree(void **state)
{
    (void)state;
    Engine *e = engine("threads1", 2);
    Err err = {0};
    Run *base = engine_run(e, "stage1", &err);
    assert_non_null(base);
    Job j = job("vtst", "faithful");
    strcpy(j.train.features, "faithful");
    Run *run = submit(e, &j, base);
    assert_int_equal(finish(e, run), RUN_DONE);
    Run *cached = engine_run(e, "vtst", &err);
    assert_int_equal(runlog_digest(&run->log), runlog_digest(&cached->log));
    engine_close(e);
}

static void a_stop_and_a_resume_leave_no_trace(void **state)
{
    (void)state;
    Engine *whole = engine("whole", 2);
    Job j = job("stage1", "base"), k = job("vtst", "v");
    j.train.checkpoint_every = 4;
    Run *a = submit(whole, &j, NULL), *b = submit(whole, &k, a);
    assert_int_equal(finish(whole, b), RUN_DONE);

    static const EventType at[] = {EVENT_STEP, EVENT_EVAL, EVENT_EPOCH, EVENT_BEST, EVENT_STAGE};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        char runs[16];
        Err err = {0};
        snprintf(runs, sizeof runs, "cut%zu", i);
        Engine *e = engine(runs, 2);
        Run *base = submit(e, &j, NULL);
        drain_until(e, base, at[i]);
        engine_close(e); /* stops it with a checkpoint */
        e = engine(runs, 2);
        base = engine_resume(e, "base", &err);
        if (!base) fail_msg("%s", err.msg);
        Run *v = submit(e, &k, base);
        drain_until(e, v, at[i]);
        if (!run_state_ended(v->log.state)) engine_command(e, v, COMMAND_STOP, 0, &err);
        if (finish(e, v) == RUN_STOPPED) v = engine_resume(e, "v", &err);
        if (!v) fail_msg("%s", err.msg);
        assert_int_equal(finish(e, v), RUN_DONE);
        assert_int_equal(runlog_digest(&base->log), runlog_digest(&a->log));
        assert_int_equal(runlog_digest(&v->log), runlog_digest(&b->log));
        engine_close(e);
        static const char *const files[] = {"last.safetensors", "best.safetensors", "test.safetensors"};
        for (int f = 0; f < 3; f++) {
            assert_int_equal(file_print(runs, "base", files[f]), file_print("whole", "base", files[f]));
            assert_int_equal(file_print(runs, "v", files[f]), file_print("whole", "v", files[f]));
        }
    }
    engine_close(whole);
}

/* ---- what was asked for is what is kept ---- */

static void the_body_of_stage_two_is_the_parents(void **state)
{
    (void)state;
    static const struct {
        const char *checkpoint, *file;
    } cases[] = {{"", "last.safetensors"}, {"best", "best.safetensors"}, {"last", "last.safetensors"}};
    Engine *e = engine("threads1", 2);
    Err err = {0};
    Run *base = engine_run(e, "stage1", &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16], path[256];
        snprintf(name, sizeof name, "from-%zu", i);
        Job j = job("tst", name);
        strcpy(j.train.checkpoint, cases[i].checkpoint);
        Run *run = submit(e, &j, base);
        assert_int_equal(finish(e, run), RUN_DONE);
        TensorFile parent, child;
        tensors_init(&parent);
        tensors_init(&child);
        snprintf(path, sizeof path, "%s/threads1/stage1/%s", folder, cases[i].file);
        assert_int_equal(tensors_read(path, &parent, &err), OK);
        snprintf(path, sizeof path, "%s/threads1/%s/best.safetensors", folder, name);
        assert_int_equal(tensors_read(path, &child, &err), OK);
        const Array *p = tensors_find(&parent, "body.layer.2.block.0.conv_1.weight");
        const Array *c = tensors_find(&child, "body.layer.2.block.0.conv_1.weight");
        assert_memory_equal(p->data, c->data, 64 * 64 * 9 * sizeof(float));
        tensors_free(&parent);
        tensors_free(&child);
    }
    engine_close(e);
}

static void batch_statistics_move_the_body_and_are_faithful(void **state)
{
    (void)state;
    Engine *e = engine("threads1", 2);
    Err err = {0};
    Run *base = engine_run(e, "stage1", &err), *frozen = engine_run(e, "tst", &err);
    Job j = job("tst", "batch-statistics");
    strcpy(j.train.bn, "batch");
    Run *run = submit(e, &j, base);
    assert_int_equal(finish(e, run), RUN_DONE);
    assert_int_not_equal(runlog_digest(&run->log), runlog_digest(&frozen->log));
    strcpy(j.train.features, "cached");
    strcpy(j.name, "never");
    job_add_parent(&j, base->job.name, &err);
    assert_null(engine_submit(e, &j, images, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.msg, "faithful"));
    engine_close(e);
}

static void predictions_match_the_last_evaluation(void **state)
{
    (void)state;
    Engine *e = engine("threads1", 2);
    Err err = {0};
    Run *run = engine_run(e, "vtst", &err);
    Predictions *pred = engine_predictions(e, run, SPLIT_TEST, &err);
    assert_non_null(pred);
    assert_int_equal(pred->n, 40);
    FineBins bins = {0};
    double confidence[40];
    uint8_t right[40];
    predictions_top(pred, confidence, right);
    for (int i = 0; i < 40; i++) fine_bins_add(&bins, confidence[i], right[i]);
    const EvalPoint *eval = runlog_eval(&run->log, "test", "best");
    assert_non_null(eval);
    assert_memory_equal(&bins, &eval->as.bins, sizeof bins);
    assert_null(engine_predictions(e, run, SPLIT_TRAIN, &err));
    engine_close(e);
}

/* ---- commands ---- */

static void pause_step_set_and_go(void **state)
{
    (void)state;
    Engine *e = engine("poke", 2);
    Err err = {0};
    Job j = job("stage1", "poked");
    j.train.log_every = 1;
    strcpy(j.train.schedule, "constant");
    Run *run = submit(e, &j, NULL);
    assert_int_equal(engine_command(e, run, COMMAND_PAUSE, 0, &err), OK);
    Event event = drain_until(e, run, EVENT_STATE); /* running, */
    event = drain_until(e, run, EVENT_STATE);       /* paused */
    assert_int_equal(event.as.state.state, RUN_PAUSED);
    int32_t at = event.step;
    engine_command(e, run, COMMAND_STEP, 3, &err);
    do event = drain_until(e, run, EVENT_STATE);
    while (event.as.state.state != RUN_PAUSED);
    assert_int_equal(event.step, at + 3);
    engine_command(e, run, COMMAND_SET_LR, 0.5, &err);
    event = drain_until(e, run, EVENT_STATE);
    assert_string_equal(event.as.state.text, "set lr = 0.5");
    engine_command(e, run, COMMAND_GO, 0, &err);
    event = drain_until(e, run, EVENT_STEP);
    assert_int_equal(event.step, at + 4);
    assert_true(event.as.step.lr == 0.5);
    assert_int_equal(finish(e, run), RUN_DONE);
    assert_int_equal(engine_command(e, run, COMMAND_PAUSE, 0, &err), ERR_STATE);
    engine_close(e);
}

static void an_epoch_waits_for_its_callbacks(void **state)
{
    (void)state;
    Engine *e = engine("epochs", 2);
    Err err = {0};
    Job j = job("stage1", "waits");
    j.train.log_every = 1;
    strcpy(j.train.schedule, "constant");
    Run *run = submit(e, &j, NULL);
    engine_wait_at_epochs(e, run, true);
    for (int32_t epoch = 1; epoch <= 3; epoch++) {
        Event event = drain_until(e, run, EVENT_EPOCH);
        assert_int_equal(event.epoch, epoch);
        assert_int_equal(engine_command(e, run, COMMAND_SET_LR, 0.001 * epoch, &err), OK);
        engine_epoch_done(e, run, epoch);
    }
    assert_int_equal(finish(e, run), RUN_DONE);
    for (ptrdiff_t i = 0; i < run->log.steps; i++) { /* five an epoch: what is set lands on the first of the next */
        int epoch = (run->log.step[i].step - 1) / 5;
        assert_true(run->log.step[i].as.lr == (epoch ? 0.001 * epoch : 2e-3));
    }
    engine_close(e);
}

/* However many commands wait, a stop finds its place behind them. */
static void a_stop_always_fits(void **state)
{
    (void)state;
    Engine *e = engine("full", 2);
    Err err = {0};
    Job j = job("stage1", "full");
    j.train.epochs = 1000;
    Run *run = submit(e, &j, NULL);
    engine_wait_at_epochs(e, run, true); /* at the end of the first epoch no command is taken */
    drain_until(e, run, EVENT_EPOCH);
    Status done = OK;
    for (int i = 0; i < 1000 && done == OK; i++) done = engine_command(e, run, COMMAND_GO, 0, &err);
    assert_int_equal(done, ERR_STATE);
    assert_non_null(strstr(err.msg, "has not yet obeyed"));
    assert_int_equal(engine_command(e, run, COMMAND_STOP, 0, &err), OK);
    assert_int_equal(engine_command(e, run, COMMAND_STOP, 0, &err), OK);
    assert_int_equal(finish(e, run), RUN_STOPPED);
    engine_close(e);
}

/* ---- what goes wrong ---- */

static void a_run_of_another_process_is_left_alone(void **state)
{
    (void)state;
    Engine *owner = engine("owned", 1), *other = engine("owned", 1);
    Err err = {0};
    Job j = job("stage1", "owned");
    j.train.epochs = 1000;
    Run *run = submit(owner, &j, NULL);
    drain_until(owner, run, EVENT_STEP);
    assert_null(engine_resume(other, "owned", &err));
    assert_int_equal(err.code, ERR_STATE);
    Run *seen = engine_run(other, "owned", &err);
    assert_non_null(seen);
    assert_string_equal(seen->job.name, "owned");
    assert_int_equal(seen->log.state, RUN_RUNNING);
    engine_close(other);
    engine_close(owner);
}

/* Rewrite a string of runs/NAME/config.json. */
static void set_config(const char *path, const char *key, const char *value)
{
    json_t *config = json_load_file(path, 0, NULL);
    assert_non_null(config);
    json_object_set_new(config, key, json_string(value));
    assert_int_equal(json_dump_file(config, path, 0), 0);
    json_decref(config);
}

static void a_resume_wants_its_own_images_and_events(void **state)
{
    (void)state;
    char path[256], fingerprint[24];
    Err err = {0};
    Job j = job("stage1", "moved");
    j.train.epochs = 1000;
    Engine *e = engine("moved", 2);
    Run *run = submit(e, &j, NULL);
    drain_until(e, run, EVENT_EPOCH);
    engine_close(e);
    e = engine("moved", 2);
    snprintf(path, sizeof path, "%s/moved/moved/config.json", folder);
    set_config(path, "data_fingerprint", "0");
    assert_null(engine_resume(e, "moved", &err));
    assert_non_null(strstr(err.msg, "was trained on other images"));
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)images->fingerprint);
    set_config(path, "data_fingerprint", fingerprint);
    snprintf(path, sizeof path, "%s/moved/moved/events.jsonl", folder);
    assert_int_equal(truncate(path, 0), 0); /* its checkpoint now names events that are not there */
    engine_close(e);
    e = engine("moved", 2);
    run = engine_resume(e, "moved", &err);
    if (!run) fail_msg("%s", err.msg);
    assert_int_equal(finish(e, run), RUN_FAILED);
    assert_non_null(strstr(run->log.remark[run->log.remarks - 1].as.text, "but events.jsonl ends with event 0"));
    engine_close(e);
}

static void a_run_that_diverges_says_where(void **state)
{
    (void)state;
    Engine *e = engine("bad", 2);
    Err err = {0};
    Job j = job("stage1", "diverges"), child = job("tst", "child");
    strcpy(j.train.optimizer, "sgd");
    strcpy(j.train.schedule, "constant");
    j.train.lr = 1e3;
    j.train.momentum = 0.99;
    j.train.epochs = 200;
    Run *run = submit(e, &j, NULL), *orphan = submit(e, &child, run);
    assert_int_equal(finish(e, run), RUN_DIVERGED);
    const char *what = run->log.remark[run->log.remarks - 1].as.text;
    assert_non_null(strstr(what, "step"));
    assert_non_null(strstr(what, "lower lr"));
    assert_int_equal(finish(e, orphan), RUN_FAILED);
    what = orphan->log.remark[orphan->log.remarks - 1].as.text;
    assert_non_null(strstr(what, "its parent diverges has not ended well (diverged: "));
    Job late = job("tst", "late");
    job_add_parent(&late, run->job.name, &err);
    assert_null(engine_submit(e, &late, images, &err));
    assert_int_equal(err.code, ERR_STATE);
    engine_close(e);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    Engine *e = engine("refused", 2);
    Err err = {0};
    Job j = job("stage1", "../escape");
    assert_null(engine_submit(e, &j, images, &err));
    assert_int_equal(err.code, ERR_USAGE);
    j = job("tst", "");
    assert_null(engine_submit(e, &j, images, &err));
    assert_non_null(strstr(err.msg, "from"));
    j = job("stage1", "big");
    j.train.batch = 73;
    assert_null(engine_submit(e, &j, images, &err));
    assert_string_equal(err.msg, "batch = 73 exceeds the 72 training images; lower batch");
    j = job("stage1", "long");
    j.train.epochs = (int64_t)INT32_MAX;
    assert_null(engine_submit(e, &j, images, &err));
    assert_non_null(strstr(err.msg, "steps in all"));
    j = job("stage1", "deep");
    j.model.depth = 11;
    assert_null(engine_submit(e, &j, images, &err));
    assert_non_null(strstr(err.msg, "depth"));
    j = job("stage1", "big");
    submit(e, &j, NULL);
    assert_null(engine_submit(e, &j, images, &err)); /* the name is taken */
    assert_non_null(strstr(err.msg, "is there already"));
    assert_null(engine_run(e, "bog", &err));
    assert_non_null(strstr(err.msg, "big"));
    engine_close(e);
}

static void a_cancelled_run_leaves_nothing(void **state)
{
    (void)state;
    Engine *e = engine("cancel", 2);
    Err err = {0};
    Job j = job("stage1", "first"), k = job("stage1", "second");
    j.train.epochs = 1000;
    Run *first = submit(e, &j, NULL), *second = submit(e, &k, NULL);
    assert_int_equal(engine_command(e, second, COMMAND_STOP, 0, &err), OK);
    Event event = drain_until(e, second, EVENT_TYPES);
    assert_int_equal(event.as.done.state, RUN_CANCELLED);
    engine_stop_all(e);
    assert_int_equal(finish(e, first), RUN_STOPPED);
    assert_false(engine_busy(e));
    engine_close(e);
    char path[256];
    snprintf(path, sizeof path, "%s/cancel/second", folder);
    assert_false(folder_exists(path));
    snprintf(path, sizeof path, "%s/cancel/first/last.safetensors", folder);
    assert_true(file_exists(path));
}

static void a_job_survives_json(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        Job a = job(kinds[i], ""), b;
        Err err = {0};
        a.train.lr = 0.1 + 0.2;
        if (i) job_add_parent(&a, "base", &err);
        json_t *json = job_to_json(&a);
        if (job_from_json(&b, json, &err) != OK) fail_msg("%s", err.msg);
        assert_true(job_same(&a, &b));
        assert_true(a.train.lr == b.train.lr);
        b.train.seed++;
        assert_false(job_same(&a, &b));
        json_object_del(json_object_get(json, "model"), "padding"); /* of a run from before there was a choice */
        strcpy(a.model.padding, "one");
        if (job_from_json(&b, json, &err) != OK) fail_msg("%s", err.msg);
        assert_string_equal(b.model.padding, "same");
        assert_false(job_same(&a, &b));
        json_object_del(json_object_get(json, "train"), "batch");
        assert_int_equal(job_from_json(&b, json, &err), ERR_FORMAT);
        assert_non_null(strstr(err.msg, "train.batch"));
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(cached_and_faithful_features_agree),
        cmocka_unit_test(the_body_of_stage_two_is_the_parents),
        cmocka_unit_test(batch_statistics_move_the_body_and_are_faithful),
        cmocka_unit_test(predictions_match_the_last_evaluation),
        cmocka_unit_test(a_stop_and_a_resume_leave_no_trace),
        cmocka_unit_test(pause_step_set_and_go),
        cmocka_unit_test(an_epoch_waits_for_its_callbacks),
        cmocka_unit_test(a_stop_always_fits),
        cmocka_unit_test(a_run_of_another_process_is_left_alone),
        cmocka_unit_test(a_resume_wants_its_own_images_and_events),
        cmocka_unit_test(a_run_that_diverges_says_where),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_cancelled_run_leaves_nothing),
        cmocka_unit_test(a_job_survives_json),
    };
    return cmocka_run_group_tests_name("engine: runs", tests, open_lab, close_lab);
}
