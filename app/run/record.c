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

/* Until its first event a run costs one descriptor, its lock: many may be queued. */
static void rest(Record *r)
{
    if (r->events >= 0) close(r->events);
    r->events = -1;
}

Status record_create(Record *r, const char *runs, const char *name, const json_t *config, Err *err)
{
    *r = (Record){.lock = -1, .events = -1};
    Status done = record_check_name(name, err);
    if (done == OK) done = folder_make(runs, err);
    if (done == OK) done = path_join(r->folder, runs, name, err);
    if (done != OK) return done;
    done = record_claim(r->folder, &r->lock, err);
    if (done != OK) return done;
    done = open_events(r, O_CREAT | O_EXCL, err);
    if (done == OK) done = write_config(r->folder, config, err);
    if (done == OK) {
        rest(r);
        return OK;
    }
    record_close(r);
    record_clear(r->folder, NULL);
    return done;
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
    record_remove_unfinished(folder);
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
    if (done == OK) record_remove_unfinished(r->folder);
    rest(r);
    if (done != OK) record_close(r);
    return done;
}

void record_close(Record *r)
{
    rest(r);
    if (r->lock >= 0) close(r->lock);
    r->lock = -1;
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

/* The files that this record writes are still those that a reader of the folder finds: a run that goes on writing to
 * what has been removed or moved would end well and be lost. */
static Status check_place(const Record *r, Err *err)
{
    static const char *const files[] = {"events.jsonl", "config.json"};
    char path[PATH_SIZE];
    struct stat open_one, there;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        Status done = path_join(path, r->folder, files[i], err);
        if (done != OK) return done;
        if (stat(path, &there) != 0)
            return err_set(err, ERR_STATE, "%s was removed while the run went on; put it back, then resume the run",
                           path);
        if (i == 0 && fstat(r->events, &open_one) == 0 &&
            (open_one.st_ino != there.st_ino || open_one.st_dev != there.st_dev))
            return err_set(err, ERR_STATE,
                           "%s was replaced while the run went on; put the old one back, then resume it", path);
    }
    return OK;
}

Status record_append(Record *r, const Event *event, Err *err)
{
    Err why = {.code = ERR_MEMORY};
    Status here = r->events < 0 ? open_events(r, 0, err) : OK;
    if (here == OK) here = check_place(r, err);
    if (here != OK) return here;
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
