/* test_engine_import.c - networks from files as runs: they say what the run said that wrote them, bit for bit; they can
 * be frozen; files that do not fit are refused. And what is kept of a run that is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "nn/checkpoint.h"
#include "engine/engine.h"
#include "train/import.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a laboratory: images, and a base with both kinds of stage 2 ---- */

static char folder[64];
static Dataset *images;
static Engine *lab;
static const char *const kinds[3] = {"stage1", "tst", "vtst"};

static Engine *engine(int threads, bool resume)
{
    char runs[128];
    Err err = {0};
    snprintf(runs, sizeof runs, "%s/runs", folder);
    Engine *e = engine_open(&(EngineOptions){.threads = threads, .runs = runs, .resume = resume}, &err);
    if (!e) fail_msg("%s", err.msg);
    return e;
}

static Job job(const char *kind, const char *name)
{
    Job j = {.kind = job_kind(kind), .data = images->spec};
    option_defaults(j.kind->options, &j.train);
    option_defaults(wrn_options, &j.model);
    strcpy(j.model.family, "wrn");
    strcpy(j.name, name);
    j.train.batch = 16;
    j.train.epochs = 2;
    j.train.steps = j.kind->stage == 2 ? 20 : 0;
    j.train.eval_every = j.kind->stage == 2 ? 7 : 0;
    j.train.z = 16;
    j.train.lr = 1e-3;
    j.train.seed = 5;
    return j;
}

static Run *submit(Engine *e, const Job *j, Run *parent)
{
    Err err = {0};
    Job whole = *j;
    if (parent) job_add_parent(&whole, parent->job.name, &err);
    Run *run = engine_submit(e, &whole, images, &err);
    if (!run) fail_msg("%s", err.msg);
    return run;
}

static RunState finish(Engine *e, Run *run)
{
    Event event;
    Run *of;
    while (!run_state_ended(run->log.state)) {
        while (engine_drain(e, &event, &of)) {}
        poll(&(struct pollfd){.fd = engine_fd(e), .events = POLLIN}, 1, 20);
    }
    return run->log.state;
}

static const char *last_words(const Run *run)
{
    return run->log.remarks ? run->log.remark[run->log.remarks - 1].as.text : "";
}

static void done(Engine *e, Run *run)
{
    if (finish(e, run) != RUN_DONE) fail_msg("%s: %s", run->job.name, last_words(run));
}

static int open_lab(void **state)
{
    (void)state;
    DataSpec spec = {0};
    Err err;
    strcpy(folder, "/tmp/tare-test-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    option_defaults(blends_options, &spec);
    spec.train = spec.valid = 72;
    spec.test = 70; /* two blocks of evaluation */
    spec.size = 16;
    spec.classes = 4;
    if (!(images = dataset_load(&spec, &err))) return -1;
    lab = engine(2, false);
    Run *base = NULL;
    for (int i = 0; i < 3; i++) {
        Job j = job(kinds[i], kinds[i]);
        Run *run = submit(lab, &j, base);
        done(lab, run);
        if (i == 0) base = run;
    }
    return 0;
}

static int close_lab(void **state)
{
    (void)state;
    Err err;
    engine_close(lab);
    dataset_release(images);
    return folder_remove(folder, &err) == OK ? 0 : -1;
}

/* The path of a file in the laboratory; the result lasts for three more calls. */
static const char *at(const char *name)
{
    static char path[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static uint64_t file_print(const char *path)
{
    unsigned char *bytes;
    size_t size;
    Err err = {0};
    if (file_read(path, 1 << 28, false, &bytes, &size, &err) != OK) fail_msg("%s", err.msg);
    uint64_t print = fingerprint(bytes, size, 0);
    free(bytes);
    return print;
}

/* The predictions of a run on a split. */
static uint64_t answers(const char *run, const char *split)
{
    char name[128];
    snprintf(name, sizeof name, "runs/%s/%s.safetensors", run, split);
    return file_print(at(name));
}

static LoadSpec spec_of(const char *file)
{
    LoadSpec spec = {0};
    option_defaults(load_options, &spec);
    strcpy(spec.file, file);
    return spec;
}

static void export_to(const char *run, const char *names, const char *file)
{
    Err err = {0};
    Run *r = engine_run(lab, run, &err);
    if (!r || export_run(engine_runs(lab), &r->job, file, names, &err) != OK) fail_msg("%s", err.msg);
}

static Run *import(Engine *e, const LoadSpec *spec, const char *name)
{
    Err err = {0};
    Job j;
    if (import_job(&j, spec, images, 77, &err) != OK) fail_msg("%s", err.msg);
    strcpy(j.name, name);
    return submit(e, &j, NULL);
}

static void refuse(const LoadSpec *spec, Status want, const char *says)
{
    Err err = {0};
    Job j;
    Status got = import_job(&j, spec, images, 1, &err);
    if (got != want || !strstr(err.msg, says)) fail_msg("'%s': %d: %s", says, got, err.msg);
}

/* ---- there and back ---- */

static void a_round_trip_answers_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"tare", "authors"};
    static const char *const kind[] = {"import", "import_tst", "import_vtst"};
    for (int i = 0; i < 3; i++)
        for (int n = 0; n < 2; n++) {
            char name[32];
            snprintf(name, sizeof name, "%s-%s", kinds[i], names[n]);
            export_to(kinds[i], names[n], at("net.safetensors"));
            LoadSpec spec = spec_of(at("net.safetensors"));
            Run *run = import(lab, &spec, name);
            done(lab, run);
            assert_string_equal(run->job.kind->name, kind[i]);
            assert_string_equal(run->job.import.names, names[n]);
            assert_true(answers(name, "valid") == answers(kinds[i], "valid"));
            assert_true(answers(name, "test") == answers(kinds[i], "test"));
            const EvalPoint *eval = runlog_eval(&run->log, "test", run->job.import.keep);
            assert_non_null(eval);
            assert_string_equal(run->log.stage[0].as.name, run->job.kind->title);
        }
    assert_true(answers("stage1", "test") != answers("tst", "test"));
}

/* What is made from an imported network is what is made from the network itself, whichever checkpoint is asked for. */
static void an_import_can_be_frozen(void **state)
{
    (void)state;
    static const char *const checkpoints[] = {"", "best", "last"};
    Err err = {0};
    Run *base = engine_run(lab, "stage1-authors", &err);
    assert_non_null(base);
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "frozen-%d", i);
        Job j = job("vtst", name);
        strcpy(j.train.checkpoint, checkpoints[i]);
        Run *run = submit(lab, &j, base);
        done(lab, run);
        assert_true(answers(name, "test") == answers("vtst", "test"));
    }
    Job j = job("tst", "of-two-stages");
    Run *run = submit(lab, &j, engine_run(lab, "tst-tare", &err));
    assert_int_equal(finish(lab, run), RUN_FAILED);
    assert_non_null(strstr(last_words(run), "stage 2 starts from a whole network"));
}

/* Any number of threads; and a second time with --resume, which finds it finished. */
static void threads_and_resume(void **state)
{
    (void)state;
    LoadSpec spec = spec_of(at("net.safetensors"));
    export_to("vtst", "authors", spec.file);
    for (int threads = 1; threads <= 7; threads += 3) {
        char name[32];
        snprintf(name, sizeof name, "threads-%d", threads);
        Engine *e = engine(threads, false);
        Run *run = import(e, &spec, name);
        done(e, run);
        engine_close(e);
        assert_true(answers(name, "test") == answers("vtst", "test"));
    }
    Engine *e = engine(2, true);
    Run *again = import(e, &spec, "threads-4");
    assert_false(again->ours); /* it is found as it was */
    assert_int_equal(again->log.state, RUN_DONE);
    engine_close(e);
}

/* ---- what the input is normalised with ---- */

static void the_network_has_its_own_normalisation(void **state)
{
    (void)state;
    Err err = {0};
    LoadSpec spec = spec_of(at("net.safetensors"));
    export_to("stage1", "tare", spec.file);
    for (int i = 0; i < 2; i++) { /* the images' own, spelt out; and another */
        char name[32];
        spec.normalise = normalise_of(images);
        if (i) spec.normalise.sd[0] *= 2;
        snprintf(name, sizeof name, "normalised-%d", i);
        Run *run = import(lab, &spec, name);
        Job j = job("tst", i ? "of-another" : "of-the-same");
        Run *child = submit(lab, &j, run);
        done(lab, child);
        assert_int_equal(child->job.normalise.channels, images->c);
        assert_true(child->job.normalise.sd[0] == spec.normalise.sd[0]);
    }
    assert_true(answers("normalised-0", "test") == answers("stage1", "test"));
    assert_true(answers("normalised-1", "test") != answers("stage1", "test"));
    assert_true(answers("of-the-same", "test") == answers("tst", "test"));
    assert_true(answers("of-another", "test") != answers("tst", "test")); /* other features of the same body */

    json_t *config = record_read_json(engine_runs(lab), "of-another", "config.json", &err);
    Job stored;
    assert_int_equal(job_from_json(&stored, config, &err), OK);
    assert_true(stored.normalise.sd[0] == spec.normalise.sd[0]);
    json_array_set_new(json_object_get(json_object_get(config, "normalise"), "sd"), 0, json_real(0));
    assert_int_equal(job_from_json(&stored, config, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "\"normalise\" is no mean and sd"));
    json_decref(config);
}

/* Written by a run that had a normalisation of its own, a file carries it on. */
static void a_file_carries_the_normalisation(void **state)
{
    (void)state;
    LoadSpec spec = spec_of(at("again.safetensors"));
    export_to("of-another", "authors", spec.file);
    Run *run = import(lab, &spec, "carried");
    done(lab, run);
    assert_true(answers("carried", "test") == answers("of-another", "test"));
}

/* ---- refusals ---- */

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    LoadSpec spec = spec_of(at("net.safetensors"));
    export_to("stage1", "tare", spec.file);
    Err err = {0};
    Job j;
    DataSpec other = images->spec;
    Dataset *own = images;
    other.classes = 6;
    images = dataset_load(&other, &err);
    refuse(&spec, ERR_USAGE, "tells 4 classes apart, and the images of blends have 6");
    dataset_release(images);
    images = own;

    spec.normalise = (Normalise){.channels = 2, .mean = {0, 0}, .sd = {1, 1}};
    refuse(&spec, ERR_USAGE, "normalise has a mean and sd for 2 channels, and the images of blends have 3");
    spec.normalise = (Normalise){.channels = 3, .mean = {0, 0, 0}, .sd = {0, 1, 1}};
    refuse(&spec, ERR_USAGE, "channel 1 has mean 0 and sd 0; expected numbers, and an sd above 0");
    spec = spec_of(at("nowhere.safetensors"));
    refuse(&spec, ERR_IO, "nowhere.safetensors");

    /* the file changes between the question and the answer */
    spec = spec_of(at("net.safetensors"));
    assert_int_equal(import_job(&j, &spec, images, 1, &err), OK);
    export_to("tst", "tare", spec.file);
    strcpy(j.name, "changed");
    Run *run = submit(lab, &j, NULL);
    assert_int_equal(finish(lab, run), RUN_FAILED);
    assert_non_null(strstr(last_words(run), "has changed since this run was asked for"));

    /* with its own file back, the run goes on */
    export_to("stage1", "tare", spec.file);
    run = engine_resume(lab, "changed", &err);
    if (!run) fail_msg("%s", err.msg);
    done(lab, run);
    assert_int_equal(run->log.stages, 1);
    assert_true(answers("changed", "test") == answers("stage1", "test"));
}

static void options_come_before_the_file(void **state)
{
    (void)state;
    Err err = {0};
    Job j;
    LoadSpec spec = spec_of(at("net.safetensors"));
    export_to("vtst", "authors", spec.file);
    assert_int_equal(import_job(&j, &spec, images, 77, &err), OK);
    assert_int_equal(j.import.seed, 5);
    assert_int_equal(j.import.samples, 10);
    assert_string_equal(j.model.padding, "same");
    spec.seed = 3, spec.samples = 2;
    strcpy(spec.padding, "one");
    assert_int_equal(import_job(&j, &spec, images, 77, &err), OK);
    assert_int_equal(j.import.seed, 3);
    assert_int_equal(j.import.samples, 2);
    assert_string_equal(j.model.padding, "one");
    export_to("stage1", "tare", spec.file);
    spec.seed = -1;
    assert_int_equal(import_job(&j, &spec, images, 77, &err), OK);
    assert_int_equal(j.import.seed, 77); /* a network without draws: the seed of the command line */
}

/* ---- what is kept of a run ---- */

static void check_weights_alone(const char *run)
{
    Err err = {0};
    TensorFile f;
    char name[64];
    snprintf(name, sizeof name, "runs/%s/last.safetensors", run);
    if (tensors_read(at(name), &f, &err) != OK) fail_msg("%s", err.msg);
    assert_true(f.tensors > 0);
    for (int i = 0; i < f.tensors; i++)
        assert_true(strncmp(f.tensor[i].name, "body.", 5) == 0 || strncmp(f.tensor[i].name, "head.", 5) == 0);
    tensors_free(&f);
}

/* A run that is done keeps weights; one that was stopped keeps all that it needs to go on. */
static void a_run_that_is_done_keeps_its_weights(void **state)
{
    (void)state;
    Err err = {0};
    TensorFile f;
    check_weights_alone("stage1");
    check_weights_alone("vtst");
    Job j = job("stage1", "stopped");
    j.train.epochs = 1000;
    Run *run = submit(lab, &j, NULL);
    Event event = {0};
    Run *of;
    while (event.type != EVENT_EPOCH)
        if (!engine_drain(lab, &event, &of)) poll(&(struct pollfd){.fd = engine_fd(lab), .events = POLLIN}, 1, 20);
    assert_int_equal(engine_command(lab, run, COMMAND_STOP, 0, &err), OK);
    assert_int_equal(finish(lab, run), RUN_STOPPED);
    assert_int_equal(tensors_read(at("runs/stopped/last.safetensors"), &f, &err), OK);
    assert_non_null(tensors_find(&f, "optimiser.body.m"));
    assert_non_null(tensors_find(&f, "best.head.logits.weight"));
    assert_non_null(tensors_find(&f, "position"));
    tensors_free(&f);

    /* what a kill between the last event and the pruning leaves behind goes when the run is found again */
    assert_int_equal(record_prune(at("runs/stopped"), &err), OK);
    check_weights_alone("stopped");
    assert_int_equal(record_prune(at("runs/stopped"), &err), OK);
    check_weights_alone("stopped");
    assert_int_equal(record_prune(at("runs/vtst-tare"), &err), OK); /* an import has no such file */
}

/* However often it is written: what is kept of a run that diverges is finite, and can be gone on with. */
static void the_last_good_checkpoint_is_good(void **state)
{
    (void)state;
    Err err = {0};
    TensorFile f;
    Job j = job("stage1", "wild");
    strcpy(j.train.optimizer, "sgd");
    strcpy(j.train.schedule, "constant");
    j.train.lr = 1e3;
    j.train.momentum = 0;
    j.train.weight_decay = 1; /* the weights overflow while the loss, behind batch normalisation, is finite */
    j.train.epochs = 200;
    j.train.checkpoint_every = 1;
    Run *run = submit(lab, &j, NULL);
    assert_int_equal(finish(lab, run), RUN_DIVERGED);
    assert_non_null(strstr(last_words(run), "the last good checkpoint is of step"));
    assert_int_equal(tensors_read(at("runs/wild/last.safetensors"), &f, &err), OK);
    Net *body = net_body(&j.model, (Shape){images->h, images->w, images->c}, &err);
    if (net_from_tensors(body, "body.", &f, "last", &err) != OK) fail_msg("%s", err.msg);
    net_release(body);
    tensors_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_trip_answers_alike),
        cmocka_unit_test(an_import_can_be_frozen),
        cmocka_unit_test(threads_and_resume),
        cmocka_unit_test(the_network_has_its_own_normalisation),
        cmocka_unit_test(a_file_carries_the_normalisation),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(options_come_before_the_file),
        cmocka_unit_test(a_run_that_is_done_keeps_its_weights),
        cmocka_unit_test(the_last_good_checkpoint_is_good),
    };
    return cmocka_run_group_tests_name("engine: networks from files", tests, open_lab, close_lab);
}
