/* test_data_cifar.c - CIFAR-10's binary records. */
#include "test_data_files.h"

enum { RECORD = 3073 };

/* A file of n records: label (first + i) % 10; pixel p of channel c is (first + i + 3 p + 50 c) % 256. */
static void put_batch(const char *name, int first, int n, size_t cut)
{
    unsigned char *bytes = malloc((size_t)(n * RECORD) + 1);
    assert_non_null(bytes);
    for (int i = 0; i < n; i++) {
        unsigned char *record = bytes + i * RECORD;
        record[0] = (unsigned char)((first + i) % 10);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < 1024; p++)
                record[1 + c * 1024 + p] = (unsigned char)((first + i + 3 * p + 50 * c) % 256);
    }
    put_file(name, bytes, (size_t)(n * RECORD) - cut);
    free(bytes);
}

static void reads_planes_as_pixels(void **state)
{
    (void)state;
    put_batch("data_batch_1.bin", 0, 20, 0);
    put_batch("data_batch_4.bin", 20, 30, 0); /* any of the five will do */
    put_batch("test_batch.bin", 100, 10, 0);
    Dataset *d = load(spec_of("cifar10", 20, 10, 0));
    assert_int_equal(d->h, 32);
    assert_int_equal(d->w, 32);
    assert_int_equal(d->c, 3);
    assert_int_equal(d->classes, 10);
    assert_string_equal(d->class_names[0], "airplane");
    assert_string_equal(d->class_names[9], "truck");
    for (int s = 0; s < SPLITS; s++)
        for (int i = 0; i < d->split[s].n; i++) {
            const Split *split = &d->split[s];
            int row = split->source[i] + (s == SPLIT_TEST ? 100 : 0);
            assert_int_equal(split->labels[i], row % 10);
            for (int p = 0; p < 1024; p += 31)
                for (int c = 0; c < 3; c++)
                    assert_int_equal(split->images[(i * 1024 + p) * 3 + c], (row + 3 * p + 50 * c) % 256);
        }
    dataset_release(d);
}

static void reads_class_names(void **state)
{
    (void)state;
    put_batch("data_batch_1.bin", 0, 40, 0);
    put_batch("test_batch.bin", 0, 10, 0);
    static const char digits[] = "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n\n";
    put_file("batches.meta.txt", digits, sizeof digits - 1);
    Dataset *d = load(spec_of("cifar10", 20, 10, 0));
    assert_string_equal(d->class_names[9], "nine");
    dataset_release(d);
    put_file("batches.meta.txt", digits, 8);
    load_fails("two names", spec_of("cifar10", 20, 10, 0), ERR_FORMAT, "batches.meta.txt: 2 class names; expected 10");
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    DataSpec spec = spec_of("cifar10", 20, 10, 0);
    load_fails("no files", spec, ERR_IO, "no data_batch_1.bin|cifar-10-binary.tar.gz|set dir");
    put_batch("data_batch_2.bin", 0, 40, 0);
    load_fails("no test file", spec, ERR_IO, "test_batch.bin");
    put_batch("test_batch.bin", 0, 10, 1);
    load_fails("cut", spec, ERR_FORMAT, "test_batch.bin: 30729 bytes|record 9 has only 3072");
    put_file("test_batch.bin", "", 0);
    load_fails("empty", spec, ERR_FORMAT, "test_batch.bin: 0 bytes");
    put_batch("test_batch.bin", 0, 10, 0);
    unsigned char record[RECORD] = {10};
    put_file("data_batch_3.bin", record, RECORD);
    load_fails("label", spec, ERR_FORMAT, "data_batch_3.bin: record 0 (byte 0): label 10; expected 0 to 9");
    put_file("data_batch_3.bin", record, 100);
    load_fails("less than a record", spec, ERR_FORMAT, "data_batch_3.bin: 100 bytes|record 0 has only 100");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_planes_as_pixels),
        CASE(reads_class_names),
        CASE(names_what_is_wrong),
    };
    return cmocka_run_group_tests_name("data cifar", tests, NULL, NULL);
}
