/* source.h - what the loaders of data sets share; private to app/data. */
#ifndef TARE_DATA_SOURCE_H
#define TARE_DATA_SOURCE_H

#include "data/dataset.h"

/* Labelled images as a source's files hold them, before any choice. */
typedef struct {
    ptrdiff_t n, h, w, c;
    uint8_t *images; /* (n, h, w, c) */
    int32_t *labels; /* (n) */
} Records;

void records_free(Records *r);

/* A loader fills the shape, the class names and the three splits of a data set whose spec is set. The table
 * in dataset.c has one row for each; dataset_load adds what all have in common (mean, sd, fingerprint). */
typedef Status LoadFn(Dataset *d, Err *err);
LoadFn fashion_load, fashion_full_load, idx_load; /* idx.c */
LoadFn cifar10_load;                              /* cifar.c */
LoadFn blends_load;                               /* blends.c */

/* d->classes and d->class_names = these `classes` names, or "0", "1", ... where names is NULL. */
Status names_set(Dataset *d, const char *const *names, ptrdiff_t classes, Err *err);

/* The same from a text file with one name a line; blank lines are skipped. */
Status names_read(Dataset *d, const char *path, Err *err);

/* Room for the n images and labels of a split, d->h, d->w, d->c being set. */
Status split_alloc(const Dataset *d, Split *s, ptrdiff_t n, Err *err);

/* The three splits, chosen as dataset_load says from the source's training and test images. Height and width
 * are padded, see padded_side. */
Status splits_choose(Dataset *d, const Records *train, const Records *test, Err *err);

#endif
