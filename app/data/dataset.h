/* dataset.h - labelled images in three named splits, and the table of where they come from. */
#ifndef TARE_DATA_DATASET_H
#define TARE_DATA_DATASET_H

#include "base/err.h"
#include "base/option.h"
#include <stdint.h>

typedef enum { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLITS } SplitId;
extern const char *const split_name[SPLITS]; /* "train", "valid", "test" */

enum { DATA_MAX_CLASSES = 1000, DATA_MAX_CHANNELS = 4, CLASS_NAME_SIZE = 32 };

/* What to load: enough to load the very same images again, so a run's config.json carries it whole. */
typedef struct {
    char name[OPTION_TEXT_SIZE]; /* a row of the table of sources */
    char dir[OPTION_TEXT_SIZE];  /* where its files lie, "" for the source's own place */
    int64_t train, valid, test;  /* images in each split; 0 = all (train, valid: all the other leaves) */
    double share;                /* valid as a share of the training images, where valid = 0 and train = 0 */
    int64_t seed;                /* of the choice of images (and of the synthetic ones) */
    int64_t limit;               /* megabytes that one of its files may take in memory */
    /* idx, npy only */
    char first[OPTION_TEXT_SIZE]; /* the label of the first class: "0", "1", or "auto" */
    /* cifar10 only */
    int64_t batches; /* training files, from the first on */
    /* cifar100 only */
    char labels[OPTION_TEXT_SIZE]; /* "fine" or "coarse" */
    /* blends only */
    int64_t classes, size; /* classes; height and width in pixels */
    double noise, bayes;   /* sd of the pixel noise, 1 = black to white; the Bayes error E[1 - max p*] */
} DataSpec;

extern const Option data_options[];   /* of all sources that have files */
extern const Option blends_options[]; /* data.blends */

typedef struct {
    ptrdiff_t n;
    uint8_t *images;  /* (n, h, w, c) */
    int32_t *labels;  /* (n), 0-based */
    float *posterior; /* (n, classes): the known p*(y|x) of each image, or NULL */
    int32_t *source;  /* (n): row in the source's file order, for "which image is this?" */
} Split;

/* Immutable once loaded; shared by reference count. */
typedef struct {
    DataSpec spec;
    ptrdiff_t h, w, c, classes;
    int first;                            /* the label that the files have for the first class, 0 or 1 */
    char (*class_names)[CLASS_NAME_SIZE]; /* (classes) */
    Split split[SPLITS];
    float mean[DATA_MAX_CHANNELS], sd[DATA_MAX_CHANNELS]; /* of the training images, pixels scaled to 0..1 */
    uint64_t fingerprint;                                 /* of all images, labels and splits */
    int references;                                       /* atomic; the last member, see normalise_view */
} Dataset;

/* The name and the help of source i, in the table's order; NULL behind the last. */
const char *dataset_name(int i);
const char *dataset_help(int i);

/* The options of the source of this name: blends_options for "blends", for others data_options and their own; NULL
 * where there is no such source. A spec that is read back starts from the defaults of its own table. */
const Option *dataset_options(const char *name);

/* Load by spec->name. A split of a given size is balanced: it takes equally many images of each class (where the size
 * is no multiple of the classes, the first classes get one more); "all" keeps the source's own balance. The labels of
 * blends are draws from p*, hence balanced only on average. Train and valid never share an image, and a larger split
 * holds the smaller one of the same seed: of each class's training images, shuffled once, train takes from the front
 * and valid from the back; test depends on neither. Images lie in the source's order. NULL with err set: ERR_USAGE
 * (unknown name, with a suggestion; more images asked than there are, with how many there are), ERR_IO (missing file,
 * with the package or command that brings it), ERR_FORMAT (file, record or byte, expected). */
Dataset *dataset_load(const DataSpec *spec, Err *err);

/* Also look for downloaded data sets in this folder (--data, $TARE_DATA), before data/downloads. Once, at start. */
void dataset_look_in(const char *folder);

Dataset *dataset_retain(Dataset *d);
void dataset_release(Dataset *d); /* NULL is fine */

#endif
