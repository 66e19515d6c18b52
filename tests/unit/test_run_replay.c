/* test_run_replay.c - a run read bit by bit ends as the run read whole; a line that grows is waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "run/record.h"
#include "run/replay.h"
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const stored = "tests/gold/run";

static void any_pace_gives_the_same_fold(void **state)
{
    (void)state;
    static const double paces[] = {0.003, 0.03, 0.3, 1e9};
    RunLog whole;
    Err err = {0};
    runlog_init(&whole);
    assert_int_equal(record_fold(stored, "vtst", &whole, &err), OK);
    for (size_t i = 0; i < sizeof paces / sizeof *paces; i++) {
        Replay r;
        RunLog log;
        int folded, turns = 0;
        runlog_init(&log);
        assert_int_equal(replay_open(&r, stored, "vtst", &err), OK);
        double at = 0;
        do {
            if (replay_fold(&r, at, &log, &folded, &err) != OK) fail_msg("%s", err.msg);
            assert_true(log.seconds <= at);
            assert_true(replay_next(&r) > at);
            at = at == 0 ? replay_next(&r) : at + paces[i];
            turns++;
        } while (isfinite(replay_next(&r)) && turns < 100000);
        assert_int_equal(runlog_digest(&log), runlog_digest(&whole));
        assert_true(i > 1 || turns > 10);
        replay_close(&r);
        runlog_free(&log);
    }
    runlog_free(&whole);
}

static void a_run_that_grows_is_followed(void **state)
{
    (void)state;
    char top[] = "/tmp/tare-replay-XXXXXX", path[PATH_SIZE];
    unsigned char *bytes;
    size_t size;
    Replay r;
    RunLog log;
    Err err = {0};
    int folded;
    assert_non_null(mkdtemp(top));
    assert_int_equal(file_read("tests/gold/run/base/events.jsonl", 1 << 20, false, &bytes, &size, &err), OK);
    snprintf(path, sizeof path, "%s/grows", top);
    assert_int_equal(folder_make(path, &err), OK);
    snprintf(path, sizeof path, "%s/grows/config.json", top);
    assert_int_equal(file_write(path, "{}", 2, &err), OK);
    snprintf(path, sizeof path, "%s/grows/events.jsonl", top);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    runlog_init(&log);
    assert_int_equal(replay_open(&r, top, "grows", &err), OK);
    for (size_t at = 0, step = 1; at < size; at += step, step = step % 997 + 100) {
        if (at + step > size) step = size - at;
        assert_int_equal(write(fd, bytes + at, step), step);
        if (replay_fold(&r, INFINITY, &log, &folded, &err) != OK) fail_msg("%s", err.msg);
    }
    assert_int_equal(log.state, RUN_DONE);
    assert_int_equal(write(fd, "rubbish\n", 8), 8);
    for (int i = 0; i < 2; i++) { /* the tail that a power cut leaves: what comes behind it is waited for */
        assert_int_equal(replay_fold(&r, INFINITY, &log, &folded, &err), OK);
        assert_int_equal(folded, 0);
    }
    assert_int_equal(write(fd, "{}\n", 3), 3);
    assert_int_equal(replay_fold(&r, INFINITY, &log, &folded, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "line 40"));
    close(fd);
    replay_close(&r);
    runlog_free(&log);
    free(bytes);
    assert_int_equal(folder_remove(top, &err), OK);
}

/* A writer dies in the middle of a line; a resume cuts it off and writes on, before or after the follower looks. */
static void a_torn_line_that_is_cut_is_read_anew(void **state)
{
    (void)state;
    static const char torn[] = "{\"seq\": 7, \"torn";
    char top[] = "/tmp/tare-replay-XXXXXX", path[PATH_SIZE];
    unsigned char *bytes;
    size_t size;
    Err err = {0};
    assert_non_null(mkdtemp(top));
    assert_int_equal(file_read("tests/gold/run/base/events.jsonl", 1 << 20, false, &bytes, &size, &err), OK);
    snprintf(path, sizeof path, "%s/torn", top);
    assert_int_equal(folder_make(path, &err), OK);
    snprintf(path, sizeof path, "%s/torn/config.json", top);
    assert_int_equal(file_write(path, "{}", 2, &err), OK);
    snprintf(path, sizeof path, "%s/torn/events.jsonl", top);
    for (int looks_between = 0; looks_between < 2; looks_between++) {
        Replay r;
        RunLog log;
        int folded;
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ptrdiff_t whole = (char *)memchr(bytes, '\n', size) + 1 - (char *)bytes;
        runlog_init(&log);
        assert_int_equal(replay_open(&r, top, "torn", &err), OK);
        assert_int_equal(write(fd, bytes, (size_t)whole), whole);
        assert_int_equal(write(fd, torn, sizeof torn - 1), sizeof torn - 1);
        assert_int_equal(replay_fold(&r, INFINITY, &log, &folded, &err), OK);
        assert_int_equal(folded, 1);
        assert_int_equal(ftruncate(fd, whole), 0);
        assert_int_equal(lseek(fd, whole, SEEK_SET), whole);
        if (looks_between) assert_int_equal(replay_fold(&r, INFINITY, &log, &folded, &err), OK);
        assert_int_equal(write(fd, bytes + whole, size - (size_t)whole), (ssize_t)size - whole);
        if (replay_fold(&r, INFINITY, &log, &folded, &err) != OK) fail_msg("%s", err.msg);
        assert_int_equal(log.state, RUN_DONE);
        assert_int_equal(r.line, 39);
        close(fd);
        replay_close(&r);
        runlog_free(&log);
    }
    free(bytes);
    assert_int_equal(folder_remove(top, &err), OK);
}

static void a_missing_run_is_named(void **state)
{
    (void)state;
    Replay r;
    Err err;
    assert_int_equal(replay_open(&r, stored, "bace", &err), ERR_USAGE);
    assert_non_null(strstr(err.msg, "did you mean 'base'?"));
    assert_int_equal(replay_open(&r, stored, "../run", &err), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_pace_gives_the_same_fold),
        cmocka_unit_test(a_run_that_grows_is_followed),
        cmocka_unit_test(a_torn_line_that_is_cut_is_read_anew),
        cmocka_unit_test(a_missing_run_is_named),
    };
    return cmocka_run_group_tests_name("engine: replay", tests, NULL, NULL);
}
