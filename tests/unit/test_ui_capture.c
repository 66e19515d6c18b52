/* test_ui_capture.c - what reaches the log pane from fds 1 and 2, and what is left of it at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui/capture.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES_MOST = 64, TURNS_MOST = 500 };

typedef struct {
    char line[LINES_MOST][64];
    int lines;
    size_t bytes, dropped;
} Log;

static void add(void *arg, const char *utf8)
{
    Log *log = arg;
    size_t dropped;
    if (sscanf(utf8, "(%zu bytes more were printed at once, and dropped)", &dropped) == 1) {
        log->dropped += dropped;
        return;
    }
    log->bytes += strlen(utf8);
    if (log->lines < LINES_MOST) snprintf(log->line[log->lines], sizeof log->line[0], "%s", utf8);
    log->lines++;
}

/* Turns of a loop, until so many lines are there. */
static void turn_until(Log *log, int lines)
{
    struct pollfd fd = {.fd = capture_fd(), .events = POLLIN};
    for (int i = 0; i < TURNS_MOST && log->lines < lines; i++) {
        capture_lines(add, log);
        if (log->lines < lines) poll(&fd, 1, 20);
    }
}

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) fail();
}

/* Rows are judged after capture_close: cmocka's own words go to the real fds. */
static void lines_come_whole_and_in_order(void **state)
{
    (void)state;
    static const char *const expected[] = {"direct", "printed",  "to stderr", "from a child", "its stderr",
                                           "",       "3 joined", "with CR",   "a?zero",       "no end"};
    Log log = {0};
    Err err;
    assert_int_equal(capture_open(&err), OK);
    say("direct\n");
    printf("printed\n");
    fflush(stdout);
    fprintf(stderr, "to stderr\n");
    int status = system("echo from a child; echo its stderr >&2; cat");
    say("\n3 jo");
    capture_lines(add, &log);
    say("ined\nwith CR\r\n");
    if (write(STDOUT_FILENO, "a\0zero\nno end", 13) != 13) status = -1;
    turn_until(&log, 10);
    capture_close();
    assert_int_equal(status, 0); /* cat had nothing to read */
    assert_int_equal(log.lines, 10);
    for (int i = 0; i < 10; i++) assert_string_equal(log.line[i], expected[i]);
}

/* One write of more than any pipe holds, by the thread that also reads, and by a child that it waits for. */
static void a_flood_blocks_nobody(void **state)
{
    (void)state;
    enum { MUCH = 3000000 };
    Log log = {0};
    Err err;
    char *much = malloc(MUCH + 1);
    assert_non_null(much);
    memset(much, 'x', MUCH);
    much[MUCH] = 0;
    much[MUCH - 1] = '\n';
    assert_int_equal(capture_open(&err), OK);
    say(much);
    int status = system("head -c 2999999 /dev/zero | tr '\\0' y; echo");
    turn_until(&log, 2);
    capture_close();
    free(much);
    assert_int_equal(status, 0);
    assert_int_equal(log.lines, 2);
    assert_int_equal(log.bytes, 2 * (MUCH - 1));
}

static void a_runaway_child_is_cut_and_it_is_said(void **state)
{
    (void)state;
    Log log = {0};
    Err err;
    assert_int_equal(capture_open(&err), OK);
    int status = system("head -c 20000000 /dev/zero | tr '\\0' '\\n'");
    for (int i = 0; i < TURNS_MOST && (size_t)log.lines + log.dropped < 20000000; i++) turn_until(&log, log.lines + 1);
    capture_close();
    assert_int_equal(status, 0);
    assert_true(log.dropped > 0);
    assert_int_equal((size_t)log.lines + log.dropped, 20000000);
}

/* In a child, whose real stderr is a file: what nobody took is there after capture_close, and later writes too. */
static void the_rest_goes_to_the_real_stderr(void **state)
{
    (void)state;
    char path[] = "/tmp/tare-capture-XXXXXX", text[64] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    pid_t child = fork();
    if (child == 0) {
        Log log = {0};
        dup2(fd, STDERR_FILENO);
        if (capture_open(NULL) != OK) _exit(1);
        say("taken\n");
        turn_until(&log, 1);
        say("not ta");
        capture_lines(add, &log);
        printf("ken\n");
        capture_close();
        capture_close();
        fprintf(stderr, "after\n");
        _exit(log.lines == 1 ? 0 : 2);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(pread(fd, text, sizeof text - 1, 0), 16);
    assert_string_equal(text, "not taken\nafter\n");
    close(fd);
    unlink(path);
}

static void descriptors_are_as_before(void **state)
{
    (void)state;
    Err err;
    for (int i = 0; i < 3; i++) {
        int before = dup(STDOUT_FILENO);
        close(before);
        assert_int_equal(capture_open(&err), OK);
        capture_close();
        int after = dup(STDOUT_FILENO);
        close(after);
        assert_int_equal(after, before); /* none is left open */
        assert_int_equal(fcntl(STDOUT_FILENO, F_GETFD), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole_and_in_order),
        cmocka_unit_test(a_flood_blocks_nobody),
        cmocka_unit_test(a_runaway_child_is_cut_and_it_is_said),
        cmocka_unit_test(the_rest_goes_to_the_real_stderr),
        cmocka_unit_test(descriptors_are_as_before),
    };
    return cmocka_run_group_tests_name("ui: capture", tests, NULL, NULL);
}
