/* test_data_split.c - which images a split takes, and what dataset_load adds for all sources. */
#include "test_data_files.h"
#include <math.h>

enum { CLASSES = 3, TRAIN = 90, TEST = 30 };

static int set_open(void **state)
{
    if (folder_open(state) != 0) return -1;
    put_idx_set(TRAIN, TEST, 4, 4, CLASSES);
    return 0;
}

/* holds (TRAIN) = which source rows a split has; each row at most once, in file order, with its own pixels. */
static void rows_of(const Dataset *d, SplitId id, bool *holds)
{
    const Split *s = &d->split[id];
    memset(holds, 0, TRAIN);
    for (ptrdiff_t i = 0; i < s->n; i++) {
        assert_true(i == 0 || s->source[i] > s->source[i - 1]);
        assert_int_equal(s->images[i * 16], s->source[i]);
        assert_int_equal(s->labels[i], s->source[i] % CLASSES);
        holds[s->source[i]] = true;
    }
}

static void count_classes(const Split *s, int count[CLASSES])
{
    memset(count, 0, CLASSES * sizeof *count);
    for (ptrdiff_t i = 0; i < s->n; i++) count[s->labels[i]]++;
}

static void sizes_and_balance(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        int64_t train, valid, test;
        double share;
        int expected[SPLITS][CLASSES];
    } cases[] = {
        {"given", 30, 15, 9, .15, {{10, 10, 10}, {5, 5, 5}, {3, 3, 3}}},
        {"first classes get one more", 31, 17, 2, .15, {{11, 10, 10}, {6, 6, 5}, {1, 1, 0}}},
        {"everything", 0, 0, 0, .1, {{27, 27, 27}, {3, 3, 3}, {10, 10, 10}}},
        {"everything, a fifth", 0, 0, 0, .2, {{24, 24, 24}, {6, 6, 6}, {10, 10, 10}}},
        {"train is the rest", 0, 10, 0, .15, {{26, 27, 27}, {4, 3, 3}, {10, 10, 10}}},
        {"valid is the rest", 10, 0, 0, .15, {{4, 3, 3}, {26, 27, 27}, {10, 10, 10}}},
        {"to the last image", 60, 30, 30, .15, {{20, 20, 20}, {10, 10, 10}, {10, 10, 10}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DataSpec spec = spec_of("idx", cases[i].train, cases[i].valid, cases[i].test);
        spec.share = cases[i].share;
        Dataset *d = load(spec);
        for (int s = 0; s < SPLITS; s++) {
            int count[CLASSES];
            count_classes(&d->split[s], count);
            for (int c = 0; c < CLASSES; c++) {
                int expected = cases[i].expected[s][c];
                if (count[c] == expected) continue;
                fail_msg("%s: %s has %d of class %d, expected %d", cases[i].row, split_name[s], count[c], c, expected);
            }
        }
        dataset_release(d);
    }
}

static void train_and_valid_share_nothing(void **state)
{
    (void)state;
    for (int64_t seed = 0; seed < 20; seed++) {
        bool train[TRAIN], valid[TRAIN];
        DataSpec spec = spec_of("idx", 60, 30, 0);
        spec.seed = seed;
        Dataset *d = load(spec);
        rows_of(d, SPLIT_TRAIN, train);
        rows_of(d, SPLIT_VALID, valid);
        for (int i = 0; i < TRAIN; i++) assert_int_equal(train[i] + valid[i], 1);
        dataset_release(d);
    }
}

static void larger_splits_hold_smaller_ones(void **state)
{
    (void)state;
    Dataset *small = load(spec_of("idx", 9, 6, 3)), *large = load(spec_of("idx", 40, 31, 20));
    for (int s = 0; s < SPLITS; s++) {
        bool in_small[TRAIN], in_large[TRAIN];
        rows_of(small, s, in_small);
        rows_of(large, s, in_large);
        for (int i = 0; i < TRAIN; i++) assert_true(!in_small[i] || in_large[i]);
    }
    dataset_release(small);
    dataset_release(large);
}

/* Neither the test images nor valid's depend on how many train takes. */
static void splits_do_not_depend_on_each_other(void **state)
{
    (void)state;
    Dataset *a = load(spec_of("idx", 9, 6, 12)), *b = load(spec_of("idx", 60, 6, 12));
    for (int s = SPLIT_VALID; s < SPLITS; s++) {
        assert_int_equal(a->split[s].n, b->split[s].n);
        assert_memory_equal(a->split[s].source, b->split[s].source, (size_t)a->split[s].n * sizeof(int32_t));
    }
    dataset_release(a);
    dataset_release(b);
}

static void the_seed_names_the_choice(void **state)
{
    (void)state;
    DataSpec spec = spec_of("idx", 30, 15, 12);
    Dataset *a = load(spec), *again = load(spec);
    spec.seed++;
    Dataset *other = load(spec);
    assert_true(a->fingerprint == again->fingerprint);
    assert_true(a->fingerprint != other->fingerprint);
    for (int s = 0; s < SPLITS; s++)
        assert_memory_not_equal(a->split[s].source, other->split[s].source, (size_t)a->split[s].n * sizeof(int32_t));
    dataset_release(a);
    dataset_release(again);
    dataset_release(other);
}

/* A choice keeps its meaning from version to version: these rows are what seed 1 takes. */
static void the_choice_is_recorded(void **state)
{
    (void)state;
    Dataset *d = load(spec_of("idx", 6, 3, 3));
    static const int32_t train[] = {3, 38, 40, 52, 60, 80}, valid[] = {15, 26, 76}, test[] = {0, 11, 19};
    assert_memory_equal(d->split[SPLIT_TRAIN].source, train, sizeof train);
    assert_memory_equal(d->split[SPLIT_VALID].source, valid, sizeof valid);
    assert_memory_equal(d->split[SPLIT_TEST].source, test, sizeof test);
    dataset_release(d);
}

static void all_keeps_the_source_s_own_balance(void **state)
{
    (void)state;
    unsigned char bytes[64];
    size_t size = idx_labels(bytes, TEST, CLASSES);
    memset(bytes + 8, 0, 20); /* class 0 has 23 of the 30 now */
    put_file("t10k-labels-idx1-ubyte", bytes, size);
    int count[CLASSES];
    Dataset *d = load(spec_of("idx", 30, 15, 0));
    count_classes(&d->split[SPLIT_TEST], count);
    assert_int_equal(count[0], 23);
    assert_int_equal(count[1], 3);
    dataset_release(d);
    load_fails("unbalanced", spec_of("idx", 30, 15, 12), ERR_USAGE,
               "test = 12 (balanced) take 4 images of class '1', of which there are 3|at most 9, in multiples of 3");
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *row, *name;
        int64_t train, valid, test;
        double share;
        const char *message;
    } cases[] = {
        {"the defaults of 2,000", "idx", 2000, 2000, 0, .15, "class '0', of which there are 30|at most 90"},
        {"one too many", "idx", 61, 30, 0, .15, "take 31 images of class '0'|0 for all"},
        {"too many for testing", "idx", 30, 30, 31, .15, "test = 31|take 11 images of class '0'|at most 30"},
        {"nothing left for valid", "idx", 90, 0, 0, .15, "no image is left for valid: train = 90|lower"},
        {"nothing left for train", "idx", 0, 90, 0, .15, "no image is left for train|of 90 training images"},
        {"below zero", "idx", -1, 10, 0, .15, "train = -1: expected a whole number from 0"},
        {"share of nothing", "idx", 0, 0, 0, 0, "share = 0: expected a number from 0.01"},
        {"misspelt", "fashon", 10, 10, 0, .15, "'fashon' (did you mean 'fashion'?)"},
        {"unknown", "imagenet", 10, 10, 0, .15, "'imagenet'; there are: fashion (|cifar10 (|blends (|idx ("},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DataSpec spec = spec_of("idx", cases[i].train, cases[i].valid, cases[i].test);
        snprintf(spec.name, sizeof spec.name, "%s", cases[i].name);
        spec.share = cases[i].share;
        load_fails(cases[i].row, spec, ERR_USAGE, cases[i].message);
    }
    DataSpec spec = spec_of("idx", 30, 30, 30);
    strcpy(spec.name, "nothing like it");
    assert_null(dataset_load(&spec, NULL)); /* no one to tell */
}

static void tables_of_options(void **state)
{
    (void)state;
    assert_ptr_equal(dataset_options("fashion"), data_options);
    assert_ptr_equal(dataset_options("blends"), blends_options);
    assert_null(dataset_options("fashon"));
    DataSpec spec = {0};
    option_defaults(data_options, &spec);
    assert_string_equal(spec.name, "fashion");
    assert_int_equal(spec.train, 2000); /* the recipe `small` */
    assert_int_equal(spec.valid, 2000);
    assert_int_equal(spec.test, 0);
}

static void statistics_of_the_training_pixels(void **state)
{
    (void)state;
    Dataset *d = load(spec_of("idx", 30, 15, 0));
    const Split *train = &d->split[SPLIT_TRAIN];
    double n = (double)train->n * 16, mean = 0, variance = 0;
    for (ptrdiff_t i = 0; i < train->n * 16; i++) mean += train->images[i] / 255.0 / n;
    for (ptrdiff_t i = 0; i < train->n * 16; i++) variance += pow(train->images[i] / 255.0 - mean, 2) / n;
    assert_true(fabs(d->mean[0] - mean) < 1e-6);
    assert_true(fabs(d->sd[0] - sqrt(variance)) < 1e-6);
    dataset_release(d);

    unsigned char bytes[16 + 16 * TRAIN];
    size_t size = idx_images(bytes, TRAIN, 4, 4);
    memset(bytes + 16, 51, size - 16);
    put_file("train-images-idx3-ubyte", bytes, size);
    d = load(spec_of("idx", 30, 15, 0));
    assert_true(fabs(d->mean[0] - 0.2) < 1e-7);
    assert_true(d->sd[0] == 1); /* a channel that never changes */
    dataset_release(d);
}

/* One pixel, or one label, changes the fingerprint; so does another cut into splits. */
static void the_fingerprint_sees_everything(void **state)
{
    (void)state;
    unsigned char bytes[16 + 16 * TEST];
    DataSpec spec = spec_of("idx", 30, 15, 0);
    Dataset *d = load(spec);
    uint64_t seen[4] = {d->fingerprint};
    dataset_release(d);
    size_t size = idx_images(bytes, TEST, 4, 4);
    bytes[size - 1] ^= 1;
    put_file("t10k-images-idx3-ubyte", bytes, size);
    d = load(spec);
    seen[1] = d->fingerprint;
    dataset_release(d);
    size = idx_labels(bytes, TEST, CLASSES);
    bytes[8 + TEST - 1] = 0;
    put_file("t10k-labels-idx1-ubyte", bytes, size);
    d = load(spec);
    seen[2] = d->fingerprint;
    dataset_release(d);
    spec.train = 33;
    d = load(spec);
    seen[3] = d->fingerprint;
    dataset_release(d);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++) assert_true(seen[i] != seen[j]);
}

static void lives_until_the_last_release(void **state)
{
    (void)state;
    Dataset *d = load(spec_of("idx", 30, 15, 0));
    assert_ptr_equal(dataset_retain(d), d);
    dataset_release(d);
    assert_int_equal(d->references, 1);
    assert_int_equal(d->split[SPLIT_TRAIN].n, 30);
    dataset_release(d);
    dataset_release(NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sizes_and_balance),
        CASE(train_and_valid_share_nothing),
        CASE(larger_splits_hold_smaller_ones),
        CASE(splits_do_not_depend_on_each_other),
        CASE(the_seed_names_the_choice),
        CASE(the_choice_is_recorded),
        CASE(all_keeps_the_source_s_own_balance),
        CASE(refuses_what_cannot_be),
        CASE(tables_of_options),
        CASE(statistics_of_the_training_pixels),
        CASE(the_fingerprint_sees_everything),
        CASE(lives_until_the_last_release),
    };
    return cmocka_run_group_tests_name("data split", tests, NULL, NULL);
}
