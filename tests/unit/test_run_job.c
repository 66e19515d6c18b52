/* test_run_job.c - config.json read back: every option, nothing else, and what is said of one that was edited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calib/predictions.h"
#include "nn/checkpoint.h"
#include "run/job.h"
#include "run/record.h"
#include "run/replay.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char runs[64];

/* A folder of runs with a copy of one that is stored. */
static int open_runs(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    strcpy(runs, "/tmp/tare-config-XXXXXX");
    if (!mkdtemp(runs) || path_join(folder, runs, "base", NULL) != OK) return -1;
    return folder_make(folder, NULL) == OK ? 0 : -1;
}

static int close_runs(void **state)
{
    (void)state;
    return folder_remove(runs, NULL) == OK ? 0 : -1;
}

static void put(const char *file, const char *text)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/base/%s", runs, file);
    assert_int_equal(file_write(path, text, strlen(text), NULL), OK);
}

static json_t *stored(void)
{
    Err err = {0};
    json_t *json = record_read_json("tests/gold/run", "base", "config.json", &err);
    if (!json) fail_msg("%s", err.msg);
    return json;
}

static void is_read_as_it_was_written(void **state)
{
    (void)state;
    static const char *const sources[] = {"fashion", "cifar10", "cifar100", "svhn", "npy", "blends"};
    Err err = {0};
    json_t *json = stored();
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        Job job, again;
        assert_int_equal(job_from_json(&job, json, &err), OK);
        option_defaults(dataset_options(sources[i]), &job.data);
        strcpy(job.data.name, sources[i]);
        strcpy(job.data.labels, strcmp(sources[i], "cifar100") == 0 ? "coarse" : "");
        json_t *copy = job_to_json(&job);
        json_t *labels = json_object_get(json_object_get(copy, "data"), "labels");
        assert_int_equal(labels != NULL, job.data.labels[0] != 0); /* only where there are two kinds */
        if (job_from_json(&again, copy, &err) != OK) fail_msg("%s: %s", sources[i], err.msg);
        assert_true(job_same(&job, &again));
        assert_string_equal(again.data.labels, job.data.labels);
        json_decref(copy);
    }
    json_decref(json);
}

/* Path of an object and a key in it; value as JSON, NULL to remove it. */
static const struct {
    const char *row, *part, *key, *value, *message;
} edits[] = {
    {"another format", NULL, "format", "2", "\"format\" is not 1"},
    {"no kind", NULL, "kind", NULL, "\"kind\" is no kind of run of this version of tare"},
    {"a kind that is none", NULL, "kind", "\"stage3\"", "\"kind\" is no kind of run"},
    {"no parent", NULL, "from", NULL, "no run name \"from\""},
    {"no data", NULL, "data", NULL, "no string \"data.name\""},
    {"data as a list", NULL, "data", "[]", "no string \"data.name\""},
    {"no train", NULL, "train", NULL, "no object \"train\""},
    {"a source that is none", "data", "name", "\"imagenet\"", "\"data.name\" = \"imagenet\" is no source of data"},
    {"a family that is none", "model", "family", "\"cnn2\"", "\"model.family\" is no family of networks"},
    {"an option less", "data", "seed", NULL, "config.json: data.seed: it is missing"},
    {"an option more", "data", "colour", "1", "unknown option \"data.colour\""},
    {"labels of one kind", "data", "labels", "\"fine\"", "unknown option \"data.labels\""},
    {"out of range", "data", "share", "7", "data.share: share = 7: expected a number from 0.01 to 0.9"},
    {"a fraction", "data", "train", "1.5", "data.train: train = 1.5: expected a whole number"},
    {"text for a number", "train", "epochs", "\"many\"", "train.epochs: epochs = \"many\": expected a whole number"},
    {"a number for text", "data", "dir", "3", "data.dir: dir = 3: expected a string"},
    {"true for a number", "model", "depth", "true", "model.depth: depth = true"},
    {"null", "model", "width", "null", "model.width: it is missing"},
};

static void an_edited_one_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        Job job;
        Err err = {0};
        json_t *json = stored(), *part = edits[i].part ? json_object_get(json, edits[i].part) : json;
        if (edits[i].value)
            json_object_set_new(part, edits[i].key, json_loads(edits[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(part, edits[i].key);
        if (job_from_json(&job, json, &err) == OK) fail_msg("%s: it was read", edits[i].row);
        if (!strstr(err.msg, edits[i].message))
            fail_msg("%s: no \"%s\" in: %s", edits[i].row, edits[i].message, err.msg);
        json_decref(json);
    }
}

static void what_is_no_object_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "/base/config.json: line 1, column 0:"},
        {"[1]", "/base/config.json: line 1: not a JSON object"},
        {"{\n\"a\": }", "/base/config.json: line 2, column 6:"},
        {"{\"a\": 1, \"a\": 2}", "/base/config.json: line 1, column 12: duplicate object key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        put("config.json", rows[i].text);
        assert_null(record_read_json(runs, "base", "config.json", &err));
        if (!strstr(err.msg, rows[i].message)) fail_msg("no \"%s\" in: %s", rows[i].message, err.msg);
    }
}

/* The first lines of the stored events, then `line`. */
static void put_events(int lines, const char *line)
{
    unsigned char *bytes;
    size_t size, used = 0;
    char text[8192];
    assert_int_equal(file_read("tests/gold/run/base/events.jsonl", 1 << 20, false, &bytes, &size, NULL), OK);
    for (; lines > 0; lines--) used = (size_t)((unsigned char *)memchr(bytes + used, '\n', size - used) + 1 - bytes);
    snprintf(text, sizeof text, "%.*s%s", (int)used, (char *)bytes, line);
    free(bytes);
    put("config.json", "{}");
    put("events.jsonl", text);
}

static void a_replay_names_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"{\"seq\": \n{}\n", "events.jsonl line 3: no JSON"},
        {"{\"seq\": 1}\n", "events.jsonl line 3: "},
        {"[]\n", "events.jsonl line 3: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Replay r;
        RunLog log;
        int folded;
        Err err = {0};
        put_events(2, rows[i].line);
        runlog_init(&log);
        assert_int_equal(replay_open(&r, runs, "base", &err), OK);
        assert_int_equal(replay_fold(&r, (double)INFINITY, &log, &folded, &err), ERR_FORMAT);
        assert_int_equal(folded, 2);
        if (!strstr(err.msg, rows[i].message)) fail_msg("no \"%s\" in: %s", rows[i].message, err.msg);
        replay_close(&r);
        runlog_free(&log);
    }
}

/* Predictions are refused when a tensor lacks, or has another type or shape. */
static void predictions_want_both_tensors(void **state)
{
    (void)state;
    static const float logp[] = {-0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f};
    static const int32_t labels[] = {0, 1, 0, 1};
    static const struct {
        const char *row;
        int logp_dims, label_count; /* 0: the tensor is not there */
        ArrayType label_type;
        const char *message;
    } rows[] = {
        {"no logp", 0, 3, ARRAY_I32,
         "test.safetensors: no tensor \"logits\", \"logp\" or \"p\" of (n, classes) float32 or float64"},
        {"a flat logp", 1, 3, ARRAY_I32, "test.safetensors: no tensor \"logits\""},
        {"no labels", 2, 0, ARRAY_I32, "test.safetensors: no tensor \"labels\" of 3 int32"},
        {"a label more", 2, 4, ARRAY_I32, "no tensor \"labels\" of 3 int32"},
        {"labels of floats", 2, 3, ARRAY_F32, "no tensor \"labels\" of 3 int32"},
    };
    put("config.json", "{}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[PATH_SIZE];
        TensorFile f;
        Err err = {0};
        tensors_init(&f);
        snprintf(path, sizeof path, "%s/base/test.safetensors", runs);
        const ptrdiff_t shape[] = {3, 2}, flat[] = {6}, count[] = {rows[i].label_count};
        if (rows[i].logp_dims)
            assert_int_equal(tensors_add(&f, "logp", ARRAY_F32, rows[i].logp_dims,
                                         rows[i].logp_dims == 2 ? shape : flat, logp, NULL),
                             OK);
        if (rows[i].label_count)
            assert_int_equal(tensors_add(&f, "labels", rows[i].label_type, 1, count, labels, NULL), OK);
        assert_int_equal(tensors_write(path, &f, NULL), OK);
        tensors_free(&f);
        assert_null(record_predictions(runs, "base", "test.safetensors", &err));
        if (!strstr(err.msg, rows[i].message)) fail_msg("%s: no \"%s\" in: %s", rows[i].row, rows[i].message, err.msg);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_runs, close_runs)

/* The tables of V-TST as they open: rows in order, the defaults of its own over those of every training. */
static void a_table_includes_another(void **state)
{
    (void)state;
    static const char *const first[] = {"recipe", "seed", "epochs", "steps", "batch", "lr", "schedule"};
    static const char *const last[] = {"bn", "bn_momentum", "end_to_end", "features", "z", "samples", "kl_weight"};
    const Option *row = option_rows(job_kind("vtst")->options);
    int rows = 0;
    while (row[rows].name) rows++;
    assert_int_equal(rows, 33);
    for (int i = 0; i < 7; i++) {
        assert_string_equal(row[i].name, first[i]);
        assert_string_equal(row[rows - 7 + i].name, last[i]);
    }
    assert_string_equal(option_find(job_kind("vtst")->options, "steps")->initial, "1500");
    assert_string_equal(option_find(job_kind("vtst")->options, "steps")->help, "most optimiser steps; 0 = by epochs");
    assert_string_equal(option_find(job_kind("stage1")->options, "steps")->initial, "0");
    assert_string_equal(option_find(job_kind("stage1")->options, "warmup")->help,
                        option_find(job_kind("tst")->options, "warmup")->help);
    assert_null(option_find(job_kind("stage1")->options, "z"));
}

/* A group's fields may lie anywhere in the struct that takes it in. */
static void a_group_has_an_offset(void **state)
{
    (void)state;
    typedef struct {
        int64_t n;
        double share;
    } Part;
    static const Option part[] = {
        {"n", OPTION_INT, offsetof(Part, n), "3", 0, 9, NULL, "how many"},
        {"share", OPTION_REAL, offsetof(Part, share), "0.5", 0, 1, NULL, "of all"},
        {0},
    };
    typedef struct {
        bool first;
        Part part;
    } Whole;
    static const Option table[] = {
        {"first", OPTION_BOOL, 0, "true", 0, 0, NULL, ""},
        {"", OPTION_GROUP, offsetof(Whole, part), NULL, 0, 0, part, NULL},
        {"n", OPTION_USUAL, .initial = "7"},
        {0},
    };
    Whole whole;
    Err err;
    option_defaults(table, &whole);
    assert_true(whole.first);
    assert_int_equal(whole.part.n, 7);
    assert_true(whole.part.share == 0.5);
    assert_int_equal(option_set_number(option_find(table, "share"), &whole, 0.25, &err), OK);
    assert_true(whole.part.share == 0.25);
    assert_int_equal(option_set_number(option_find(table, "share"), &whole, 2, &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_it_was_written), cmocka_unit_test(an_edited_one_is_refused),
        CASE(what_is_no_object_is_refused),          CASE(a_replay_names_the_line),
        CASE(predictions_want_both_tensors),         cmocka_unit_test(a_table_includes_another),
        cmocka_unit_test(a_group_has_an_offset),
    };
    return cmocka_run_group_tests_name("engine config", tests, NULL, NULL);
}
