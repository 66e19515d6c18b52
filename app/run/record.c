/* record.c - writing a run's folder: create, reopen, append, summary, note. See record.h. One writer a run,
 * who holds the lock. */
#include "run/record.h"

#include "base/clock.h"
#include "nn/checkpoint.h"
#include "run/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MOST = 48 };

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

static Status open_events(Record *r, int flags, Err *err)
{
    char path[PATH_SIZE];
    TRY(path_join(path, r->folder, "events.jsonl", err));
    r->events = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0644);
    if (r->events < 0) return err_sys(err, "cannot open %s", path);
    return OK;
fail:
    return ERR_USAGE;
}

/* config.json = config and, unless the caller has said it, when the run was created. */
static Status write_config(const char *folder, const json_t *config, Err *err)
{
    char path[PATH_SIZE], now[32];
    Status done = path_join(path, folder, "config.json", err);
    if (done != OK) return done;
    json_t *whole = json_deep_copy(config);
    json_t *wall = json_pack("{s:s}", "created", clock_iso(now, sizeof now));
    if (whole && !json_object_get(whole, "wall")) json_object_set(whole, "wall", wall);
    done = record_save_json(path, whole, err);
    json_decref(wall);
    json_decref(whole);
    return done;
}

/* config.json is written last: a folder that has one is a whole run, and one without that nobody locks is what a killed
 * process left behind, to be taken over. */
static Status make_folder(const char *folder, Err *err)
{
    char config[PATH_SIZE];
    if (mkdir(folder, 0755) == 0) return OK;
    if (errno != EEXIST) return err_sys(err, "cannot make the folder %s", folder);
    Status done = path_join(config, folder, "config.json", err);
    if (done != OK) return done;
    if (folder_exists(folder) && !file_exists(config) && !folder_locked(folder)) {
        done = folder_remove(folder, err);
        if (done == OK && mkdir(folder, 0755) == 0) return OK;
    }
    return err_set(err, ERR_USAGE, "%s is there already; take another name, delete it, or go on with it by --resume",
                   folder);
}

Status record_create(Record *r, const char *runs, const char *name, const json_t *config, Err *err)
{
    *r = (Record){.lock = -1, .events = -1};
    Status done = record_check_name(name, err);
    if (done == OK) done = folder_make(runs, err);
    if (done == OK) done = path_join(r->folder, runs, name, err);
    if (done != OK) return done;
    done = make_folder(r->folder, err);
    if (done != OK) return done;
    done = record_lock(r->folder, &r->lock, err);
    if (done == OK) done = open_events(r, O_CREAT | O_EXCL, err);
    if (done == OK) done = write_config(r->folder, config, err);
    if (done == OK) return OK;
    bool locked = r->lock >= 0;
    record_close(r);
    if (locked)
        folder_remove(r->folder, NULL);
    else
        rmdir(r->folder); /* where another process has taken the folder over, it is not empty and stays */
    return done;
}

/* Files that a killed process was writing. */
static void remove_unfinished(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));) {
        size_t length = strlen(e->d_name);
        if (length > 4 && strcmp(e->d_name + length - 4, ".tmp") == 0) unlinkat(dirfd(dir), e->d_name, 0);
    }
    closedir(dir);
}

static bool is_weight(const char *name)
{
    return strncmp(name, "body.", 5) == 0 || strncmp(name, "head.", 5) == 0;
}

Status record_prune(const char *folder, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    Status done = path_join(path, folder, "last.safetensors", err);
    if (done != OK) return done;
    remove_unfinished(folder);
    if (!file_exists(path)) return OK;
    done = tensors_read(path, &f, err);
    int before = f.tensors;
    if (done == OK) tensors_keep(&f, is_weight);
    if (done == OK && f.tensors < before) done = tensors_write(path, &f, err);
    tensors_free(&f);
    return done;
}

Status record_reopen(Record *r, const char *runs, const char *name, RunLog *log, Err *err)
{
    size_t good;
    *r = (Record){.lock = -1, .events = -1};
    Status done = record_find(r->folder, runs, name, err);
    if (done == OK) done = record_lock(r->folder, &r->lock, err);
    if (done == OK) done = record_fold_file(r->folder, log, &good, err);
    if (done == OK) done = open_events(r, 0, err);
    if (done == OK && ftruncate(r->events, (off_t)good) != 0)
        done = err_sys(err, "cannot cut the torn last line off %s/events.jsonl", r->folder);
    if (done == OK) remove_unfinished(r->folder);
    if (done != OK) record_close(r);
    return done;
}

void record_close(Record *r)
{
    if (r->events >= 0) close(r->events);
    if (r->lock >= 0) close(r->lock);
    r->events = r->lock = -1;
}

/* The line of an event with its newline, malloc'ed; NULL with err set. A line that could not be read back is
 * refused here, where the run still knows what it did. */
static char *line_of(const Event *event, Err *err)
{
    Event filed = *event, back;
    char *line = NULL;
    filed.run = 0;
    json_t *json = event_to_json(&filed);
    if (json && event_from_json(&back, json, err) != OK) {
        err_prefix(err, "event %llu cannot be recorded: ", (unsigned long long)event->seq);
        goto done;
    }
    size_t length = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
    line = length ? malloc(length + 2) : NULL;
    if (!line) {
        err_set(err, ERR_MEMORY, "no memory for a line of events.jsonl");
        goto done;
    }
    json_dumpb(json, line, length, JSON_COMPACT);
    memcpy(line + length, "\n", 2);
done:
    json_decref(json);
    return line;
}

Status record_append(Record *r, const Event *event, Err *err)
{
    Err why = {.code = ERR_MEMORY};
    char *line = line_of(event, &why);
    if (!line) return err_set(err, why.code, "%s", why.msg);
    size_t length = strlen(line);
    struct stat before;
    Status done = OK;
    ssize_t put = -1;
    if (fstat(r->events, &before) == 0) {
        do put = write(r->events, line, length);
        while (put < 0 && errno == EINTR);
        if (put >= 0) errno = ENOSPC; /* why a write to a plain file is short */
    }
    if (put != (ssize_t)length) {
        done = err_sys(err, "cannot append to %s/events.jsonl (free some space there, then resume the run)", r->folder);
        /* Should this fail as well, the next record_reopen cuts the line off. */
        if (put > 0 && ftruncate(r->events, before.st_size) != 0) err_prefix(err, "a torn line is left: ");
    }
    free(line);
    return done;
}

/* Replace folder/summary.json by `summary` (NULL: by what is there) with `note` (NULL: with the note that is
 * there; "": without). The folder's own lock makes reading and writing one step among processes. */
static Status write_summary(const char *folder, const json_t *summary, const char *note, Err *err)
{
    char path[PATH_SIZE];
    json_t *old = NULL, *new = NULL;
    Err why = {.code = OK};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return err_sys(err, "cannot open the folder %s", folder);
    flock(fd, LOCK_EX); /* where a file system has none, the window is a few milliseconds */
    TRY(path_join(path, folder, "summary.json", &why));
    old = file_exists(path) ? record_load_json(path, &why) : json_object();
    TRY(why.code);
    new = json_copy(summary ? (json_t *)summary : old);
    if (!note && !json_object_get(new, "note")) json_object_set(new, "note", json_object_get(old, "note"));
    if (note && !*note) json_object_del(new, "note");
    if (note && *note && json_object_set_new(new, "note", json_string(note)) != 0) {
        err_set(&why, ERR_USAGE, "a note is text in UTF-8");
        goto fail;
    }
    TRY(record_save_json(path, new, &why));
fail:
    json_decref(old);
    json_decref(new);
    close(fd);
    return why.code == OK ? OK : err_set(err, why.code, "%s", why.msg);
}

Status record_summary(const Record *r, const json_t *summary, Err *err)
{
    if (!summary) return err_set(err, ERR_MEMORY, "no memory for the summary of %s", r->folder);
    return write_summary(r->folder, summary, NULL, err);
}

Status record_note(const char *runs, const char *name, const char *note, Err *err)
{
    char folder[PATH_SIZE];
    Status done = record_find(folder, runs, name, err);
    return done == OK ? write_summary(folder, NULL, note, err) : done;
}
