/* folder.c - see fuzz.h. One thread. */
#include "fuzz/fuzz.h"

#include "file/whole.h"
#include "data/dataset.h"
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

void fuzz_fail(const char *what)
{
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static void remove_it(void)
{
    folder_remove(folder, NULL);
}

const char *fuzz_folder(void)
{
    if (folder[0]) return folder;
    strcpy(folder, "/dev/shm/tare-fuzz-XXXXXX");
    if (!mkdtemp(folder)) strcpy(folder, "/tmp/tare-fuzz-XXXXXX");
    if (!folder_exists(folder) && !mkdtemp(folder)) fuzz_fail("no temporary folder");
    atexit(remove_it);
    return folder;
}

const char *fuzz_path(const char *name)
{
    static char path[PATH_SIZE];
    if (path_join(path, fuzz_folder(), name, NULL) != OK) fuzz_fail("a long path");
    return path;
}

void fuzz_put(const char *name, const void *bytes, size_t size)
{
    char above[PATH_SIZE];
    const char *path = fuzz_path(name);
    strcpy(above, path);
    if (folder_make(dirname(above), NULL) != OK) fuzz_fail("no folder");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0) fuzz_fail("cannot write a file");
}

/* What the rest of the program takes for granted. */
static void check(const Dataset *d)
{
    if (d->classes < 2 || d->h < 1 || d->w < 1 || d->c < 1 || d->h % 4 || d->w % 4) fuzz_fail("a shape that cannot be");
    for (int c = 0; c < d->c; c++)
        if (!isfinite(d->mean[c]) || !(d->sd[c] > 0)) fuzz_fail("a mean or sd that cannot be");
    for (int s = 0; s < SPLITS; s++)
        for (ptrdiff_t i = 0; i < d->split[s].n; i++)
            if (d->split[s].labels[i] < 0 || d->split[s].labels[i] >= d->classes) fuzz_fail("a label out of range");
}

void fuzz_load(const char *source)
{
    DataSpec spec = {0};
    option_defaults(dataset_options(source), &spec);
    strcpy(spec.name, source);
    strcpy(spec.dir, fuzz_folder());
    spec.train = spec.valid = spec.test = 0;
    spec.share = 0.5;
    spec.batches = 1;
    Dataset *d = dataset_load(&spec, NULL);
    if (d) check(d);
    dataset_release(d);
}
