/* bench_workbench.c - bench_workbench [TARE, default ./tare]: the workbench as a person meets it, through a pseudo-
 * terminal of 80x24: a key's way to the screen and the bytes of its frames while a WRN-10-1 trains on two threads,
 * what the screen costs the training, and what 50 runs leave in memory. About 90 s; compare figures of one run only. */
#include "base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

enum { KEYS = 200, KEYS_A_LINE = 40, REPEATS = 2, STEPS = 200, TAIL = 64, ROOM = 1 << 16, RATES_MOST = 1024 };

static const double patience = 120, frame_gap = 0.005, watched = 5; /* seconds */

#define TRAIN "train.stage1{ data = ds, model = nn.wrn{ depth = 10, width = 1 }, %s, name = \"%s\" }"
static const char data[] = "local ds = data.load{ name = \"fashion\", train = 2000, valid = 500 } ";

static struct {
    char tare[PATH_MAX], work[64];
    int fd;
    pid_t child;
    char seen[TAIL + ROOM]; /* the end of what came before, and what came last */
    size_t bytes, frames;
    double last; /* when output last came */
} self;

static void die(const char *what)
{
    fprintf(stderr, "bench_workbench: %s\n", what);
    if (self.child > 0) kill(self.child, SIGKILL);
    exit(1);
}

/* ---- a workbench ---- */

static void become(char *const argv[])
{
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("HOME", self.work, 1);
    setenv("TARE_RUNS", "runs", 1);
    if (chdir(self.work) == 0) execv(self.tare, argv);
    _exit(99);
}

static void open_workbench(void)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    self.child = forkpty(&self.fd, NULL, NULL, &size);
    if (self.child < 0) die("no pseudo-terminal here");
    if (self.child == 0) become((char *[]){"tare", "--threads", "2", NULL});
    fcntl(self.fd, F_SETFL, O_NONBLOCK);
    memset(self.seen, 0, TAIL);
}

/* Read what comes until `text` does, or until the clock says so; true when it came. */
static bool wait_for(const char *text, double until)
{
    struct pollfd tty = {.fd = self.fd, .events = POLLIN};
    for (double now; (now = clock_seconds()) < until;) {
        if (poll(&tty, 1, (int)((until - now) * 1000) + 1) <= 0) continue;
        ssize_t got = read(self.fd, self.seen + TAIL, ROOM);
        if (got <= 0) return false;
        now = clock_seconds();
        self.frames += now - self.last > frame_gap;
        self.last = now;
        self.bytes += (size_t)got;
        bool there = text && memmem(self.seen, TAIL + (size_t)got, text, strlen(text));
        memmove(self.seen, self.seen + got, TAIL);
        if (!there) continue;
        memset(self.seen, 0, TAIL);
        return true;
    }
    return false;
}

static void type(const char *text)
{
    if (write(self.fd, text, strlen(text)) < 0) die("the workbench takes no keys");
}

static void type_and_wait(const char *text, const char *sign)
{
    type(text);
    if (!wait_for(sign, clock_seconds() + patience)) die(sign);
}

/* Ctrl-C twice stops the run, Ctrl-D twice leaves. */
static void close_workbench(void)
{
    type("\x03\x03\x04\x04");
    while (waitpid(self.child, NULL, WNOHANG) == 0) wait_for(NULL, clock_seconds() + 0.05);
    close(self.fd);
    self.child = 0;
}

/* ---- a key's way ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_keys(void)
{
    double delay[KEYS];
    for (int i = 0; i < KEYS; i++) {
        char key[3] = {(char)0xD0, (char)(0xB0 + i % 16), 0}; /* Cyrillic: in no pane */
        if (i % KEYS_A_LINE == 0) type("\x15");
        wait_for(NULL, clock_seconds() + 0.03 + 0.001 * (i * 37 % 50)); /* at any moment of a frame */
        double began = clock_seconds();
        type(key);
        if (!wait_for(key, began + patience)) die("a key was not echoed");
        delay[i] = clock_seconds() - began;
    }
    type("\x15");
    qsort(delay, KEYS, sizeof *delay, by_value);
    printf("key to screen, ms         p50 %.1f   p95 %.1f   max %.1f   (%d keys)\n", 1e3 * delay[KEYS / 2],
           1e3 * delay[KEYS * 95 / 100], 1e3 * delay[KEYS - 1], KEYS);
}

static void measure_frames(void)
{
    self.bytes = self.frames = 0;
    wait_for(NULL, clock_seconds() + watched);
    double frames = self.frames ? (double)self.frames : 1;
    printf("frames                    %.1f a second, %.0f bytes each\n", frames / watched, (double)self.bytes / frames);
}

static void measure_screen(void)
{
    char line[512];
    open_workbench();
    wait_for("tare>", clock_seconds() + patience);
    snprintf(line, sizeof line, "%srun = " TRAIN "\r", data, "epochs = 1000", "watched");
    type_and_wait(line, "stage 1");
    measure_keys();
    measure_frames();
    close_workbench();
}

/* ---- what the screen costs ---- */

/* Median of the images a second that a run's record has. */
static double speed_of(const char *name)
{
    static char line[1 << 16];
    char path[256];
    double rate[RATES_MOST];
    int count = 0;
    snprintf(path, sizeof path, "%s/runs/%s/events.jsonl", self.work, name);
    FILE *file = fopen(path, "r");
    while (file && count < RATES_MOST && fgets(line, sizeof line, file)) {
        static const char key[] = "\"images_per_second\":";
        const char *at = strstr(line, key);
        if (at) rate[count++] = strtod(at + sizeof key - 1, NULL);
    }
    if (file) fclose(file);
    if (count == 0) die("a run left no record");
    qsort(rate, (size_t)count, sizeof *rate, by_value);
    return rate[count / 2];
}

static double run_headless(const char *name)
{
    char code[512], options[64];
    snprintf(options, sizeof options, "steps = %d", STEPS);
    snprintf(code, sizeof code, "%s" TRAIN ":wait()", data, options, name);
    pid_t child = fork();
    if (child == 0) become((char *[]){"tare", "--threads", "2", "--quiet", "-e", code, NULL});
    waitpid(child, NULL, 0);
    return speed_of(name);
}

static double run_shown(const char *name)
{
    char line[512], options[64];
    open_workbench();
    wait_for("tare>", clock_seconds() + patience);
    snprintf(options, sizeof options, "steps = %d", STEPS);
    snprintf(line, sizeof line, "%s" TRAIN ":wait() print(utf8.char(1046))\r", data, options, name);
    type_and_wait(line, "Ж");
    close_workbench();
    return speed_of(name);
}

static void measure_cost(void)
{
    double shown[REPEATS], headless[REPEATS];
    char name[32];
    printf("images a second           ");
    for (int i = 0; i < REPEATS; i++) {
        snprintf(name, sizeof name, "headless-%d", i);
        headless[i] = run_headless(name);
        snprintf(name, sizeof name, "shown-%d", i);
        shown[i] = run_shown(name);
        printf("headless %.0f, workbench %.0f%s", headless[i], shown[i], i + 1 < REPEATS ? "; " : "\n");
        fflush(stdout);
    }
}

/* ---- what runs leave ---- */

static long resident_kb(void)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)self.child);
    FILE *file = fopen(path, "r");
    while (file && kb == 0 && fgets(line, sizeof line, file)) sscanf(line, "VmRSS: %ld", &kb);
    if (file) fclose(file);
    return kb;
}

static void measure_memory(void)
{
    static const int counts[] = {5, 45, 50};
    static const char *const signs[] = {"Ж", "З", "И"}; /* U+0416..18: curses may cut a word, not a character */
    long kb[3];
    char line[512];
    open_workbench();
    wait_for("tare>", clock_seconds() + patience);
    type("ds = data.blends{ train = 200, valid = 100, test = 100, classes = 3, size = 16 }\r");
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line,
                 "for i = 1, %d do train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 1 }:wait() end "
                 "print(utf8.char(%d))\r",
                 counts[i], 1046 + i);
        type_and_wait(line, signs[i]);
        wait_for(NULL, clock_seconds() + 0.3);
        kb[i] = resident_kb();
    }
    printf("resident, MB              %.1f after 5 runs, %.1f after 50, %.1f after 100\n", (double)kb[0] / 1024,
           (double)kb[1] / 1024, (double)kb[2] / 1024);
    close_workbench();
}

int main(int argc, char **argv)
{
    char clean[128];
    if (!realpath(argc > 1 ? argv[1] : "./tare", self.tare)) die("no ./tare here; make it, or name another");
    if (!getenv("TARE_HOME")) setenv("TARE_HOME", realpath(".", NULL), 1);
    strcpy(self.work, "/tmp/bench-workbench-XXXXXX");
    if (!mkdtemp(self.work)) die("no temporary folder");
    measure_screen();
    measure_cost();
    measure_memory();
    snprintf(clean, sizeof clean, "rm -rf %s", self.work);
    return system(clean) != 0;
}
