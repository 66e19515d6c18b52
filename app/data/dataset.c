/* dataset.c - the table of sources, and what all data sets have in common. Any thread. */
#include "data/dataset.h"

#include "file/whole.h"
#include "base/text.h"
#include "data/source.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const split_name[SPLITS] = {"train", "valid", "test"};

#define FIELD(name) offsetof(DataSpec, name)

/* Of all sources that have files. */
const Option data_options[] = {
    {"name", OPTION_TEXT, FIELD(name), "fashion", 0, 0, NULL, "fashion, cifar10, cifar100, svhn, idx, npy or ..."},
    {"dir", OPTION_TEXT, FIELD(dir), "", 0, 0, NULL, "where the files lie, if not in their usual place"},
    {"train", OPTION_INT, FIELD(train), "2000", 0, 1e7, NULL, "training images; 0 = all that valid leaves"},
    {"valid", OPTION_INT, FIELD(valid), "2000", 0, 1e7, NULL, "validation images; 0 = all that train leaves"},
    {"test", OPTION_INT, FIELD(test), "0", 0, 1e7, NULL, "test images; 0 = all"},
    {"share", OPTION_REAL, FIELD(share), "0.15", 0.01, 0.9, NULL, "valid's share where train = 0 and valid = 0"},
    {"seed", OPTION_INT, FIELD(seed), "1", 0, 0x1p53, NULL, "of the choice of images"},
    {"limit", OPTION_INT, FIELD(limit), "2048", 1, 0x1p30, NULL, "megabytes that a file may have, unpacked"},
    {0},
};

/* What some of them have besides, each a table of its own. */
static const Option cifar10_own[] = {
    {"batches", OPTION_INT, FIELD(batches), "5", 1, 5, NULL, "cifar10: training files to read, each 10,000 images"},
    {0},
};
static const Option cifar100_own[] = {
    {"labels", OPTION_CHOICE, FIELD(labels), "fine", 0, 0, "fine|coarse", "cifar100: 100 classes or 20 groups of them"},
    {0},
};
static const Option folder_own[] = {
    {"first", OPTION_CHOICE, FIELD(first), "auto", 0, 0, "auto|0|1", "idx, npy: first label; auto: 1 where none is 0"},
    {0},
};

static const Option cifar10_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, data_options, NULL},
    {"", OPTION_GROUP, 0, NULL, 0, 0, cifar10_own, NULL},
    {0},
};
static const Option cifar100_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, data_options, NULL},
    {"", OPTION_GROUP, 0, NULL, 0, 0, cifar100_own, NULL},
    {0},
};
static const Option folder_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, data_options, NULL},
    {"", OPTION_GROUP, 0, NULL, 0, 0, folder_own, NULL},
    {0},
};

const Option blends_options[] = {
    {"name", OPTION_CHOICE, FIELD(name), "blends", 0, 0, "blends", "the source: always blends"},
    {"train", OPTION_INT, FIELD(train), "2000", 1, 1e6, NULL, "training images"},
    {"valid", OPTION_INT, FIELD(valid), "2000", 1, 1e6, NULL, "validation images"},
    {"test", OPTION_INT, FIELD(test), "4000", 1, 1e6, NULL, "test images"},
    {"classes", OPTION_INT, FIELD(classes), "8", 2, 20, NULL, "classes, each a direction of stripes"},
    {"size", OPTION_INT, FIELD(size), "32", 16, 64, NULL, "height and width in pixels, a multiple of 4"},
    {"noise", OPTION_REAL, FIELD(noise), "0.06", 0, 0.3, NULL, "sd of the pixel noise; 1 = black to white"},
    {"bayes", OPTION_REAL, FIELD(bayes), "0.1", 0.01, 0.9, NULL,
     "error of the best possible classifier, over 2,000 reference images"},
    {"seed", OPTION_INT, FIELD(seed), "1", 0, 0x1p53, NULL, "of the images and their labels"},
    {0},
};

static const struct row {
    const char *name, *help;
    const Option *options;
    LoadFn *load;
} sources[] = {
    {"fashion", "10,000 images of Fashion-MNIST, which come with tare", data_options, fashion_load},
    {"fashion-full", "all 70,000, from Debian's package dataset-fashion-mnist", data_options, fashion_full_load},
    {"cifar10", "CIFAR-10: scripts/fetch-data cifar10", cifar10_options, cifar10_load},
    {"cifar100", "CIFAR-100, labels fine or coarse: scripts/fetch-data cifar100", cifar100_options, cifar100_load},
    {"svhn", "Street View House Numbers, cropped: scripts/fetch-data svhn", data_options, svhn_load},
    {"blends", "synthetic stripes whose posterior p(y|x) is known", blends_options, blends_load},
    {"idx", "your own files in MNIST's format, in dir", folder_options, idx_load},
    {"npy", "your own NumPy arrays, in dir", folder_options, npy_load},
};
enum { SOURCES = sizeof sources / sizeof *sources };

static const struct row *source_find(const char *name)
{
    for (int i = 0; i < SOURCES; i++)
        if (strcmp(sources[i].name, name) == 0) return &sources[i];
    return NULL;
}

const char *dataset_name(int i)
{
    return i >= 0 && i < SOURCES ? sources[i].name : NULL;
}

const char *dataset_help(int i)
{
    return i >= 0 && i < SOURCES ? sources[i].help : NULL;
}

const Option *dataset_options(const char *name)
{
    const struct row *source = source_find(name);
    return source ? source->options : NULL;
}

static Status source_unknown(const char *name, Err *err)
{
    const char *names[SOURCES];
    char all[512] = "";
    for (int i = 0; i < SOURCES; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s (%s)", i ? "; " : "", sources[i].name, sources[i].help);
        names[i] = sources[i].name;
    }
    const char *near = text_nearest(name, names, SOURCES);
    if (near) return err_set(err, ERR_USAGE, "unknown data set '%.60s' (did you mean '%s'?)", name, near);
    return err_set(err, ERR_USAGE, "unknown data set '%.60s'; there are: %s", name, all);
}

/* Every number of the spec within its option's range; a spec need not come from a script. */
static Status spec_check(const Option *options, const DataSpec *spec, Err *err)
{
    DataSpec copy = *spec;
    for (const Option *o = option_rows(options); o->name; o++)
        if (o->kind == OPTION_INT || o->kind == OPTION_REAL) {
            Status fits = option_set_number(o, &copy, option_number(o, spec), err);
            if (fits != OK) return fits;
        }
    return OK;
}

/* mean, sd (c) of the training pixels, scaled to 0..1; padding counts, as the network sees it. A channel that
 * never changes gets sd 1. */
static void channel_statistics(Dataset *d)
{
    const Split *train = &d->split[SPLIT_TRAIN];
    ptrdiff_t pixels = train->n * d->h * d->w;
    uint64_t sum[DATA_MAX_CHANNELS] = {0}, squares[DATA_MAX_CHANNELS] = {0};
    for (ptrdiff_t i = 0; i < pixels; i++)
        for (ptrdiff_t c = 0; c < d->c; c++) {
            uint64_t p = train->images[i * d->c + c];
            sum[c] += p;
            squares[c] += p * p;
        }
    for (ptrdiff_t c = 0; c < d->c; c++) {
        double mean = (double)sum[c] / (double)pixels;
        double variance = (double)squares[c] / (double)pixels - mean * mean;
        d->mean[c] = (float)(mean / 255);
        d->sd[c] = variance > 1e-9 ? (float)(sqrt(variance) / 255) : 1.0f;
    }
}

static uint64_t dataset_fingerprint(const Dataset *d)
{
    int64_t shape[4] = {d->h, d->w, d->c, d->classes};
    uint64_t f = fingerprint(shape, sizeof shape, 0);
    for (int s = 0; s < SPLITS; s++) {
        const Split *split = &d->split[s];
        int64_t n = split->n;
        f = fingerprint(&n, sizeof n, f);
        f = fingerprint(split->images, (size_t)(n * d->h * d->w * d->c), f);
        f = fingerprint(split->labels, (size_t)n * sizeof *split->labels, f);
    }
    return f;
}

Dataset *dataset_load(const DataSpec *spec, Err *err)
{
    Err unheard;
    if (!err) err = &unheard;
    const struct row *source = source_find(spec->name);
    if (!source) {
        source_unknown(spec->name, err);
        return NULL;
    }
    Dataset *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(err, ERR_MEMORY, "no memory for a data set");
        return NULL;
    }
    Records train = {0}, test = {0};
    d->spec = *spec;
    d->references = 1;
    TRY(spec_check(source->options, spec, err));
    TRY(source->load(d, &train, &test, err));
    if (!d->split[SPLIT_TRAIN].images) TRY(splits_choose(d, &train, &test, err));
    records_free(&train);
    records_free(&test);
    channel_statistics(d);
    d->fingerprint = dataset_fingerprint(d);
    return d;
fail:
    records_free(&train);
    records_free(&test);
    err_prefix(err, "%s: ", source->name);
    if (err->code == ERR_LIMIT)
        err_suffix(err, "; set limit (megabytes, now %lld) higher to read it", (long long)spec->limit);
    dataset_release(d);
    return NULL;
}

Dataset *dataset_retain(Dataset *d)
{
    __atomic_add_fetch(&d->references, 1, __ATOMIC_RELAXED);
    return d;
}

void dataset_release(Dataset *d)
{
    if (!d || __atomic_sub_fetch(&d->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    for (int s = 0; s < SPLITS; s++) {
        free(d->split[s].images);
        free(d->split[s].labels);
        free(d->split[s].posterior);
        free(d->split[s].source);
    }
    free(d->class_names);
    free(d);
}
