/* viewer.c - `tare view`: a stored run in the panes, whole, at a pace, or as another process writes it. Main thread. */
#include "workbench.h"

#include "base/clock.h"
#include "run/record.h"
#include "run/replay.h"
#include "interrupts.h"
#include "options.h"
#include "ui/capture.h"
#include "ui/face.h"
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLLOW_MS = 250 };

typedef struct {
    const Options *options;
    char runs[PATH_SIZE], name[PATH_SIZE], parent_name[PATH_SIZE];
    RunLog log, parent;
    Replay replay;
    Face face;
    ptrdiff_t told; /* remarks of the run that are in the log */
    double played;  /* seconds of the run that have been shown */
    double clock;   /* when that was */
    bool paused;
} Viewer;

/* "runs/base", "runs/base/" or "base": the folder of the runs, and a name in it. */
static Status split_path(Viewer *v, const char *path, Err *err)
{
    snprintf(v->name, sizeof v->name, "%s", path);
    size_t length = strlen(v->name);
    while (length > 1 && v->name[length - 1] == '/') v->name[--length] = 0;
    snprintf(v->runs, sizeof v->runs, "%s", v->options->runs);
    char *slash = strrchr(v->name, '/');
    if (slash) {
        *slash = 0;
        snprintf(v->runs, sizeof v->runs, "%s", slash == v->name ? "/" : v->name);
        memmove(v->name, slash + 1, strlen(slash + 1) + 1);
    }
    return record_check_name(v->name, err);
}

/* The parent's whole story, for the ghosts; a run whose parent is gone is shown without. */
static void read_parent(Viewer *v)
{
    Err ignored;
    json_t *config = record_read_json(v->runs, v->name, "config.json", &ignored);
    const char *from = config ? json_string_value(json_object_get(config, "from")) : NULL;
    if (from && *from && record_fold(v->runs, from, &v->parent, &ignored) == OK)
        snprintf(v->parent_name, sizeof v->parent_name, "%s", from);
    json_decref(config);
}

/* The run's remarks into the log; a resume takes some back, and says them again. */
static void tell_remarks(Viewer *v)
{
    if (v->told > v->log.remarks) v->told = v->log.remarks;
    for (; v->told < v->log.remarks; v->told++) {
        const Remark *r = &v->log.remark[v->told];
        const char *state = r->type == EVENT_LOG ? "" : run_state_name[r->as.state];
        char line[EVENT_TEXT_SIZE + 64];
        snprintf(line, sizeof line, "step %d: %s%s%s", (int)r->step, state, *state && *r->as.text ? ": " : "",
                 r->as.text);
        log_add(&v->face.log, line);
    }
}

/* Fold what is due by now. */
static Status advance(Viewer *v, Err *err)
{
    int folded;
    double now = clock_seconds(), speed = v->options->speed;
    if (!v->paused) v->played += (now - v->clock) * speed;
    v->clock = now;
    Status done = replay_fold(&v->replay, speed > 0 ? v->played : (double)INFINITY, &v->log, &folded, err);
    bool told_all = !isfinite(replay_next(&v->replay)) && !run_state_ended(v->log.state);
    if (told_all && !record_locked(v->runs, v->name)) v->log.state = RUN_STOPPED; /* its process is gone */
    if (folded > 0) v->face.dirty = true;
    tell_remarks(v);
    return done;
}

static int wait_ms(const Viewer *v)
{
    int wait = face_wait(&v->face);
    double next = replay_next(&v->replay) - v->played;
    int due = -1;
    if (isfinite(next) && v->options->speed > 0 && !v->paused)
        due = (int)(1000 * fmax(next, 0) / v->options->speed) + 1;
    if (due < 0 && v->options->follow) due = FOLLOW_MS;
    if (wait < 0) return due;
    return due < 0 || wait < due ? wait : due;
}

static void nothing(void *arg, const char *utf8)
{
    (void)arg, (void)utf8;
}

static Status loop(Viewer *v, Err *err)
{
    Face *f = &v->face;
    v->clock = clock_seconds();
    while (!f->quit && !f->interrupt && !interrupts_ended()) {
        ViewRun run = {v->name, &v->log, *v->parent_name ? &v->parent : NULL, *v->parent_name ? v->parent_name : NULL};
        Status done = advance(v, err);
        if (done != OK) return done;
        face_draw(f, &run, 1);
        struct pollfd fds[] = {{.fd = f->fd, .events = POLLIN}, {.fd = interrupts_fd(), .events = POLLIN}};
        poll(fds, 2, wait_ms(v));
        if (fds[0].revents && !face_read(f)) return OK;
        if (interrupts_resized()) face_resized(f);
        if (interrupts_interrupted()) f->interrupt = true;
        capture_lines(nothing, NULL);
        if (f->suspend || interrupts_stopped()) face_stop(f);
        if (f->pause) {
            v->paused = !v->paused;
            face_say(f, v->paused ? "paused; p goes on" : "playing");
        }
        f->suspend = f->pause = false;
    }
    return OK;
}

int viewer_run(const Options *options)
{
    Viewer *v = calloc(1, sizeof *v);
    Err err = {0};
    if (!v) {
        fprintf(stderr, "tare: no memory to view a run\n");
        return EXIT_SCRIPT;
    }
    v->options = options;
    v->face.fd = v->replay.fd = -1;
    runlog_init(&v->log);
    runlog_init(&v->parent);
    Status done = split_path(v, options->file, &err);
    if (done == OK) done = replay_open(&v->replay, v->runs, v->name, &err);
    if (done == OK) read_parent(v);
    if (done == OK) done = interrupts_open(&err);
    if (done == OK) done = face_open(&v->face, NULL, &err);
    if (done == OK) done = loop(v, &err);
    face_close(&v->face);
    if (done != OK) fprintf(stderr, "tare: %s\n", err.msg);
    replay_close(&v->replay);
    runlog_free(&v->log);
    runlog_free(&v->parent);
    free(v);
    return done == OK ? 0 : done == ERR_USAGE ? EXIT_USAGE : EXIT_SCRIPT;
}
