/* screens.c - screens TARE [CASE]: stored runs in the viewer, on terminals, sizes and colours, against tests/gold/
 * terminals (TARE_GOLD=write writes them anew). TAP on stdout.
 *
 * The viewer draws on a pseudo-terminal; what it writes goes to an emulator. A step is keys, or another size; then the
 * emulated screen must become the golden one, and once more after it was spoiled and Ctrl-L asked for all of it: what
 * is drawn by changes alone is what is drawn from nothing. A step waits for its screen, for at most 30 s, and nothing
 * else depends on the clock. Entries of terminfo are those of Debian's ncurses-base, and terminals.ti. */
#include "emulator.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum { STEPS_MOST = 5, EXIT_USAGE = 2 };

static const double patience = 30, quiet = 5; /* seconds; a message on the status line stays for 4 */

#define F(n) "\x1b[" #n "~"
#define F3   "\x1bOR"
#define F4   "\x1bOS"
#define F5   F(15)
#define F6   F(17)
#define F7   F(18)
#define F8   F(19)
#define LEFT "\x1b[D"

typedef struct {
    const char *name, *keys; /* keys NULL: the terminal becomes width x height */
    int width, height;
} Step;

/* ---- the table ---- */

typedef struct {
    const char *name, *run, *term, *locale;
    bool no_color;
    int width, height;
    Step step[STEPS_MOST]; /* after the first screen; name NULL at the end */
} Case;

#define XTERM               "xterm-256color", "C.UTF-8", false
#define KEY(key)            #key, key, 0, 0
#define SIZE(width, height) #width "x" #height, NULL, width, height

static const Case cases[] = {
    /* what is looked at */
    {"layouts", "vtst", XTERM, 80, 24, {{KEY(F3)}, {KEY(F4)}}},
    {"zoom", "vtst", XTERM, 80, 24, {{KEY(F5)}, {KEY(F6)}, {KEY(F6)}}},
    {"scrub", "vtst", XTERM, 80, 24, {{"LEFT twice", LEFT LEFT, 0, 0}, {"5 more", LEFT LEFT LEFT LEFT LEFT, 0, 0}}},
    {"bins", "vtst", "screen-256color", "C.UTF-8", false, 80, 24, {{"F3 F8 F7", F3 F8 F7, 0, 0}}},
    {"resize", "base", "tmux-256color", "C.UTF-8", false, 60, 20, {{SIZE(30, 10)}, {SIZE(12, 3)}, {SIZE(60, 20)}}},
    /* colours */
    {"8-colours", "vtst", "xterm", "C.UTF-8", false, 80, 24, {{KEY(LEFT)}}},
    {"16-colours", "vtst", "rxvt-unicode", "C.UTF-8", false, 80, 24, {{KEY(LEFT)}}},
    {"no-colour", "vtst", "xterm-256color", "C.UTF-8", true, 80, 24, {{KEY(LEFT)}}},
    {"direct-colour", "vtst", "xterm-direct", "C.UTF-8", false, 80, 24, {{KEY(F3)}}},
    /* characters: lines as Unicode and as a VT100's; ansi has none that a terminal of today knows */
    {"xterm-c", "vtst", "xterm-256color", "C", false, 80, 24, {{KEY(LEFT)}}},
    {"linux", "vtst", "linux", "C.UTF-8", false, 80, 24, {{KEY(LEFT)}}},
    {"linux-c", "base", "linux", "C", false, 80, 24, {{KEY(F3)}}},
    {"vt100", "vtst", "vt100", "C", false, 80, 24, {{KEY(LEFT)}, {KEY(F6)}}},
    {"vt220", "base", "vt220", "C.UTF-8", false, 80, 24, {{KEY(F4)}}},
    {"vte", "vtst", "vte-256color", "C.UTF-8", false, 40, 12, {{KEY(F6)}}},
    {"ansi", "vtst", "ansi", "C", false, 80, 24, {{KEY(LEFT)}}},
    /* sizes */
    {"20x5", "vtst", XTERM, 20, 5, {{KEY(F6)}}},
    {"40x60", "vtst", XTERM, 40, 60, {{0}}},
    {"120x40", "vtst", XTERM, 120, 40, {{KEY(F3)}}},
    {"200x60", "vtst", XTERM, 200, 60, {{0}}},
};

enum { CASES = sizeof cases / sizeof *cases };

/* Terminals that the viewer does not draw on, and what it says. */
static const struct {
    const char *term, *says;
} refused[] = {
    {"dumb", "tare: terminal 'dumb' cannot move its cursor; run a script, or a line with -e"},
    {"no-such-terminal", "tare: terminal 'no-such-terminal' is not known here; try TERM=xterm-256color or TERM=vt100"},
    {"", "tare: TERM is not set; try TERM=xterm-256color"},
};

static struct {
    const char *tare;
    char terminfo[64]; /* a folder with the compiled terminals.ti */
    int master, slave; /* the slave stays open here, so that its flags can be read at the end */
    pid_t child;
    struct termios before; /* the terminal's flags, when nobody had it yet */
    Emulator *emulator;
    size_t bytes; /* that the viewer wrote since the step began */
    double last;  /* when the last of them came */
    int number, failures;
} self = {.master = -1, .slave = -1};

/* ---- TAP ---- */

static bool check(bool good, const char *of, const char *what)
{
    printf("%sok %d - %s: %s\n", good ? "" : "not ", ++self.number, of, what);
    self.failures += !good;
    return good;
}

/* A text as comments, each line after a mark that shows where it begins. */
static void comment(const char *title, const char *text)
{
    printf("# %s\n", title);
    for (const char *line = text; *line;) {
        int length = (int)strcspn(line, "\n");
        printf("# |%.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
}

/* ---- the viewer on its terminal ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void child(const Case *c)
{
    char run[64];
    close(self.master);
    if (login_tty(self.slave) != 0) _exit(99);
    snprintf(run, sizeof run, "tests/gold/run/%s", c->run);
    setenv("TERM", c->term, 1);
    setenv("LC_ALL", c->locale, 1);
    if (c->no_color)
        setenv("NO_COLOR", "1", 1);
    else
        unsetenv("NO_COLOR");
    setenv("TERMINFO", self.terminfo, 1);
    unsetenv("LINES");
    unsetenv("COLUMNS");
    execl(self.tare, "tare", "view", run, (char *)NULL);
    _exit(99);
}

static bool start(const Case *c)
{
    static const char shell[] = "\x1b[mmachine$ make\r\n\x1b[32mdone\x1b[m\r\nmachine$ tare view run\r\n";
    struct winsize size = {.ws_col = (unsigned short)c->width, .ws_row = (unsigned short)c->height};
    if (openpty(&self.master, &self.slave, NULL, NULL, &size) != 0) return false;
    fcntl(self.master, F_SETFL, O_NONBLOCK);
    fcntl(self.master, F_SETFD, FD_CLOEXEC);
    tcgetattr(self.slave, &self.before);
    self.emulator = emulator_open(c->width, c->height, strcmp(c->locale, "C") != 0);
    self.bytes = 0;
    self.last = seconds();
    if (!self.emulator) return false;
    emulator_feed(self.emulator, shell, sizeof shell - 1);
    fflush(stdout);
    self.child = fork();
    if (self.child == 0) child(c);
    return self.child > 0;
}

/* Let the emulator have what the viewer wrote; waits for it for at most 50 ms. */
static void pass_on(void)
{
    char bytes[1 << 14];
    ssize_t got;
    struct pollfd tty = {.fd = self.master, .events = POLLIN};
    if (poll(&tty, 1, 50) <= 0) return;
    while ((got = read(self.master, bytes, sizeof bytes)) > 0) {
        emulator_feed(self.emulator, bytes, (size_t)got);
        self.bytes += (size_t)got;
        self.last = seconds();
    }
}

static void type(const char *keys)
{
    size_t size = strlen(keys);
    if (write(self.master, keys, size) != (ssize_t)size) printf("# the terminal takes no keys\n");
}

static void resize(int width, int height)
{
    struct winsize size = {.ws_col = (unsigned short)width, .ws_row = (unsigned short)height};
    emulator_resize(self.emulator, width, height);
    ioctl(self.master, TIOCSWINSZ, &size); /* the kernel sends SIGWINCH */
}

/* The viewer's end: its exit code, or -1 when a signal or this test ended it. */
static int end(void)
{
    int status = 0;
    double until = seconds() + patience;
    pid_t gone = 0;
    while ((gone = waitpid(self.child, &status, WNOHANG)) == 0 && seconds() < until) pass_on();
    if (gone == 0) {
        kill(self.child, SIGKILL);
        waitpid(self.child, &status, 0);
    }
    self.child = 0;
    pass_on();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void stop(void)
{
    if (self.child > 0) kill(self.child, SIGKILL), waitpid(self.child, NULL, 0);
    if (self.master >= 0) close(self.master);
    if (self.slave >= 0) close(self.slave);
    emulator_close(self.emulator);
    self.child = 0;
    self.master = self.slave = -1;
    self.emulator = NULL;
}

/* ---- steps ---- */

/* Wait until the screen is this one; true when it is. */
static bool becomes(const char *screen)
{
    double until = seconds() + patience;
    for (;;) {
        char *seen = emulator_screen(self.emulator);
        bool same = seen && strcmp(seen, screen) == 0;
        if (!same && seconds() > until) comment("expected", screen), comment("seen", seen ? seen : "");
        free(seen);
        if (same || seconds() > until) return same;
        pass_on();
    }
}

/* The screen when nothing has come for a while, malloc'ed. */
static char *settled(void)
{
    self.last = seconds();
    while (seconds() - self.last < quiet) pass_on();
    return emulator_screen(self.emulator);
}

/* The screen as it is, drawn from nothing. */
static bool redraws(const Case *c, const char *name, const char *screen)
{
    char what[64];
    snprintf(what, sizeof what, "%s, drawn again", name);
    emulator_spoil(self.emulator);
    self.bytes = 0;
    type("\x0c");
    return check(becomes(screen), c->name, what);
}

/* Do a step (NULL: the viewer has just been started) and compare; gold NULL: write the screen to `record`. */
static bool do_step(const Case *c, const Step *step, const char *gold, FILE *record)
{
    const char *name = step ? step->name : "opened";
    if (step) self.bytes = 0;
    if (step && step->keys) type(step->keys);
    if (step && !step->keys) resize(step->width, step->height);
    char *screen = record ? settled() : strdup(gold);
    bool good = screen && (record || check(becomes(screen), c->name, name));
    if (record && screen) fprintf(record, "=== %s\n%s", name, screen);
    size_t bytes = self.bytes;
    good = good && redraws(c, name, screen);
    printf("# %s: %s, %zu bytes; drawn again, %zu\n", c->name, name, bytes, self.bytes);
    free(screen);
    return good;
}

/* ---- a case ---- */

static bool same_flags(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

/* The terminal is as it was. `shell` is the screen from before, where there was a second one and no resize. */
static void check_left(const Case *c, const char *shell, const char *how)
{
    char what[96];
    struct termios after;
    tcgetattr(self.slave, &after);
    snprintf(what, sizeof what, "%s, the terminal's flags are as they were", how);
    check(same_flags(&self.before, &after), c->name, what);
    snprintf(what, sizeof what, "%s, the shell's screen is as it was", how);
    if (shell && emulator_had_second(self.emulator)) check(becomes(shell), c->name, what);
    snprintf(what, sizeof what, "%s, no mode is left behind", how);
    const char *modes = emulator_modes(self.emulator);
    if (!check(!*modes, c->name, what)) printf("# left:%s\n", modes);
}

/* Ctrl-Z gives the terminal back; SIGCONT, as from the shell's fg, takes it and draws all of it again. */
static bool stop_and_go_on(const Case *c, const char *shell)
{
    int status;
    double until = seconds() + patience;
    char *screen = emulator_screen(self.emulator);
    type("\x1a");
    while (waitpid(self.child, &status, WNOHANG | WUNTRACED) == 0 && seconds() < until) pass_on();
    pass_on();
    check_left(c, shell, "stopped");
    if (!emulator_had_second(self.emulator)) emulator_spoil(self.emulator);
    kill(self.child, SIGCONT);
    bool good = check(screen && becomes(screen), c->name, "gone on, the screen is drawn again");
    free(screen);
    return good;
}

static void leave(const Case *c, const char *shell)
{
    type("q");
    int code = end();
    if (!check(code == 0, c->name, "q leaves with exit code 0")) printf("# exit code %d\n", code);
    check_left(c, shell, "left");
    const char *unknown = emulator_unknown(self.emulator);
    if (!check(!*unknown, c->name, "the emulator knew all of it")) printf("# %s\n", unknown);
}

/* A golden file's next screen, cut off what follows, "" where there is none. Each has a head: "=== F3". */
static char *next_screen(char **rest)
{
    char *screen = strncmp(*rest, "==", 2) == 0 ? strchr(*rest, '\n') : NULL;
    if (!screen) return *rest + strlen(*rest);
    char *next = strstr(++screen, "\n=== ");
    *rest = next ? next + 2 : screen + strlen(screen);
    if (next) next[1] = 0;
    return screen;
}

/* A golden file, malloc'ed, "" where there is none. */
static char *read_gold(const char *path)
{
    enum { MOST = 1 << 18 };
    char *text = calloc(1, MOST);
    FILE *file = fopen(path, "r");
    if (file && text && fread(text, 1, MOST - 1, file) == 0) printf("# %s is empty\n", path);
    if (file) fclose(file);
    return text;
}

static bool do_steps(const Case *c, char *gold, FILE *record)
{
    char *rest = gold;
    bool good = do_step(c, NULL, next_screen(&rest), record);
    for (int i = 0; good && i < STEPS_MOST && c->step[i].name; i++)
        good = do_step(c, &c->step[i], next_screen(&rest), record);
    return good;
}

/* False when there is no pseudo-terminal. */
static bool run_case(const Case *c)
{
    char path[128];
    bool resized = c->step[0].name && !c->step[0].keys;
    if (!start(c)) return false;
    snprintf(path, sizeof path, "tests/gold/terminals/%s.txt", c->name);
    const char *mode = getenv("TARE_GOLD");
    FILE *record = mode && strcmp(mode, "write") == 0 ? fopen(path, "w") : NULL;
    char *gold = record ? calloc(1, 1) : read_gold(path), *shell = resized ? NULL : emulator_screen(self.emulator);
    if (gold && do_steps(c, gold, record) && stop_and_go_on(c, shell)) leave(c, shell);
    if (record) fclose(record);
    free(gold);
    free(shell);
    stop();
    return true;
}

static void refuses(const char *term, const char *says)
{
    Case c = {"refused", "base", term, "C.UTF-8", false, 120, 5, {{0}}};
    char what[64];
    snprintf(what, sizeof what, "TERM=%s", term);
    if (!start(&c)) return;
    int code = end();
    char *screen = emulator_screen(self.emulator);
    if (!check(code == EXIT_USAGE && screen && strstr(screen, says), what, "an error that says what to do"))
        printf("# exit code %d\n", code), comment("seen", screen ? screen : "");
    free(screen);
    stop();
}

/* A crash, once the viewer has drawn. */
static void crashes(const Case *c)
{
    char path[128];
    if (!start(c)) return;
    snprintf(path, sizeof path, "tests/gold/terminals/%s.txt", c->name);
    char *gold = read_gold(path), *rest = gold, *shell = emulator_screen(self.emulator);
    if (gold && check(becomes(next_screen(&rest)), c->name, "opened once more")) {
        kill(self.child, SIGSEGV);
        check(end() == -1, c->name, "a crash ends it");
        check_left(c, shell, "crashed");
    }
    free(gold);
    free(shell);
    stop();
}

static bool compile_terminals(void)
{
    char command[192];
    strcpy(self.terminfo, "/tmp/tare-terminfo-XXXXXX");
    if (!mkdtemp(self.terminfo)) return false;
    snprintf(command, sizeof command, "tic -x -o %s tests/ui/terminals.ti", self.terminfo);
    return system(command) == 0;
}

static void remove_terminals(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", self.terminfo);
    if (system(command) != 0) printf("# %s is left\n", self.terminfo);
}

/* All cases, or the one of this name; false when there is no pseudo-terminal. */
static bool run_cases(const char *name)
{
    for (int i = 0; i < CASES; i++)
        if ((!name || strcmp(name, cases[i].name) == 0) && !run_case(&cases[i])) return false;
    for (int i = 0; !name && i < CASES; i++)
        if (cases[i].width == 80 && cases[i].step[1].name == NULL) crashes(&cases[i]);
    for (size_t i = 0; !name && i < sizeof refused / sizeof *refused; i++) refuses(refused[i].term, refused[i].says);
    return true;
}

int main(int argc, char **argv)
{
    char tare[PATH_MAX];
    if (argc < 2 || !realpath(argv[1], tare)) return fprintf(stderr, "usage: screens TARE [CASE]\n"), 2;
    if (access("tests/gold/run", R_OK) != 0) return fprintf(stderr, "screens: run it where tests/ is\n"), 2;
    self.tare = tare;
    if (!compile_terminals()) return fprintf(stderr, "screens: tic (ncurses-bin) cannot compile terminals.ti\n"), 2;
    bool ran = run_cases(argc > 2 ? argv[2] : NULL);
    remove_terminals();
    if (!ran) return puts("ok 1 - screens # SKIP no pseudo-terminal here (is /dev/pts mounted?)\n1..1"), 0;
    printf("1..%d\n", self.number);
    return self.failures > 0;
}
