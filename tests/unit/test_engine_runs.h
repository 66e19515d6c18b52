/* test_engine_runs.h - a fresh folder of runs for each test, and short ways to make and look at them. */
#ifndef TARE_TEST_ENGINE_RUNS_H
#define TARE_TEST_ENGINE_RUNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char top[PATH_SIZE], runs[PATH_SIZE]; /* a fresh folder for each test, and the runs in it */

static inline int set_up(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof top, "%s/tare-record-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(top)) return -1;
    return path_join(runs, top, "runs", NULL) == OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    return folder_remove(top, NULL) == OK ? 0 : -1;
}

static inline void ok(Status status, const Err *err)
{
    if (status != OK) fail_msg("%s", err->msg);
}

static inline void refused(Status got, Status want, const Err *err, const char *says)
{
    if (got != want || err->code != want || !strstr(err->msg, says)) fail_msg("%d: %s", got, err->msg);
}

/* The path of a run's file; the result lasts until the next call. */
static inline const char *path_of(const char *name, const char *file)
{
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s/%s", runs, name, file);
    return path;
}

static inline void put_text(const char *path, const char *mode, const char *text)
{
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* A new run, left open. created: seconds within one minute; from: NULL = no parent. */
static inline Record new_run(const char *name, const char *from, int created)
{
    Record r;
    Err err = {0};
    char when[32];
    snprintf(when, sizeof when, "2026-01-01T00:00:%02dZ", created);
    json_t *config = json_pack("{s:s, s:s*, s:{s:s}}", "name", name, "from", from, "wall", "created", when);
    ok(record_create(&r, runs, name, config, &err), &err);
    json_decref(config);
    return r;
}

static inline void closed_run(const char *name, const char *from, int created)
{
    Record r = new_run(name, from, created);
    record_close(&r);
}

/* A string of a run's JSON file by key; the result lasts until the next call. NULL when the key is not there. */
static inline const char *string_of(const char *name, const char *file, const char *key)
{
    static char copy[256];
    json_t *json = record_read_json(runs, name, file, NULL);
    assert_non_null(json);
    const char *found = json_string_value(json_object_get(json, key));
    if (found) snprintf(copy, sizeof copy, "%s", found);
    json_decref(json);
    return found ? copy : NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
