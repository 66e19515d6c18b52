/* whole.h - whole files in, whole files out: a reader never sees half a file, a writer never leaves one. */
#ifndef TARE_FILE_WHOLE_H
#define TARE_FILE_WHOLE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATH_SIZE = 1024 };

/* Open a plain file for reading: *fd, closed on exec, and its size. ERR_IO for what is no file: a folder, a pipe (which
 * would hang), a device (which would never end). */
Status file_open(const char *path, int *fd, size_t *size, Err *err);

/* dst (size) = the bytes of an open file from `at` on. ERR_IO when it shrank meanwhile. */
Status file_read_at(int fd, const char *path, size_t at, void *dst, size_t size, Err *err);

/* All bytes of a file (at most `most`), malloc'ed, with a 0 byte behind them that *size does not count. A file that
 * starts with the gzip magic is inflated when `inflate`; `most` bounds the inflated size too. */
Status file_read(const char *path, size_t most, bool inflate, unsigned char **bytes, size_t *size, Err *err);

/* Replace `path` by these bytes: temporary name beside it, write, fsync, rename, fsync of the folder. A failure (a
 * full disk, say) leaves the old file as it was. A link is written through; ERR_IO for a write-protected file, even to
 * root; a device or a pipe is written as it stands. */
Status file_write(const char *path, const void *bytes, size_t size, Err *err);

bool file_exists(const char *path);
bool folder_exists(const char *path);
/* Make a folder and its parents; one that exists is fine. */
Status folder_make(const char *path, Err *err);
/* Remove a folder and all in it. */
Status folder_remove(const char *path, Err *err);

/* dst (PATH_SIZE) = "a/b"; ERR_USAGE when too long. */
Status path_join(char *dst, const char *a, const char *b, Err *err);

/* dst (PATH_SIZE) = the path of a file that comes with tare ("lua/recipes.lua", "data/fashion"): the first that
 * exists in $TARE_HOME, the running program's folder, and ../share/tare beside that (an installed tare). ERR_IO names
 * them. */
Status path_shipped(char *dst, const char *name, Err *err);

/* A 64-bit fingerprint (XXH3) of bytes; chain by passing the last result as seed. Not for secrets. */
uint64_t fingerprint(const void *bytes, size_t size, uint64_t seed);

#endif
