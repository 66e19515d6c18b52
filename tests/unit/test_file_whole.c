/* test_file_whole.c - whole files in and out, through every way that fails; arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "file/whole.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

static char folder[64];

static int open_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tare-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int close_folder(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

static const char *in(const char *name)
{
    static char path[PATH_SIZE];
    path_join(path, folder, name, NULL);
    return path;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    Err err = {0};
    assert_int_equal(file_write(in("a"), "hello", 5, &err), OK);
    assert_int_equal(file_write(in("a"), "hello, world", 12, &err), OK);
    assert_int_equal(file_read(in("a"), 100, false, &bytes, &size, &err), OK);
    assert_int_equal(size, 12);
    assert_string_equal((char *)bytes, "hello, world");
    free(bytes);
    assert_int_equal(file_read(in("a"), 11, false, &bytes, &size, &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "more than the 11 bytes"));
    assert_int_equal(file_read(in("none"), 11, false, &bytes, &size, &err), ERR_IO);
    assert_non_null(strstr(err.msg, "none: No such file"));
    assert_int_equal(file_read(folder, 11, false, &bytes, &size, &err), ERR_IO);
    assert_non_null(strstr(err.msg, "not a plain file"));
}

static void a_pipe_at_the_path_does_not_hang(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    Err err;
    assert_int_equal(mkfifo(in("pipe"), 0600), 0);
    assert_int_equal(file_read(in("pipe"), 100, false, &bytes, &size, &err), ERR_IO);
    assert_non_null(strstr(err.msg, "not a plain file"));
}

static void gzip_is_inflated_within_bounds(void **state)
{
    (void)state;
    static char text[100000];
    unsigned char *bytes, *raw;
    size_t size, raw_size;
    Err err;
    memset(text, 'x', sizeof text);
    gzFile gz = gzopen(in("x.gz"), "wb");
    gzwrite(gz, text, sizeof text);
    gzclose(gz);
    assert_int_equal(file_read(in("x.gz"), sizeof text, true, &bytes, &size, &err), OK);
    assert_int_equal(size, sizeof text);
    assert_memory_equal(bytes, text, size);
    free(bytes);
    assert_int_equal(file_read(in("x.gz"), sizeof text - 1, true, &bytes, &size, &err), ERR_LIMIT); /* a bomb */
    assert_int_equal(file_read(in("x.gz"), sizeof text, false, &raw, &raw_size, &err), OK);
    assert_true(raw_size < 1000);
    for (size_t cut = 3; cut < raw_size; cut += 7) {
        file_write(in("cut.gz"), raw, cut, &err);
        assert_int_equal(file_read(in("cut.gz"), sizeof text, true, &bytes, &size, &err), ERR_FORMAT);
        assert_non_null(strstr(err.msg, "broken gzip or zlib data at byte"));
    }
    raw[raw_size - 6] ^= 1; /* the checksum */
    file_write(in("cut.gz"), raw, raw_size, &err);
    assert_int_equal(file_read(in("cut.gz"), sizeof text, true, &bytes, &size, &err), ERR_FORMAT);
    free(raw);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    static char big[1 << 16];
    struct rlimit before, small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
    unsigned char *bytes;
    size_t size;
    Err err;
    assert_int_equal(file_write(in("kept"), "old", 3, &err), OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    Status written = file_write(in("kept"), big, sizeof big, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(written, ERR_IO);
    assert_non_null(strstr(err.msg, "the old file is kept"));
    assert_int_equal(file_read(in("kept"), 100, false, &bytes, &size, &err), OK);
    assert_string_equal((char *)bytes, "old");
    free(bytes);
    assert_int_equal(file_write(in("no/such/folder"), "x", 1, &err), ERR_IO);
}

/* A link stays a link, a write-protected file as it is (to root as well), a device is written and not replaced. */
static void what_stands_at_the_path_decides(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    struct stat st;
    char target[PATH_SIZE], link[PATH_SIZE];
    Err err;
    snprintf(target, sizeof target, "%s", in("target"));
    snprintf(link, sizeof link, "%s", in("link"));
    assert_int_equal(file_write(target, "old", 3, &err), OK);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(file_write(link, "new", 3, &err), OK);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(file_read(target, 100, false, &bytes, &size, &err), OK);
    assert_string_equal((char *)bytes, "new");
    free(bytes);

    assert_int_equal(chmod(target, 0444), 0);
    assert_int_equal(file_write(target, "other", 5, &err), ERR_IO);
    assert_non_null(strstr(err.msg, "write-protected"));
    assert_int_equal(file_write(link, "other", 5, &err), ERR_IO);
    assert_int_equal(file_read(target, 100, false, &bytes, &size, &err), OK);
    assert_string_equal((char *)bytes, "new");
    free(bytes);

    assert_int_equal(file_write("/dev/null", "x", 1, &err), OK);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(file_write("/dev/full", "x", 1, &err), ERR_IO);
    assert_int_equal(file_write(in(""), "x", 1, &err), ERR_IO);
    assert_non_null(strstr(err.msg, "is a folder"));
}

static void folders_are_made_and_removed(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    Err err;
    snprintf(path, sizeof path, "%s/one/two/three", folder);
    assert_int_equal(folder_make(path, &err), OK);
    assert_int_equal(folder_make(path, &err), OK);
    assert_true(folder_exists(path));
    snprintf(path, sizeof path, "%s/one/two/three/file", folder);
    assert_int_equal(file_write(path, "x", 1, &err), OK);
    strcat(path, "/below");
    assert_int_equal(folder_make(path, &err), ERR_IO);
    snprintf(path, sizeof path, "%s/one", folder);
    assert_int_equal(folder_remove(path, &err), OK);
    assert_false(folder_exists(path));
    assert_int_equal(folder_remove(path, &err), ERR_IO);
}

static void what_ships_is_found_or_named(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    Err err;
    setenv("TARE_HOME", folder, 1);
    file_write(in("page.md"), "x", 1, &err);
    assert_int_equal(path_shipped(path, "page.md", &err), OK);
    assert_string_equal(path, in("page.md"));
    assert_int_equal(path_shipped(path, "no-such-page.md", &err), ERR_IO);
    assert_non_null(strstr(err.msg, "no-such-page.md"));
    assert_non_null(strstr(err.msg, folder));
    assert_non_null(strstr(err.msg, "TARE_HOME"));
}

static void an_arena_gives_zeroed_aligned_memory_again(void **state)
{
    (void)state;
    Arena a;
    assert_int_equal(arena_open(&a, 1 << 20, NULL), OK);
    char *first = arena_alloc(&a, 100);
    size_t mark = arena_mark(&a);
    char *second = arena_alloc(&a, 1000);
    memset(second, 0xAA, 1000);
    arena_release(&a, mark);
    char *third = arena_alloc(&a, 5000); /* over what was used, and beyond */
    assert_ptr_equal(second, third);
    for (int i = 0; i < 5000; i++) assert_int_equal(third[i], 0);
    assert_int_equal((uintptr_t)first % 64, 0);
    assert_int_equal((uintptr_t)third % 64, 0);
    arena_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),         cmocka_unit_test(a_pipe_at_the_path_does_not_hang),
        cmocka_unit_test(gzip_is_inflated_within_bounds),  cmocka_unit_test(what_stands_at_the_path_decides),
        cmocka_unit_test(a_full_disk_leaves_the_old_file), cmocka_unit_test(folders_are_made_and_removed),
        cmocka_unit_test(what_ships_is_found_or_named),    cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_again),
    };
    return cmocka_run_group_tests_name("base: files and memory", tests, open_folder, close_folder);
}
