/* test_data_idx.c - IDX files: what is read, how it is padded, and every way in which a file can be wrong. */
#include "test_data_files.h"

static void reads_pixels_labels_and_rows(void **state)
{
    (void)state;
    put_idx_set(40, 12, 6, 5, 4);
    Dataset *d = load(spec_of("idx", 0, 0, 0));
    assert_int_equal(d->h, 8); /* 6 and 5 padded to a multiple of 4 */
    assert_int_equal(d->w, 8);
    assert_int_equal(d->c, 1);
    assert_int_equal(d->classes, 4);
    assert_string_equal(d->class_names[3], "3");
    const Split *test = &d->split[SPLIT_TEST];
    assert_int_equal(test->n, 12);
    assert_null(test->posterior);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(test->source[i], i);
        assert_int_equal(test->labels[i], i % 4);
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++) { /* one row above and below, one column before and two behind */
                bool inside = y >= 1 && y < 7 && x >= 1 && x < 6;
                int expected = inside ? tiny_pixel(i, (y - 1) * 5 + x - 1) : 0;
                assert_int_equal(test->images[(i * 8 + y) * 8 + x], expected);
            }
    }
    dataset_release(d);
}

static void pads_28_to_32(void **state)
{
    (void)state;
    put_idx_set(20, 10, 28, 28, 2);
    Dataset *d = load(spec_of("idx", 0, 4, 0));
    assert_int_equal(d->h, 32);
    assert_int_equal(d->w, 32);
    const uint8_t *image = d->split[SPLIT_TEST].images + 3 * 32 * 32;
    assert_int_equal(image[2 * 32 + 2], tiny_pixel(3, 0));
    assert_int_equal(image[29 * 32 + 29], tiny_pixel(3, 28 * 28 - 1));
    assert_int_equal(image[1 * 32 + 2] + image[2 * 32 + 1] + image[30 * 32 + 29] + image[29 * 32 + 30], 0);
    dataset_release(d);
}

static void keeps_multiples_of_4(void **state)
{
    (void)state;
    put_idx_set(20, 10, 12, 16, 2);
    Dataset *d = load(spec_of("idx", 0, 4, 0));
    assert_int_equal(d->h, 12);
    assert_int_equal(d->w, 16);
    dataset_release(d);
}

static void reads_gzip_alike(void **state)
{
    (void)state;
    unsigned char bytes[4096];
    put_idx_set(40, 12, 6, 5, 4);
    Dataset *plain = load(spec_of("idx", 20, 8, 0));
    static const char *const names[] = {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    for (int i = 0; i < 2; i++) { /* one of the images, one of the labels: the two forms mix */
        char path[PATH_SIZE], packed[64];
        snprintf(packed, sizeof packed, "%s.gz", names[i]);
        size_t size = i == 0 ? idx_images(bytes, 40, 6, 5) : idx_labels(bytes, 12, 4);
        assert_int_equal(path_join(path, folder, names[i], NULL), OK);
        assert_int_equal(unlink(path), 0);
        put_gzip(packed, bytes, size);
    }
    Dataset *packed = load(spec_of("idx", 20, 8, 0));
    assert_true(plain->fingerprint == packed->fingerprint);
    dataset_release(plain);
    dataset_release(packed);
}

static void reads_class_names(void **state)
{
    (void)state;
    put_idx_set(40, 12, 6, 5, 4);
    put_file("labels.txt", "ant\r\n\nbee\ncrab\ndog", 18);
    Dataset *d = load(spec_of("idx", 0, 0, 0));
    static const char *const expected[] = {"ant", "bee", "crab", "dog"};
    assert_int_equal(d->classes, 4);
    for (int c = 0; c < 4; c++) assert_string_equal(d->class_names[c], expected[c]);
    dataset_release(d);
}

/* EMNIST Letters counts from 1; so do MATLAB and Julia. Unnamed, classes are called as the files call them. */
static void reads_labels_from_1(void **state)
{
    (void)state;
    unsigned char bytes[64];
    static const char *const names[] = {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"};
    static const int n[] = {40, 12};
    put_idx_set(40, 12, 6, 5, 4);
    for (int k = 0; k < 2; k++) {
        size_t size = idx_labels(bytes, n[k], 4);
        for (int i = 0; i < n[k]; i++) bytes[8 + i]++;
        put_file(names[k], bytes, size);
    }
    DataSpec spec = spec_of("idx", 20, 8, 0);
    for (int way = 0; way < 3; way++) { /* found, asked for, and with names */
        strcpy(spec.first, way == 1 ? "1" : "auto");
        if (way == 2)
            put_file("labels.txt",
                     "\xEF\xBB\xBF"
                     "ant\nbee\ncrab\ndog\n",
                     20);
        Dataset *d = load(spec);
        assert_int_equal(d->classes, 4);
        assert_int_equal(d->first, 1);
        assert_string_equal(d->class_names[0], way == 2 ? "ant" : "1"); /* without the byte order mark */
        for (int i = 0; i < 12; i++) assert_int_equal(d->split[SPLIT_TEST].labels[i], i % 4);
        dataset_release(d);
    }
    strcpy(spec.first, "0");
    load_fails("as from 0", spec, ERR_FORMAT,
               "has label 4; expected 0 to 3, as there are 4 names; for labels that count "
               "from 1 set first = 1");
    put_file("labels.txt", "zero\nant\nbee\ncrab\ndog\n", 22); /* one more: 0 is a class without images */
    strcpy(spec.first, "auto");
    load_fails("a class without images", spec, ERR_USAGE, "balanced over 5 classes, and no image has class 'zero'");
    put_idx_set(40, 12, 6, 5, 4);
    strcpy(spec.first, "1");
    load_fails("a 0", spec, ERR_FORMAT, "a label is 0, but first = 1");
}

static void names_files_that_nearly_fit(void **state)
{
    (void)state;
    static const struct {
        const char *theirs, *ours;
    } rows[] = {
        {"train-images.idx3-ubyte", "train-images-idx3-ubyte"},
        {"emnist-letters-t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte"},
    };
    for (int i = 0; i < 2; i++) {
        char from[PATH_SIZE], to[PATH_SIZE], message[200];
        put_idx_set(40, 12, 6, 5, 4);
        assert_int_equal(path_join(from, folder, rows[i].ours, NULL), OK);
        assert_int_equal(path_join(to, folder, rows[i].theirs, NULL), OK);
        assert_int_equal(rename(from, to), 0);
        snprintf(message, sizeof message, "'%s' is there: rename it %s", rows[i].theirs, rows[i].ours);
        load_fails(rows[i].theirs, spec_of("idx", 20, 8, 0), ERR_IO, message);
        assert_int_equal(unlink(to), 0);
    }
}

static void refuses_class_names(void **state)
{
    (void)state;
    static const struct {
        const char *row, *text, *message;
    } wrong[] = {
        {"too few for the labels", "ant\nbee\ncrab\n",
         "train-labels-idx1-ubyte: image 4 has label 3; expected 0 to 2, as there are 3 names|set first = 1"},
        {"only one", "ant\n", "labels.txt: 1 class names"},
        {"empty", "", "labels.txt: 0 class names"},
        {"C1",
         "ant\nb\xC2\x9B"
         "2Jee\n",
         "labels.txt: line 2: a control character"},
        {"Latin-1",
         "ant\nb\xE9"
         "e\n",
         "bytes that are not UTF-8"},
        {"control character", "ant\nb\033[2Jee\n", "labels.txt: line 2: a control character"},
        {"too long", "ant\n\nabcdefghijabcdefghijabcdefghijab\n", "labels.txt: line 3: |at most 31 bytes"},
    };
    put_idx_set(40, 12, 6, 5, 4);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_file("labels.txt", wrong[i].text, strlen(wrong[i].text));
        load_fails(wrong[i].row, spec_of("idx", 0, 0, 0), ERR_FORMAT, wrong[i].message);
    }
    char many[2 * (DATA_MAX_CLASSES + 1)];
    for (size_t i = 0; i < sizeof many; i++) many[i] = i % 2 ? '\n' : 'x';
    put_file("labels.txt", many, sizeof many);
    load_fails("too many", spec_of("idx", 0, 0, 0), ERR_FORMAT, "labels.txt: line 1001: more than 1000 class names");
}

/* What is done to one of the four files. */
typedef enum { SET4, CUT, APPEND, EMPTY, REMOVE, SET1 } Harm;

static const struct {
    const char *row, *file;
    Harm harm;
    uint32_t at, value;
    Status code;
    const char *message;
} harms[] = {
    {"images gone", "train-images-idx3-ubyte", REMOVE, 0, 0, ERR_IO, "train-images-idx3-ubyte.gz in the folder"},
    {"labels gone", "t10k-labels-idx1-ubyte", REMOVE, 0, 0, ERR_IO, "neither t10k-labels-idx1-ubyte nor"},
    {"empty file", "train-images-idx3-ubyte", EMPTY, 0, 0, ERR_FORMAT, "train-images-idx3-ubyte: 0 bytes|head of 16"},
    {"foreign file", "train-images-idx3-ubyte", SET4, 0, 0x89504e47, ERR_FORMAT, "byte 0|0x89504e47|0x00000803"},
    {"labels for images", "t10k-images-idx3-ubyte", SET4, 0, 0x801, ERR_FORMAT, "0x00000801; expected 0x00000803"},
    {"images for labels", "t10k-labels-idx1-ubyte", SET4, 0, 0x803, ERR_FORMAT, "1 dimension"},
    {"no images", "train-images-idx3-ubyte", SET4, 4, 0, ERR_FORMAT, "byte 4: 0 images; expected 1 to"},
    {"no labels", "train-labels-idx1-ubyte", SET4, 4, 0, ERR_FORMAT, "byte 4: 0 labels"},
    {"absurd count", "train-images-idx3-ubyte", SET4, 4, 0xffffffff, ERR_FORMAT, "byte 4: 4294967295 images"},
    {"no rows", "train-images-idx3-ubyte", SET4, 8, 0, ERR_FORMAT, "byte 8: 0 rows an image"},
    {"absurd rows", "train-images-idx3-ubyte", SET4, 8, 70000, ERR_FORMAT, "byte 8: 70000 rows|1 to 256"},
    {"absurd columns", "t10k-images-idx3-ubyte", SET4, 12, 0x80000000, ERR_FORMAT, "byte 12: 2147483648 columns"},
    {"a pixel short", "train-images-idx3-ubyte", CUT, 1, 0, ERR_FORMAT, "1199 bytes from byte 16|1200|cut short"},
    {"a pixel more", "train-images-idx3-ubyte", APPEND, 1, 0, ERR_FORMAT, "1201 bytes|1200|something follows"},
    {"a label short", "train-labels-idx1-ubyte", CUT, 1, 0, ERR_FORMAT, "39 bytes from byte 8|40|cut short"},
    {"fewer images than said", "t10k-images-idx3-ubyte", SET4, 4, 13, ERR_FORMAT, "360 bytes|its head says 390"},
    {"test label too high", "t10k-labels-idx1-ubyte", SET1, 13, 4, ERR_FORMAT,
     "t10k-labels-idx1-ubyte: image 6 has label 4, which no training image has (they have 0 to 3)"},
};

static void names_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        char path[PATH_SIZE];
        unsigned char *bytes, buffer[4096];
        size_t size;
        put_idx_set(40, 12, 6, 5, 4);
        assert_int_equal(path_join(path, folder, harms[i].file, NULL), OK);
        assert_int_equal(file_read(path, sizeof buffer - 8, false, &bytes, &size, NULL), OK);
        memcpy(buffer, bytes, size);
        free(bytes);
        switch (harms[i].harm) {
        case SET4:
            put_big_endian(buffer + harms[i].at, harms[i].value);
            break;
        case SET1:
            buffer[harms[i].at] = (unsigned char)harms[i].value;
            break;
        case CUT:
            size -= harms[i].at;
            break;
        case APPEND:
            memset(buffer + size, 0, harms[i].at), size += harms[i].at;
            break;
        case EMPTY:
            size = 0;
            break;
        case REMOVE:
            break;
        }
        put_file(harms[i].file, buffer, size);
        if (harms[i].harm == REMOVE) assert_int_equal(unlink(path), 0);
        load_fails(harms[i].row, spec_of("idx", 0, 0, 0), harms[i].code, harms[i].message);
    }
}

static void counts_must_agree(void **state)
{
    (void)state;
    unsigned char bytes[64];
    put_idx_set(40, 12, 6, 5, 4);
    put_file("train-labels-idx1-ubyte", bytes, idx_labels(bytes, 39, 4));
    load_fails("one label short", spec_of("idx", 0, 0, 0), ERR_FORMAT, "39 labels, but 40 images in|do not belong");
}

static void sizes_must_agree(void **state)
{
    (void)state;
    unsigned char bytes[4096];
    put_idx_set(40, 12, 6, 5, 4);
    put_file("t10k-images-idx3-ubyte", bytes, idx_images(bytes, 12, 6, 6));
    load_fails("another width", spec_of("idx", 0, 0, 0), ERR_FORMAT,
               "training images are 6 x 5 x 1, the test images 6 x 6 x 1");
}

/* A cut gzip file, and one whose 3 MB of zeros do not agree with its head. */
static void broken_gzip(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    unsigned char bytes[4096], *packed, *zeros = calloc(3 << 20, 1);
    size_t size;
    put_idx_set(40, 12, 6, 5, 4);
    assert_int_equal(path_join(path, folder, "train-images-idx3-ubyte", NULL), OK);
    assert_int_equal(unlink(path), 0);
    put_gzip("train-images-idx3-ubyte.gz", bytes, idx_images(bytes, 40, 6, 5));
    strcat(path, ".gz");
    assert_int_equal(file_read(path, 4096, false, &packed, &size, NULL), OK);
    put_file("train-images-idx3-ubyte.gz", packed, size / 2);
    load_fails("cut gzip", spec_of("idx", 0, 0, 0), ERR_FORMAT, "train-images-idx3-ubyte.gz|gzip|ends too soon");
    idx_images(zeros, 1, 2, 2);
    put_gzip("train-images-idx3-ubyte.gz", zeros, 3 << 20);
    load_fails("long gzip", spec_of("idx", 0, 0, 0), ERR_FORMAT, "3145712 bytes from byte 16|4 (something follows");
    free(packed);
    free(zeros);
}

static void needs_a_folder(void **state)
{
    (void)state;
    DataSpec spec = spec_of("idx", 0, 0, 0);
    spec.dir[0] = 0;
    load_fails("no dir", spec, ERR_USAGE, "set dir|train-images-idx3-ubyte");
    strcat(strcpy(spec.dir, folder), "/nowhere");
    load_fails("no such dir", spec, ERR_IO, "/nowhere|train-images-idx3-ubyte");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_pixels_labels_and_rows),
        CASE(pads_28_to_32),
        CASE(keeps_multiples_of_4),
        CASE(reads_gzip_alike),
        CASE(reads_class_names),
        CASE(reads_labels_from_1),
        CASE(names_files_that_nearly_fit),
        CASE(refuses_class_names),
        CASE(names_what_is_wrong),
        CASE(counts_must_agree),
        CASE(sizes_must_agree),
        CASE(broken_gzip),
        CASE(needs_a_folder),
    };
    return cmocka_run_group_tests_name("data idx", tests, NULL, NULL);
}
