/* test_data_places.c - where a data set is looked for when dir does not say, and what is said when it is nowhere. */
#include "test_data_files.h"

static char home[PATH_SIZE];

/* The test's folder becomes the working directory; $TARE_HOME is `home` in it. */
static int enter(void **state)
{
    if (folder_open(state) != 0 || chdir(folder) != 0) return -1;
    snprintf(home, sizeof home, "%s/home", folder);
    dataset_look_in("");
    return folder_make(home, NULL) == OK ? setenv("TARE_HOME", home, 1) : -1;
}

static int leave(void **state)
{
    dataset_look_in("");
    return chdir("/") == 0 ? folder_close(state) : -1;
}

/* Files of `n` records each, the label bytes zero, in the folder's sub-folder `sub`. */
static void put_records(const char *sub, const char *file, int n, int record)
{
    char path[PATH_SIZE], name[PATH_SIZE];
    unsigned char *bytes = calloc((size_t)n, (size_t)record);
    assert_non_null(bytes);
    assert_int_equal(path_join(path, folder, sub, NULL), OK);
    assert_int_equal(folder_make(path, NULL), OK);
    assert_int_equal(path_join(name, sub, file, NULL), OK);
    put_file(name, bytes, (size_t)n * (size_t)record);
    free(bytes);
}

static DataSpec anywhere(const char *name)
{
    DataSpec spec = spec_of(name, 0, 0, 0);
    spec.dir[0] = 0;
    spec.share = 0.5;
    spec.batches = 1;
    return spec;
}

static const struct {
    const char *name, *sub, *train, *test;
    int record;
} layouts[] = {
    {"cifar10", "cifar-10-batches-bin", "data_batch_1.bin", "test_batch.bin", 3073},
    {"cifar10", "cifar10", "data_batch_1.bin", "test_batch.bin", 3073},
    {"cifar10", ".", "data_batch_1.bin", "test_batch.bin", 3073},
    {"cifar100", "cifar-100-binary", "train.bin", "test.bin", 3074},
    {"cifar100", "cifar100", "train.bin", "test.bin", 3074},
    {"svhn", "svhn", "train.bin", "test.bin", 3073},
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static void put_layout(int i, const char *root, int n)
{
    char sub[PATH_SIZE];
    assert_int_equal(path_join(sub, root, layouts[i].sub, NULL), OK);
    put_records(sub, layouts[i].train, 2 * n, layouts[i].record);
    put_records(sub, layouts[i].test, n, layouts[i].record);
}

static void finds_each_layout_in_each_root(void **state)
{
    (void)state;
    static const char *const roots[] = {"own", "data/downloads", "home/data/downloads"};
    dataset_look_in("own");
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < LAYOUTS; i++) {
            char path[PATH_SIZE];
            put_layout(i, roots[r], 3);
            Dataset *d = load(anywhere(layouts[i].name));
            assert_int_equal(d->split[SPLIT_TEST].n, 3);
            assert_string_equal(d->spec.dir, ""); /* another machine finds its own */
            dataset_release(d);
            assert_int_equal(path_join(path, folder, roots[r], NULL), OK);
            assert_int_equal(folder_remove(path, NULL), OK);
        }
}

static void the_nearer_root_goes_first(void **state)
{
    (void)state;
    static const char *const roots[] = {"home/data/downloads", "data/downloads", "own"};
    for (int r = 0; r < 3; r++) { /* each in front of those before it */
        put_layout(1, roots[r], 3 + r);
        if (r == 2) dataset_look_in("own");
        Dataset *d = load(anywhere("cifar10"));
        assert_int_equal(d->split[SPLIT_TEST].n, 3 + r);
        dataset_release(d);
    }
}

static void dir_may_be_the_folder_above(void **state)
{
    (void)state;
    put_layout(0, "own", 4);
    DataSpec spec = anywhere("cifar10");
    strcpy(spec.dir, "own");
    Dataset *d = load(spec);
    assert_int_equal(d->split[SPLIT_TEST].n, 4);
    dataset_release(d);
    strcpy(spec.dir, "own/cifar-10-batches-bin");
    dataset_release(load(spec));
}

static void says_where_it_looked(void **state)
{
    (void)state;
    put_records("home/data/downloads", "other", 1, 1);
    put_records("home/scripts", "fetch-data", 1, 1);
    dataset_look_in("own");
    load_fails("cifar10", anywhere("cifar10"), ERR_IO,
               "cifar10: no cifar-10-batches-bin/test_batch.bin in own, data/downloads, |home/data/downloads; |"
               "home/scripts/fetch-data cifar10`|--data DIR");
    load_fails("cifar100", anywhere("cifar100"), ERR_IO, "no cifar-100-binary/test.bin|fetch-data cifar100`");
    put_records("scripts", "fetch-data", 1, 1);
    load_fails("svhn", anywhere("svhn"), ERR_IO, "no svhn/test_32x32.mat|; `scripts/fetch-data svhn` fetches");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(finds_each_layout_in_each_root),
        CASE(the_nearer_root_goes_first),
        CASE(dir_may_be_the_folder_above),
        CASE(says_where_it_looked),
    };
    return cmocka_run_group_tests_name("data places", tests, NULL, NULL);
}
