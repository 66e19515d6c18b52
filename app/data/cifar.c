/* cifar.c - CIFAR-10 in its official binary version. Any thread.
 *
 * A record is one label byte and 3072 pixel bytes: 32 x 32 red, then green, then blue (Krizhevsky, "Learning
 * Multiple Layers of Features from Tiny Images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html). */
#include "data/source.h"

#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, SIDE = 32, CHANNELS = 3, PLANE = SIDE * SIDE, RECORD = 1 + CHANNELS * PLANE, FILES = 5 };
static const size_t MOST_BYTES = (size_t)100000 * RECORD; /* the official files have 10,000 records */

/* Grow r by `more` records. */
static Status records_grow(Records *r, ptrdiff_t more, const char *path, Err *err)
{
    size_t n = (size_t)(r->n + more);
    uint8_t *images = realloc(r->images, n * (RECORD - 1));
    if (images) r->images = images;
    int32_t *labels = realloc(r->labels, n * sizeof *labels);
    if (labels) r->labels = labels;
    if (images && labels) return OK;
    return err_set(err, ERR_MEMORY, "%s: no memory for %td images", path, r->n + more);
}

/* dst (32,32,3) = src (3,32,32) */
static void interleave(uint8_t *dst, const unsigned char *src)
{
    for (ptrdiff_t i = 0; i < PLANE; i++)
        for (ptrdiff_t c = 0; c < CHANNELS; c++) dst[i * CHANNELS + c] = src[c * PLANE + i];
}

/* Append a file's records to r. */
static Status read_batch(Records *r, const char *path, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size;
    TRY(file_read(path, MOST_BYTES, false, &bytes, &size, err));
    ptrdiff_t n = (ptrdiff_t)(size / RECORD);
    if (size % RECORD != 0 || n == 0) {
        err_set(err, ERR_FORMAT, "%s: %zu bytes; expected whole records of %d bytes, but record %td has only %zu", path,
                size, RECORD, n, size % RECORD);
        goto fail;
    }
    TRY(records_grow(r, n, path, err));
    for (ptrdiff_t i = 0; i < n; i++) {
        const unsigned char *record = bytes + i * RECORD;
        if (record[0] >= CLASSES) {
            err_set(err, ERR_FORMAT,
                    "%s: record %td (byte %td): label %d; expected 0 to %d: is this CIFAR-10's binary "
                    "version?",
                    path, i, i * RECORD, record[0], CLASSES - 1);
            goto fail;
        }
        r->labels[r->n] = record[0];
        interleave(r->images + r->n++ * (RECORD - 1), record + 1);
    }
    free(bytes);
    return OK;
fail:
    free(bytes);
    return err->code;
}

/* All training files that are there, in order; one is enough. */
static Status read_training(Records *r, const char *dir, Err *err)
{
    char path[PATH_SIZE], name[32];
    for (int i = 1; i <= FILES; i++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        TRY(path_join(path, dir, name, err));
        if (file_exists(path)) TRY(read_batch(r, path, err));
    }
    if (r->n > 0) return OK;
    return err_set(err, ERR_IO,
                   "no data_batch_1.bin .. data_batch_5.bin in %s; fetch cifar-10-binary.tar.gz from "
                   "https://www.cs.toronto.edu/~kriz/cifar.html and unpack its files there, or set dir",
                   dir);
fail:
    return err->code;
}

static Status cifar10_names(Dataset *d, const char *dir, Err *err)
{
    static const char *const names[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                               "dog",      "frog",       "horse", "ship", "truck"};
    char path[PATH_SIZE];
    TRY(path_join(path, dir, "batches.meta.txt", err));
    if (!file_exists(path)) return names_set(d, names, CLASSES, err);
    TRY(names_read(d, path, err));
    if (d->classes == CLASSES) return OK;
    return err_set(err, ERR_FORMAT, "%s: %td class names; expected %d", path, d->classes, CLASSES);
fail:
    return err->code;
}

Status cifar10_load(Dataset *d, Err *err)
{
    const char *dir = d->spec.dir[0] ? d->spec.dir : "data/downloads/cifar10";
    Records train = {.h = SIDE, .w = SIDE, .c = CHANNELS}, test = train;
    char path[PATH_SIZE];
    TRY(read_training(&train, dir, err));
    TRY(cifar10_names(d, dir, err));
    TRY(path_join(path, dir, "test_batch.bin", err));
    TRY(read_batch(&test, path, err));
    TRY(splits_choose(d, &train, &test, err));
    records_free(&train);
    records_free(&test);
    return OK;
fail:
    records_free(&train);
    records_free(&test);
    return err->code;
}
