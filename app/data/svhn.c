/* svhn.c - Street View House Numbers, cropped digits: MATLAB files, or records like CIFAR-10's. Any thread.
 *
 * The official train_32x32.mat and test_32x32.mat hold X (32, 32, 3, n), uint8, and y (n, 1), labels 1 to 10 of which
 * 10 is the digit 0 (Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", 2011;
 * http://ufldl.stanford.edu/housenumbers). Here a class is its digit. */
#include "data/source.h"

#include "file/whole.h"
#include "file/mat.h"
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, SIDE = 32, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS };

static const RecordForm digits = {"SVHN", 1, 0, {CLASSES}};

/* X is (32, 32, 3, n) of uint8, read as (n, 3, 32, 32); MATLAB leaves a last dimension of 1 away. */
static Status images_check(const Array *x, ptrdiff_t *n, const char *path, Err *err)
{
    static const ptrdiff_t image[] = {CHANNELS, SIDE, SIDE};
    bool one = x->dims == 3;
    *n = one ? 1 : x->shape[0];
    bool fits = x->data && x->type == ARRAY_U8 && (one || x->dims == 4);
    if (fits && memcmp(x->shape + !one, image, sizeof image) == 0 && *n > 0) return OK;
    return err_set(err, ERR_FORMAT, "%s: the variable X is no array (32, 32, 3, n) of uint8", path);
}

/* dst (32,32,3) = src (3,32,32), whose planes lie column by column. */
static void turn_image(uint8_t *dst, const unsigned char *src)
{
    for (ptrdiff_t y = 0; y < SIDE; y++)
        for (ptrdiff_t x = 0; x < SIDE; x++)
            for (ptrdiff_t c = 0; c < CHANNELS; c++) *dst++ = src[(c * SIDE + x) * SIDE + y];
}

static Status take_images(Records *r, const Array *x, const char *path, Err *err)
{
    ptrdiff_t n;
    const unsigned char *pixels = x->data;
    if (images_check(x, &n, path, err) != OK) return err->code;
    *r = (Records){.n = n, .h = SIDE, .w = SIDE, .c = CHANNELS};
    r->images = malloc((size_t)(n * PIXELS));
    if (!r->images) return err_set(err, ERR_MEMORY, "%s: no memory for %td images", path, r->n);
    for (ptrdiff_t i = 0; i < r->n; i++) turn_image(r->images + i * PIXELS, pixels + i * PIXELS);
    return OK;
}

static Status take_labels(Records *r, const Array *y, const char *path, Err *err)
{
    size_t count = 0;
    if (!y->data || !array_elements(y, &count) || (ptrdiff_t)count != r->n)
        return err_set(err, ERR_FORMAT, "%s: the variable y is no array of %td labels, one for each image in X", path,
                       r->n);
    r->labels = malloc(count * sizeof *r->labels);
    if (!r->labels) return err_set(err, ERR_MEMORY, "%s: no memory for %td labels", path, r->n);
    for (ptrdiff_t i = 0; i < r->n; i++) {
        double label = array_real(y, (size_t)i);
        if (!(label >= 1 && label <= CLASSES) || label != (double)(int32_t)label)
            return err_set(err, ERR_FORMAT,
                           "%s: y(%td) is %g; expected a whole number from 1 to %d (10 is the digit 0)", path, i + 1,
                           label, CLASSES);
        r->labels[i] = (int32_t)label % CLASSES;
    }
    return OK;
}

/* Keep the variables X and y of a file; what else it holds is passed over. */
static Status find_variables(MatFile *f, Array *x, Array *y, Err *err)
{
    for (bool there = true; there;) {
        Array a;
        if (mat_next(f, &a, &there, err) != OK) return err->code;
        Array *keep = strcmp(a.name, "X") == 0 ? x : strcmp(a.name, "y") == 0 ? y : &a;
        if (keep != &a) array_free(keep);
        if (keep == &a)
            array_free(&a);
        else
            *keep = a;
    }
    const char *missing = !x->name[0] ? "X" : !y->name[0] ? "y" : NULL;
    if (!missing) return OK;
    return err_set(err, ERR_FORMAT, "%s: no variable %s; expected X (32, 32, 3, n) and y (n, 1)", f->path, missing);
}

static Status read_mat(Records *r, const char *path, size_t most, Err *err)
{
    MatFile f;
    Array x = {0}, y = {0};
    if (mat_open(&f, path, most, err) != OK) return err->code;
    Status done = find_variables(&f, &x, &y, err);
    if (done == OK) done = take_images(r, &x, path, err);
    if (done == OK) done = take_labels(r, &y, path, err);
    array_free(&x);
    array_free(&y);
    mat_close(&f);
    return done;
}

/* One of the two parts: dir/PART_32x32.mat, or dir/PART.bin where only that is there. */
static Status read_part(Records *r, const Dataset *d, const char *dir, const char *mat, const char *bin, Err *err)
{
    char path[PATH_SIZE];
    TRY(path_join(path, dir, mat, err));
    if (file_exists(path)) return read_mat(r, path, source_limit(d), err);
    TRY(path_join(path, dir, bin, err));
    if (file_exists(path)) return records_read(r, path, &digits, source_limit(d), err);
    return source_fetch("svhn", mat, dir, err);
fail:
    return err->code;
}

Status svhn_load(Dataset *d, Records *train, Records *test, Err *err)
{
    static const char *const marks[] = {"svhn/test_32x32.mat", "test_32x32.mat", "svhn/test.bin", NULL};
    char dir[PATH_SIZE];
    TRY(source_find_dir(dir, d, marks, err));
    TRY(names_set(d, NULL, CLASSES, err));
    TRY(read_part(train, d, dir, "train_32x32.mat", "train.bin", err));
    TRY(read_part(test, d, dir, "test_32x32.mat", "test.bin", err));
    return OK;
fail:
    return err->code;
}
