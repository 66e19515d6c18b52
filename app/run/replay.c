/* replay.c - see replay.h. Needs no lock; main thread. */
#include "run/replay.h"

#include "file/json.h"
#include "run/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

Status replay_open(Replay *r, const char *runs, const char *name, Err *err)
{
    char folder[PATH_SIZE], path[PATH_SIZE];
    *r = (Replay){.fd = -1};
    Status done = record_find(folder, runs, name, err);
    if (done == OK) done = path_join(path, folder, "events.jsonl", err);
    if (done != OK) return done;
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return r->fd < 0 ? err_sys(err, "cannot open %s", path) : OK;
}

void replay_close(Replay *r)
{
    if (r->fd >= 0) close(r->fd);
    free(r->bytes);
    *r = (Replay){.fd = -1};
}

/* Read what the file has grown by; false when there is nothing new. */
static bool read_more(Replay *r, Err *err, Status *done)
{
    *done = OK;
    if (r->room - r->used < READ_BYTES) {
        char *more = realloc(r->bytes, r->used + 2 * READ_BYTES);
        if (!more) {
            *done = err_set(err, ERR_MEMORY, "no memory to replay a run");
            return false;
        }
        r->bytes = more;
        r->room = r->used + 2 * READ_BYTES;
    }
    ssize_t got = pread(r->fd, r->bytes + r->used, READ_BYTES, r->at);
    if (got < 0 && errno != EINTR) *done = err_sys(err, "cannot read events.jsonl");
    if (got <= 0) return false;
    r->used += (size_t)got;
    r->at += got;
    return true;
}

/* Put the next whole line's event into r->next; *there = false when there is none yet. */
static Status take_line(Replay *r, bool *there, Err *err)
{
    char *newline;
    Status done;
    *there = false;
    while (!(newline = r->used ? memchr(r->bytes, '\n', r->used) : NULL))
        if (!read_more(r, err, &done)) return done;
    size_t length = (size_t)(newline - r->bytes);
    json_error_t why;
    Err broken = {.code = OK};
    json_t *json = json_parse(r->bytes, length, &why, &broken);
    if (broken.code == ERR_MEMORY) return err_set(err, ERR_MEMORY, "%s", broken.msg);
    if (!json && r->again && r->used == length + 1 && !read_more(r, err, &done))
        return done; /* what a power cut left: nothing follows it yet */
    if (!json && !r->again) { /* a resume may have cut the torn line whose begin was read, and written on from there */
        r->at -= (off_t)r->used;
        r->used = 0;
        r->again = true;
        return take_line(r, there, err);
    }
    r->again = false;
    r->line++;
    if (!json) return err_set(err, ERR_FORMAT, "events.jsonl line %ld: no JSON: %s", r->line, why.text);
    done = event_from_json(&r->next, json, err);
    json_decref(json);
    if (done != OK) {
        err_prefix(err, "events.jsonl line %ld: ", r->line);
        return done;
    }
    r->used -= length + 1;
    memmove(r->bytes, newline + 1, r->used);
    *there = true;
    return OK;
}

Status replay_fold(Replay *r, double until, RunLog *log, int *folded, Err *err)
{
    *folded = 0;
    for (;;) {
        Event event;
        bool there;
        if (!r->waiting) TRY(take_line(r, &r->waiting, err));
        if (!r->waiting || r->next.wall.seconds > until) return OK;
        TRY(replay_step(r, log, &event, &there, err));
        ++*folded;
    }
fail:
    return err ? err->code : ERR_FORMAT;
}

Status replay_step(Replay *r, RunLog *log, Event *event, bool *there, Err *err)
{
    if (!r->waiting) TRY(take_line(r, &r->waiting, err));
    *there = r->waiting;
    if (!*there) return OK;
    TRY(runlog_fold(log, &r->next, err));
    *event = r->next;
    r->waiting = false;
    return OK;
fail:
    return err ? err->code : ERR_FORMAT;
}

double replay_next(const Replay *r)
{
    return r->waiting ? r->next.wall.seconds : (double)INFINITY;
}
