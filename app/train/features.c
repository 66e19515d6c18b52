/* features.c - see features.h. */
#include "train/features.h"

#include "file/whole.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "tare features 1";

/* 64 bytes, so that the floats behind it are aligned. */
typedef struct {
    char magic[16];
    uint64_t key, rows, width, checksum, unused[2];
} Header;

static size_t value_bytes(ptrdiff_t rows, ptrdiff_t width)
{
    return (size_t)rows * (size_t)width * sizeof(float);
}

static Header header_of(const Features *f)
{
    Header h = {.key = f->key, .rows = (uint64_t)f->rows, .width = (uint64_t)f->width};
    memcpy(h.magic, magic, sizeof magic);
    h.checksum = fingerprint(f->values, value_bytes(f->rows, f->width), f->key);
    return h;
}

static Status path_of(char *path, const char *folder, uint64_t key, Err *err)
{
    char name[24];
    snprintf(name, sizeof name, "%016llx", (unsigned long long)key);
    return path_join(path, folder, name, err);
}

Status features_open(Features *f, uint64_t key, ptrdiff_t rows, ptrdiff_t width, Err *err)
{
    size_t bytes = value_bytes(rows, width);
    *f = (Features){.key = key, .rows = rows, .width = width};
    f->block = malloc(sizeof(Header) + bytes);
    if (!f->block)
        return err_set(err, ERR_MEMORY, "no memory for %zu MB of cached features; use features = \"faithful\"",
                       bytes >> 20);
    f->values = (float *)((char *)f->block + sizeof(Header));
    return OK;
}

void features_close(Features *f)
{
    if (f->mapped)
        munmap(f->block, sizeof(Header) + value_bytes(f->rows, f->width));
    else
        free(f->block);
    *f = (Features){0};
}

/* Map an open file of the right size. ERR_FORMAT: another size. */
static Status map_file(Features *f, int fd, const char *path, Err *err)
{
    struct stat st;
    size_t size = sizeof(Header) + value_bytes(f->rows, f->width);
    if (fstat(fd, &st) != 0) return err_sys(err, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size != size)
        return err_set(err, ERR_FORMAT, "%s is torn: %lld bytes instead of %zu", path, (long long)st.st_size, size);
    void *block = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (block == MAP_FAILED) return err_sys(err, "cannot map %s", path);
    f->block = block;
    f->mapped = true;
    f->values = (float *)((char *)block + sizeof(Header));
    return OK;
}

Status features_map(Features *f, const char *folder, uint64_t key, ptrdiff_t rows, ptrdiff_t width, bool *there,
                    Err *err)
{
    char path[PATH_SIZE];
    int fd = -1;
    *f = (Features){.key = key, .rows = rows, .width = width};
    *there = false;
    TRY(path_of(path, folder, key, err));
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) return OK;
    *there = true;
    if (fd < 0) {
        err_sys(err, "cannot open %s", path);
        goto fail;
    }
    TRY(map_file(f, fd, path, err));
    Header want = header_of(f);
    if (memcmp(&want, f->block, sizeof want) != 0) {
        err_set(err, ERR_FORMAT, "%s was edited: its checksum does not match", path);
        goto fail;
    }
    futimens(fd, NULL); /* used now; where that is refused, it only looks older */
    close(fd);
    return OK;
fail:
    if (fd >= 0) close(fd);
    features_close(f);
    return err ? err->code : ERR_IO;
}

Status features_save(const Features *f, const char *folder, Err *err)
{
    char path[PATH_SIZE];
    Header header = header_of(f);
    memcpy(f->block, &header, sizeof header);
    TRY(folder_make(folder, err));
    TRY(path_of(path, folder, f->key, err));
    TRY(file_write(path, f->block, sizeof header + value_bytes(f->rows, f->width), err));
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

/* ---- the bound ---- */

typedef struct {
    char name[256];
    size_t size;
    struct timespec used;
} Entry;

static int longest_unused_first(const void *a, const void *b)
{
    const struct timespec *x = &((const Entry *)a)->used, *y = &((const Entry *)b)->used;
    if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* All files of the folder, half-written ones too; the caller frees *entries. */
static Status list_files(DIR *dir, Entry **entries, ptrdiff_t *count, size_t *total, Err *err)
{
    ptrdiff_t room = 0;
    for (struct dirent *d; (d = readdir(dir));) {
        struct stat st;
        if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) continue;
        if (*count == room) {
            room = room ? 2 * room : 32;
            Entry *more = realloc(*entries, (size_t)room * sizeof *more);
            if (!more) return err_set(err, ERR_MEMORY, "no memory for the list of cached features");
            *entries = more;
        }
        Entry *e = &(*entries)[(*count)++];
        *e = (Entry){.size = (size_t)st.st_size, .used = st.st_mtim};
        snprintf(e->name, sizeof e->name, "%s", d->d_name);
        *total += e->size;
    }
    return OK;
}

Status features_prune(const char *folder, size_t most, Err *err)
{
    Entry *entry = NULL;
    ptrdiff_t count = 0;
    size_t total = 0;
    DIR *dir = opendir(folder);
    if (!dir) return err_sys(err, "cannot open the folder %s", folder);
    TRY(list_files(dir, &entry, &count, &total, err));
    qsort(entry, (size_t)count, sizeof *entry, longest_unused_first);
    for (ptrdiff_t i = 0; i < count && total > most; i++) {
        if (unlinkat(dirfd(dir), entry[i].name, 0) != 0) {
            err_sys(err, "cannot remove %s/%s", folder, entry[i].name);
            goto fail;
        }
        total -= entry[i].size;
    }
    free(entry);
    closedir(dir);
    return OK;
fail:
    free(entry);
    closedir(dir);
    return err ? err->code : ERR_IO;
}

void feature_cache_clear(FeatureCache *cache)
{
    for (int s = 0; s < SPLITS; s++) features_close(&cache->split[s]);
}
