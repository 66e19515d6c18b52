/* folder.c - one run's folder: its name, its lock, what it is made of, and how it comes and goes. See folder.h. Any
 * thread.
 *
 * Nothing is ever removed that tare did not make: what goes is named in a table, a folder that holds anything else
 * stays as it is, and links are not followed. */
#include "run/folder.h"

#include "base/text.h"
#include "file/json.h"
#include "run/record.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MOST = 48 };

static const size_t json_most = 64 << 20; /* bytes */

/* ---- names ---- */

Status record_check_name(const char *name, Err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    if (length >= 1 && length <= NAME_MOST && strspn(name, allowed) == length && name[0] != '.' && name[0] != '-')
        return OK;
    return err_set(err, ERR_USAGE,
                   "'%.60s' cannot be a name: take 1 to %d letters, digits, '.', '_' or '-', and begin with neither "
                   "'.' nor '-'",
                   name, NAME_MOST);
}

/* ---- the lock ---- */

Status record_lock(const char *folder, int *lock, Err *err)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, "lock", err));
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*lock < 0) return err_sys(err, "cannot open %s", path);
    /* record_locked holds the lock for a moment when it looks; a writer holds it for long. */
    const struct timespec moment = {.tv_nsec = 1000000};
    for (int tries = 0; tries < 4; tries++) {
        if (flock(*lock, LOCK_EX | LOCK_NB) == 0) return OK;
        if (errno != EWOULDBLOCK && errno != EINTR) break;
        nanosleep(&moment, NULL);
    }
    if (errno == EWOULDBLOCK)
        err_set(err, ERR_STATE, "%s is being written by a running process; wait for it, or stop it", folder);
    else
        err_sys(err, "cannot lock %s", path);
    close(*lock);
    *lock = -1;
fail:
    return err ? err->code : ERR_IO;
}

static bool folder_locked(const char *folder)
{
    char path[PATH_SIZE];
    if (path_join(path, folder, "lock", NULL) != OK) return false;
    int lock = open(path, O_RDONLY | O_CLOEXEC);
    if (lock < 0) return false;
    bool held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(lock);
    return held;
}

bool record_locked(const char *runs, const char *name)
{
    char folder[PATH_SIZE];
    return record_check_name(name, NULL) == OK && path_join(folder, runs, name, NULL) == OK && folder_locked(folder);
}

/* ---- small JSON files ---- */

json_t *record_load_json(const char *path, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    json_error_t why;
    if (file_read(path, json_most, false, &bytes, &size, err) != OK) return NULL;
    json_t *json = json_parse((const char *)bytes, size, &why, err);
    free(bytes);
    if (!json) err_prefix(err, "%s: ", path);
    if (!json || json_is_object(json)) return json;
    err_set(err, ERR_FORMAT, "%s: line 1: not a JSON object", path);
    json_decref(json);
    return NULL;
}

Status record_save_json(const char *path, const json_t *json, Err *err)
{
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (!text) return err_set(err, ERR_MEMORY, "no memory for %s", path);
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the 0 byte */
    Status done = file_write(path, text, length + 1, err);
    free(text);
    return done;
}

/* ---- what a folder is made of ---- */

/* Every file that tare puts into a run's folder. */
static const char *const made_by_tare[] = {
    "config.json",       "events.jsonl",     "summary.json",           "lock", "last.safetensors", "best.safetensors",
    "valid.safetensors", "test.safetensors", "calibrator.safetensors",
};

/* "NAME.PID.tmp": a file that a killed process was writing. */
static bool is_unfinished(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < sizeof made_by_tare / sizeof *made_by_tare; i++)
        if (strcmp(name, made_by_tare[i]) == 0) return true;
    return is_unfinished(name);
}

/* The folder itself and no link to one. ERR_IO. */
static Status open_folder(const char *path, DIR **dir, Err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (*dir) return OK;
    int why = errno;
    if (fd >= 0) close(fd);
    if (why == ELOOP || why == ENOTDIR)
        return err_set(err, ERR_STATE, "%s is a link or a file, not a folder of a run; it is left as it is", path);
    errno = why;
    return err_sys(err, "cannot open the folder %s", path);
}

/* The first entry that `fine` does not accept, in `other`; false when there is none. */
static bool find_other(DIR *dir, bool (*fine)(int folder, const char *name), char other[NAME_MAX + 1])
{
    rewinddir(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || fine(dirfd(dir), e->d_name)) continue;
        text_copy(other, NAME_MAX + 1, e->d_name);
        return true;
    }
    return false;
}

static bool is_run_file(int folder, const char *name)
{
    struct stat st;
    return is_ours(name) && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode);
}

/* What a process leaves that is killed while it makes a run: its lock, an event log without an event, a config.json
 * that is not in place. */
static bool is_leaving(int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return false;
    bool empty = st.st_size == 0 && (strcmp(name, "lock") == 0 || strcmp(name, "events.jsonl") == 0);
    return empty || (strncmp(name, "config.json.", 12) == 0 && is_unfinished(name));
}

/* Unlink all of it and the folder. */
static Status remove_all(DIR *dir, const char *path, Err *err)
{
    rewinddir(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(dir), e->d_name, 0) != 0) return err_sys(err, "cannot remove %s/%s", path, e->d_name);
    }
    return rmdir(path) == 0 ? OK : err_sys(err, "cannot remove the folder %s", path);
}

Status record_check_ours(const char *folder, Err *err)
{
    DIR *dir;
    char other[NAME_MAX + 1];
    Status done = open_folder(folder, &dir, err);
    if (done != OK) return done;
    if (find_other(dir, is_run_file, other))
        done = err_set(err, ERR_STATE, "%s holds %s, which tare did not make; move it away first", folder, other);
    closedir(dir);
    return done;
}

Status record_clear(const char *folder, Err *err)
{
    DIR *dir;
    Status done = record_check_ours(folder, err);
    if (done == OK) done = open_folder(folder, &dir, err);
    if (done != OK) return done;
    done = remove_all(dir, folder, err);
    closedir(dir);
    return done;
}

/* OK where a folder is there that may be taken over: none of a run, and nothing in it but a killed process's leavings.
 */
static Status check_leavings(DIR *dir, const char *folder, Err *err)
{
    char other[NAME_MAX + 1];
    if (faccessat(dirfd(dir), "config.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(err, ERR_USAGE,
                       "%s is there already; take another name, delete it, or go on with it by --resume", folder);
    if (find_other(dir, is_leaving, other))
        return err_set(
            err, ERR_USAGE,
            "%s is there, is no run (it has no config.json) and holds %s; take another name, or move it away", folder,
            other);
    return OK;
}

/* All but the lock. */
static Status remove_leavings(DIR *dir, const char *path, Err *err)
{
    rewinddir(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, "lock") == 0) continue;
        if (unlinkat(dirfd(dir), e->d_name, 0) != 0) return err_sys(err, "cannot remove %s/%s", path, e->d_name);
    }
    return OK;
}

/* The lock decides whose a folder is: between mkdir and lock another process may think it a killed one's. */
Status record_claim(const char *folder, int *lock, Err *err)
{
    DIR *dir;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) return err_sys(err, "cannot make the folder %s", folder);
    Status done = open_folder(folder, &dir, err);
    if (done != OK) return done;
    if ((done = check_leavings(dir, folder, err)) == OK && record_lock(folder, lock, err) != OK)
        done = err_set(err, ERR_USAGE, "%s is there already: another process is making it; take another name", folder);
    if (done == OK) done = check_leavings(dir, folder, err); /* as it is now that nobody else writes */
    if (done == OK) done = remove_leavings(dir, folder, err);
    closedir(dir);
    if (done != OK && *lock >= 0) {
        close(*lock);
        *lock = -1;
    }
    return done;
}

void record_remove_unfinished(const char *folder)
{
    DIR *dir;
    if (open_folder(folder, &dir, NULL) != OK) return;
    for (struct dirent *e; (e = readdir(dir));)
        if (is_unfinished(e->d_name)) unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
}
