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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_by_creation),
        TEST(rename_takes_children_along),
        TEST(delete_asks_about_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
