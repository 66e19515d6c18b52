/* source.h - what the loaders of data sets share; private to app/data. */
#ifndef TARE_DATA_SOURCE_H
#define TARE_DATA_SOURCE_H

#include "data/dataset.h"
#include "file/whole.h"

/* Labelled images as a source's files hold them, before any choice. */
typedef struct {
    ptrdiff_t n, h, w, c;
    uint8_t *images;      /* (n, h, w, c) */
    int32_t *labels;      /* (n) */
    char from[PATH_SIZE]; /* the file of the labels */
} Records;

void records_free(Records *r);

/* A loader fills the class names of a data set whose spec is set, and the training and test images that its files hold;
 * or the shape and the three splits themselves. The table in dataset.c has one row for
 * each; dataset_load adds what all have in common (splits, mean, sd, fingerprint), and frees train and test. */
typedef Status LoadFn(Dataset *d, Records *train, Records *test, Err *err);
LoadFn fashion_load, fashion_full_load, idx_load; /* idx.c */
LoadFn cifar10_load, cifar100_load;               /* cifar.c */
LoadFn svhn_load;                                 /* svhn.c */
LoadFn npy_load;                                  /* arrays.c */
LoadFn blends_load;                               /* blends.c */

/* dir (PATH_SIZE) = the folder of the first of `marks` (relative paths of a file that the source has, NULL-ended)
 * under spec.dir, or spec.dir itself where there is none. Where spec.dir is "", under the folder that
 * dataset_look_in was told, data/downloads, and tare's own data/downloads; ERR_IO when it is in none. */
Status source_find_dir(char *dir, const Dataset *d, const char *const *marks, Err *err);

/* Bytes that a file of d may take in memory: its option limit. */
size_t source_limit(const Dataset *d);

/* Behind a message that dir lacks `name`: which file there nearly is called so, if one is. */
void source_add_near(const char *dir, const char *name, Err *err);

/* ERR_IO: there is no `what` in `where`, and which command fetches the data set `name`. */
Status source_fetch(const char *name, const char *what, const char *where, Err *err);

/* Records of CIFAR's kind (records.c): label bytes, then 3072 pixels. */
typedef struct {
    const char *title;
    int labels, label; /* label bytes of a record; which of them counts */
    int classes[2];    /* what each label byte stays below */
} RecordForm;

/* Append the records of a file of at most `most` bytes to r, which is empty or holds such records. */
Status records_read(Records *r, const char *path, const RecordForm *form, size_t most, Err *err);

/* dst (pixels, channels) = src (channels, pixels) */
void pixels_interleave(uint8_t *dst, const uint8_t *src, ptrdiff_t pixels, ptrdiff_t channels);

/* d->classes and d->class_names = these `classes` names, or "0", "1", ... where names is NULL. */
Status names_set(Dataset *d, const char *const *names, ptrdiff_t classes, Err *err);

/* The same from a text file with one name a line; blank lines are skipped. */
Status names_read(Dataset *d, const char *path, Err *err);

/* The same from dir/labels.txt or dir/classes.txt; where neither is there nothing changes. */
Status names_find(Dataset *d, const char *dir, Err *err);

/* The labels of both, as their files have them, become classes from 0; d->first is what the first class has in the
 * files. Where there are no names, as many classes as the training labels show (at least 2), named by their numbers.
 * ERR_FORMAT: a label that is none of the names, or that no training image has. */
Status labels_settle(Dataset *d, Records *train, Records *test, Err *err);

/* Room for the n images and labels of a split, d->h, d->w, d->c being set. */
Status split_alloc(const Dataset *d, Split *s, ptrdiff_t n, Err *err);

/* The three splits, chosen as dataset_load says from the source's training and test images. Height and width
 * are padded, see padded_side. */
Status splits_choose(Dataset *d, const Records *train, const Records *test, Err *err);

#endif
