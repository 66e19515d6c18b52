/* folder.c - see fuzz.h. One thread. */
#include "fuzz/fuzz.h"

#include "base/file.h"
#include "data/dataset.h"
#include <fcntl.h>
#include <libgen.h>
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

void fuzz_load(const char *source)
{
    DataSpec spec = {0};
    option_defaults(dataset_options(source), &spec);
    strcpy(spec.name, source);
    strcpy(spec.dir, fuzz_folder());
    spec.train = spec.valid = spec.test = 0;
    spec.share = 0.5;
    dataset_release(dataset_load(&spec, NULL));
}
