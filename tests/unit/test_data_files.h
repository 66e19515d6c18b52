/* test_data_files.h - a temporary folder and tiny data files for the tests of app/data. */
#ifndef TARE_TEST_DATA_FILES_H
#define TARE_TEST_DATA_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "data/dataset.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static inline int folder_open(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/tare-data-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int folder_close(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

static inline void put_file(const char *name, const void *bytes, size_t size)
{
    char path[PATH_SIZE];
    assert_int_equal(path_join(path, folder, name, NULL), OK);
    assert_int_equal(file_write(path, bytes, size, NULL), OK);
}

static inline void put_gzip(const char *name, const void *bytes, size_t size)
{
    char path[PATH_SIZE];
    assert_int_equal(path_join(path, folder, name, NULL), OK);
    gzFile f = gzopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(f), Z_OK);
}

static inline void put_big_endian(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* The pixel of row i, place p in the sets below: i can be read back from the first two pixels. */
static inline unsigned char tiny_pixel(int i, int p)
{
    return (unsigned char)(p == 0 ? i % 256 : p == 1 ? i / 256 : i * 7 + p * 13);
}

/* bytes = an IDX file of n images (h, w); returns its size. */
static inline size_t idx_images(unsigned char *bytes, int n, int h, int w)
{
    uint32_t head[4] = {0x803, (uint32_t)n, (uint32_t)h, (uint32_t)w};
    for (int i = 0; i < 4; i++) put_big_endian(bytes + 4 * i, head[i]);
    for (int i = 0; i < n; i++)
        for (int p = 0; p < h * w; p++) bytes[16 + i * h * w + p] = tiny_pixel(i, p);
    return (size_t)(16 + n * h * w);
}

/* bytes = an IDX file of the labels i % classes; returns its size. */
static inline size_t idx_labels(unsigned char *bytes, int n, int classes)
{
    put_big_endian(bytes, 0x801);
    put_big_endian(bytes + 4, (uint32_t)n);
    for (int i = 0; i < n; i++) bytes[8 + i] = (unsigned char)(i % classes);
    return (size_t)(8 + n);
}

/* The four files of a small IDX set in the folder. */
static inline void put_idx_set(int train, int test, int h, int w, int classes)
{
    size_t room = (size_t)(16 + (train > test ? train : test) * h * w);
    unsigned char *bytes = malloc(room);
    assert_non_null(bytes);
    put_file("train-images-idx3-ubyte", bytes, idx_images(bytes, train, h, w));
    put_file("train-labels-idx1-ubyte", bytes, idx_labels(bytes, train, classes));
    put_file("t10k-images-idx3-ubyte", bytes, idx_images(bytes, test, h, w));
    put_file("t10k-labels-idx1-ubyte", bytes, idx_labels(bytes, test, classes));
    free(bytes);
}

/* The default spec of a source, its files in the folder. */
static inline DataSpec spec_of(const char *name, int64_t train, int64_t valid, int64_t test)
{
    DataSpec spec = {0};
    option_defaults(dataset_options(name), &spec);
    snprintf(spec.name, sizeof spec.name, "%s", name);
    snprintf(spec.dir, sizeof spec.dir, "%s", folder);
    spec.train = train;
    spec.valid = valid;
    spec.test = test;
    return spec;
}

static inline Dataset *load(DataSpec spec)
{
    Err err = {0};
    Dataset *d = dataset_load(&spec, &err);
    if (!d) fail_msg("%s", err.msg);
    return d;
}

/* Loading fails with this status, and the message holds each of the given pieces ("a|b"). */
static inline void load_fails(const char *row, DataSpec spec, Status code, const char *pieces)
{
    Err err = {0};
    Dataset *d = dataset_load(&spec, &err);
    if (d) fail_msg("%s: it loaded", row);
    if (err.code != code) fail_msg("%s: status %d, expected %d: %s", row, err.code, code, err.msg);
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", pieces);
    for (char *piece; (piece = strsep(&rest, "|"));)
        if (!strstr(err.msg, piece)) fail_msg("%s: no \"%s\" in: %s", row, piece, err.msg);
}

#endif
