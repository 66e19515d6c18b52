/* test_data_fashion.c - the images that ship, and the package they were taken from. */
#include "test_data_files.h"
#include <math.h>

static const char PACKAGE[] = "/usr/share/datasets/fashion-mnist";

static int home_set(void **state)
{
    (void)state;
    return setenv("TARE_HOME", ".", 1); /* tests run at the top of the repository */
}

static Dataset *load_from(const char *name, const char *dir, int64_t train, int64_t valid)
{
    DataSpec spec = spec_of(name, train, valid, 0);
    snprintf(spec.dir, sizeof spec.dir, "%s", dir);
    return load(spec);
}

static void the_default_is_the_small_recipe(void **state)
{
    (void)state;
    Dataset *d = load_from("fashion", "", 2000, 2000);
    static const int expected[SPLITS] = {200, 200, 400};
    assert_int_equal(d->h, 32);
    assert_int_equal(d->w, 32);
    assert_int_equal(d->c, 1);
    assert_int_equal(d->classes, 10);
    assert_string_equal(d->class_names[0], "T-shirt/top");
    assert_string_equal(d->class_names[9], "Ankle boot");
    for (int s = 0; s < SPLITS; s++) {
        int count[10] = {0};
        for (ptrdiff_t i = 0; i < d->split[s].n; i++) count[d->split[s].labels[i]]++;
        for (int c = 0; c < 10; c++) assert_int_equal(count[c], expected[s]);
    }
    assert_true(fabsf(d->mean[0] - .2190f) < .01f); /* .2860 of 28 x 28 pixels is .2190 of 32 x 32 */
    dataset_release(d);
}

static unsigned char *inflated(const char *dir, const char *part, const char *kind, size_t *size)
{
    char path[PATH_SIZE];
    unsigned char *bytes;
    snprintf(path, sizeof path, "%s/%s-%s-ubyte.gz", dir, part, kind);
    assert_int_equal(file_read(path, 1 << 28, true, &bytes, size, NULL), OK);
    return bytes;
}

/* The files that ship are the package's images: the first `per_class` of each class, in order. */
static void check_part(const char *part, int per_class)
{
    enum { IMAGE = 28 * 28 };
    size_t size, all;
    unsigned char *images = inflated("data/fashion", part, "images-idx3", &size);
    unsigned char *labels = inflated("data/fashion", part, "labels-idx1", &size);
    unsigned char *all_images = inflated(PACKAGE, part, "images-idx3", &all);
    unsigned char *all_labels = inflated(PACKAGE, part, "labels-idx1", &all);
    assert_int_equal(size, 8 + 10 * per_class);
    int left[10];
    size_t k = 0;
    for (int c = 0; c < 10; c++) left[c] = per_class;
    for (size_t i = 0; i < all - 8; i++) {
        if (left[all_labels[8 + i]]-- <= 0) continue;
        assert_true(k < size - 8);
        assert_int_equal(labels[8 + k], all_labels[8 + i]);
        assert_memory_equal(images + 16 + k * IMAGE, all_images + 16 + i * IMAGE, IMAGE);
        k++;
    }
    assert_int_equal(k, size - 8);
    free(images);
    free(labels);
    free(all_images);
    free(all_labels);
}

static void ships_the_first_of_each_class(void **state)
{
    (void)state;
    if (!folder_exists(PACKAGE)) skip();
    check_part("train", 600);
    check_part("t10k", 400);
}

static void loads_the_full_set(void **state)
{
    (void)state;
    if (!folder_exists(PACKAGE)) skip();
    Dataset *d = load_from("fashion-full", "", 0, 0);
    assert_int_equal(d->split[SPLIT_TRAIN].n, 51000);
    assert_int_equal(d->split[SPLIT_VALID].n, 9000);
    assert_int_equal(d->split[SPLIT_TEST].n, 10000);
    /* Mean and sd of the 28 x 28 pixels are .2860 and .3530 (as widely used); padding scales both moments. */
    double share = 28 * 28 / 1024.0, mean = .2860 * share, second = (.3530 * .3530 + .2860 * .2860) * share;
    assert_true(fabs(d->mean[0] - mean) < .001);
    assert_true(fabs(d->sd[0] - sqrt(second - mean * mean)) < .001);
    dataset_release(d);
}

static void says_how_to_get_the_full_set(void **state)
{
    (void)state;
    DataSpec spec = spec_of("fashion-full", 2000, 2000, 0);
    strcpy(spec.dir, "/nowhere/fashion-mnist");
    load_fails("no folder", spec, ERR_IO, "no folder /nowhere|dataset-fashion-mnist|apt install dataset-fashion-mnist");
}

static void says_how_many_there_are(void **state)
{
    (void)state;
    DataSpec spec = spec_of("fashion", 5000, 2000, 0);
    spec.dir[0] = 0;
    load_fails("7,000 of 6,000", spec, ERR_USAGE,
               "fashion: train = 5000 and valid = 2000|'T-shirt/top', of which there are 600|at most 6000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_the_small_recipe),
        cmocka_unit_test(ships_the_first_of_each_class),
        cmocka_unit_test(loads_the_full_set),
        cmocka_unit_test(says_how_to_get_the_full_set),
        cmocka_unit_test(says_how_many_there_are),
    };
    return cmocka_run_group_tests_name("data fashion", tests, home_set, NULL);
}
