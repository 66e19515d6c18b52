/* test_data_svhn.c - SVHN from MATLAB files of either byte order, plain and compressed, and from records. */
#include "test_data_files.h"

#include "file/mat.h"

enum { IMAGE = 3072, MOST_IMAGES = 40 };

/* ---- a writer of MATLAB files, by the book and against it ---- */

typedef struct {
    unsigned char *bytes;
    size_t used, room;
    bool big_endian;
} Out;

static void put_bytes(Out *o, const void *bytes, size_t n)
{
    if (o->used + n > o->room) {
        o->room = 2 * (o->used + n);
        o->bytes = realloc(o->bytes, o->room);
        assert_non_null(o->bytes);
    }
    memcpy(o->bytes + o->used, bytes, n);
    o->used += n;
}

static void put_number(Out *o, uint64_t v, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)(v >> (8 * (o->big_endian ? size - 1 - i : i)));
        put_bytes(o, &byte, 1);
    }
}

static void put_tag(Out *o, uint32_t type, size_t size)
{
    put_number(o, type, 4);
    put_number(o, size, 4);
}

static void pad(Out *o, size_t size)
{
    put_bytes(o, "\0\0\0\0\0\0\0", (8 - size % 8) % 8);
}

/* What a file has, and how it departs from the rule. */
typedef struct {
    int n;                                 /* images */
    bool big_endian, packed, small_name;   /* small_name: names in small elements */
    int class, storage, planes, label_bug; /* of X; label_bug: the last label becomes this */
    uint32_t flags_type, shape_type, name_type, flags_size;
    int dims, labels, name_length; /* of X; labels more than images; bytes of X's name */
    int32_t first_extent;
    bool complex, no_y, extra;
    size_t label_size; /* 1: stored as uint8; 8: as double */
    int value_storage; /* of put_value: 0, this, 0 */
    size_t value_size;
    uint64_t value_bits;
} Form;

static Form right(int n)
{
    return (Form){.n = n,
                  .small_name = true,
                  .class = 9,
                  .storage = 2,
                  .planes = 3,
                  .flags_type = 6,
                  .shape_type = 5,
                  .name_type = 1,
                  .flags_size = 8,
                  .dims = 4,
                  .first_extent = 32,
                  .label_size = 1};
}

static int pixel_of(int i, int y, int x, int c)
{
    return (7 * i + 3 * y + 5 * x + 90 * c) % 251;
}

/* Flags, dimensions and name of a variable. */
static void put_front(Out *o, const Form *f, int class, const char *name, size_t length, const int32_t *shape, int dims)
{
    put_tag(o, f->flags_type, f->flags_size);
    put_number(o, (uint32_t) class | (f->complex ? 0x800 : 0), 4);
    put_number(o, 0, 4);
    put_tag(o, f->shape_type, (size_t)dims * 4);
    for (int i = 0; i < dims; i++) put_number(o, (uint32_t)shape[i], 4);
    pad(o, (size_t)dims * 4);
    if (f->small_name && length <= 4) {
        put_number(o, (uint32_t)length << 16 | f->name_type, 4);
        put_bytes(o, name, length);
        put_bytes(o, "\0\0\0", 4 - length);
    } else {
        put_tag(o, f->name_type, length);
        put_bytes(o, name, length);
        pad(o, length);
    }
}

static void put_x(Out *o, const Form *f)
{
    char name[128];
    int32_t shape[9] = {f->first_extent, 32, f->planes, f->n, 1, 1, 1, 1, 1};
    memset(name, 'X', sizeof name);
    put_front(o, f, f->class, name, f->name_length ? (size_t)f->name_length : 1, shape, f->dims);
    put_tag(o, (uint32_t)f->storage, (size_t)(f->n * IMAGE));
    for (int i = 0; i < f->n; i++)
        for (int c = 0; c < 3; c++)
            for (int x = 0; x < 32; x++)
                for (int y = 0; y < 32; y++) put_number(o, (uint64_t)pixel_of(i, y, x, c), 1);
}

/* Labels 1 .. 10 by turns, stored as bytes or doubles. */
static void put_y(Out *o, const Form *f)
{
    int n = f->n + f->labels;
    int32_t shape[] = {n, 1};
    put_front(o, f, f->label_size == 1 ? 9 : 6, "y", 1, shape, 2);
    size_t size = (size_t)n * f->label_size;
    put_tag(o, f->label_size == 1 ? 2 : 9, size);
    for (int i = 0; i < n; i++) {
        int label = i + 1 == n && f->label_bug ? f->label_bug : i % 10 + 1;
        double real = label == 99 ? 2.5 : label;
        uint64_t bits;
        memcpy(&bits, &real, sizeof bits);
        put_number(o, f->label_size == 1 ? (uint64_t)label : bits, f->label_size);
    }
    pad(o, size);
}

/* A double (1, 3), stored as any type. */
static void put_value(Out *o, const Form *f)
{
    put_front(o, f, 6, "v", 1, (const int32_t[]){1, 3}, 2);
    put_tag(o, (uint32_t)f->value_storage, 3 * f->value_size);
    for (int i = 0; i < 3; i++) put_number(o, i == 1 ? f->value_bits : 0, f->value_size);
    pad(o, 3 * f->value_size);
}

/* A cell array: nothing that one could take for numbers. */
static void put_cell(Out *o, const Form *f)
{
    put_front(o, f, 1, "notes", 5, (const int32_t[]){1, 1}, 2);
}

/* An object: no dimensions, no name where others have theirs. */
static void put_object(Out *o, const Form *f)
{
    (void)f;
    put_tag(o, 6, 8);
    put_number(o, 17, 4);
    put_number(o, 0, 4);
    put_tag(o, 1, 8);
    put_bytes(o, "table\0\0\0", 8);
}

/* The variable that `put` writes as an element MATRIX, deflated in a COMPRESSED one where asked. */
static void put_variable(Out *o, const Form *f, void (*put)(Out *o, const Form *f))
{
    Out inner = {.big_endian = o->big_endian}, all = inner;
    put(&inner, f);
    put_tag(&all, 14, inner.used);
    put_bytes(&all, inner.bytes, inner.used);
    if (f->packed) {
        uLongf size = compressBound(all.used);
        unsigned char *packed = malloc(size);
        assert_int_equal(compress(packed, &size, all.bytes, all.used), Z_OK);
        put_tag(o, 15, size);
        put_bytes(o, packed, size);
        free(packed);
    } else {
        put_bytes(o, all.bytes, all.used);
    }
    free(inner.bytes);
    free(all.bytes);
}

static Out mat_of(const Form *f)
{
    Out o = {.big_endian = f->big_endian};
    char head[124] = "MATLAB 5.0 MAT-file, made for a test";
    put_bytes(&o, head, sizeof head);
    put_number(&o, 0x0100, 2);
    put_number(&o, 'M' << 8 | 'I', 2);
    if (f->value_size) {
        put_variable(&o, f, put_value);
        return o;
    }
    put_variable(&o, f, put_x);
    if (f->extra) put_variable(&o, f, put_cell), put_variable(&o, f, put_object);
    if (!f->no_y) put_variable(&o, f, put_y);
    return o;
}

static void put_mat(const char *name, Form f)
{
    Out o = mat_of(&f);
    put_file(name, o.bytes, o.used);
    free(o.bytes);
}

/* A file of put_value alone, open. */
static MatFile open_value(const Form *f)
{
    static char path[PATH_SIZE];
    MatFile file;
    Err err = {0};
    put_mat("value.mat", *f);
    assert_int_equal(path_join(path, folder, "value.mat", NULL), OK);
    if (mat_open(&file, path, 1 << 20, &err) != OK) fail_msg("%s", err.msg);
    return file;
}

/* ---- what is read ---- */

static void check_svhn(const char *row)
{
    Dataset *d = load(spec_of("svhn", 20, 10, 0));
    assert_int_equal(d->classes, 10);
    assert_string_equal(d->class_names[7], "7");
    assert_int_equal(d->split[SPLIT_TEST].n, 11);
    for (int s = 0; s < SPLITS; s++)
        for (int k = 0; k < d->split[s].n; k++) {
            int i = d->split[s].source[k];
            if (d->split[s].labels[k] != (i + 1) % 10)
                fail_msg("%s: label of image %d", row, i); /* 10 is the digit 0 */
            for (int y = 0; y < 32; y += 5)
                for (int x = 0; x < 32; x += 3)
                    for (int c = 0; c < 3; c++)
                        if (d->split[s].images[((k * 32 + y) * 32 + x) * 3 + c] != pixel_of(i, y, x, c))
                            fail_msg("%s: pixel (%d, %d, %d) of image %d", row, y, x, c, i);
        }
    dataset_release(d);
}

static void reads_every_way_of_writing(void **state)
{
    (void)state;
    for (int way = 0; way < 32; way++) {
        char row[64];
        Form f = right(MOST_IMAGES);
        f.big_endian = way & 1, f.packed = way & 2, f.small_name = way & 4, f.extra = way & 8;
        f.label_size = way & 16 ? 8 : 1;
        put_mat("train_32x32.mat", f);
        f.n = 11;
        put_mat("test_32x32.mat", f);
        snprintf(row, sizeof row, "way %d", way);
        check_svhn(row);
    }
}

/* Files by scipy.io.savemat, made by tests/fuzz/make-corpus.py: two images, 1 and 0, green 200 in rows 5 .. 19 of
 * columns 3 .. 8, else black. */
static void reads_what_scipy_wrote(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"packed", "train_32x32.mat"}, {"plain", "test_32x32.mat"}};
    for (int k = 0; k < 2; k++) {
        char path[PATH_SIZE];
        unsigned char *bytes;
        size_t size;
        assert_int_equal(path_join(path, "tests/fuzz/corpus/mat", names[k][0], NULL), OK);
        assert_int_equal(file_read(path, 1 << 20, false, &bytes, &size, NULL), OK);
        put_file(names[k][1], bytes, size);
        free(bytes);
    }
    Dataset *d = load(spec_of("svhn", 1, 0, 0)); /* balanced: class 0 has the one training image */
    assert_int_equal(d->split[SPLIT_TRAIN].source[0], 1);
    assert_int_equal(d->split[SPLIT_VALID].labels[0], 1);
    assert_int_equal(d->split[SPLIT_TEST].labels[0], 1);
    assert_int_equal(d->split[SPLIT_TEST].labels[1], 0);
    for (int s = 0; s < SPLITS; s++)
        for (int p = 0; p < d->split[s].n * 1024; p++) {
            int y = p / 32 % 32, x = p % 32, green = y >= 5 && y < 20 && x >= 3 && x < 9 ? 200 : 0;
            assert_int_equal(d->split[s].images[p * 3], 0);
            assert_int_equal(d->split[s].images[p * 3 + 1], green);
            assert_int_equal(d->split[s].images[p * 3 + 2], 0);
        }
    dataset_release(d);
}

static void one_image_has_three_dimensions(void **state)
{
    (void)state;
    Form f = right(1);
    put_mat("train_32x32.mat", right(MOST_IMAGES));
    f.dims = 3;
    put_mat("test_32x32.mat", f);
    Dataset *d = load(spec_of("svhn", 20, 10, 0));
    assert_int_equal(d->split[SPLIT_TEST].n, 1);
    dataset_release(d);
}

static void reads_records_where_there_is_no_mat(void **state)
{
    (void)state;
    enum { RECORD = 3073 };
    static const char *const names[] = {"train.bin", "test.bin"};
    static const int count[] = {MOST_IMAGES, 11};
    for (int k = 0; k < 2; k++) {
        unsigned char *bytes = malloc((size_t)(count[k] * RECORD));
        for (int i = 0; i < count[k]; i++) {
            unsigned char *record = bytes + i * RECORD;
            record[0] = (unsigned char)((i + 1) % 10);
            for (int c = 0; c < 3; c++)
                for (int p = 0; p < 1024; p++) record[1 + c * 1024 + p] = (unsigned char)pixel_of(i, p / 32, p % 32, c);
        }
        put_file(names[k], bytes, (size_t)(count[k] * RECORD));
        free(bytes);
    }
    check_svhn("records");
    unsigned char bad[RECORD] = {10};
    put_file("test.bin", bad, RECORD);
    load_fails("label 10", spec_of("svhn", 20, 10, 0), ERR_FORMAT, "test.bin: record 1 (byte 0): label 10|of SVHN?");
}

/* Every type in which MATLAB may store a number, in either byte order, plain and packed. */
static void values_of_every_type(void **state)
{
    (void)state;
    static const struct {
        int storage;
        size_t size;
        uint64_t bits;
        double value;
    } rows[] = {
        {1, 1, 0xfe, -2},
        {2, 1, 0xfe, 254},
        {3, 2, 0xfffe, -2},
        {4, 2, 0xfffe, 65534},
        {5, 4, 0xfffffffe, -2},
        {6, 4, 0xfffffffe, 4294967294.},
        {7, 4, 0xc0200000, -2.5},
        {9, 8, 0xc004000000000000, -2.5},
        {12, 8, 0xfffffffffffffffe, -2},
        {13, 8, 1ull << 63, 0x1p63},
    };
    for (size_t i = 0; i < 4 * sizeof rows / sizeof *rows; i++) {
        Array a = {0};
        Err err = {0};
        bool there = false;
        Form f = right(1);
        f.big_endian = i & 1, f.packed = i & 2;
        f.value_storage = rows[i / 4].storage, f.value_size = rows[i / 4].size, f.value_bits = rows[i / 4].bits;
        MatFile file = open_value(&f);
        if (mat_next(&file, &a, &there, &err) != OK) fail_msg("%s", err.msg);
        assert_true(there && a.dims == 2 && a.shape[0] == 3 && a.shape[1] == 1);
        for (size_t k = 0; k < 3; k++)
            if (array_real(&a, k) != (k == 1 ? rows[i / 4].value : 0))
                fail_msg("type %d: %g", rows[i / 4].storage, array_real(&a, k));
        array_free(&a);
        mat_close(&file);
    }
}

/* A packed variable says its size first: one that would fill memory is refused before it is unpacked. */
static void refuses_what_unpacks_too_large(void **state)
{
    (void)state;
    Form f = right(MOST_IMAGES);
    f.packed = true;
    put_mat("train_32x32.mat", f);
    put_mat("test_32x32.mat", f);
    DataSpec spec = spec_of("svhn", 20, 10, 0);
    spec.limit = 1;
    dataset_release(load(spec));
    f.n = 500; /* 1.5 MB, of which little is left in the file */
    put_mat("train_32x32.mat", f);
    load_fails("1.5 MB", spec, ERR_LIMIT, "train_32x32.mat: variable 'X': more than the 1048576 bytes|set limit (mega");
    spec.limit = 2;
    dataset_release(load(spec));
}

/* ---- what is refused ---- */

static void refuse(const char *row, Form f, const char *message)
{
    char packed_row[80];
    for (int packed = 0; packed < 2; packed++) {
        f.packed = packed;
        put_mat("test_32x32.mat", f);
        snprintf(packed_row, sizeof packed_row, "%s%s", row, packed ? ", packed" : "");
        load_fails(packed_row, spec_of("svhn", 20, 10, 0), ERR_FORMAT, message);
    }
}

static void refuses_what_is_no_svhn(void **state)
{
    (void)state;
    Form f;
    put_mat("train_32x32.mat", right(MOST_IMAGES));
#define WRONG(row, field, value, message) f = right(11), f.field = value, refuse(row, f, "test_32x32.mat: " message)
    WRONG("X stored as int8", storage, 1, "the variable X is no array (32, 32, 3, n) of uint8");
    WRONG("X complex", complex, true, "the variable X is no array");
    WRONG("X of text", class, 4, "the variable X is no array");
    WRONG("no numbers in X", storage, 8, "byte |an array's data are no numbers");
    WRONG("X of 16 bits", storage, 4, "byte |more or fewer numbers than its dimensions say");
    WRONG("33 rows", first_extent, 33, "byte |more or fewer numbers");
    WRONG("negative rows", first_extent, -32, "byte |a negative dimension");
    WRONG("nine dimensions", dims, 9, "byte |no dimensions (2 to 8");
    WRONG("one dimension", dims, 1, "byte |no dimensions (2 to 8");
    WRONG("flags of another type", flags_type, 5, "byte |no array flags");
    WRONG("short flags", flags_size, 4, "byte |no array flags");
    WRONG("dimensions of another type", shape_type, 6, "byte |no dimensions");
    WRONG("name of another type", name_type, 4, "byte |no name");
    WRONG("a long name", name_length, 64, "byte |no name (at most 63 bytes)");
    WRONG("another name", name_length, 2, "no variable X; expected X");
    WRONG("no y", no_y, true, "no variable y; expected X");
    WRONG("a label more", labels, 1, "the variable y is no array of 11 labels");
    WRONG("a label less", labels, -1, "the variable y is no array of 11 labels");
    WRONG("label 0", label_bug, 256, "y(11) is 0; expected a whole number from 1 to 10 (10 is the digit 0)");
    WRONG("label 11", label_bug, 11, "y(11) is 11; expected");
#undef WRONG
    f = right(11), f.label_size = 8, f.label_bug = 99;
    refuse("label 2.5", f, "y(11) is 2.5; expected a whole number");
    f = right(2), f.first_extent = f.planes = 1 << 30;
    refuse("2^66 numbers", f, "byte |dimensions whose product is beyond all memory");
}

/* The bytes of a good file, cut and bent. */
static void refuses_bent_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        size_t at, keep; /* keep: bytes of the file, 0 for all */
        const char *bytes;
        size_t size;
        const char *message;
    } bent[] = {
        {"empty", 0, 1, "M", 1, "1 bytes; a MATLAB file starts with a head of 128"},
        {"no mark", 126, 0, "XX", 2, "byte 126: no MATLAB file of level 5"},
        {"version 4", 124, 0, "\0\4", 2, "byte 124: version 0x0400; expected 0x0100"},
        {"version 7.3", 124, 0, "\0\2", 2, "version 7.3, which is HDF5|'-v7'|scipy.io.savemat"},
        {"HDF5", 0, 0, "\x89HDF\r\n\x1a\n", 8, "is an HDF5 file|'-v7'"},
        {"head alone", 0, 128, "M", 1, "no variable X"},
        {"half a tag", 0, 132, "M", 1, "byte 128: an element is cut short; fetch the file again"},
        {"cut", 0, 5000, "M", 1, "byte 128: an element is cut short"},
        {"a number for a variable", 128, 0, "\2\0\0\0", 4, "byte 128: no variable"},
        {"a small element too large", 128, 0, "\2\0\5\0", 4, "byte 128: a small element of more than 4 bytes"},
        {"a variable beyond the end", 132, 0, "\377\377\377\377", 4, "byte 128: an element is cut short"},
        {"a variable that ends soon", 132, 0, "\20\0\0\0", 4, "byte 152: an element is cut short"},
        {"data beyond the variable", 188, 0, "\377\377\377\177", 4, "byte 184: an element is cut short"},
    };
    Form f = right(11);
    Out o = mat_of(&f);
    put_mat("train_32x32.mat", right(MOST_IMAGES));
    for (size_t i = 0; i < sizeof bent / sizeof *bent; i++) {
        unsigned char *copy = malloc(o.used);
        memcpy(copy, o.bytes, o.used);
        memcpy(copy + bent[i].at, bent[i].bytes, bent[i].size);
        put_file("test_32x32.mat", copy, bent[i].keep ? bent[i].keep : o.used);
        free(copy);
        load_fails(bent[i].row, spec_of("svhn", 20, 10, 0), ERR_FORMAT, bent[i].message);
    }
    free(o.bytes);
}

static void refuses_a_broken_stream(void **state)
{
    (void)state;
    Form f = right(11);
    f.packed = true;
    Out o = mat_of(&f);
    put_mat("train_32x32.mat", right(MOST_IMAGES));
    o.bytes[128 + 8 + 40] ^= 0x55;
    put_file("test_32x32.mat", o.bytes, o.used);
    load_fails("bent", spec_of("svhn", 20, 10, 0), ERR_FORMAT, "test_32x32.mat: broken gzip or zlib data at byte ");
    free(o.bytes);
    o = mat_of(&f);
    size_t size = o.bytes[132] | (size_t)o.bytes[133] << 8;
    o.bytes[132] = (unsigned char)(size / 2), o.bytes[133] = (unsigned char)(size / 2 >> 8);
    put_file("test_32x32.mat", o.bytes, 136 + size / 2);
    load_fails("short", spec_of("svhn", 20, 10, 0), ERR_FORMAT, "at byte |it ends too soon");
    free(o.bytes);
}

static void says_how_to_fetch_it(void **state)
{
    (void)state;
    load_fails("nothing", spec_of("svhn", 20, 10, 0), ERR_IO, "no train_32x32.mat in|fetch-data svhn`");
    put_mat("train_32x32.mat", right(MOST_IMAGES));
    load_fails("no test", spec_of("svhn", 20, 10, 0), ERR_IO, "no test_32x32.mat in|fetch-data svhn`");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, folder_open, folder_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(reads_every_way_of_writing),     CASE(reads_what_scipy_wrote),
        CASE(one_image_has_three_dimensions), CASE(reads_records_where_there_is_no_mat),
        CASE(values_of_every_type),           CASE(refuses_what_unpacks_too_large),
        CASE(refuses_what_is_no_svhn),        CASE(refuses_bent_bytes),
        CASE(refuses_a_broken_stream),        CASE(says_how_to_fetch_it),
    };
    return cmocka_run_group_tests_name("data svhn", tests, NULL, NULL);
}
