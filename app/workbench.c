/* workbench.c - the loop of the interactive face. Main thread.
 *
 * Lines of Lua are tasks: several may be alive, one waiting for a run while another pauses it. What a line prints, what
 * runs say and what libraries write to stderr goes through pipes into the log pane. */
#include "workbench.h"

#include "base/clock.h"
#include "batch.h"
#include "engine/engine.h"
#include "interrupts.h"
#include "options.h"
#include "script/complete.h"
#include "script/script.h"
#include "ui/capture.h"
#include "ui/face.h"
#include "ui/pane.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MOST = 32, RUNS_MOST = 256 };

static const double again_seconds = 3;     /* in which a second Ctrl-C or Ctrl-D means what the first one offered */
static const double answer_seconds = 0.25; /* after a line's beginning or end: what comes then answers it */

static const char what_next[] =
    "Now: F4 compares, F5 zooms, left and right look back, ?ece explains, plot.save(\"fig.png\") "
    "saves the pane in focus, runs.list() lists what there is; the result is in _";
static const char question[] = "io.read> ";

typedef struct {
    const Options *options;
    Face face;
    Engine *engine;
    Script *script;
    Batch *batch;
    Task *first;            /* the script that the workbench was opened with; only to compare */
    Task *task[LINES_MOST]; /* lines that have not ended, the oldest first */
    int tasks;
    double answer_end;   /* what the log gets until then is the answer to a line, */
    int64_t answer_from; /* from this of its lines on */
    double asked;        /* when Ctrl-C or Ctrl-D last offered something */
    ViewRun runs[RUNS_MOST];
    ScriptScreen screen;
    int exit_code;
    bool asks; /* the prompt is io.read's */
    bool leaving;
} Workbench;

/* ---- what the screen shows ---- */

static void log_line(void *arg, const char *utf8)
{
    Workbench *w = arg;
    log_add(&w->face.log, utf8);
    w->face.dirty = true;
}

/* What was typed, and before it what had asked. */
static void log_echo(Workbench *w, const char *asked, const char *typed)
{
    char *line;
    if (asprintf(&line, "%s%s", asked, typed) < 0) return;
    log_line(w, line);
    free(line);
}

/* The log has got more of a line's answer, if one is awaited. */
static void show_answer(Workbench *w)
{
    if (clock_seconds() < w->answer_end) face_answer(&w->face, (int)(w->face.log.added - w->answer_from));
}

/* The newest runs of this process. */
static int list_runs(Workbench *w)
{
    int n = 0;
    ptrdiff_t all = 0;
    while (engine_nth(w->engine, all)) all++;
    for (ptrdiff_t i = all > RUNS_MOST ? all - RUNS_MOST : 0; i < all; i++) {
        const Run *run = engine_nth(w->engine, i);
        if (!*run->job.name || run->log.state == RUN_CANCELLED) continue;
        w->runs[n++] = (ViewRun){.name = run->job.name,
                                 .log = &run->log,
                                 .parent = run->parent[0] ? &run->parent[0]->log : NULL,
                                 .parent_name = run->parent[0] ? run->parent[0]->job.name : NULL};
    }
    return n;
}

static const Run *training(const Workbench *w)
{
    const Run *run;
    for (ptrdiff_t i = 0; (run = engine_nth(w->engine, i)); i++)
        if (run->ours && (run->log.state == RUN_RUNNING || run->log.state == RUN_PAUSED)) return run;
    return NULL;
}

/* ---- what scripts may see and say of it ---- */

static void get_screen(void *arg, ScreenState *state)
{
    const Workbench *w = arg;
    const Face *f = &w->face;
    const ViewRun *run = view_chosen(&f->view);
    *state = (ScreenState){.layout = f->layout->name,
                           .pane = f->layout->pane[f->focus],
                           .run = run ? run->name : "",
                           .bins = f->view.bins,
                           .zoom = f->zoom >= 0,
                           .log_loss = f->view.log_loss,
                           .at = f->view.at,
                           .at_parent = f->view.at_parent};
}

static const char *layout_name(int i)
{
    return i < LAYOUTS ? layouts[i].name : NULL;
}

static const char *pane_name(int i)
{
    const Pane *pane = pane_nth(i);
    return pane ? pane->name : NULL;
}

/* A short text stands in the log; one that comes while something is typed does not hide what is looked at. */
static bool show_page(void *arg, const char *title, const char *text)
{
    Workbench *w = arg;
    if (!prompt_empty() || face_fits(&w->face, text)) return false;
    face_page(&w->face, title, text);
    return true;
}

static Status set_screen(void *arg, const ScreenState *state, Err *err)
{
    Workbench *w = arg;
    int runs = list_runs(w);
    w->face.view.run = w->runs;
    w->face.view.runs = runs;
    FaceWish wish = {state->layout, state->pane, state->run, state->bins, state->zoom, state->log_loss};
    return face_show(&w->face, &wish, err);
}

/* ---- what keys ask for ---- */

/* Stop the newest line that is still at work; false when there is none. */
static bool interrupt_line(Workbench *w)
{
    for (int i = w->tasks - 1; i >= 0; i--)
        if (task_at_work(w->task[i])) {
            task_interrupt(w->script, w->task[i]);
            return true;
        }
    return false;
}

static bool again(Workbench *w)
{
    bool soon = clock_seconds() - w->asked < again_seconds;
    w->asked = soon ? 0 : clock_seconds();
    return soon;
}

/* Ctrl-C: the line that is typed, else the line at work, else the run, when asked twice; never the program. */
static void interrupt(Workbench *w)
{
    if (!prompt_empty()) {
        prompt_abandon();
        return;
    }
    if (interrupt_line(w)) return;
    const Run *run = training(w);
    if (!run)
        face_say(&w->face, "Ctrl-D quits");
    else if (!again(w))
        face_say(&w->face, "Ctrl-C again stops %s; its checkpoint is kept", run->job.name);
    else
        engine_command(w->engine, (Run *)run, COMMAND_STOP, 0, NULL);
}

static void quit(Workbench *w)
{
    const Run *run = training(w);
    if (run && !again(w))
        face_say(&w->face, "%s is training: Ctrl-D again stops it with a checkpoint and quits", run->job.name);
    else
        w->leaving = true;
}

static void obey_keys(Workbench *w)
{
    Face *f = &w->face;
    if (f->interrupt) interrupt(w);
    if (f->quit) quit(w);
    if (f->suspend || interrupts_stopped()) face_stop(f);
    f->interrupt = f->quit = f->suspend = false;
}

/* ---- lines ---- */

/* `tare run FILE --workbench`, `tare -e CODE --workbench`: the first line is there already. */
static void start_first(Workbench *w)
{
    const Options *o = w->options;
    Err err;
    Task *task = NULL;
    if (o->action == DO_WORKBENCH) return;
    if (o->action == DO_SCRIPT)
        task = script_load_file(w->script, o->file, o->arg_count, (char **)o->args, &err);
    else
        task = script_load_lines(w->script, o->code, o->codes, &err);
    w->first = task;
    if (task)
        w->task[w->tasks++] = task;
    else
        log_line(w, err.msg);
}

/* What the log gets from now on, and for a moment, answers a line that begins or ends. */
static void expect_answer(Workbench *w, bool begins)
{
    double now = clock_seconds();
    if (begins || now >= w->answer_end) w->answer_from = w->face.log.added;
    w->answer_end = now + answer_seconds;
}

static void start_line(Workbench *w, const char *text)
{
    Err err;
    w->face.view.top = (LogTop){0};
    if (face_text(&w->face) == &pane_page) face_back(&w->face);
    log_echo(w, "tare> ", text);
    expect_answer(w, true);
    if (!*text) return;
    if (w->tasks == LINES_MOST) {
        log_line(w, "too many lines are still at work; Ctrl-C stops the newest");
        return;
    }
    Task *task = script_load_typed(w->script, text, &err);
    if (task)
        w->task[w->tasks++] = task;
    else
        log_line(w, err.msg);
}

static void take_lines(Workbench *w)
{
    char *text;
    while ((text = prompt_take())) {
        start_line(w, text);
        free(text);
    }
    if (w->face.line) start_line(w, w->face.line);
    w->face.line = NULL;
}

/* Show what ended lines returned or died of, and forget them. */
static void finish_lines(Workbench *w)
{
    int left = 0;
    for (int i = 0; i < w->tasks; i++) {
        Task *task = w->task[i];
        if (task_state(task) <= TASK_PARKED) {
            w->task[left++] = task;
            continue;
        }
        expect_answer(w, false);
        if (task_state(task) == TASK_DONE) task_print(w->script, task);
        if (task == w->first && task_state(task) == TASK_DONE) puts(what_next);
        if (task == w->first) w->first = NULL;
        fflush(stdout);
        char note[64];
        if (*task_note(task, note, sizeof note)) log_line(w, note);
        if (task_state(task) == TASK_FAILED) log_line(w, task_error(task));
        if (task_state(task) == TASK_INTERRUPTED) log_line(w, "interrupted");
        show_answer(w);
        task_free(w->script, task);
    }
    w->tasks = left;
}

/* What a run's on_epoch callback died of. */
static void tell_trouble(Workbench *w)
{
    char *trouble = script_take_trouble(w->script);
    if (trouble) log_line(w, trouble);
    free(trouble);
}

/* ---- the loop ---- */

static void drain(Workbench *w)
{
    Event event;
    Run *run;
    while (engine_drain(w->engine, &event, &run)) {
        batch_event(w->batch, &event, run);
        script_event(w->script, &event, run);
        w->face.dirty = true;
    }
}

/* The prompt says who gets the next line. A line that asks again changes it without any key or event. */
static void show_question(Workbench *w)
{
    bool asks = script_asks(w->script);
    if (asks != w->asks) w->face.dirty = true;
    w->asks = asks;
    prompt_ask(asks ? question : NULL);
}

/* What is typed answers io.read, where a task waits in it. */
static void answer_tasks(Workbench *w)
{
    char *text;
    while (script_asks(w->script) && (text = prompt_take())) {
        log_echo(w, question, text);
        script_answer(w->script, text);
        free(text);
    }
    show_question(w);
}

/* Everything but Lua: also called from inside a line that computes. */
static void pump(void *arg)
{
    Workbench *w = arg;
    if (!w->script) return; /* it is being opened */
    struct pollfd tty = {.fd = w->face.fd, .events = POLLIN};
    if (poll(&tty, 1, 0) > 0 && !face_read(&w->face)) w->leaving = true;
    if (interrupts_resized()) face_resized(&w->face);
    if (interrupts_interrupted()) w->face.interrupt = true;
    answer_tasks(w);
    if (interrupts_ended()) w->leaving = true;
    drain(w);
    int64_t before = w->face.log.added;
    capture_lines(log_line, w);
    if (w->face.log.added > before) show_answer(w);
    obey_keys(w);
    if (w->leaving) script_interrupt(w->script);
    face_draw(&w->face, w->runs, list_runs(w));
}

static int wait_ms(const Workbench *w)
{
    double next = script_next(w->script);
    int face = face_wait(&w->face), script = next < 0 ? -1 : (int)(next * 1000);
    if (face < 0) return script;
    return script < 0 || face < script ? face : script;
}

static void loop(Workbench *w)
{
    while (!w->leaving) {
        struct pollfd fds[] = {{.fd = w->face.fd, .events = POLLIN},
                               {.fd = engine_fd(w->engine), .events = POLLIN},
                               {.fd = capture_fd(), .events = POLLIN},
                               {.fd = interrupts_fd(), .events = POLLIN}};
        int code;
        poll(fds, sizeof fds / sizeof *fds, wait_ms(w));
        pump(w);
        take_lines(w);
        script_turn(w->script);
        show_question(w);
        finish_lines(w);
        tell_trouble(w);
        if (script_exit(w->script, &code)) {
            w->exit_code = code;
            w->leaving = true;
        }
    }
}

/* ---- beginning and end ---- */

static void complete(const char *line, int end, int *start, void (*add)(void *, const char *), void *list, void *arg)
{
    script_complete(((Workbench *)arg)->script, line, end, start, add, list);
}

static bool whole(const char *text, void *arg)
{
    return script_whole(((Workbench *)arg)->script, text);
}

static void hint(const char *line, int end, char *dst, size_t size, void *arg)
{
    script_hint(((Workbench *)arg)->script, line, end, dst, size);
}

static Status open_all(Workbench *w, Err *err)
{
    const Options *o = w->options;
    const char *home = getenv("HOME");
    char history[512] = "";
    if (home) snprintf(history, sizeof history, "%s/.tare_history", home);
    PromptOptions prompt = {
        .history = home ? history : NULL, .complete = complete, .whole = whole, .hint = hint, .arg = w};
    EngineOptions engine = {.threads = (int)o->threads, .runs = o->runs, .resume = o->resume};
    ScriptOptions script = {.seed = o->seed,
                            .seed_count = o->seed_count,
                            .json = o->json,
                            .prompt = true,
                            .pump = pump,
                            .pump_arg = w,
                            .screen = &w->screen,
                            .key = face_key};
    w->screen = (ScriptScreen){w, get_screen, set_screen, layout_name, pane_name, show_page};
    for (int i = 0; i < o->seed_count; i++) script.seeds[i] = o->seeds[i];
    TRY(interrupts_open(err));
    if (!(w->engine = engine_open(&engine, err))) goto fail;
    script.engine = w->engine;
    TRY(face_open(&w->face, &prompt, err));
    if (!(w->batch = batch_open(w->engine, BATCH_REMARKS))) {
        err_set(err, ERR_MEMORY, "no memory");
        goto fail;
    }
    if (!(w->script = script_open(&script, err))) goto fail;
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

static void say_stopped(const Workbench *w)
{
    const Run *run;
    for (ptrdiff_t i = 0; (run = engine_nth(w->engine, i)); i++)
        if (run->ours && run->log.state == RUN_QUEUED)
            printf("%s was still queued\n", run->job.name);
        else if (run->ours && !run_state_ended(run->log.state))
            printf("%s is stopped with a checkpoint; runs.resume(\"%s\") goes on\n", run->job.name, run->job.name);
}

int workbench_run(const Options *options)
{
    Workbench *w = calloc(1, sizeof *w);
    Err err = {0};
    if (!w) return EXIT_SCRIPT;
    w->options = options;
    w->face.fd = -1;
    bool open = open_all(w, &err) == OK;
    if (open) {
        log_line(w, "tare: Tab completes, F1 helps, Ctrl-D quits. To begin: help \"workbench\"");
        start_first(w);
        loop(w);
    }
    for (int i = 0; i < w->tasks; i++) task_free(w->script, w->task[i]);
    face_close(&w->face);
    interrupts_leave();
    if (open) say_stopped(w);
    script_close(w->script);
    batch_close(w->batch);
    engine_close(w->engine);
    int code = w->exit_code;
    if (interrupts_ended()) code = EXIT_SIGNAL + interrupts_ended();
    if (!open) {
        fprintf(stderr, "tare: %s\n", err.msg);
        code = err.code == ERR_USAGE ? EXIT_USAGE : EXIT_SCRIPT;
    }
    free(w);
    return code;
}
