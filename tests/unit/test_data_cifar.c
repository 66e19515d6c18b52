/* test_data_cifar.c - the binary records of CIFAR-10 and CIFAR-100. */
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

/* The first `batches` training files are to be read. */
static DataSpec ten_spec(int64_t batches)
{
    DataSpec spec = spec_of("cifar10", 20, 10, 0);
    spec.batches = batches;
    return spec;
}

static void reads_planes_as_pixels(void **state)
{
    (void)state;
    put_batch("data_batch_1.bin", 0, 20, 0);
    put_batch("data_batch_2.bin", 20, 30, 0);
    put_batch("test_batch.bin", 100, 10, 0);
    Dataset *d = load(ten_spec(2));
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
    Dataset *d = load(ten_spec(1));
    assert_string_equal(d->class_names[9], "nine");
    dataset_release(d);
    put_file("batches.meta.txt", digits, 8);
    load_fails("two names", ten_spec(1), ERR_FORMAT, "batches.meta.txt: 2 class names; expected 10");
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    DataSpec spec = ten_spec(1);
    load_fails("no files", spec, ERR_IO, "no data_batch_1.bin|scripts/fetch-data cifar10`|set dir");
    put_file("data_batch_1", "x", 1);
    load_fails("pickled files", spec, ERR_IO, "no data_batch_1.bin|is there, but of the Python version");
    put_batch("data_batch_1.bin", 0, 40, 0);
    load_fails("no test file", spec, ERR_IO, "test_batch.bin");
    put_batch("test_batch.bin", 0, 10, 1);
    load_fails("cut", spec, ERR_FORMAT, "test_batch.bin: 30729 bytes|record 10 has only 3072");
    put_file("test_batch.bin", "", 0);
    load_fails("empty", spec, ERR_FORMAT, "test_batch.bin: 0 bytes");
    put_batch("test_batch.bin", 0, 10, 0);
    put_batch("data_batch_2.bin", 0, 40, 0);
    load_fails("two of five", ten_spec(5), ERR_IO, "no data_batch_3.bin|fetch-data cifar10`|set batches = 2");
    spec.batches = 3;
    unsigned char record[RECORD] = {10};
    put_file("data_batch_3.bin", record, RECORD);
    load_fails("label", spec, ERR_FORMAT,
               "data_batch_3.bin: record 1 (byte 0): label 10; expected 0 to 9|of CIFAR-10?");
    put_file("data_batch_3.bin", record, 100);
    load_fails("less than a record", spec, ERR_FORMAT, "data_batch_3.bin: 100 bytes|record 1 has only 100");
}

/* ---- CIFAR-100 ---- */

enum { RECORD_100 = 3074 };

/* A file of n records of CIFAR-100: fine label i % 100, coarse label i % 20; pixels as in put_batch. */
static void put_hundred(const char *name, int n, size_t cut)
{
    unsigned char *bytes = malloc((size_t)(n * RECORD_100) + 1);
    assert_non_null(bytes);
    for (int i = 0; i < n; i++) {
        unsigned char *record = bytes + i * RECORD_100;
        record[0] = (unsigned char)(i % 20);
        record[1] = (unsigned char)(i % 100);
        for (int p = 0; p < 3072; p++) record[2 + p] = (unsigned char)((i + 3 * (p % 1024) + 50 * (p / 1024)) % 256);
    }
    put_file(name, bytes, (size_t)(n * RECORD_100) - cut);
    free(bytes);
}

static void put_names(const char *name, const char *stem, int n)
{
    char text[4096];
    size_t used = 0;
    for (int i = 0; i < n; i++) used += (size_t)snprintf(text + used, sizeof text - used, "%s_%d\n", stem, i);
    put_file(name, text, used);
}

static DataSpec hundred_spec(const char *labels, int64_t train, int64_t valid)
{
    DataSpec spec = spec_of("cifar100", train, valid, 0);
    strcpy(spec.labels, labels);
    return spec;
}

static void reads_either_label(void **state)
{
    (void)state;
    static const struct {
        const char *labels, *last_name;
        int classes;
    } kinds[] = {{"fine", "kind_99", 100}, {"coarse", "group_19", 20}};
    put_hundred("train.bin", 400, 0);
    put_hundred("test.bin", 200, 0);
    put_names("fine_label_names.txt", "kind", 100);
    put_names("coarse_label_names.txt", "group", 20);
    for (int k = 0; k < 2; k++) {
        Dataset *d = load(hundred_spec(kinds[k].labels, 200, 100));
        assert_int_equal(d->classes, kinds[k].classes);
        assert_string_equal(d->class_names[d->classes - 1], kinds[k].last_name);
        for (int s = 0; s < SPLITS; s++)
            for (int i = 0; i < d->split[s].n; i++) {
                int row = d->split[s].source[i];
                assert_int_equal(d->split[s].labels[i], row % kinds[k].classes);
                for (int p = 0; p < 1024; p += 93)
                    for (int c = 0; c < 3; c++)
                        assert_int_equal(d->split[s].images[(i * 1024 + p) * 3 + c], (row + 3 * p + 50 * c) % 256);
            }
        dataset_release(d);
    }
}

static void numbers_the_classes_that_have_no_names(void **state)
{
    (void)state;
    put_hundred("train.bin", 300, 0);
    put_hundred("test.bin", 100, 0);
    Dataset *d = load(hundred_spec("fine", 100, 100));
    assert_string_equal(d->class_names[99], "99");
    dataset_release(d);
}

static void names_what_is_wrong_with_a_hundred(void **state)
{
    (void)state;
    load_fails("no files", hundred_spec("fine", 0, 0), ERR_IO,
               "cifar100: no train.bin in|scripts/fetch-data cifar100`");
    put_hundred("train.bin", 300, 0);
    load_fails("no test file", hundred_spec("fine", 0, 0), ERR_IO, "test.bin");
    put_hundred("test.bin", 100, 2);
    load_fails("cut", hundred_spec("fine", 0, 0), ERR_FORMAT, "test.bin: 307398 bytes|record 100 has only 3072|again");
    unsigned char record[2 * RECORD_100] = {[RECORD_100] = 19, [RECORD_100 + 1] = 100};
    put_file("test.bin", record, sizeof record);
    load_fails("fine", hundred_spec("coarse", 0, 0), ERR_FORMAT, "record 2 (byte 3075): label 100; expected 0 to 99");
    record[RECORD_100] = 20;
    put_file("test.bin", record, sizeof record);
    load_fails("coarse", hundred_spec("fine", 0, 0), ERR_FORMAT,
               "record 2 (byte 3074): label 20; expected 0 to 19|of CIFAR-100?");
    put_batch("test.bin", 0, 10, 0);
    load_fails("the other CIFAR", hundred_spec("fine", 0, 0), ERR_FORMAT, "test.bin: 30730 bytes|of 3074 bytes");
    put_names("fine_label_names.txt", "kind", 99);
    load_fails("names", hundred_spec("fine", 0, 0), ERR_FORMAT, "fine_label_names.txt: 99 class names; expected 100");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_planes_as_pixels),
        CASE(reads_class_names),
        CASE(names_what_is_wrong),
        CASE(reads_either_label),
        CASE(numbers_the_classes_that_have_no_names),
        CASE(names_what_is_wrong_with_a_hundred),
    };
    return cmocka_run_group_tests_name("data cifar", tests, NULL, NULL);
}
