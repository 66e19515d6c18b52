/* idx.c - images and labels in MNIST's IDX format: a user's own folder, and Fashion-MNIST. Any thread.
 *
 * The format (LeCun, Cortes, Burges, "The MNIST database"): two zero bytes, a type (8 = unsigned byte), the
 * number of dimensions, each dimension as a big-endian 32-bit number, then the bytes. */
#include "data/source.h"

#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAGIC_IMAGES = 0x803, /* unsigned bytes, 3 dimensions: images, rows, columns */
    MAGIC_LABELS = 0x801, /* unsigned bytes, 1 dimension */
    IMAGES_HEAD = 16,
    LABELS_HEAD = 8,
    MAX_SIDE = 256,
    MAX_IMAGES = 10000000,
};

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* path = dir/name, or dir/name.gz where only that is there. */
static Status idx_find(char *path, const char *dir, const char *name, Err *err)
{
    char packed[64];
    snprintf(packed, sizeof packed, "%s.gz", name);
    TRY(path_join(path, dir, name, err));
    if (file_exists(path)) return OK;
    TRY(path_join(path, dir, packed, err));
    if (file_exists(path)) return OK;
    err_set(err, ERR_IO, "neither %s nor %s in the folder %s", name, packed, dir);
    source_add_near(dir, name, err);
fail:
    return err->code;
}

/* All bytes of an IDX file whose magic number and head are right. */
static Status idx_open(const char *path, size_t most, uint32_t magic, size_t head, unsigned char **bytes, size_t *size,
                       Err *err)
{
    TRY(file_read(path, most, true, bytes, size, err));
    if (*size < head)
        err_set(err, ERR_FORMAT, "%s: %zu bytes; an IDX file of this kind starts with a head of %zu", path, *size,
                head);
    else if (big_endian(*bytes) != magic)
        err_set(err, ERR_FORMAT, "%s: byte 0: magic number 0x%08x; expected 0x%08x (IDX, unsigned bytes, %s)", path,
                big_endian(*bytes), magic, magic == MAGIC_IMAGES ? "3 dimensions" : "1 dimension");
    else
        return OK;
    free(*bytes);
    *bytes = NULL;
fail:
    return err->code;
}

/* The dimension at byte `at` of a head, between 1 and most. */
static Status idx_dimension(ptrdiff_t *dst, const char *path, const unsigned char *bytes, size_t at, const char *what,
                            ptrdiff_t most, Err *err)
{
    *dst = (ptrdiff_t)big_endian(bytes + at);
    if (*dst >= 1 && *dst <= most) return OK;
    return err_set(err, ERR_FORMAT, "%s: byte %zu: %td %s; expected 1 to %td", path, at, *dst, what, most);
}

/* The bytes behind the head are exactly as many as the head says. */
static Status idx_length(const char *path, size_t size, size_t head, ptrdiff_t expected, Err *err)
{
    if (size - head == (size_t)expected) return OK;
    return err_set(err, ERR_FORMAT, "%s: %zu bytes from byte %zu on; its head says %td (%s); fetch the file again",
                   path, size - head, head, expected,
                   size - head < (size_t)expected ? "it is cut short" : "something follows the data");
}

static Status read_images(Records *r, const char *path, size_t most, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size;
    TRY(idx_open(path, most, MAGIC_IMAGES, IMAGES_HEAD, &bytes, &size, err));
    TRY(idx_dimension(&r->n, path, bytes, 4, "images", MAX_IMAGES, err));
    TRY(idx_dimension(&r->h, path, bytes, 8, "rows an image", MAX_SIDE, err));
    TRY(idx_dimension(&r->w, path, bytes, 12, "columns an image", MAX_SIDE, err));
    TRY(idx_length(path, size, IMAGES_HEAD, r->n * r->h * r->w, err));
    r->c = 1;
    memmove(bytes, bytes + IMAGES_HEAD, size - IMAGES_HEAD);
    r->images = bytes;
    return OK;
fail:
    free(bytes);
    return err->code;
}

/* Labels of r's images, as they are. */
static Status read_labels(Records *r, const char *path, const char *images, size_t most, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size;
    ptrdiff_t n;
    TRY(idx_open(path, most, MAGIC_LABELS, LABELS_HEAD, &bytes, &size, err));
    TRY(idx_dimension(&n, path, bytes, 4, "labels", MAX_IMAGES, err));
    TRY(idx_length(path, size, LABELS_HEAD, n, err));
    if (n != r->n) {
        err_set(err, ERR_FORMAT, "%s: %td labels, but %td images in %s; the files do not belong together", path, n,
                r->n, images);
        goto fail;
    }
    r->labels = malloc((size_t)n * sizeof *r->labels);
    if (!r->labels) {
        err_set(err, ERR_MEMORY, "%s: no memory for %td labels", path, n);
        goto fail;
    }
    for (ptrdiff_t i = 0; i < n; i++) r->labels[i] = bytes[LABELS_HEAD + i];
    text_copy(r->from, sizeof r->from, path);
    free(bytes);
    return OK;
fail:
    free(bytes);
    return err->code;
}

static Status read_part(Records *r, const char *dir, const char *part, size_t most, Err *err)
{
    char images[PATH_SIZE], labels[PATH_SIZE], name[64];
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    TRY(idx_find(images, dir, name, err));
    TRY(read_images(r, images, most, err));
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    TRY(idx_find(labels, dir, name, err));
    TRY(read_labels(r, labels, images, most, err));
    return OK;
fail:
    return err->code;
}

static Status folder_load(Dataset *d, const char *dir, Records *train, Records *test, Err *err)
{
    if (!d->class_names) TRY(names_find(d, dir, err));
    TRY(read_part(train, dir, "train", source_limit(d), err));
    TRY(read_part(test, dir, "t10k", source_limit(d), err));
    TRY(labels_settle(d, train, test, err));
    return OK;
fail:
    return err->code;
}

Status idx_load(Dataset *d, Records *train, Records *test, Err *err)
{
    if (!d->spec.dir[0])
        return err_set(err, ERR_USAGE,
                       "set dir to the folder that holds train-images-idx3-ubyte[.gz], "
                       "train-labels-idx1-ubyte[.gz], t10k-images-... and t10k-labels-...");
    return folder_load(d, d->spec.dir, train, test, err);
}

static Status fashion_names(Dataset *d, Err *err)
{
    static const char *const names[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                        "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
    return names_set(d, names, 10, err);
}

Status fashion_load(Dataset *d, Records *train, Records *test, Err *err)
{
    char dir[PATH_SIZE];
    snprintf(dir, sizeof dir, "%s", d->spec.dir);
    if (!dir[0]) TRY(path_shipped(dir, "data/fashion", err));
    TRY(fashion_names(d, err));
    return folder_load(d, dir, train, test, err);
fail:
    return err->code;
}

Status fashion_full_load(Dataset *d, Records *train, Records *test, Err *err)
{
    const char *dir = d->spec.dir[0] ? d->spec.dir : "/usr/share/datasets/fashion-mnist";
    Status names = fashion_names(d, err);
    if (names != OK) return names;
    if (!folder_exists(dir))
        return err_set(err, ERR_IO,
                       "no folder %s; it comes with the package dataset-fashion-mnist: `apt install "
                       "dataset-fashion-mnist`, or data.load \"fashion\" for the part that ships with tare",
                       dir);
    return folder_load(d, dir, train, test, err);
}
