/* test_train_features.c - cached features as files: written whole, checked, bounded; the same results and events with
 * them, without them, and whatever has happened to them. */
#include "test_train_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 5, WIDTH = 7 };

static const char *lab_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void save_some(const char *where, uint64_t key)
{
    Features f;
    Err err = {0};
    assert_int_equal(features_open(&f, key, ROWS, WIDTH, &err), OK);
    for (int i = 0; i < ROWS * WIDTH; i++) f.values[i] = (float)i + (float)key;
    if (features_save(&f, where, &err) != OK) fail_msg("%s", err.msg);
    features_close(&f);
}

static void what_is_saved_is_mapped(void **state)
{
    (void)state;
    char where[256];
    Features f;
    Err err = {0};
    bool there = true;
    snprintf(where, sizeof where, "%s", lab_path("store/deep"));
    assert_int_equal(features_map(&f, where, 0x12, ROWS, WIDTH, &there, &err), OK);
    assert_false(there);
    assert_null(f.values);
    save_some(where, 0x12);
    assert_int_equal(features_map(&f, where, 0x12, ROWS, WIDTH, &there, &err), OK);
    assert_true(there && f.mapped && f.rows == ROWS && (uintptr_t)f.values % 64 == 0);
    for (int i = 0; i < ROWS * WIDTH; i++) assert_true(f.values[i] == (float)i + 18);
    features_close(&f);
    features_close(&f); /* an empty one */
    assert_true(file_exists(lab_path("store/deep/0000000000000012")));
}

/* Damage to a good file, and what is said of it. */
static void damaged_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        off_t at, length; /* a byte to change (< 0: none); a new length (0: as it is) */
        uint64_t asked;
        ptrdiff_t rows;
        const char *says;
    } rows[] = {
        {"whole", -1, 0, 9, ROWS, NULL},
        {"cut", -1, 100, 9, ROWS, "is torn: 100 bytes instead of 204"},
        {"empty", -1, 1, 9, ROWS, "is torn"},
        {"longer", -1, 300, 9, ROWS, "is torn"},
        {"magic", 2, 0, 9, ROWS, "was edited"},
        {"checksum", 41, 0, 9, ROWS, "was edited"},
        {"first value", 64, 0, 9, ROWS, "was edited"},
        {"last value", 203, 0, 9, ROWS, "was edited"},
        {"other rows", -1, 0, 9, ROWS - 1, "is torn"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Features f;
        Err err = {0};
        bool there;
        char where[256], file[512];
        snprintf(where, sizeof where, "%s/damage", folder);
        snprintf(file, sizeof file, "%s/0000000000000009", where);
        save_some(where, 9);
        if (rows[i].length > 0) assert_int_equal(truncate(file, rows[i].length), 0);
        int fd = open(file, O_RDWR);
        char byte;
        if (rows[i].at >= 0) {
            assert_int_equal(pread(fd, &byte, 1, rows[i].at), 1);
            byte = (char)(byte ^ 0x10);
            assert_int_equal(pwrite(fd, &byte, 1, rows[i].at), 1);
        }
        close(fd);
        Status got = features_map(&f, where, rows[i].asked, rows[i].rows, WIDTH, &there, &err);
        if ((got == OK) != !rows[i].says || !there) fail_msg("%s: %d", rows[i].name, got);
        if (rows[i].says && (got != ERR_FORMAT || !strstr(err.msg, rows[i].says)))
            fail_msg("%s: %s", rows[i].name, err.msg);
        features_close(&f);
    }
    Features f; /* the right length under a wrong name: its key says so */
    Err err = {0};
    bool there;
    char from[512], to[512], where[256];
    snprintf(where, sizeof where, "%s/damage", folder);
    save_some(where, 9);
    snprintf(from, sizeof from, "%s/0000000000000009", where);
    snprintf(to, sizeof to, "%s/000000000000000a", where);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(features_map(&f, where, 10, ROWS, WIDTH, &there, &err), ERR_FORMAT);
}

static int count_files(const char *where)
{
    int n = 0;
    DIR *dir = opendir(where);
    for (struct dirent *d; dir && (d = readdir(dir));) n += d->d_name[0] != '.';
    if (dir) closedir(dir);
    return n;
}

/* A file is 204 bytes. The longest unused go first; to be mapped is to be used. */
static void the_longest_unused_are_removed(void **state)
{
    (void)state;
    char where[256], path[512];
    Err err = {0};
    Features f;
    bool there;
    snprintf(where, sizeof where, "%s/bound", folder);
    for (uint64_t key = 1; key <= 5; key++) {
        save_some(where, key);
        snprintf(path, sizeof path, "%s/%016llx", where, (unsigned long long)key);
        struct timespec long_ago[2] = {{.tv_sec = 1000 + (time_t)key}, {.tv_sec = 1000 + (time_t)key}};
        assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
    }
    assert_int_equal(features_map(&f, where, 1, ROWS, WIDTH, &there, &err), OK);
    features_close(&f);
    assert_int_equal(features_prune(where, 5 * 204, &err), OK);
    assert_int_equal(count_files(where), 5);
    assert_int_equal(features_prune(where, 3 * 204 + 203, &err), OK);
    assert_int_equal(count_files(where), 3);
    for (uint64_t key = 1; key <= 5; key++) {
        snprintf(path, sizeof path, "%s/%016llx", where, (unsigned long long)key);
        assert_int_equal(file_exists(path), key != 2 && key != 3);
    }
    assert_int_equal(features_prune(where, 0, &err), OK);
    assert_int_equal(count_files(where), 0);
    assert_int_equal(features_prune(lab_path("nowhere"), 0, &err), ERR_IO);
}

/* A limit on the size of files stands in for a full disk: the write fails in the middle. */
static void a_full_disk_leaves_nothing_behind(void **state)
{
    (void)state;
    char where[256];
    Features f;
    Err err = {0};
    struct rlimit before, small;
    snprintf(where, sizeof where, "%s/full", folder);
    assert_int_equal(features_open(&f, 1, ROWS, WIDTH, &err), OK);
    for (int i = 0; i < ROWS * WIDTH; i++) f.values[i] = 1;
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){100, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    Status saved = features_save(&f, where, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(saved, ERR_IO);
    assert_int_equal(count_files(where), 0);
    assert_true(folder_exists(where));
    features_close(&f);
}

/* ---- in a training ---- */

/* A V-TST of its own session, as a fresh process would train it; says whether the features were mapped, and what was
 * said aside. */
static uint64_t child(const char *name, bool *mapped, char aside[EVENT_TEXT_SIZE])
{
    Session s;
    Job j = job("vtst", name);
    job_add_parent(&j, "base", NULL);
    session_open(&s, "features", &j, NULL, false);
    uint64_t digest = session_train(&s, -1, OK);
    *mapped =
        s.cache.split[SPLIT_TRAIN].mapped && s.cache.split[SPLIT_VALID].mapped && s.cache.split[SPLIT_TEST].mapped;
    snprintf(aside, EVENT_TEXT_SIZE, "%s", s.aside);
    session_close(&s);
    return digest;
}

static void expect_equal(const char *a, const char *b)
{
    static const char *const files[] = {"last.safetensors", "best.safetensors", "test.safetensors"};
    for (int f = 0; f < 3; f++)
        assert_int_equal(file_print("features", a, files[f]), file_print("features", b, files[f]));
}

/* What happens to the cache between two trainings. */
static void nothing(const char *cache)
{
    (void)cache;
}

static void tear(const char *cache)
{
    char path[512];
    DIR *dir = opendir(cache);
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", cache, d->d_name);
        if (d->d_name[0] != '.') assert_int_equal(truncate(path, 1000), 0);
    }
    closedir(dir);
}

static void edit(const char *cache)
{
    char path[512];
    DIR *dir = opendir(cache);
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", cache, d->d_name);
        if (d->d_name[0] == '.') continue;
        int fd = open(path, O_WRONLY);
        assert_int_equal(pwrite(fd, "tare!", 5, 640), 5);
        close(fd);
    }
    closedir(dir);
}

static void remove_all(const char *cache)
{
    assert_int_equal(folder_remove(cache, NULL), OK);
}

static void block(const char *cache)
{
    remove_all(cache);
    close(open(cache, O_WRONLY | O_CREAT, 0644)); /* a plain file: no folder can be made, whoever runs the test */
}

static void results_do_not_depend_on_the_cache(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*before)(const char *cache);
        bool mapped;
        const char *says;
    } rows[] = {
        {"again", nothing, true, ""},
        {"torn", tear, false, "; the features are computed again"},
        {"written-again", nothing, true, ""},
        {"edited", edit, false, "was edited: its checksum does not match; the features are computed again"},
        {"removed", remove_all, false, ""},
        {"blocked", block, false, "; the features are kept in memory only"},
    };
    char aside[EVENT_TEXT_SIZE], cache[256];
    bool mapped;
    make_base("features", 1);
    snprintf(cache, sizeof cache, "%s/features/.features", folder);
    uint64_t first = child("first", &mapped, aside);
    assert_false(mapped);
    assert_int_equal(count_files(cache), SPLITS);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i].before(cache);
        uint64_t digest = child(rows[i].name, &mapped, aside);
        if (digest != first) fail_msg("%s: other events", rows[i].name);
        if (mapped != rows[i].mapped) fail_msg("%s: mapped %d", rows[i].name, mapped);
        if (*rows[i].says ? !strstr(aside, rows[i].says) : *aside) fail_msg("%s: \"%s\"", rows[i].name, aside);
        expect_equal(rows[i].name, "first");
    }
}

/* The key: another checkpoint or network has files of its own. */
static void other_bodies_have_other_files(void **state)
{
    (void)state;
    char cache[256];
    Engine *e = engine("bodies", 1);
    Job j = job("stage1", "base"), best = job("tst", "best"), last = job("tst", "last");
    Run *base = submit(e, &j, NULL);
    strcpy(best.train.checkpoint, "best");
    snprintf(cache, sizeof cache, "%s/bodies/.features", folder);
    finish_well(e, submit(e, &last, base));
    assert_int_equal(count_files(cache), 3);
    finish_well(e, submit(e, &best, base));
    assert_int_equal(count_files(cache), runlog_best(&base->log)->step == 15 ? 3 : 6);
    engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_mapped),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(the_longest_unused_are_removed),
        cmocka_unit_test(a_full_disk_leaves_nothing_behind),
        cmocka_unit_test(results_do_not_depend_on_the_cache),
        cmocka_unit_test(other_bodies_have_other_files),
    };
    return cmocka_run_group_tests_name("engine: cached features", tests, open_lab, close_lab);
}
