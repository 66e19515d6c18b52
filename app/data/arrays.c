/* arrays.c - a user's own images as NumPy arrays (npy.c). Any thread. */
#include "data/source.h"

#include "file/whole.h"
#include "file/npy.h"
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

/* "60000 x 28 x 28 uint8" into dst; returns dst. */
static const char *array_text(char *dst, size_t size, const NpyArray *a)
{
    size_t used = 0;
    for (int i = 0; i < a->dims && used < size; i++)
        used += (size_t)snprintf(dst + used, size - used, "%s%td", i ? " x " : "", a->shape[i]);
    if (used < size) snprintf(dst + used, size - used, " %s", npy_type_name(a->type));
    return dst;
}

/* r->n, h, w, c from (n, h, w), (n, h, w, c) or (n, c, h, w), c being 1 to 4; *planes: channels come first. */
static bool images_shape(Records *r, const NpyArray *a, bool *planes)
{
    const ptrdiff_t *s = a->shape;
    if (a->type != NPY_U8 || a->dims < 3 || a->dims > 4) return false;
    *planes = a->dims == 4 && s[3] > DATA_MAX_CHANNELS;
    *r = (Records){.n = s[0], .h = s[1 + *planes], .w = s[2 + *planes]};
    r->c = a->dims == 3 ? 1 : s[*planes ? 1 : 3];
    return r->n >= 1 && r->n <= INT32_MAX && r->h >= 1 && r->h <= MAX_SIDE && r->w >= 1 && r->w <= MAX_SIDE &&
           r->c >= 1 && r->c <= DATA_MAX_CHANNELS;
}

static Status images_wrong(const NpyArray *a, const char *path, Err *err)
{
    char text[200];
    array_text(text, sizeof text, a);
    if (a->type == NPY_F32 || a->type == NPY_F64)
        return err_set(
            err, ERR_FORMAT,
            "%s: %s; images are uint8, 0 to 255: for floats from 0 to 1 save (x * 255).round().astype('uint8')", path,
            text);
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

static Status read_images(Records *r, const char *path, Err *err)
{
    NpyArray a;
    bool planes = false;
    TRY(npy_read(&a, path, err));
    if (!images_shape(r, &a, &planes)) {
        *r = (Records){0};
        images_wrong(&a, path, err);
        npy_free(&a);
        goto fail;
    }
    r->images = a.data;
    return planes ? planes_turn(r, path, err) : OK;
fail:
    return err->code;
}

/* r->labels = the integers of a; below `classes`, where that is known already (0 = not yet). */
static Status take_labels(Records *r, const NpyArray *a, const char *path, ptrdiff_t classes, Err *err)
{
    char text[200];
    ptrdiff_t most = classes ? classes : DATA_MAX_CLASSES;
    bool column = a->dims == 1 || (a->dims == 2 && a->shape[1] == 1);
    if (!column || (ptrdiff_t)a->elements != r->n)
        return err_set(err, ERR_FORMAT, "%s: %s; expected %td labels, one for each image: (n) or (n, 1) integers", path,
                       array_text(text, sizeof text, a), r->n);
    r->labels = malloc(a->elements * sizeof *r->labels);
    if (!r->labels) return err_set(err, ERR_MEMORY, "%s: no memory for %td labels", path, r->n);
    for (ptrdiff_t i = 0; i < r->n; i++) {
        int64_t label;
        if (!npy_integer(a, (size_t)i, &label) || label < 0 || label >= most)
            return err_set(err, ERR_FORMAT, "%s: the label of image %td is no whole number from 0 to %td", path, i,
                           most - 1);
        r->labels[i] = (int32_t)label;
    }
    return OK;
}

static Status read_pair(Records *r, const char *dir, Pair pair, ptrdiff_t classes, Err *err)
{
    char path[PATH_SIZE];
    NpyArray labels;
    TRY(array_path(path, dir, pair.images, err));
    TRY(read_images(r, path, err));
    TRY(array_path(path, dir, pair.labels, err));
    TRY(npy_read(&labels, path, err));
    Status done = take_labels(r, &labels, path, classes, err);
    npy_free(&labels);
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
    return err_set(err, ERR_IO,
                   "neither x_train.npy nor train_images.npy in the folder %s; numpy.save x_train, y_train, x_test and "
                   "y_test there",
                   dir);
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
    TRY(read_pair(train, dir, manners[manner].train, d->classes, err));
    if (!d->class_names) TRY(names_count(d, train, err));
    TRY(read_pair(test, dir, manners[manner].test, d->classes, err));
    return OK;
fail:
    return err->code;
}
