/* loop.c - the poll loop of the headless face. Main thread; the signal handler only flags and wakes. */
#include "loop.h"

#include "base/clock.h"
#include "options.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TURN_MS = 100, SIGNALS_MOST = 3 };

static const double patience = 2; /* seconds of stopping before it is said what is waited for */

/* ---- signals ---- */

static volatile sig_atomic_t signals_seen, signal_last;
static int wake_fd = -1;

static void on_signal(int number)
{
    static const char leaving[] = "\ntare: still stopping; once more leaves at once (what is on disk is whole)\n";
    int before = errno;
    uint64_t one = 1;
    signal_last = number;
    signals_seen = signals_seen + 1;
    if (signals_seen >= SIGNALS_MOST) _exit(EXIT_SIGNAL + number);
    if (signals_seen == SIGNALS_MOST - 1 && write(STDERR_FILENO, leaving, sizeof leaving - 1) < 0) one = 1;
    if (write(wake_fd, &one, sizeof one) < 0) errno = before; /* full: the loop is awake already */
    errno = before;
}

/* A write to a pipe that nobody reads shall fail, not kill. A handler, as children would inherit SIG_IGN. */
static void on_pipe(int number)
{
    (void)number;
}

Status loop_signals(Err *err)
{
    /* The last ones are a batch system's notice that time is up: a checkpoint is what it is for. */
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU};
    struct sigaction action = {.sa_handler = on_signal}, before; /* no SA_RESTART: io.read must end */
    sigfillset(&action.sa_mask);
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd < 0) return err_sys(err, "cannot make an eventfd");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) sigaction(numbers[i], &action, NULL); /* nohup asked for it */
    }
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = on_pipe, .sa_flags = SA_RESTART}, NULL);
    return OK;
}

/* ---- stopping ---- */

static void stop(Loop *l)
{
    if (!l->stopping) {
        l->stopping = true;
        l->stopping_at = clock_seconds();
        engine_stop_all(l->engine);
    }
    script_interrupt(l->script); /* again: a callback may have started since */
}

static void complain(Loop *l, const char *message)
{
    batch_clear(l->batch);
    fflush(stdout);
    fprintf(stderr, "tare: %s\n", message);
}

static void fail(Loop *l, const char *message, int exit_code)
{
    complain(l, message);
    l->exit_code = exit_code;
    stop(l);
}

static const Run *run_in(const Engine *e, RunState state)
{
    const Run *run = NULL;
    for (ptrdiff_t i = 0; (run = engine_nth(e, i)); i++)
        if (run->log.state == state) return run;
    return NULL;
}

static void say_waiting(Loop *l)
{
    if (!l->stopping || l->said || clock_seconds() - l->stopping_at < patience) return;
    const Run *run = run_in(l->engine, RUN_RUNNING);
    char message[256];
    l->said = true;
    snprintf(message, sizeof message, "waiting for %s%s; Ctrl-C %s leaves at once",
             run ? "the checkpoint of " : "the engine", run ? run->job.name : "",
             signals_seen > 1 ? "once more" : "twice more");
    complain(l, message);
}

/* Which runs were stopped, and the command that goes on with them. */
static void say_stopped(Loop *l)
{
    const Run *run;
    bool any = false;
    for (ptrdiff_t i = 0; (run = engine_nth(l->engine, i)); i++) {
        if (run->ours && run->log.state == RUN_STOPPED)
            fprintf(stderr, "tare: %s was stopped; its checkpoint is kept\n", run->job.name);
        else if (run->log.state == RUN_CANCELLED)
            fprintf(stderr, "tare: %s was still queued\n", run->job.name);
        else
            continue;
        any = true;
    }
    if (!any) return;
    fputs("tare: to go on: ", stderr);
    options_print_resume(stderr, l->argc, l->argv);
}

/* ---- the script ---- */

static void task_failed(Loop *l)
{
    bool diverged = engine_harm(l->engine, true) == RUN_DIVERGED; /* and the script was told */
    if (!signals_seen) fail(l, task_error(l->task), diverged ? EXIT_DIVERGED : EXIT_SCRIPT);
}

/* Deal with the main task once it has ended. */
static void look_at_task(Loop *l)
{
    if (l->task_ended || task_state(l->task) <= TASK_PARKED) return;
    l->task_ended = true;
    if (task_state(l->task) == TASK_DONE) task_print(l->script, l->task); /* may fail it */
    if (task_state(l->task) == TASK_FAILED) task_failed(l);
}

static void look_at_script(Loop *l)
{
    int code;
    look_at_task(l);
    if (!l->stopping && script_exit(l->script, &code)) {
        l->exit_code = code;
        stop(l);
    }
    if (!l->stopping && script_trouble(l->script)) fail(l, script_trouble(l->script), EXIT_SCRIPT);
}

/* What the script printed, without a bar in its way. */
static void flush_output(Loop *l)
{
    if (__fpending(stdout) == 0) return;
    batch_clear(l->batch);
    if (fflush(stdout) == 0 || l->stopping) return;
    int cause = errno;
    char message[256];
    snprintf(message, sizeof message, "cannot write to stdout: %s", strerror(cause));
    __fpurge(stdout);
    clearerr(stdout); /* it is dealt with here */
    if (cause == EPIPE)
        stop(l); /* the reader has enough */
    else
        fail(l, message, EXIT_SCRIPT);
}

/* ---- the loop ---- */

/* True when there were events. */
static bool drain(Loop *l)
{
    Event event;
    Run *run;
    bool any = false;
    while (engine_drain(l->engine, &event, &run)) {
        any = true;
        batch_event(l->batch, &event, run);
        script_event(l->script, &event, run);
    }
    return any;
}

void loop_pump(void *loop)
{
    Loop *l = loop;
    uint64_t count;
    if (!l->script) return; /* it is being opened */
    if (read(wake_fd, &count, sizeof count) == sizeof count || (signals_seen && !l->stopping)) {
        l->exit_code = EXIT_SIGNAL + signal_last;
        stop(l);
    }
    drain(l);
    say_waiting(l);
    batch_draw(l->batch);
}

static void wait_for_more(const Loop *l)
{
    struct pollfd fds[] = {{.fd = engine_fd(l->engine), .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    poll(fds, 2, script_next(l->script) == 0 ? 0 : TURN_MS);
}

int loop_run(Loop *l)
{
    for (;;) {
        loop_pump(l);
        bool tasks = script_turn(l->script);
        look_at_script(l);
        flush_output(l);
        if (l->stopping) stop(l);
        if (!tasks && !engine_busy(l->engine) && !drain(l)) break;
        wait_for_more(l);
    }
    batch_clear(l->batch);
    flush_output(l);
    RunState untold = engine_harm(l->engine, false); /* whenever it came: no script has dealt with it */
    if (!l->exit_code && !l->stopping && untold != RUN_DONE)
        l->exit_code = untold == RUN_DIVERGED ? EXIT_DIVERGED : EXIT_SCRIPT;
    if (signals_seen) complain(l, "interrupted");
    if (l->stopping) say_stopped(l);
    return l->exit_code;
}
