/* test_nn_checkpoint.c - safetensors: round trips, the bytes themselves, and every file that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "nn/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[128]; /* of the test's own file */

static Net *open_net(uint64_t seed)
{
    ModelSpec spec = {.family = "wrn", .depth = 10, .width = 1};
    Net *net = net_body(&spec, (Shape){8, 8, 3}, NULL);
    assert_non_null(net);
    net_init(net, seed, 0);
    return net;
}

static void save(const Net *net, const char *prefix)
{
    Err err = {0};
    TensorFile f;
    tensors_init(&f);
    assert_int_equal(net_to_tensors(net, prefix, &f, &err), OK);
    assert_int_equal(tensors_meta(&f, "tare.family", net->family, &err), OK);
    assert_int_equal(tensors_write(path, &f, &err), OK);
    tensors_free(&f);
}

static void test_round_trip(void **state)
{
    (void)state;
    Err err = {0};
    TensorFile f;
    Net *net = open_net(1), *other = open_net(2);
    save(net, "body/");
    assert_int_equal(tensors_read(path, &f, &err), OK);
    assert_string_equal(tensors_meta_find(&f, "tare.family"), "wrn");
    assert_null(tensors_meta_find(&f, "tare.head"));
    assert_int_equal(f.tensors, net->params);
    assert_int_equal(net_from_tensors(other, "body/", &f, path, &err), OK);
    assert_true(net_fingerprint(net) == net_fingerprint(other));
    tensors_free(&f);
    net_release(net);
    net_release(other);
}

/* All types, added in an order that the file changes, so that each is aligned; a scalar and an empty tensor too. */
static void test_types(void **state)
{
    (void)state;
    static const uint8_t u8[3] = {1, 2, 255};
    static const int32_t i32[2] = {-7, 7};
    static const int64_t i64[1] = {INT64_MIN};
    static const double f64[2] = {0.1, -INFINITY};
    static const float f32[6] = {1, 2, 3, 4, 5, -0.0f};
    static const struct {
        const char *name;
        ArrayType type;
        int dims;
        ptrdiff_t shape[2];
        const void *data;
        size_t size;
    } rows[] = {
        {"u8", ARRAY_U8, 1, {3}, u8, sizeof u8},
        {"i32", ARRAY_I32, 1, {2}, i32, sizeof i32},
        {"scalar", ARRAY_I64, 0, {0}, i64, sizeof i64},
        {"f64", ARRAY_F64, 1, {2}, f64, sizeof f64},
        {"f32 \"\xc3\xa9\"", ARRAY_F32, 2, {2, 3}, f32, sizeof f32},
        {"none", ARRAY_F32, 2, {0, 3}, f32, 0},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    Err err = {0};
    TensorFile f;
    tensors_init(&f);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(tensors_add(&f, rows[i].name, rows[i].type, rows[i].dims, rows[i].shape, rows[i].data, &err),
                         OK);
    assert_int_equal(tensors_write(path, &f, &err), OK);
    tensors_free(&f);
    if (tensors_read(path, &f, &err) != OK) fail_msg("%s", err.msg);
    for (int i = 0; i < ROWS; i++) {
        const Array *t = tensors_find(&f, rows[i].name);
        assert_non_null(t);
        assert_int_equal(t->type, rows[i].type);
        assert_int_equal(t->dims, rows[i].dims);
        assert_memory_equal(t->shape, rows[i].shape, (size_t)t->dims * sizeof t->shape[0]);
        assert_memory_equal(t->data, rows[i].data, rows[i].size);
    }
    tensors_free(&f);
}

static void test_same_bytes(void **state)
{
    (void)state;
    unsigned char *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        Net *net = open_net(1);
        save(net, "");
        assert_int_equal(file_read(path, SIZE_MAX / 2, false, &bytes[i], &size[i], NULL), OK);
        net_release(net);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_int_equal(bytes[0][0] % 8, 0); /* the data start on a multiple of 8 */
    free(bytes[0]);
    free(bytes[1]);
}

/* Read and written again: the same bytes, so the checksum is not carried twice. */
static void test_rewrite(void **state)
{
    (void)state;
    TensorFile f;
    unsigned char *bytes[2];
    size_t size[2];
    Net *net = open_net(1);
    save(net, "");
    assert_int_equal(file_read(path, SIZE_MAX / 2, false, &bytes[0], &size[0], NULL), OK);
    assert_int_equal(tensors_read(path, &f, NULL), OK);
    assert_int_equal(tensors_write(path, &f, NULL), OK);
    assert_int_equal(file_read(path, SIZE_MAX / 2, false, &bytes[1], &size[1], NULL), OK);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
    tensors_free(&f);
    net_release(net);
}

/* ---- refusals: a header as text, and so many bytes of data behind it ---- */

#define ROW(name, type, shape, from, to)                                                                               \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"

static const struct {
    const char *name, *header;
    size_t data;
    const char *says; /* NULL: it is read */
} files[] = {
    {"good", "{" ROW("a", "F32", "[2]", 0, 8) "," ROW("b", "U8", "[1,3]", 8, 11) "}", 11, NULL},
    {"good, out of order", "{" ROW("b", "F32", "[1]", 8, 12) "," ROW("a", "F32", "[2]", 0, 8) "}", 12, NULL},
    {"good, padded", "{" ROW("a", "F32", "[2]", 0, 8) "}   ", 8, NULL},
    {"nothing in it", "{}", 0, NULL},
    {"bad JSON", "{\"a\":", 0, "no JSON object"},
    {"no object", "[1]", 0, "no JSON object"},
    {"empty header", "", 0, "no JSON object"},
    {"twice the name", "{" ROW("a", "U8", "[1]", 0, 1) "," ROW("a", "U8", "[1]", 1, 2) "}", 2, "duplicate"},
    {"overlap", "{" ROW("a", "U8", "[4]", 0, 4) "," ROW("b", "U8", "[4]", 2, 6) "}", 6, "overlap"},
    {"hole", "{" ROW("a", "U8", "[4]", 0, 4) "," ROW("b", "U8", "[2]", 5, 7) "}", 7, "hole"},
    {"hole at the start", "{" ROW("a", "U8", "[4]", 1, 5) "}", 5, "hole"},
    {"bytes left over", "{" ROW("a", "U8", "[4]", 0, 4) "}", 6, "2 bytes of data belong to no tensor"},
    {"cut short", "{" ROW("a", "F32", "[4]", 0, 16) "}", 12, "claims bytes 0 to 16 of 12"},
    {"backwards", "{" ROW("a", "U8", "[4]", 4, 0) "}", 4, "claims bytes 4 to 0"},
    {"negative offset", "{" ROW("a", "U8", "[4]", -4, 0) "}", 4, "lacks dtype, shape or data_offsets"},
    {"wrong size", "{" ROW("a", "F32", "[3]", 0, 8) "}", 8, "want another size"},
    {"size overflows", "{" ROW("a", "F32", "[4611686018427387904,4]", 0, 0) "}", 0, "want another size"},
    {"negative shape", "{" ROW("a", "U8", "[-1,-1]", 0, 1) "}", 1, "no list of sizes"},
    {"shape of text", "{" ROW("a", "U8", "[\"1\"]", 0, 1) "}", 1, "no list of sizes"},
    {"shape is no list", "{" ROW("a", "U8", "1", 0, 1) "}", 1, "lacks dtype"},
    {"good, halves", "{" ROW("a", "BF16", "[1]", 0, 2) "," ROW("b", "F16", "[1,1,1,1,1]", 2, 4) "}", 4, NULL},
    {"good, at any byte", "{" ROW("a", "U8", "[1]", 0, 1) "," ROW("b", "F64", "[1]", 1, 9) "}", 9, NULL},
    {"unknown type", "{" ROW("a", "F8_E4M3", "[1]", 0, 1) "}", 1, "of type F8_E4M3"},
    {"nine dimensions", "{" ROW("a", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1) "}", 1, "has 9 dimensions"},
    {"no offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "lacks dtype"},
    {"row is no table", "{\"a\":3}", 0, "lacks dtype"},
    {"metadata of numbers", "{\"__metadata__\":{\"n\":1}}", 0, "metadata 'n' is no string"},
    {"metadata is no table", "{\"__metadata__\":[]}", 0, "no table of strings"},
    {"wrong checksum", "{\"__metadata__\":{\"tare.checksum\":\"0123\"}," ROW("a", "U8", "[1]", 0, 1) "}", 1,
     "edited or torn"},
};

static void write_raw(uint64_t header, const char *text, size_t length, size_t data)
{
    unsigned char bytes[1024] = {0};
    assert_true(8 + length + data <= sizeof bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(header >> (8 * i));
    memcpy(bytes + 8, text, length);
    assert_int_equal(file_write(path, bytes, 8 + length + data, NULL), OK);
}

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        Err err = {0};
        TensorFile f;
        size_t length = strlen(files[i].header);
        write_raw(length, files[i].header, length, files[i].data);
        Status status = tensors_read(path, &f, &err);
        if (!files[i].says) {
            if (status != OK) fail_msg("%s: refused: %s", files[i].name, err.msg);
            tensors_free(&f);
            continue;
        }
        if (status != ERR_FORMAT) fail_msg("%s: read, but must be refused", files[i].name);
        if (!strstr(err.msg, files[i].says) || !strstr(err.msg, path)) fail_msg("%s: %s", files[i].name, err.msg);
        assert_null(f.tensor);
    }
}

static const struct {
    const char *name;
    uint64_t header;
    size_t file;
} heads[] = {
    {"empty", 0, 0},
    {"seven bytes", 0, 7},
    {"beyond the file", 3, 10},
    {"over 100 MB", 200 << 20, 64},
    {"all ones", UINT64_MAX, 64},
};

static void test_header_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        Err err = {0};
        TensorFile f;
        unsigned char bytes[64] = {0};
        for (int k = 0; k < 8; k++) bytes[k] = (unsigned char)(heads[i].header >> (8 * k));
        assert_int_equal(file_write(path, bytes, heads[i].file, NULL), OK);
        if (tensors_read(path, &f, &err) != ERR_FORMAT) fail_msg("%s: not refused", heads[i].name);
        assert_non_null(strstr(err.msg, "first 8 bytes"));
    }
    Err err = {0};
    TensorFile f;
    unlink(path);
    assert_int_equal(tensors_read(path, &f, &err), ERR_IO);
}

/* A saved network with one bit turned (but in the name "tare.checksum" itself), or cut anywhere, is never read. */
static void test_damage(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    TensorFile f;
    Net *net = open_net(1);
    save(net, "");
    assert_int_equal(file_read(path, SIZE_MAX / 2, false, &bytes, &size, NULL), OK);
    for (size_t at = 0; at < size; at += at < 4096 ? 53 : 30011) {
        bytes[at] ^= 1;
        assert_int_equal(file_write(path, bytes, size, NULL), OK);
        if (tensors_read(path, &f, NULL) == OK) fail_msg("bit turned in byte %zu of %zu: not seen", at, size);
        bytes[at] ^= 1;
        assert_int_equal(file_write(path, bytes, at, NULL), OK);
        if (tensors_read(path, &f, NULL) == OK) fail_msg("cut after byte %zu of %zu: not seen", at, size);
    }
    free(bytes);
    net_release(net);
}

/* Replace `from` by `to`, equally long, where it first stands in the file's header. */
static void edit_header(unsigned char *bytes, size_t size, const char *from, const char *to)
{
    unsigned char *at = memmem(bytes, size, from, strlen(from));
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    assert_int_equal(file_write(path, bytes, size, NULL), OK);
}

/* Edits that leave a header whole and true to its data: the checksum knows. */
static void test_edited(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to;
    } edits[] = {
        {"another name", "\"batchnorm.weight\"", "\"batchnorm.weighT\""},
        {"another shape of the same size", "\"shape\":[16,3,3,3]", "\"shape\":[3,16,3,3]"},
        {"another type of the same size", "\"init_conv.weight\":{\"dtype\":\"F32\"",
         "\"init_conv.weight\":{\"dtype\":\"I32\""},
        {"metadata", "\"tare.family\":\"wrn\"", "\"tare.family\":\"mlp\""},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        Err err = {0};
        TensorFile f;
        unsigned char *bytes;
        size_t size;
        Net *net = open_net(1);
        save(net, "");
        assert_int_equal(file_read(path, SIZE_MAX / 2, false, &bytes, &size, NULL), OK);
        edit_header(bytes, size, edits[i].from, edits[i].to);
        if (tensors_read(path, &f, &err) != ERR_FORMAT) fail_msg("%s: not seen", edits[i].name);
        if (!strstr(err.msg, "edited or torn")) fail_msg("%s: %s", edits[i].name, err.msg);
        free(bytes);
        net_release(net);
    }
}

/* ---- networks that do not fit ---- */

static void test_misfits(void **state)
{
    (void)state;
    Err err = {0};
    TensorFile f;
    Net *net = open_net(1), *before = open_net(1);
    HeadSpec spec = {.kind = "linear"};
    Net *head = net_head(&spec, 64, 10, NULL), *wide = net_head(&spec, 64, 100, NULL);
    net_init(wide, 1, 1);
    save(wide, "");
    assert_int_equal(tensors_read(path, &f, NULL), OK);
    assert_int_equal(net_from_tensors(net, "", &f, path, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "'init_conv.weight' is missing"));
    assert_int_equal(net_from_tensors(head, "", &f, path, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "'logits.weight' is 100x64, and the network wants 10x64"));
    assert_int_equal(net_from_tensors(wide, "x/", &f, path, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "'x/logits.weight' is missing"));
    tensors_free(&f);

    net->values[net_param(net, "batchnorm.bias")->offset + 2] = NAN;
    save(net, "");
    net_release(net);
    net = open_net(1);
    assert_int_equal(tensors_read(path, &f, NULL), OK);
    assert_int_equal(net_from_tensors(net, "", &f, path, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "'batchnorm.bias' has a value that is no number (element 2)"));
    assert_true(net_fingerprint(net) == net_fingerprint(before)); /* nothing was loaded */
    tensors_free(&f);
    net_release(net);
    net_release(before);
    net_release(head);
    net_release(wide);
}

/* Weights of other programs are halves, doubles, and lie at any byte: they load as the floats they mean. */
static void test_other_floats(void **state)
{
    (void)state;
    static const ptrdiff_t shape[2] = {1, 3};
    static const uint8_t odd[1] = {7};
    static const uint16_t f16[3] = {0x3C00, 0xC100, 0x0001}, bf16[3] = {0x3F80, 0xC020, 0x3E80};
    static const double f64[3] = {1, -2.5, 0.25};
    static const struct {
        ArrayType type;
        const void *data;
        float last;
    } rows[] = {{ARRAY_F16, f16, 0x1p-24f}, {ARRAY_BF16, bf16, 0.25f}, {ARRAY_F64, f64, 0.25f}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Err err = {0};
        TensorFile f;
        float values[3] = {0};
        const Array *t = NULL;
        const Param p = {.dims = 2, .shape = {1, 3}, .size = 3};
        tensors_init(&f);
        assert_int_equal(tensors_add(&f, "w", rows[i].type, 2, shape, rows[i].data, &err), OK);
        assert_int_equal(tensors_add(&f, "odd", ARRAY_U8, 1, shape, odd, &err), OK);
        assert_int_equal(tensors_write(path, &f, &err), OK);
        tensors_free(&f);
        assert_int_equal(tensors_read(path, &f, &err), OK);
        if (tensor_fits(&p, "w", &f, path, &t, &err) != OK) fail_msg("%s", err.msg);
        assert_int_equal(array_floats(values, t), -1);
        assert_true(values[0] == 1 && values[1] == -2.5f && values[2] == rows[i].last);
        assert_int_equal(tensor_fits(&p, "odd", &f, path, &t, &err), ERR_FORMAT);
        assert_non_null(strstr(err.msg, "'odd' is U8; weights are F32, F64, F16 or BF16"));
        tensors_free(&f);
    }
    /* A double that no float holds is refused, not turned into infinity. */
    const double big[3] = {1, 1e300, 0};
    const Array a = {.type = ARRAY_F64, .dims = 2, .shape = {1, 3}, .data = (void *)big};
    assert_int_equal(array_floats(NULL, &a), 1);
}

/* As many names as a file can have are found one by one as fast as a few: the time of a file does not grow with its
 * square. (A list that is searched from its front takes minutes here.) */
static void test_many_names(void **state)
{
    (void)state;
    enum { NAMES = 300000 };
    static const ptrdiff_t one = 1;
    static const uint8_t value = 3;
    char name[32];
    TensorFile f;
    tensors_init(&f);
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "t%d", i);
        assert_int_equal(tensors_add(&f, name, ARRAY_U8, 1, &one, &value, NULL), OK);
        assert_int_equal(tensors_meta(&f, name, "x", NULL), OK);
    }
    assert_int_equal(tensors_write(path, &f, NULL), OK);
    tensors_free(&f);
    assert_int_equal(tensors_read(path, &f, NULL), OK);
    assert_int_equal(f.tensors, NAMES);
    assert_ptr_equal(tensors_find(&f, "t299999"), &f.tensor[299999]);
    tensors_free(&f);
}

/* A file with a hole as large as a disk, whose head promises nothing of the kind. */
static void test_sparse(void **state)
{
    (void)state;
    Err err = {0};
    TensorFile f;
    write_raw(2, "{}", 2, 0);
    if (truncate(path, (off_t)1 << 39) != 0) skip();
    assert_int_equal(tensors_read(path, &f, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "bytes of data belong to no tensor"));
    const char *whole = "{" ROW("a", "U8", "[549755813888]", 0, 549755813888) "}"; /* 512 GB that are a hole */
    write_raw(strlen(whole), whole, strlen(whole), 0);
    if (truncate(path, (off_t)(8 + strlen(whole)) + 549755813888) != 0) skip();
    assert_int_equal(tensors_read(path, &f, &err), ERR_MEMORY);
    assert_non_null(strstr(err.msg, "524288 MB of data; this machine has"));
}

static void test_add_refusals(void **state)
{
    (void)state;
    static const float x[1];
    static const ptrdiff_t one[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    char longname[200];
    memset(longname, 'n', sizeof longname - 1);
    longname[sizeof longname - 1] = 0;
    TensorFile f;
    tensors_init(&f);
    assert_int_equal(tensors_add(&f, "a", ARRAY_F32, 1, one, x, NULL), OK);
    assert_int_equal(tensors_add(&f, "a", ARRAY_F32, 1, one, x, NULL), ERR_USAGE);
    assert_int_equal(tensors_add(&f, longname, ARRAY_F32, 1, one, x, NULL), ERR_USAGE);
    assert_int_equal(tensors_add(&f, "b", ARRAY_F32, 9, one, x, NULL), ERR_USAGE);
    assert_int_equal(tensors_meta(&f, "k", "v", NULL), OK);
    assert_int_equal(tensors_meta(&f, "k", "w", NULL), ERR_USAGE);
    assert_int_equal(tensors_meta(&f, "not UTF-8", "\xff", NULL), ERR_USAGE);
    assert_int_equal(f.tensors, 1);
    assert_string_equal(tensors_meta_find(&f, "k"), "v");
    tensors_free(&f);
}

int main(void)
{
    char folder[] = "/tmp/tare-checkpoint-XXXXXX";
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/net.safetensors", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_types),        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_rewrite),      cmocka_unit_test(test_files),        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_damage),       cmocka_unit_test(test_edited),       cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_add_refusals), cmocka_unit_test(test_other_floats), cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_sparse),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    folder_remove(folder, NULL);
    return failed;
}
