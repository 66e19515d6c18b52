/* test_run_family.c - runs among each other: their order, rename and delete with children. */
#include "test_engine_runs.h"

#include <sys/stat.h>
#include <unistd.h>

static void assert_names(const char *want)
{
    char **names, all[256] = "";
    ptrdiff_t count;
    Err err = {0};
    ok(record_names(runs, &names, &count, &err), &err);
    for (ptrdiff_t i = 0; i < count; i++) {
        if (i > 0) strcat(all, " ");
        strcat(all, names[i]);
    }
    record_names_free(names, count);
    assert_string_equal(all, want);
}

static void names_by_creation(void **state)
{
    (void)state;
    assert_names(""); /* no folder yet */
    closed_run("zebra", NULL, 1);
    closed_run("tst-10", NULL, 7);
    closed_run("tst-2", NULL, 7);
    closed_run("ant", NULL, 30);
    assert_int_equal(mkdir(path_of("no-config", ""), 0755), 0);
    assert_int_equal(mkdir(path_of(".hidden", ""), 0755), 0);
    put_text(path_of(".hidden", "config.json"), "w", "{}");
    closed_run("broken", NULL, 40);
    put_text(path_of("broken", "config.json"), "w", "{");
    assert_names("broken zebra tst-2 tst-10 ant");
}

static void rename_takes_children_along(void **state)
{
    (void)state;
    Err err = {0};
    closed_run("base", NULL, 1);
    closed_run("tst", "base", 2);
    closed_run("other", "tst", 3);
    refused(record_rename(runs, "base", "tst", &err), ERR_USAGE, &err, "tst is there already");
    Record child = new_run("vtst", "base", 4);
    refused(record_rename(runs, "base", "body", &err), ERR_STATE, &err, "vtst is being written");
    assert_names("base tst other vtst");
    record_close(&child);
    ok(record_rename(runs, "base", "body", &err), &err);
    assert_names("body tst other vtst");
    assert_string_equal(string_of("body", "config.json", "name"), "body");
    assert_null(string_of("body", "config.json", "from"));
    assert_string_equal(string_of("tst", "config.json", "from"), "body");
    assert_string_equal(string_of("vtst", "config.json", "from"), "body");
    assert_string_equal(string_of("other", "config.json", "from"), "tst");
    assert_false(record_locked(runs, "body"));
}

/* A run that is made from several is a child of each, and keeps their order. */
static void a_child_of_many_follows_each(void **state)
{
    (void)state;
    Err err = {0};
    closed_run("a", NULL, 1);
    closed_run("b", NULL, 2);
    closed_run("mean", NULL, 3);
    put_text(path_of("mean", "config.json"), "w", "{\"from\":[\"a\",\"b\"],\"wall\":{\"created\":\"3\"}}");
    ok(record_rename(runs, "b", "c", &err), &err);
    json_t *config = record_read_json(runs, "mean", "config.json", &err);
    const json_t *from = json_object_get(config, "from");
    assert_string_equal(json_string_value(json_array_get(from, 0)), "a");
    assert_string_equal(json_string_value(json_array_get(from, 1)), "c");
    json_decref(config);
    refused(record_delete(runs, "a", false, &err), ERR_STATE, &err, "a is the parent of mean");
    refused(record_delete(runs, "c", false, &err), ERR_STATE, &err, "c is the parent of mean");
    ok(record_delete(runs, "c", true, &err), &err);
    assert_names("a");
}

static void delete_asks_about_children(void **state)
{
    (void)state;
    Err err = {0};
    closed_run("base", NULL, 1);
    closed_run("tst", "base", 2);
    closed_run("grandchild", "tst", 3);
    closed_run("alone", NULL, 4);
    closed_run("narcissus", "narcissus", 5); /* an edited file must not send us round for ever */
    refused(record_delete(runs, "base", false, &err), ERR_STATE, &err, "base is the parent of tst, grandchild");
    ok(record_delete(runs, "alone", false, &err), &err);
    ok(record_delete(runs, "narcissus", false, &err), &err);
    Record busy = new_run("busy", "grandchild", 6);
    refused(record_delete(runs, "base", true, &err), ERR_STATE, &err, "busy is being written");
    assert_names("base tst grandchild busy");
    record_close(&busy);
    ok(record_delete(runs, "base", true, &err), &err);
    assert_names("");
    assert_int_equal(rmdir(runs), 0); /* nothing is left behind */
}

/* A rename that was killed after any of its steps is finished by whoever comes next. */
static void a_killed_rename_is_finished(void **state)
{
    (void)state;
    for (int steps = 0; steps <= 4; steps++) {
        Err err = {0};
        closed_run("base", NULL, 1);
        closed_run("tst", "base", 2);
        closed_run("vtst", "base", 3);
        put_text(path_of("", ".renaming.json"), "w", "{\"name\": \"base\", \"to\": \"body\"}");
        static const char *const changed[] = {"base", "tst", "vtst"};
        for (int i = 0; i < steps && i < 3; i++) {
            json_t *config = record_read_json(runs, changed[i], "config.json", &err);
            json_object_set_new(config, i ? "from" : "name", json_string("body"));
            char *text = json_dumps(config, 0);
            put_text(path_of(changed[i], "config.json"), "w", text);
            free(text);
            json_decref(config);
        }
        if (steps > 3) {
            char old[512];
            snprintf(old, sizeof old, "%.250s", path_of("base", "."));
            old[strlen(old) - 2] = 0;
            char new[512];
            snprintf(new, sizeof new, "%.250s", path_of("body", "."));
            new[strlen(new) - 2] = 0;
            assert_int_equal(rename(old, new), 0);
        }
        ok(record_recover(runs, &err), &err);
        assert_names("body tst vtst");
        assert_string_equal(string_of("body", "config.json", "name"), "body");
        assert_string_equal(string_of("tst", "config.json", "from"), "body");
        assert_string_equal(string_of("vtst", "config.json", "from"), "body");
        assert_false(file_exists(path_of("", ".renaming.json")));
        ok(record_delete(runs, "body", true, &err), &err);
    }
}

/* Not while a process is at it; and a journal of runs that are gone is no reason to stop. */
static void a_rename_that_goes_on_is_left_alone(void **state)
{
    (void)state;
    Err err = {0};
    Record busy = new_run("base", NULL, 1);
    put_text(path_of("", ".renaming.json"), "w", "{\"name\": \"base\", \"to\": \"body\"}");
    ok(record_recover(runs, &err), &err);
    assert_names("base");
    assert_true(file_exists(path_of("", ".renaming.json")));
    closed_run("other", NULL, 2);
    refused(record_rename(runs, "other", "another", &err), ERR_STATE, &err, "is not finished");
    record_close(&busy);
    ok(record_rename(runs, "other", "another", &err), &err);
    assert_names("body another");
    put_text(path_of("", ".renaming.json"), "w", "{\"name\": \"gone\", \"to\": \"nowhere\"}");
    ok(record_recover(runs, &err), &err);
    assert_false(file_exists(path_of("", ".renaming.json")));
    put_text(path_of("", ".renaming.json"), "w", "{\"name\": \"../x\", \"to\": \"y\"}");
    refused(record_recover(runs, &err), ERR_FORMAT, &err, "which run gets which name");
}

static void unreadable_runs_may_be_children(void **state)
{
    (void)state;
    Err err = {0};
    closed_run("base", NULL, 1);
    closed_run("tst", "base", 2);
    put_text(path_of("tst", "config.json"), "w", "{");
    refused(record_rename(runs, "base", "body", &err), ERR_STATE, &err, "tst/config.json cannot be read");
    refused(record_delete(runs, "base", true, &err), ERR_STATE, &err, "tst/config.json cannot be read");
    assert_names("tst base");
    ok(record_delete(runs, "tst", false, &err), &err); /* itself */
    assert_names("base");
}

/* What a killed removal left is swept, once its process is gone. */
static void leavings_are_swept(void **state)
{
    (void)state;
    Err err = {0};
    char path[128];
    closed_run("base", NULL, 1);
    static const char *const name[] = {".base.999999999.deleted", ".base.1.deleted", ".base.deleted"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(mkdir(path_of(name[i], ""), 0755), 0);
        put_text(path_of(name[i], "events.jsonl"), "w", "x");
    }
    assert_int_equal(mkdir(path_of(".user.999999998.deleted", ""), 0755), 0);
    put_text(path_of(".user.999999998.deleted", "thesis.txt"), "w", "x");
    ok(record_recover(runs, &err), &err);
    snprintf(path, sizeof path, "%s", name[0]);
    assert_false(file_exists(path_of(path, "events.jsonl")));
    assert_true(file_exists(path_of(name[1], "events.jsonl"))); /* process 1 lives */
    assert_true(file_exists(path_of(name[2], "events.jsonl")));
    assert_true(file_exists(path_of(".user.999999998.deleted", "thesis.txt")));
    assert_names("base");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_by_creation),
        TEST(rename_takes_children_along),
        TEST(a_child_of_many_follows_each),
        TEST(delete_asks_about_children),
        TEST(a_killed_rename_is_finished),
        TEST(a_rename_that_goes_on_is_left_alone),
        TEST(unreadable_runs_may_be_children),
        TEST(leavings_are_swept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
