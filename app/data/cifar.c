/* cifar.c - CIFAR-10 and CIFAR-100 in their official binary versions (records.c). Any thread. */
#include "data/source.h"

#include "file/whole.h"
#include <stdio.h>
#include <string.h>

enum { TEN = 10, HUNDRED = 100, COARSE = 20 };

/* ---- CIFAR-10 ---- */

static const RecordForm ten = {"CIFAR-10", 1, 0, {TEN}};

/* The same set also comes pickled for Python, in files without an ending. */
static Status no_batch(const char *name, const char *dir, int before, Err *err)
{
    char pickled[PATH_SIZE];
    source_fetch("cifar10", name, dir, err);
    if (path_join(pickled, dir, "data_batch_1", NULL) == OK && file_exists(pickled))
        err_suffix(err, "; data_batch_1 is there, but of the Python version: what is read is the binary one");
    if (before > 0) err_suffix(err, "; to do with those before it set batches = %d", before);
    return ERR_IO;
}

/* The training files, in order: as many as were asked for, and no fewer. */
static Status read_training(Records *r, const Dataset *d, const char *dir, Err *err)
{
    char path[PATH_SIZE], name[32];
    for (int i = 1; i <= d->spec.batches; i++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        TRY(path_join(path, dir, name, err));
        TRY(file_exists(path) ? records_read(r, path, &ten, source_limit(d), err) : no_batch(name, dir, i - 1, err));
    }
    return OK;
fail:
    return err->code;
}

/* The class names in dir/file, or where that is not there, these; `classes` of them. */
static Status name_classes(Dataset *d, const char *dir, const char *file, const char *const *names, ptrdiff_t classes,
                           Err *err)
{
    char path[PATH_SIZE];
    TRY(path_join(path, dir, file, err));
    if (!file_exists(path)) return names_set(d, names, classes, err);
    TRY(names_read(d, path, err));
    if (d->classes == classes) return OK;
    return err_set(err, ERR_FORMAT, "%s: %td class names; expected %td", path, d->classes, classes);
fail:
    return err->code;
}

Status cifar10_load(Dataset *d, Records *train, Records *test, Err *err)
{
    static const char *const marks[] = {"cifar-10-batches-bin/test_batch.bin", "cifar10/test_batch.bin",
                                        "test_batch.bin", NULL};
    static const char *const names[TEN] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};
    char dir[PATH_SIZE], path[PATH_SIZE];
    TRY(source_find_dir(dir, d, marks, err));
    TRY(read_training(train, d, dir, err));
    TRY(name_classes(d, dir, "batches.meta.txt", names, TEN, err));
    TRY(path_join(path, dir, "test_batch.bin", err));
    TRY(records_read(test, path, &ten, source_limit(d), err));
    return OK;
fail:
    return err->code;
}

/* ---- CIFAR-100 ---- */

/* A record has the coarse label, then the fine one. */
static const struct {
    RecordForm form;
    const char *names;
} hundred[] = {
    {{"CIFAR-100", 2, 0, {COARSE, HUNDRED}}, "coarse_label_names.txt"},
    {{"CIFAR-100", 2, 1, {COARSE, HUNDRED}}, "fine_label_names.txt"},
};

Status cifar100_load(Dataset *d, Records *train, Records *test, Err *err)
{
    static const char *const marks[] = {"cifar-100-binary/test.bin", "cifar100/test.bin", NULL};
    bool fine = strcmp(d->spec.labels, "fine") == 0;
    const RecordForm *form = &hundred[fine].form;
    char dir[PATH_SIZE], path[PATH_SIZE];
    TRY(source_find_dir(dir, d, marks, err));
    TRY(name_classes(d, dir, hundred[fine].names, NULL, form->classes[form->label], err));
    TRY(path_join(path, dir, "train.bin", err));
    if (!file_exists(path)) {
        source_fetch("cifar100", "train.bin", dir, err);
        goto fail;
    }
    TRY(records_read(train, path, form, source_limit(d), err));
    TRY(path_join(path, dir, "test.bin", err));
    TRY(records_read(test, path, form, source_limit(d), err));
    return OK;
fail:
    return err->code;
}
