/* whole.c - see whole.h. Any thread. */
#include "file/whole.h"

#include "base/text.h"
#include "file/inflate.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

Status file_open(const char *path, int *fd, size_t *size, Err *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* opening a pipe must not hang */
    if (*fd < 0) return err_sys(err, "cannot open %s", path);
    if (fstat(*fd, &st) != 0) {
        err_sys(err, "cannot look at %s", path);
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(err, ERR_IO, "%s is not a plain file", path);
        goto fail;
    }
    *size = (size_t)st.st_size;
    return OK;
fail:
    close(*fd);
    *fd = -1;
    return ERR_IO;
}

/* By pread, so that a file which shrinks meanwhile is an error and no signal. */
Status file_read_at(int fd, const char *path, size_t at, void *dst, size_t size, Err *err)
{
    for (size_t used = 0; used < size;) {
        ssize_t got = pread(fd, (char *)dst + used, size - used, (off_t)(at + used));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_sys(err, "cannot read %s", path);
        if (got == 0)
            return err_set(err, ERR_IO, "%s shrank to %zu of %zu bytes while it was read", path, at + used, at + size);
        used += (size_t)got;
    }
    return OK;
}

Status file_read(const char *path, size_t most, bool inflate_it, unsigned char **bytes, size_t *size, Err *err)
{
    unsigned char *raw = NULL;
    size_t n;
    int fd;
    Status done = file_open(path, &fd, &n, err);
    if (done != OK) return done;
    if (n > most)
        done = err_set(err, ERR_LIMIT, "%s: more than the %zu bytes that such a file can have", path, most);
    else if (!(raw = malloc(n + 1)))
        done = err_set(err, ERR_MEMORY, "%s: no memory for %zu bytes", path, n);
    else
        done = file_read_at(fd, path, 0, raw, n, err);
    close(fd);
    TRY(done);
    raw[n] = 0;
    if (inflate_it && n >= 2 && raw[0] == 0x1f && raw[1] == 0x8b) {
        done = inflate_part(path, raw, 0, n, most, bytes, size, err);
        free(raw);
        return done;
    }
    *bytes = raw;
    *size = n;
    return OK;
fail:
    free(raw);
    return done;
}

static Status write_all(int fd, const char *path, const char *bytes, size_t size, Err *err)
{
    for (size_t used = 0; used < size;) {
        ssize_t put = write(fd, bytes + used, size - used);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0)
            return err_sys(err, "cannot write %s (%zu of %zu bytes written; the old file is kept)", path, used, size);
        used += (size_t)put;
    }
    return OK;
}

static void sync_folder_of(const char *path)
{
    char copy[PATH_SIZE];
    text_copy(copy, sizeof copy, path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd); /* some file systems cannot; the rename itself stands */
    close(fd);
}

/* What stands at path decides how it is written. Through a link, to what it leads to: the link stays. Not over what is
 * write-protected, whoever asks: root would. *plain = it is a file or nothing yet; else (a terminal, a pipe, a device)
 * there is nothing to replace, and it is written as it stands. */
static Status find_target(const char *path, char target[PATH_SIZE], bool *plain, Err *err)
{
    char real[PATH_MAX];
    struct stat st;
    bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    const char *final = link && realpath(path, real) ? real : path;
    if (!text_copy(target, PATH_SIZE, final)) return err_set(err, ERR_USAGE, "path too long: %.200s", final);
    *plain = true;
    if (stat(target, &st) != 0) return OK;
    *plain = S_ISREG(st.st_mode);
    if (S_ISDIR(st.st_mode)) return err_set(err, ERR_IO, "%s is a folder", path);
    if (*plain && (st.st_mode & 0222) == 0)
        return err_set(err, ERR_IO, "%s is write-protected; take another name, or allow it (chmod u+w)", path);
    return OK;
}

static Status write_stream(const char *path, const void *bytes, size_t size, Err *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return err_sys(err, "cannot open %s", path);
    Status done = write_all(fd, path, bytes, size, err);
    close(fd);
    return done;
}

Status file_write(const char *path, const void *bytes, size_t size, Err *err)
{
    char target[PATH_SIZE], tmp[PATH_SIZE + 32];
    bool plain = true;
    int fd = -1;
    Status done = find_target(path, target, &plain, err);
    if (done != OK) return done;
    if (!plain) return write_stream(target, bytes, size, err);

    /* beside it, whole and on the disk, before it takes the name */
    snprintf(tmp, sizeof tmp, "%s.%ld.tmp", target, (long)getpid());
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return err_sys(err, "cannot create %s", tmp);
    TRY(write_all(fd, path, bytes, size, err));
    if (fsync(fd) != 0) {
        err_sys(err, "cannot flush %s to disk", tmp);
        goto fail;
    }
    int closed = close(fd);
    fd = -1;
    if (closed != 0 || rename(tmp, target) != 0) {
        err_sys(err, "cannot put %s in place", path);
        goto fail;
    }
    sync_folder_of(target);
    return OK;
fail:
    if (fd >= 0) close(fd);
    unlink(tmp);
    return ERR_IO;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool folder_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

Status folder_make(const char *path, Err *err)
{
    char part[PATH_SIZE];
    if (!text_copy(part, sizeof part, path)) return err_set(err, ERR_USAGE, "path too long: %.200s...", path);
    for (char *slash = part + 1;; slash++) {
        char end = *slash;
        if (end != '/' && end != 0) continue;
        *slash = 0;
        if (mkdir(part, 0755) != 0 && (errno != EEXIST || !folder_exists(part)))
            return err_sys(err, "cannot make the folder %s", part);
        *slash = end;
        if (end == 0) return OK;
    }
}

Status folder_remove(const char *path, Err *err)
{
    DIR *dir = opendir(path);
    if (!dir) return err_sys(err, "cannot open the folder %s", path);
    Status done = OK;
    for (struct dirent *e; done == OK && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        char inner[PATH_SIZE];
        struct stat st;
        done = path_join(inner, path, e->d_name, err);
        if (done != OK) break;
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            done = folder_remove(inner, err);
        else if (unlink(inner) != 0)
            done = err_sys(err, "cannot remove %s", inner);
    }
    closedir(dir);
    if (done == OK && rmdir(path) != 0) done = err_sys(err, "cannot remove the folder %s", path);
    return done;
}

Status path_join(char *dst, const char *a, const char *b, Err *err)
{
    int length = snprintf(dst, PATH_SIZE, "%s/%s", a, b);
    if (length < 0 || length >= PATH_SIZE) return err_set(err, ERR_USAGE, "path too long: %.200s/%.200s", a, b);
    return OK;
}

Status path_shipped(char *dst, const char *name, Err *err)
{
    char program[PATH_SIZE] = "", share[PATH_SIZE + 16] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    const char *home = getenv("TARE_HOME"), *folder = length > 0 ? dirname(program) : "";
    if (*folder) snprintf(share, sizeof share, "%s/../share/tare", folder);
    const char *const roots[] = {home ? home : "", folder, share};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (!*roots[i]) continue;
        TRY(path_join(dst, roots[i], name, err));
        if (access(dst, R_OK) == 0) return OK;
    }
    return err_set(err, ERR_IO,
                   "%s, which comes with tare, is in none of %s%s%s and %s; set TARE_HOME to tare's folder", name,
                   roots[0], home ? ", " : "", folder, share);
fail:
    return err ? err->code : ERR_USAGE;
}

uint64_t fingerprint(const void *bytes, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}
