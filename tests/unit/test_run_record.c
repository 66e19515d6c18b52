/* test_run_record.c - a run's folder: names, locks, torn and broken logs, notes, predictions, full disks. */
#include "test_engine_runs.h"

#include "base/text.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The size of a run's log in bytes. */
static long log_size(const char *name)
{
    struct stat st;
    assert_int_equal(stat(path_of(name, "events.jsonl"), &st), 0);
    return (long)st.st_size;
}

static Event remark(uint64_t seq)
{
    Event e = {.seq = seq, .run = 3, .type = EVENT_LOG, .stage = 1};
    snprintf(e.as.log.text, sizeof e.as.log.text, "remark %lu", (unsigned long)seq);
    return e;
}

static void append_remarks(Record *r, uint64_t from, uint64_t to)
{
    Err err = {0};
    for (uint64_t seq = from; seq <= to; seq++) {
        Event e = remark(seq);
        ok(record_append(r, &e, &err), &err);
    }
}

static ptrdiff_t remarks_in(const char *name)
{
    RunLog log;
    Err err = {0};
    runlog_init(&log);
    ok(record_fold(runs, name, &log, &err), &err);
    ptrdiff_t count = log.remarks;
    runlog_free(&log);
    return count;
}

static void hostile_names(void **state)
{
    (void)state;
    char long_name[301], most[49];
    memset(long_name, 'a', sizeof long_name - 1);
    memset(most, 'a', sizeof most - 1);
    long_name[300] = most[48] = 0;
    const char *const bad[] = {"",    ".",   "..",   "../x",        "a/b",  "/etc",   ".hidden",
                               "-rf", "a b", "a\nb", "caf\xc3\xa9", "a\\b", long_name};
    closed_run("base", NULL, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Record r;
        RunLog log;
        Err err = {0};
        runlog_init(&log);
        json_t *config = json_object();
        refused(record_check_name(bad[i], &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_create(&r, runs, bad[i], config, &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_reopen(&r, runs, bad[i], &log, &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_fold(runs, bad[i], &log, &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_rename(runs, bad[i], "x", &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_rename(runs, "base", bad[i], &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_delete(runs, bad[i], true, &err), ERR_USAGE, &err, "cannot be a name");
        refused(record_note(runs, bad[i], "x", &err), ERR_USAGE, &err, "cannot be a name");
        assert_null(record_read_json(runs, "base", bad[i], &err));
        refused(err.code, ERR_USAGE, &err, "cannot be a name");
        assert_null(record_predictions(runs, "base", bad[i], &err));
        assert_false(record_locked(runs, bad[i]));
        json_decref(config);
    }
    static const char *const good[] = {"a", "tst-1", "WRN_28.10", "9"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_int_equal(record_check_name(good[i], NULL), OK);
    assert_int_equal(record_check_name(most, NULL), OK);
}

/* A process killed while it made a run leaves a folder without config.json, or a file half written. */
static void what_a_killed_process_leaves_is_taken_over(void **state)
{
    (void)state;
    Record r;
    RunLog log;
    Err err = {0};
    json_t *config = json_object();
    ok(record_create(&r, runs, "base", config, &err), &err);
    assert_int_equal(unlink(path_of("base", "config.json")), 0);
    Record second;
    refused(record_create(&second, runs, "base", config, &err), ERR_USAGE, &err, "is there already"); /* it lives */
    record_close(&r);
    ok(record_create(&r, runs, "base", config, &err), &err);
    append_remarks(&r, 1, 3);
    record_close(&r);
    ok(file_write(path_of("base", "last.safetensors.123.tmp"), "torn", 4, &err), &err);
    runlog_init(&log);
    ok(record_reopen(&r, runs, "base", &log, &err), &err);
    assert_false(file_exists(path_of("base", "last.safetensors.123.tmp")));
    assert_int_equal(log.remarks, 3);
    record_close(&r);
    runlog_free(&log);
    json_decref(config);
}

/* runs/name, without a slash behind it. */
static const char *entry(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%.200s/%.100s", runs, name);
    return path;
}

/* Whatever has the name of a run and is none stays as it is. */
static void what_tare_did_not_make_stays(void **state)
{
    (void)state;
    Record r;
    Err err = {0};
    json_t *config = json_object();
    closed_run("trained", NULL, 1);
    assert_int_equal(unlink(path_of("trained", "config.json")), 0); /* moved away, say */
    put_text(path_of("trained", "last.safetensors"), "w", "weights");
    refused(record_create(&r, runs, "trained", config, &err), ERR_USAGE, &err, "is no run");
    assert_true(file_exists(path_of("trained", "last.safetensors")));

    assert_int_equal(mkdir(entry("src"), 0755), 0);
    put_text(path_of("src", "main.c"), "w", "int main(void);");
    refused(record_create(&r, runs, "src", config, &err), ERR_USAGE, &err, "holds main.c");
    refused(record_delete(runs, "src", true, &err), ERR_USAGE, &err, "no run 'src'");
    assert_true(file_exists(path_of("src", "main.c")));

    put_text(entry("file"), "w", "text");
    refused(record_create(&r, runs, "file", config, &err), ERR_STATE, &err, "a link or a file");

    /* a link to a folder, and to a run */
    char target[PATH_SIZE];
    assert_non_null(realpath(entry("src"), target));
    assert_int_equal(symlink(target, entry("link")), 0);
    refused(record_create(&r, runs, "link", config, &err), ERR_STATE, &err, "a link or a file");
    closed_run("kept", NULL, 2);
    assert_non_null(realpath(entry("kept"), target));
    assert_int_equal(symlink(target, entry("alias")), 0);
    refused(record_delete(runs, "alias", true, &err), ERR_STATE, &err, "a link or a file");
    assert_true(file_exists(path_of("kept", "config.json")));
    assert_true(file_exists(path_of("src", "main.c")));

    /* a run with something in it that is the user's */
    assert_int_equal(mkdir(path_of("kept", "figures"), 0755), 0);
    refused(record_delete(runs, "kept", true, &err), ERR_STATE, &err, "holds figures, which tare did not make");
    assert_true(file_exists(path_of("kept", "config.json")));
    assert_int_equal(rmdir(path_of("kept", "figures")), 0);
    ok(record_delete(runs, "kept", false, &err), &err);

    assert_int_equal(mkdir(entry("empty"), 0755), 0); /* a process was killed that early */
    ok(record_create(&r, runs, "empty", config, &err), &err);
    record_close(&r);
    json_decref(config);
    assert_int_equal(unlink(entry("alias")) | unlink(entry("link")), 0);
}

/* A run that writes to what readers no longer find has failed, whatever the system says of its writes. */
static void files_that_go_while_a_run_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file, *says;
        bool replaced;
    } rows[] = {{"no-log", "events.jsonl", "events.jsonl was removed", false},
                {"no-config", "config.json", "config.json was removed", false},
                {"other-log", "events.jsonl", "events.jsonl was replaced", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        Record r = new_run(rows[i].name, NULL, 1);
        append_remarks(&r, 1, 3);
        char kept[PATH_SIZE];
        text_copy(kept, sizeof kept, path_of(rows[i].name, "kept"));
        assert_int_equal(rename(path_of(rows[i].name, rows[i].file), kept), 0);
        if (rows[i].replaced) put_text(path_of(rows[i].name, rows[i].file), "w", "");
        Event next = remark(4);
        refused(record_append(&r, &next, &err), ERR_STATE, &err, rows[i].says);
        assert_int_equal(rename(kept, path_of(rows[i].name, rows[i].file)), 0); /* as the message advises */
        ok(record_append(&r, &next, &err), &err);
        record_close(&r);
        assert_int_equal(remarks_in(rows[i].name), 4);
    }
}

static void create_and_append(void **state)
{
    (void)state;
    Record r, again;
    Err err = {0};
    json_t *config = json_pack("{s:i}", "seed", 5);
    ok(record_create(&r, runs, "base", config, &err), &err);
    refused(record_create(&again, runs, "base", config, &err), ERR_USAGE, &err, "base is there already");
    json_decref(config);
    append_remarks(&r, 1, 40);
    assert_int_equal(remarks_in("base"), 40); /* while it is being written */
    record_close(&r);

    config = record_read_json(runs, "base", "config.json", &err);
    assert_int_equal(json_integer_value(json_object_get(config, "seed")), 5);
    assert_int_equal(strlen(json_string_value(json_object_get(json_object_get(config, "wall"), "created"))), 20);
    json_decref(config);

    char line[256] = "";
    FILE *f = fopen(path_of("base", "events.jsonl"), "r");
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    assert_string_equal(
        line, "{\"seq\":1,\"run\":0,\"type\":\"log\",\"step\":0,\"epoch\":0,\"stage\":1,\"text\":\"remark 1\","
              "\"wall\":{\"seconds\":0.0}}\n");
}

static void unreadable_events_are_not_written(void **state)
{
    (void)state;
    Err err = {0};
    Record r = new_run("base", NULL, 1);
    Event e = remark(1);
    e.stage = 0;
    refused(record_append(&r, &e, &err), ERR_FORMAT, &err, "'stage' = 0");
    assert_int_equal(log_size("base"), 0);
    record_close(&r);
}

static void unknown_runs_suggest(void **state)
{
    (void)state;
    Err err = {0};
    RunLog log;
    runlog_init(&log);
    refused(record_fold(runs, "base", &log, &err), ERR_USAGE, &err, "holds 0 runs");
    closed_run("stage1-1", NULL, 1);
    refused(record_fold(runs, "stage1-2", &log, &err), ERR_USAGE, &err, "did you mean 'stage1-1'?");
    refused(record_delete(runs, "quite-another", false, &err), ERR_USAGE, &err, "which holds 1 runs");
}

/* The lock is held by another process until that one dies, however it dies. */
static void locked_by_another_process(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    Err err = {0};
    closed_run("base", NULL, 1);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        Record r;
        RunLog log;
        runlog_init(&log);
        Status done = record_reopen(&r, runs, "base", &log, NULL);
        if (write(ready[1], done == OK ? "y" : "n", 1) == 1) pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    Record r;
    RunLog log;
    runlog_init(&log);
    assert_true(record_locked(runs, "base"));
    refused(record_reopen(&r, runs, "base", &log, &err), ERR_STATE, &err, "being written");
    refused(record_rename(runs, "base", "other", &err), ERR_STATE, &err, "being written");
    refused(record_delete(runs, "base", true, &err), ERR_STATE, &err, "being written");
    ok(record_note(runs, "base", "notes need no lock", &err), &err);
    ok(record_fold(runs, "base", &log, &err), &err);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    assert_false(record_locked(runs, "base"));
    assert_false(record_locked(runs, "none"));
    ok(record_reopen(&r, runs, "base", &log, &err), &err);
    record_close(&r);
}

static void torn_last_line_is_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tail;
    } rows[] = {
        {"half", "{\"seq\":4,\"run\":0,\"ty"},
        {"whole-but-the-newline",
         "{\"seq\":4,\"run\":0,\"type\":\"log\",\"step\":0,\"epoch\":0,\"stage\":1,\"text\":\"\","
         "\"wall\":{\"seconds\":0}}"},
        {"rubbish-and-newline", "{\"seq\":4,\"run\":0,\"ty\n"},
        {"empty-line", "\n"},
        {"two-torn-lines", "{\"seq\":4\n{\"seq\":4,\n"},
        {"lines-of-a-power-cut", "\x01\x01\x01\n\x01\x01\n\x01"}, /* zeros in the file, see below */
        {"nothing", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        RunLog log;
        Record r = new_run(rows[i].name, NULL, 1);
        append_remarks(&r, 1, 3);
        record_close(&r);
        long good = log_size(rows[i].name);
        FILE *f = fopen(path_of(rows[i].name, "events.jsonl"), "a");
        for (const char *c = rows[i].tail; *c; c++) fputc(*c == 1 ? 0 : *c, f);
        fclose(f);
        assert_int_equal(remarks_in(rows[i].name), 3); /* a reader leaves it alone */
        assert_int_equal(log_size(rows[i].name), good + (long)strlen(rows[i].tail));
        runlog_init(&log);
        ok(record_reopen(&r, runs, rows[i].name, &log, &err), &err);
        assert_int_equal(log.remarks, 3);
        assert_int_equal(log.dropped, strlen(rows[i].tail)); /* which is told */
        assert_int_equal(log_size(rows[i].name), good);
        Event again = {.seq = 2, .type = EVENT_RESUME, .stage = 1, .as.resume = {2}};
        ok(record_append(&r, &again, &err), &err);
        append_remarks(&r, 3, 5);
        record_close(&r);
        assert_int_equal(remarks_in(rows[i].name), 5);
        runlog_free(&log);
    }
}

static void broken_lines_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tail, *says;
    } rows[] = {
        {"rubbish-inside", "rubbish\n{}\n", "events.jsonl line 4: no JSON"},
        {"missing-key", "{\"seq\":4}\n", "events.jsonl line 4: key 'run' is missing"},
        {"key-twice", "{\"seq\":4,\"seq\":5}\n{}\n", "events.jsonl line 4: no JSON"},
        {"a-gap",
         "{\"seq\":5,\"run\":0,\"type\":\"log\",\"step\":0,\"epoch\":0,\"stage\":1,\"text\":\"\",\"wall\":{"
         "\"seconds\":0}}\n",
         "events.jsonl line 4: event 5 follows event 3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        RunLog log;
        Record r = new_run(rows[i].name, NULL, 1);
        append_remarks(&r, 1, 3);
        record_close(&r);
        put_text(path_of(rows[i].name, "events.jsonl"), "a", rows[i].tail);
        long size = log_size(rows[i].name);
        runlog_init(&log);
        refused(record_reopen(&r, runs, rows[i].name, &log, &err), ERR_FORMAT, &err, rows[i].says);
        assert_int_equal(log_size(rows[i].name), size); /* nothing is cut */
        assert_false(record_locked(runs, rows[i].name));
        runlog_free(&log);
        refused(record_fold(runs, rows[i].name, &log, &err), ERR_FORMAT, &err, rows[i].says);
        runlog_free(&log);
    }
}

static void notes_survive_summaries(void **state)
{
    (void)state;
    Err err = {0};
    Record r = new_run("base", NULL, 1);
    json_t *summary = json_pack("{s:s, s:f}", "state", "done", "ece", 0.021);
    ok(record_note(runs, "base", "warm-up was too short", &err), &err);
    ok(record_summary(&r, summary, &err), &err);
    assert_string_equal(string_of("base", "summary.json", "note"), "warm-up was too short");
    assert_string_equal(string_of("base", "summary.json", "state"), "done");
    ok(record_note(runs, "base", "better now", &err), &err);
    assert_string_equal(string_of("base", "summary.json", "note"), "better now");
    assert_string_equal(string_of("base", "summary.json", "state"), "done");
    refused(record_note(runs, "base", "\xff", &err), ERR_USAGE, &err, "UTF-8");
    ok(record_note(runs, "base", "", &err), &err);
    assert_null(string_of("base", "summary.json", "note"));
    assert_null(json_object_get(summary, "note")); /* the caller's object is as it was */
    put_text(path_of("base", "summary.json"), "w", "{\n\"note\": \"by hand\"\n\"x\": 1}\n");
    refused(record_summary(&r, summary, &err), ERR_FORMAT, &err, "summary.json: line 3");
    json_decref(summary);
    record_close(&r);
}

/* RLIMIT_FSIZE stands for a disk that is full. */
static void full_disk_keeps_what_was_there(void **state)
{
    (void)state;
    Err err = {0};
    struct rlimit before, small;
    Record r = new_run("base", NULL, 1);
    json_t *summary = json_pack("{s:s}", "state", "done");
    ok(record_summary(&r, summary, &err), &err);
    append_remarks(&r, 1, 3);
    long good = log_size("base");
    char *big = malloc(2000);
    memset(big, 'x', 1999);
    big[1999] = 0;

    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)good + 20; /* room for a part of the next line */
    setrlimit(RLIMIT_FSIZE, &small);
    Event e = remark(4);
    Err short_write = {0}, no_write = {0}, no_summary = {0};
    Status first = record_append(&r, &e, &short_write);
    long after = log_size("base");
    small.rlim_cur = (rlim_t)good;
    setrlimit(RLIMIT_FSIZE, &small);
    Status second = record_append(&r, &e, &no_write), third = record_note(runs, "base", big, &no_summary);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old);

    refused(first, ERR_IO, &short_write, "free some space");
    assert_int_equal(after, good);
    refused(second, ERR_IO, &no_write, "cannot append");
    refused(third, ERR_IO, &no_summary, "the old file is kept");
    assert_string_equal(string_of("base", "summary.json", "state"), "done");
    append_remarks(&r, 4, 5); /* there is space again */
    record_close(&r);
    assert_int_equal(remarks_in("base"), 5);
    json_decref(summary);
    free(big);
}

/* Every form in either precision comes back as it went. */
static void predictions_round_trip(void **state)
{
    (void)state;
    static const float narrow[] = {0.25f, 0.5f, 0.25f, 0.0625f, 0.875f, 0.0625f};
    static const double wide[] = {.7, .2, .1, 1. / 3, 1. / 3, 1. / 3};
    static const int32_t labels[] = {2, 1};
    Err err = {0};
    Record r = new_run("base", NULL, 1);
    for (SaidForm form = 0; form < SAID_FORMS; form++)
        for (int is_wide = 0; is_wide < 2; is_wide++) {
            const void *values = is_wide ? (const void *)wide : (const void *)narrow;
            Predictions *pred = predictions_new(form, is_wide, 2, 3, values, labels, &err), *back;
            ok(record_write_predictions(&r, "test.safetensors", pred, &err), &err);
            if (!(back = record_predictions(runs, "base", "test.safetensors", &err))) fail_msg("%s", err.msg);
            assert_true(back->form == form && back->wide == is_wide && back->n == 2 && back->classes == 3);
            assert_memory_equal(back->values, values, is_wide ? sizeof wide : sizeof narrow);
            assert_memory_equal(back->labels, labels, sizeof labels);
            predictions_release(back);
            predictions_release(pred);
        }
    Predictions *pred = predictions_new(SAID_LOGP, false, 2, 3, narrow, labels, &err);
    refused(record_write_predictions(&r, "../test.safetensors", pred, &err), ERR_USAGE, &err, "cannot be a name");
    record_close(&r);
    predictions_release(pred);
    assert_null(record_predictions(runs, "base", "valid.safetensors", &err));
    refused(err.code, ERR_IO, &err, "valid.safetensors");
    put_text(path_of("base", "valid.safetensors"), "w", "rubbish");
    assert_null(record_predictions(runs, "base", "valid.safetensors", &err));
    refused(err.code, ERR_FORMAT, &err, "valid.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hostile_names),
        TEST(create_and_append),
        TEST(what_a_killed_process_leaves_is_taken_over),
        TEST(unreadable_events_are_not_written),
        TEST(unknown_runs_suggest),
        TEST(locked_by_another_process),
        TEST(what_tare_did_not_make_stays),
        TEST(files_that_go_while_a_run_goes_on),
        TEST(torn_last_line_is_cut),
        TEST(broken_lines_are_named),
        TEST(notes_survive_summaries),
        TEST(full_disk_keeps_what_was_there),
        TEST(predictions_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
