/* records.c - images in the binary records of the CIFAR data sets. Any thread.
 *
 * A record is one or two label bytes and 3072 pixel bytes: 32 x 32 red, then green, then blue (Krizhevsky, "Learning
 * Multiple Layers of Features from Tiny Images", 2009; https://www.cs.toronto.edu/~kriz/cifar.html). */
#include "data/source.h"

#include "file/whole.h"
#include <stdlib.h>

enum { SIDE = 32, CHANNELS = 3, PLANE = SIDE * SIDE, PIXELS = CHANNELS * PLANE };

void records_free(Records *r)
{
    free(r->images);
    free(r->labels);
    *r = (Records){0};
}

/* Grow r by `more` records. */
static Status records_grow(Records *r, ptrdiff_t more, const char *path, Err *err)
{
    size_t n = (size_t)(r->n + more);
    uint8_t *images = realloc(r->images, n * PIXELS);
    if (images) r->images = images;
    int32_t *labels = realloc(r->labels, n * sizeof *labels);
    if (labels) r->labels = labels;
    r->h = r->w = SIDE;
    r->c = CHANNELS;
    if (images && labels) return OK;
    return err_set(err, ERR_MEMORY, "%s: no memory for %td images", path, r->n + more);
}

void pixels_interleave(uint8_t *dst, const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels)
{
    for (ptrdiff_t i = 0; i < pixels; i++)
        for (ptrdiff_t c = 0; c < channels; c++) dst[i * channels + c] = src[c * pixels + i];
}

/* Every label byte of record i at `record` is below what its kind allows. */
static Status labels_check(const RecordForm *form, const char *path, const unsigned char *record, ptrdiff_t i, Err *err)
{
    for (int k = 0; k < form->labels; k++)
        if (record[k] >= form->classes[k])
            return err_set(err, ERR_FORMAT,
                           "%s: record %td (byte %td): label %d; expected 0 to %d: is this the binary version of %s?",
                           path, i + 1, i * (form->labels + PIXELS) + k, record[k], form->classes[k] - 1, form->title);
    return OK;
}

Status records_read(Records *r, const char *path, const RecordForm *form, size_t most, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size, record_size = (size_t)form->labels + PIXELS;
    TRY(file_read(path, most, false, &bytes, &size, err));
    ptrdiff_t n = (ptrdiff_t)(size / record_size);
    if (size % record_size != 0 || n == 0) {
        err_set(err, ERR_FORMAT,
                "%s: %zu bytes; expected whole records of %zu bytes, but record %td has only %zu; fetch the file again",
                path, size, record_size, n + 1, size % record_size);
        goto fail;
    }
    TRY(records_grow(r, n, path, err));
    for (ptrdiff_t i = 0; i < n; i++) {
        const unsigned char *record = bytes + (size_t)i * record_size;
        TRY(labels_check(form, path, record, i, err));
        r->labels[r->n] = record[form->label];
        pixels_interleave(r->images + r->n++ * PIXELS, record + form->labels, PLANE, CHANNELS);
    }
    free(bytes);
    return OK;
fail:
    free(bytes);
    return err->code;
}
