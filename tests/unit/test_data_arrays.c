/* test_data_arrays.c - NumPy arrays: the reader by itself, and images and labels from a folder of them. */
#include "test_data_files.h"

#include "file/npy.h"

/* bytes = an .npy file of this version whose head is `head`, with `size` bytes of data; returns its size. The head is
 * padded as NumPy does, so that the data start at a multiple of 64. */
static size_t npy_of(unsigned char *bytes, int version, const char *head, const void *data, size_t size)
{
    size_t front = version == 1 ? 10 : 12, length = strlen(head), all = (front + length + 1 + 63) / 64 * 64;
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (unsigned char)version;
    bytes[7] = 0;
    for (size_t i = 0; i < front - 8; i++) bytes[8 + i] = (unsigned char)((all - front) >> (8 * i));
    memset(bytes + front, ' ', all - front);
    memcpy(bytes + front, head, length);
    bytes[all - 1] = '\n';
    if (size) memcpy(bytes + all, data, size);
    return all + size;
}

static void put_npy(const char *name, const char *descr, const char *shape, const void *data, size_t size)
{
    char head[200];
    unsigned char *bytes = malloc(size + 512);
    assert_non_null(bytes);
    snprintf(head, sizeof head, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    put_file(name, bytes, npy_of(bytes, 1, head, data, size));
    free(bytes);
}

static Status read_it(Array *a, const char *name, Err *err)
{
    char path[PATH_SIZE];
    assert_int_equal(path_join(path, folder, name, NULL), OK);
    return npy_read(a, path, 1 << 20, err);
}

static size_t elements(const Array *a)
{
    size_t count;
    assert_true(array_elements(a, &count));
    return count;
}

/* ---- the reader ---- */

static void reads_versions_and_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int version, dims;
    } good[] = {
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", 1, 2},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", 2, 2},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", 3, 2},
        {"{\"shape\": (6,), \"descr\": \"=i4\", \"fortran_order\": False}", 1, 1},
        {" { 'fortran_order':False ,'shape':( 1,2, 3 ) ,\n'descr':'<i4' } ", 1, 3},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 3L), }", 1, 2}, /* Python 2 */
        {"{'descr': u'<i4',\t'fortran_order':\tFalse, 'shape': (2, 3)}\r\n", 1, 2},
        {"{'descr': 'i4', 'fortran_order': False, 'shape': (2, 3), }", 1, 2},
        {"{'descr': 'int32', 'fortran_order': False, 'shape': (2, 3), }", 1, 2},
        {"{'descr': '<i', 'fortran_order': False, 'shape': (2, 3), }", 1, 2},
    };
    int32_t data[] = {1, -2, 3, 4, 5, 2147483647};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        unsigned char bytes[512];
        Array a;
        Err err = {0};
        put_file("a.npy", bytes, npy_of(bytes, good[i].version, good[i].head, data, sizeof data));
        if (read_it(&a, "a.npy", &err) != OK) fail_msg("%s: %s", good[i].head, err.msg);
        assert_int_equal(a.dims, good[i].dims);
        assert_int_equal(elements(&a), 6);
        assert_int_equal(a.shape[a.dims - 1], i == 3 ? 6 : 3);
        assert_int_equal((uintptr_t)a.data % 16, 0);
        assert_memory_equal(a.data, data, sizeof data);
        array_free(&a);
        assert_null(a.data);
    }
}

static void reads_shapes_without_elements(void **state)
{
    (void)state;
    double one = 0.5;
    Array a;
    put_npy("a.npy", "<f8", "()", &one, sizeof one);
    assert_int_equal(read_it(&a, "a.npy", NULL), OK);
    assert_int_equal(a.dims, 0);
    assert_int_equal(elements(&a), 1);
    assert_true(*(double *)a.data == 0.5);
    array_free(&a);
    put_npy("a.npy", "<f8", "(0, 7)", NULL, 0);
    assert_int_equal(read_it(&a, "a.npy", NULL), OK);
    assert_int_equal(elements(&a), 0);
    array_free(&a);
}

static void integers_of_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        uint64_t bits;
        size_t size;
        ArrayType type;
        bool whole;
        int64_t value;
    } rows[] = {
        {"|b1", 1, 1, ARRAY_BOOL, true, 1},
        {"|u1", 0xff, 1, ARRAY_U8, true, 255},
        {"|i1", 0xff, 1, ARRAY_I8, true, -1},
        {"<u2", 0xfffe, 2, ARRAY_U16, true, 65534},
        {"<i2", 0xfffe, 2, ARRAY_I16, true, -2},
        {"<u4", 0xfffffffe, 4, ARRAY_U32, true, 4294967294},
        {"<i4", 0xfffffffe, 4, ARRAY_I32, true, -2},
        {"<u8", 7, 8, ARRAY_U64, true, 7},
        {"<u8", 1ull << 63, 8, ARRAY_U64, false, 0},
        {"<i8", (uint64_t)-7, 8, ARRAY_I64, true, -7},
        {"<f2", 0xc200, 2, ARRAY_F16, true, -3},
        {"<f2", 0x4100, 2, ARRAY_F16, false, 0}, /* 2.5 */
        {"<f4", 0x40400000, 4, ARRAY_F32, true, 3},
        {"<f4", 0x40200000, 4, ARRAY_F32, false, 0}, /* 2.5 */
        {"<f8", 0xc008000000000000, 8, ARRAY_F64, true, -3},
        {"<f8", 0x7ff8000000000000, 8, ARRAY_F64, false, 0}, /* NaN */
        {"<f8", 0x43e0000000000000, 8, ARRAY_F64, false, 0}, /* 2^63 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Array a;
        int64_t value = 99;
        uint64_t data[2] = {rows[i].bits, rows[i].bits};
        put_npy("a.npy", rows[i].descr, "(1,)", data, rows[i].size);
        assert_int_equal(read_it(&a, "a.npy", NULL), OK);
        assert_int_equal(a.type, rows[i].type);
        assert_int_equal(array_integer(&a, 0, &value), rows[i].whole);
        if (rows[i].whole) assert_true(value == rows[i].value);
        array_free(&a);
    }
}

/* What NumPy wrote on another machine, and from an array that was transposed. */
static void reads_both_orders(void **state)
{
    (void)state;
    static const unsigned char big[] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe, 0, 0, 1, 0};
    int32_t columns[12]; /* (2, 3, 2): element (i, j, k) is 100 i + 10 j + k */
    unsigned char bytes[512];
    Array a;
    int64_t value;
    put_npy("a.npy", ">i4", "(3,)", big, sizeof big);
    assert_int_equal(read_it(&a, "a.npy", NULL), OK);
    assert_memory_equal(a.data, ((const int32_t[]){1, -2, 256}), sizeof big);
    array_free(&a);
    for (int i = 0; i < 12; i++) columns[i] = 100 * (i % 2) + 10 * (i / 2 % 3) + i / 6;
    const char *head = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 2), }";
    put_file("a.npy", bytes, npy_of(bytes, 1, head, columns, sizeof columns));
    assert_int_equal(read_it(&a, "a.npy", NULL), OK);
    for (int i = 0; i < 12; i++) {
        assert_true(array_integer(&a, (size_t)i, &value));
        assert_int_equal(value, 100 * (i / 6) + 10 * (i / 2 % 3) + i % 2);
    }
    array_free(&a);
}

/* The head speaks first: a file that is larger than it says, or larger than may be, is never read into memory. Half a
 * terabyte with a hole in it would not fit there. */
static void reads_the_head_before_the_data(void **state)
{
    (void)state;
    const char *head = "{'descr': '|u1', 'fortran_order': False, 'shape': (549755813888,)}";
    unsigned char bytes[512];
    char path[PATH_SIZE];
    Array a;
    Err err = {0};
    put_file("a.npy", bytes, npy_of(bytes, 1, head, NULL, 0));
    assert_int_equal(path_join(path, folder, "a.npy", NULL), OK);
    if (truncate(path, 128 + (off_t)549755813888) != 0) skip();
    assert_int_equal(read_it(&a, "a.npy", &err), ERR_LIMIT);
    assert_non_null(strstr(err.msg, "more than the 1048576 bytes"));
    put_npy("a.npy", "|u1", "(6,)", bytes, 6);
    if (truncate(path, (off_t)1 << 39) != 0) skip();
    assert_int_equal(read_it(&a, "a.npy", &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "its head says 6 elements"));
}

static const struct {
    const char *row, *head, *message;
} bad_heads[] = {
    {"no dictionary", "['descr']", "byte 10: expected '{'"},
    {"empty", "{}", "expected 'descr', 'fortran_order' and 'shape' in the head"},
    {"no shape", "{'descr': '<i4', 'fortran_order': False}", "expected 'descr', 'fortran_order' and 'shape'"},
    {"twice", "{'shape': (6,), 'shape': (6,)}", "byte 33: expected 'descr', 'fortran_order' and 'shape', once each"},
    {"another key", "{'colour': 3}", "once each"},
    {"open string", "{'descr': '<i4", "byte 20: expected a type such as '<f4'"},
    {"no colon", "{'descr' '<i4'}", "byte 19: expected ':'"},
    {"no comma", "{'descr': '<i4' 'shape': (6,)}", "byte 26: expected ',' or '}'"},
    {"more behind", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,)} x", "byte 66: expected nothing more"},
    {"negative", "{'shape': (-6,)}", "byte 21: expected a whole number"},
    {"no parenthesis", "{'shape': [6]}", "expected a shape such as (3, 4)"},
    {"open shape", "{'shape': (6", "expected ',' or ')'"},
    {"huge", "{'shape': (99999999999999999999,)}", "expected a smaller number"},
    {"huge product", "{'shape': (4294967296, 4294967296)}", "a shape that memory can hold"},
    {"nine dimensions", "{'shape': (1,1,1,1,1,1,1,1,1)}", "at most 8 dimensions"},
    {"neither", "{'fortran_order': 0}", "byte 28: expected True or False"},
    {"objects", "{'descr': '|O', 'fortran_order': False, 'shape': (6,)}", "type '|O' is not read|a.astype("},
    {"text", "{'descr': '<U4', 'fortran_order': False, 'shape': (6,)}", "type '<U4' is not read"},
    {"complex", "{'descr': '<c8', 'fortran_order': False, 'shape': (6,)}", "type '<c8' is not read"},
    {"an order alone", "{'descr': '<', 'fortran_order': False, 'shape': (6,)}", "type '<' is not read"},
    {"two letters", "{'descr': '<bB', 'fortran_order': False, 'shape': (6,)}", "type '<bB' is not read"},
    {"NumPy scalars", "{'shape': (np.int64(6),)}", "byte 21: expected a whole number"},
    {"no type", "{'descr': '', 'fortran_order': False, 'shape': (6,)}", "type '' is not read"},
    {"records", "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (6,)}", "records; save each field"},
    {"too few", "{'descr': '<i4', 'fortran_order': False, 'shape': (7,)}",
     "24 bytes from byte 128 on; its head says 7"},
    {"too many", "{'descr': '<i4', 'fortran_order': False, 'shape': (5,)}", "24 bytes from|5 elements of 4 bytes"},
    {"overflow", "{'descr': '<i4', 'fortran_order': False, 'shape': (6917529027641081856,)}", "elements of 4 bytes"},
};

static void fails(const char *row, const char *pieces)
{
    Array a;
    Err err = {0};
    char copy[300], *rest = copy;
    if (read_it(&a, "a.npy", &err) != ERR_FORMAT) fail_msg("%s: status %d", row, err.code);
    assert_null(a.data);
    snprintf(copy, sizeof copy, "/a.npy|%s", pieces);
    for (char *piece; (piece = strsep(&rest, "|"));)
        if (piece[0] && !strstr(err.msg, piece)) fail_msg("%s: no \"%s\" in: %s", row, piece, err.msg);
}

static void names_what_is_wrong_in_a_head(void **state)
{
    (void)state;
    int32_t data[6] = {0};
    unsigned char bytes[512];
    for (size_t i = 0; i < sizeof bad_heads / sizeof *bad_heads; i++) {
        put_file("a.npy", bytes, npy_of(bytes, 1, bad_heads[i].head, data, sizeof data));
        fails(bad_heads[i].row, bad_heads[i].message);
    }
}

static void names_what_is_wrong_before_it(void **state)
{
    (void)state;
    unsigned char bytes[512];
    const char *head = "{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}";
    put_file("a.npy", "", 0);
    fails("empty", "byte 0: no .npy file|numpy.save");
    put_file("a.npy", "\x93NUMPX\1\0\2\0{}", 12);
    fails("magic", "byte 0: no .npy file");
    size_t size = npy_of(bytes, 1, head, NULL, 0);
    for (int version = 0; version < 256; version += version == 0 ? 4 : 251) {
        bytes[6] = (unsigned char)version;
        put_file("a.npy", bytes, size);
        fails("version", version == 4 ? "byte 6: version 4; expected 1 to 3" : "byte 6: version");
    }
    bytes[6] = 1;
    put_file("a.npy", bytes, size - 1);
    fails("cut", "byte 8: a head of 118 bytes in a file of 127");
    put_file("a.npy", bytes, 10);
    fails("cut before the head", "byte 8: a head of 118 bytes in a file of 10");
    size = npy_of(bytes, 2, head, NULL, 0);
    bytes[11] = 1;
    put_file("a.npy", bytes, size);
    fails("a head of 16 MB", "byte 8: a head of 16777332 bytes");
    put_file("a.npy", bytes, 11);
    fails("cut in the length", "byte 8: a head of");
}

/* ---- images and labels ---- */

enum { N = 24, H = 8, W = 12, MOST = N * H * W * 4 };

/* A set in either manner of naming; channels first where asked. Pixel (y, x, c) of image i is i + y + 3 x + 40 c. */
static void put_set(bool keras, int c, bool planes, const char *label_type)
{
    static const char *const names[2][2][2] = {
        {{"train_images.npy", "train_labels.npy"}, {"test_images.npy", "test_labels.npy"}},
        {{"x_train.npy", "y_train.npy"}, {"x_test.npy", "y_test.npy"}}};
    unsigned char pixels[MOST], labels[N * 8] = {0};
    char shape[64], label_shape[64];
    size_t width = (size_t)(label_type[2] - '0');
    for (int i = 0; i < N; i++) {
        labels[(size_t)i * width] = (unsigned char)(i % 3);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int k = 0; k < c; k++)
                    pixels[planes ? ((i * c + k) * H + y) * W + x : ((i * H + y) * W + x) * c + k] =
                        (unsigned char)(i + y + 3 * x + 40 * k);
    }
    if (c == 1)
        snprintf(shape, sizeof shape, "(%d, %d, %d)", N, H, W);
    else if (planes)
        snprintf(shape, sizeof shape, "(%d, %d, %d, %d)", N, c, H, W);
    else
        snprintf(shape, sizeof shape, "(%d, %d, %d, %d)", N, H, W, c);
    for (int t = 0; t < 2; t++) {
        put_npy(names[keras][t][0], "|u1", shape, pixels, (size_t)(N * H * W * c));
        snprintf(label_shape, sizeof label_shape, keras ? "(%d,)" : "(%d, 1)", N);
        put_npy(names[keras][t][1], label_type, label_shape, labels, N * width);
    }
}

static void reads_images_of_every_shape(void **state)
{
    (void)state;
    static const char *const types[] = {"|u1", "<i4", "<i8", "<u2"};
    for (int way = 0; way < 16; way++) {
        bool keras = way & 1, planes = way & 2;
        int c = way / 4 + 1;
        assert_int_equal(folder_close(state), 0);
        assert_int_equal(folder_open(state), 0);
        put_set(keras, c, planes, types[way % 4]);
        Dataset *d = load(spec_of("npy", 12, 12, 0));
        assert_int_equal(d->h, H);
        assert_int_equal(d->w, W);
        assert_int_equal(d->c, c);
        assert_int_equal(d->classes, 3);
        for (int i = 0; i < N; i++) {
            assert_int_equal(d->split[SPLIT_TEST].labels[i], i % 3);
            for (int p = 0; p < H * W * c; p++)
                assert_int_equal(d->split[SPLIT_TEST].images[i * H * W * c + p],
                                 i + p / c / W + 3 * (p / c % W) + 40 * (p % c));
        }
        dataset_release(d);
    }
}

static void reads_class_names(void **state)
{
    (void)state;
    put_set(true, 3, false, "|u1");
    put_file("classes.txt", "ant\nbee\ncrab\ndog\n", 17);
    Dataset *d = load(spec_of("npy", 0, 0, 0));
    assert_int_equal(d->classes, 4);
    assert_string_equal(d->class_names[2], "crab");
    dataset_release(d);
    put_file("classes.txt", "ant\nbee\n", 8);
    load_fails("two names", spec_of("npy", 12, 12, 0), ERR_FORMAT,
               "y_train.npy: image 3 has label 2; expected 0 to 1, as there are 2 names");
}

static const struct {
    const char *row, *file, *descr, *shape;
    size_t size;
    unsigned char fill;
    const char *message;
} bad_sets[] = {
    {"float images", "x_train", "<f4", "(1, 2, 3)", 24, 0, "x_train.npy: 1 x 2 x 3 float32, from 0 to 0|(x * 255)"},
    {"floats to 255", "x_train", "<f4", "(1, 2, 3)", 24, 0x43,
     "from 195.263 to 195.263|save x.round().astype('uint8')"},
    {"halves to 1", "x_train", "<f2", "(1, 2, 3)", 12, 0x38, "1 x 2 x 3 float16|save (x * 255).round()"},
    {"floats around 0", "x_train", "<f4", "(1, 2, 3)", 24, 0xbe, "save ((x + 1) * 127.5).round()"},
    {"floats of any size", "x_train", "<f4", "(1, 2, 3)", 24, 0xc3, "before they were normalised"},
    {"wide images", "x_train", "<i4", "(1, 2, 3)", 24, 0, "1 x 2 x 3 int32; expected uint8 of (n, h, w)"},
    {"a flat array", "x_train", "|u1", "(24, 96)", 2304, 0, "24 x 96 uint8; expected"},
    {"five channels", "x_train", "|u1", "(24, 8, 8, 5)", 7680, 0, "24 x 8 x 8 x 5 uint8; expected"},
    {"no image", "x_train", "|u1", "(0, 8, 8)", 0, 0, "0 x 8 x 8 uint8; expected"},
    {"too large", "x_train", "|u1", "(1, 257, 1)", 257, 0, "sides up to 256"},
    {"no channel", "x_train", "|u1", "(1, 8, 8, 0)", 0, 0, "1 x 8 x 8 x 0 uint8"},
    {"a label more", "y_train", "|u1", "(25,)", 25, 0, "y_train.npy: 25 uint8; expected 24 labels"},
    {"one-hot labels", "y_train", "|u1", "(24, 3)", 72, 0, "24 x 3 uint8; expected 24 labels"},
    {"no number", "y_train", "<f4", "(24,)", 96, 0xff,
     "the label of image 1 is no number; expected a whole number from 0"},
    {"negative", "y_train", "<i4", "(24,)", 96, 0xff, "the label of image 1 is -1; expected a whole number"},
    {"too many classes", "y_train", "<u2", "(24,)", 48, 0x10,
     "image 1 is 4112; expected a whole number from 0 to 1000"},
    {"a class unseen", "y_test", "|u1", "(24,)", 24, 3,
     "y_test.npy: image 1 has label 3, which no training image has (they have 0 to 2)|labels.txt"},
    {"another size", "x_test", "|u1", "(24, 8, 12)", 2304, 0, "8 x 12 x 3, the test images 8 x 12 x 1"},
};

static void names_what_is_wrong_in_a_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_sets / sizeof *bad_sets; i++) {
        unsigned char data[8192];
        char name[64];
        memset(data, bad_sets[i].fill, sizeof data);
        put_set(true, 3, false, "|u1");
        snprintf(name, sizeof name, "%s.npy", bad_sets[i].file);
        put_npy(name, bad_sets[i].descr, bad_sets[i].shape, data, bad_sets[i].size);
        load_fails(bad_sets[i].row, spec_of("npy", 12, 12, 0), ERR_FORMAT, bad_sets[i].message);
    }
}

static void names_what_is_missing(void **state)
{
    (void)state;
    DataSpec spec = spec_of("npy", 12, 12, 0);
    load_fails("nothing", spec, ERR_IO, "neither x_train.npy nor train_images.npy in the folder|numpy.save");
    put_set(false, 1, false, "|u1");
    char path[PATH_SIZE];
    assert_int_equal(path_join(path, folder, "test_labels.npy", NULL), OK);
    assert_int_equal(unlink(path), 0);
    load_fails("test labels", spec, ERR_IO, "cannot open|test_labels.npy");
    spec.dir[0] = 0;
    load_fails("no dir", spec, ERR_USAGE, "set dir|x_train.npy");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_versions_and_spellings),
        CASE(reads_shapes_without_elements),
        CASE(integers_of_every_type),
        CASE(reads_both_orders),
        CASE(reads_the_head_before_the_data),
        CASE(names_what_is_wrong_in_a_head),
        CASE(names_what_is_wrong_before_it),
        CASE(reads_images_of_every_shape),
        CASE(reads_class_names),
        CASE(names_what_is_wrong_in_a_set),
        CASE(names_what_is_missing),
    };
    return cmocka_run_group_tests_name("data npy", tests, NULL, NULL);
}
