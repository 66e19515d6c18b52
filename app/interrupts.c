/* interrupts.c - see interrupts.h. */
#include "interrupts.h"

#include "options.h"
#include "ui/term.h"
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LEAVING_MOST = 2, /* interrupts that are borne while what runs is brought to its end */
    ENDS_MOST = 3,    /* the third signal to end does not wait for the loop, which may be inside a C function */
};

static volatile sig_atomic_t resized, ended, ends, interrupted, stopped, leaving;
static int wake_fd = -1;

static void wake(void)
{
    int before = errno;
    uint64_t one = 1;
    if (write(wake_fd, &one, sizeof one) < 0) errno = before; /* full: the loop is awake already */
    errno = before;
}

static void on_end(int number)
{
    ends = ends + 1;
    if (ends >= ENDS_MOST) {
        term_rescue();
        _exit(EXIT_SIGNAL + number);
    }
    ended = number;
    wake();
}

static void on_interrupt(int number)
{
    static const char patience[] = "\ntare: still stopping; once more leaves at once (what is on disk is whole)\n";
    int before = errno;
    if (leaving && leaving++ == LEAVING_MOST) _exit(EXIT_SIGNAL + number);
    if (leaving && write(STDERR_FILENO, patience, sizeof patience - 1) < 0) errno = before;
    interrupted = 1;
    wake();
    errno = before;
}

static void on_size(int number)
{
    (void)number;
    resized = 1;
    wake();
}

static void on_stop(int number)
{
    (void)number;
    stopped = 1;
    wake();
}

static void on_crash(int number)
{
    term_rescue();
    signal(number, SIG_DFL);
    raise(number);
}

static void on_pipe(int number)
{
    (void)number; /* a write to a pipe that nobody reads shall fail, not kill; children do not inherit a handler */
}

Status interrupts_open(Err *err)
{
    static const struct {
        int number;
        void (*handler)(int);
        int flags;
    } table[] = {
        {SIGINT, on_interrupt, 0},
        {SIGTERM, on_end, 0},
        {SIGHUP, on_end, 0},
        {SIGQUIT, on_end, 0}, /* these would end the program too, but with the terminal raw and the runs lost */
        {SIGUSR1, on_end, 0},
        {SIGUSR2, on_end, 0},
        {SIGALRM, on_end, 0},
        {SIGVTALRM, on_end, 0},
        {SIGPROF, on_end, 0},
        {SIGXCPU, on_end, 0},
        {SIGTSTP, on_stop, 0},
        {SIGWINCH, on_size, 0},
        {SIGCONT, on_size, 0},
        {SIGPIPE, on_pipe, SA_RESTART},
        {SIGSEGV, on_crash, SA_RESETHAND},
        {SIGBUS, on_crash, SA_RESETHAND},
        {SIGFPE, on_crash, SA_RESETHAND},
        {SIGILL, on_crash, SA_RESETHAND},
        {SIGABRT, on_crash, SA_RESETHAND},
    };
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd < 0) return err_sys(err, "cannot make an eventfd");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct sigaction action = {.sa_handler = table[i].handler, .sa_flags = table[i].flags};
        sigfillset(&action.sa_mask);
        sigaction(table[i].number, &action, NULL);
    }
    return OK;
}

int interrupts_fd(void)
{
    return wake_fd;
}

bool interrupts_resized(void)
{
    uint64_t count;
    if (read(wake_fd, &count, sizeof count) < 0 && !resized) return false;
    bool was = resized;
    resized = 0;
    return was;
}

bool interrupts_interrupted(void)
{
    bool was = interrupted;
    interrupted = 0;
    return was;
}

bool interrupts_stopped(void)
{
    bool was = stopped;
    stopped = 0;
    return was;
}

void interrupts_leave(void)
{
    leaving = 1;
}

int interrupts_ended(void)
{
    return ended;
}
