/* arrays.c - a user's own images as NumPy arrays (npy.c). Any thread. */
#include "data/source.h"

#include "base/text.h"
#include "file/npy.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 256 };

/* Names of the four files, without .npy: as Keras and as MedMNIST call their arrays. */
typedef struct {
    const char *images, *labels;
} Pair;

static const struct {
    Pair train, test;
} manners[] = {
    {{"x_train", "y_train"}, {"x_test", "y_test"}},
    {{"train_images", "train_labels"}, {"test_images", "test_labels"}},
};
enum { MANNERS = sizeof manners / sizeof *manners };

/* path (PATH_SIZE) = dir/name.npy */
static Status array_path(char *path, const char *dir, const char *name, Err *err)
{
    char file[64];
    snprintf(file, sizeof file, "%s.npy", name);
    return path_join(path, dir, file, err);
}

/* r->n, h, w, c from (n, h, w), (n, h, w, c) or (n, c, h, w), c being 1 to 4; *planes: channels come first. */
static bool images_shape(Records *r, const Array *a, bool *planes)
{
    const ptrdiff_t *s = a->shape;
    if (a->type != ARRAY_U8 || a->dims < 3 || a->dims > 4) return false;
    *planes = a->dims == 4 && s[3] > DATA_MAX_CHANNELS;
    *r = (Records){.n = s[0], .h = s[1 + *planes], .w = s[2 + *planes]};
    r->c = a->dims == 3 ? 1 : s[*planes ? 1 : 3];
    return r->n >= 1 && r->n <= INT32_MAX && r->h >= 1 && r->h <= MAX_SIDE && r->w >= 1 && r->w <= MAX_SIDE &&
           r->c >= 1 && r->c <= DATA_MAX_CHANNELS;
}

/* The least and the greatest of an array's numbers. */
static void value_range(const Array *a, double *lo, double *hi)
{
    size_t count = 0;
    array_elements(a, &count);
    *lo = (double)INFINITY, *hi = -(double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        *lo = fmin(*lo, array_real(a, i)); /* of a number and a NaN: the number */
        *hi = fmax(*hi, array_real(a, i));
    }
}

static Status images_wrong(const Array *a, const char *path, Err *err)
{
    char text[200];
    double lo, hi;
    array_text(a, text, sizeof text);
    value_range(a, &lo, &hi);
    if (array_kinds[a->type].real)
        return err_set(err, ERR_FORMAT, "%s: %s, from %g to %g; images are uint8, 0 to 255: save %s", path, text, lo,
                       hi,
                       lo >= 0 && hi <= 1     ? "(x * 255).round().astype('uint8')"
                       : lo >= 0 && hi <= 255 ? "x.round().astype('uint8')"
                       : lo >= -1 && hi <= 1  ? "((x + 1) * 127.5).round().astype('uint8')"
                                              : "them as they were before they were normalised");
    return err_set(
        err, ERR_FORMAT,
        "%s: %s; expected uint8 of (n, h, w), (n, h, w, c) or (n, c, h, w), sides up to %d, 1 to %d channels", path,
        text, MAX_SIDE, DATA_MAX_CHANNELS);
}

static Status planes_turn(Records *r, const char *path, Err *err)
{
    ptrdiff_t pixels = r->h * r->w, size = pixels * r->c;
    uint8_t *image = malloc((size_t)size);
    if (!image) return err_set(err, ERR_MEMORY, "%s: no memory for an image", path);
    for (ptrdiff_t i = 0; i < r->n; i++) {
        memcpy(image, r->images + i * size, (size_t)size);
        pixels_interleave(r->images + i * size, image, pixels, r->c);
    }
    free(image);
    return OK;
}

static Status read_images(Records *r, const char *path, size_t most, Err *err)
{
    Array a;
    bool planes = false;
    TRY(npy_read(&a, path, most, err));
    if (!images_shape(r, &a, &planes)) {
        *r = (Records){0};
        images_wrong(&a, path, err);
        array_free(&a);
        goto fail;
    }
    r->images = a.data;
    return planes ? planes_turn(r, path, err) : OK;
fail:
    return err->code;
}

static Status label_wrong(const char *path, ptrdiff_t i, double value, Err *err)
{
    char text[32] = "no number";
    if (!isnan(value)) snprintf(text, sizeof text, "%g", value);
    return err_set(err, ERR_FORMAT, "%s: the label of image %td is %s; expected a whole number from 0 to %d", path,
                   i + 1, text, DATA_MAX_CLASSES);
}

/* r->labels = the integers of a, as they are. */
static Status take_labels(Records *r, const Array *a, const char *path, Err *err)
{
    char text[200];
    size_t count = 0;
    bool column = a->dims == 1 || (a->dims == 2 && a->shape[1] == 1);
    if (!column || !array_elements(a, &count) || (ptrdiff_t)count != r->n)
        return err_set(err, ERR_FORMAT, "%s: %s; expected %td labels, one for each image: (n) or (n, 1) integers", path,
                       array_text(a, text, sizeof text), r->n);
    r->labels = malloc(count * sizeof *r->labels);
    if (!r->labels) return err_set(err, ERR_MEMORY, "%s: no memory for %td labels", path, r->n);
    for (ptrdiff_t i = 0; i < r->n; i++) {
        int64_t label;
        if (!array_integer(a, (size_t)i, &label) || label < 0 || label > DATA_MAX_CLASSES)
            return label_wrong(path, i, array_real(a, (size_t)i), err);
        r->labels[i] = (int32_t)label;
    }
    text_copy(r->from, sizeof r->from, path);
    return OK;
}

static Status read_pair(Records *r, const char *dir, Pair pair, size_t most, Err *err)
{
    char path[PATH_SIZE];
    Array labels;
    TRY(array_path(path, dir, pair.images, err));
    TRY(read_images(r, path, most, err));
    TRY(array_path(path, dir, pair.labels, err));
    TRY(npy_read(&labels, path, most, err));
    Status done = take_labels(r, &labels, path, err);
    array_free(&labels);
    return done;
fail:
    return err->code;
}

/* *manner = the row of the first names of which dir has the training images. */
static Status find_manner(int *manner, const char *dir, Err *err)
{
    char path[PATH_SIZE];
    for (*manner = 0; *manner < MANNERS; ++*manner) {
        TRY(array_path(path, dir, manners[*manner].train.images, err));
        if (file_exists(path)) return OK;
    }
    err_set(err, ERR_IO,
            "neither x_train.npy nor train_images.npy in the folder %s; numpy.save x_train, y_train, x_test and "
            "y_test there",
            dir);
    source_add_near(dir, "x_train.npy", err);
fail:
    return err->code;
}

Status npy_load(Dataset *d, Records *train, Records *test, Err *err)
{
    const char *dir = d->spec.dir;
    int manner;
    if (!*dir)
        return err_set(err, ERR_USAGE,
                       "set dir to the folder that holds x_train.npy, y_train.npy, x_test.npy and y_test.npy");
    TRY(find_manner(&manner, dir, err));
    TRY(names_find(d, dir, err));
    TRY(read_pair(train, dir, manners[manner].train, source_limit(d), err));
    TRY(read_pair(test, dir, manners[manner].test, source_limit(d), err));
    TRY(labels_settle(d, train, test, err));
    return OK;
fail:
    return err->code;
}
