/* storm.c - storm TARE [SEED [EVENTS]]: the workbench under 100,000 random keys, pastes, mouse reports, broken bytes
 * and resizes while it trains; then it must leave by itself, cleanly, and the terminal as it was. TAP on stdout.
 *
 * Nothing waits for an answer: bytes go in as fast as the workbench takes them, and its output is thrown away. Ctrl-D
 * and Ctrl-Z are never sent, as they leave. The sanitizers' reports go to files, as stderr is a pane. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum { EVENTS = 100000, EVENT_MOST = 64, STALL_MS = 60000, LEAVE_SECONDS = 60 };

static const char first_line[] =
    "ds = data.blends{ train = 64, valid = 32, test = 32, classes = 3, size = 16 } "
    "run = train.stage1{ data = ds, model = nn.mlp{ hidden = 8 }, epochs = 3000, name = \"storm\" }\r";

static struct {
    int master, slave; /* the slave stays open here, so that its flags can be read at the end */
    pid_t child;
    bool prompt;   /* "tare>" was seen on the screen */
    char tail[16]; /* of the output, for words that are cut by two reads */
    char work[64]; /* HOME, runs and reports */
    uint64_t random;
} self;

/* ---- random events ---- */

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint32_t draw(uint32_t below)
{
    uint64_t z = self.random += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static int put(char *dst, const char *text)
{
    int n = (int)strlen(text);
    memcpy(dst, text, (size_t)n);
    return n;
}

static int random_bytes(char *dst)
{
    int n = 1 + (int)draw(6);
    for (int i = 0; i < n; i++) dst[i] = (char)draw(256);
    return n;
}

/* One character of 1 to 4 bytes: letters, combining marks, wide and unassigned ones. */
static int utf8_character(char *dst)
{
    static const uint32_t first[] = {0x20, 0x80, 0x300, 0x4E00, 0xFF00, 0x1F300, 0xE0100};
    uint32_t c = first[draw(sizeof first / sizeof *first)] + draw(0x5F);
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    if (more == 0) return *dst = (char)c, 1;
    dst[0] = (char)(0xF00 >> more | c >> 6 * more);
    for (int i = 1; i <= more; i++) dst[i] = (char)(0x80 | (c >> 6 * (more - i) & 0x3F));
    return more + 1;
}

static int utf8_text(char *dst)
{
    int n = 0, count = 1 + (int)draw(8);
    for (int i = 0; i < count; i++) n += utf8_character(dst + n);
    return n;
}

static int known_key(char *dst)
{
    static const char *const keys[] = {
        "\x1b[A",    "\x1b[B",    "\x1b[C",    "\x1b[D",   "\x1bOA",    "\x1bOB",     "\x1bOC",    "\x1bOD",
        "\x1b[H",    "\x1b[F",    "\x1b[1~",   "\x1b[2~",  "\x1b[3~",   "\x1b[4~",    "\x1b[5~",   "\x1b[6~",
        "\x1bOP",    "\x1bOQ",    "\x1bOR",    "\x1bOS",   "\x1b[15~",  "\x1b[17~",   "\x1b[18~",  "\x1b[19~",
        "\x1b[20~",  "\x1b[21~",  "\x1b[23~",  "\x1b[24~", "\x1b[1;3A", "\x1b[1;3B",  "\x1b[1;3C", "\x1b[1;3D",
        "\x1b[1;5C", "\x1b[1;5D", "\x1b[3;5~", "\x1b[Z",   "\x1b[200~", "\x1b[201~",  "\x1b[201~", "\x1b",
        "\t",        "\t\t",      "\r",        "\r",       "\x7f",      "\x1b\x1b[C", "\x1b\x7f",  "\x1b\t",
    };
    return put(dst, keys[draw(sizeof keys / sizeof *keys)]);
}

static int mouse(char *dst)
{
    static const int buttons[] = {0, 1, 2, 3, 32, 64, 65, 68, 72};
    int button = buttons[draw(sizeof buttons / sizeof *buttons)];
    if (draw(8) == 0) return snprintf(dst, EVENT_MOST, "\x1b[M%c%c%c", 32 + button, 33 + draw(90), 33 + draw(60));
    return snprintf(dst, EVENT_MOST, "\x1b[<%d;%u;%u%c", button, draw(220), draw(70), draw(2) ? 'M' : 'm');
}

static int alt_key(char *dst)
{
    dst[0] = '\x1b';
    dst[1] = (char)(' ' + draw(0x5F));
    return 2;
}

static int control_key(char *dst)
{
    dst[0] = (char)draw(32);
    return 1;
}

/* Beginnings that complete, and lines that run. */
static int lua_text(char *dst)
{
    static const char *const texts[] = {"train.\t",
                                        "calib.",
                                        "run:",
                                        "data.blends{ ",
                                        "print(1)",
                                        "1 + 1\r",
                                        "f(",
                                        "run:pause()\r",
                                        "run:go()\r",
                                        "runs.list()\r",
                                        "?ece\r",
                                        "for i = 1, 1e6 do end\r",
                                        "error \"x\"\r",
                                        "run",
                                        "nn.mlp{ hid\t",
                                        "\x12pr",
                                        "\x1b[200~a\rb\x1b[201~"};
    return put(dst, texts[draw(sizeof texts / sizeof *texts)]);
}

static int resize(char *dst)
{
    struct winsize size = {.ws_col = (unsigned short)(1 + draw(200)), .ws_row = (unsigned short)(1 + draw(60))};
    (void)dst;
    if (draw(8) == 0) size.ws_col = 1;
    if (draw(8) == 0) size.ws_row = 1;
    ioctl(self.master, TIOCSWINSZ, &size); /* the kernel sends SIGWINCH */
    return 0;
}

static const struct {
    uint32_t weight; /* of 100 */
    int (*make)(char *dst);
} kinds[] = {{14, random_bytes}, {16, utf8_text},   {30, known_key}, {8, mouse},
             {12, alt_key},      {15, control_key}, {4, lua_text},   {1, resize}};

/* The bytes of one event. */
static int make_event(char *dst)
{
    uint32_t at = draw(100);
    size_t kind = 0;
    while (at >= kinds[kind].weight) at -= kinds[kind++].weight;
    int n = kinds[kind].make(dst);
    for (int i = 0; i < n; i++)
        if (dst[i] == '\x04' || dst[i] == '\x1a') dst[i] = '\a';
    return n;
}

/* ---- the terminal ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Throw away what is on the screen, but for the sign that the prompt is there. */
static void discard(void)
{
    char bytes[sizeof self.tail + (1 << 16)];
    ssize_t got;
    while ((got = read(self.master, bytes + sizeof self.tail, 1 << 16)) > 0) {
        memcpy(bytes, self.tail, sizeof self.tail);
        if (memmem(bytes, sizeof self.tail + (size_t)got, "tare>", 5)) self.prompt = true;
        memcpy(self.tail, bytes + got, sizeof self.tail);
    }
}

static bool ended(int *status)
{
    if (self.child > 0 && waitpid(self.child, status, WNOHANG) == self.child) self.child = 0;
    return self.child == 0;
}

/* Write all; false when the workbench ended, or took nothing for STALL_MS. */
static bool send_bytes(const char *bytes, int n, int *status)
{
    double since = seconds();
    while (n > 0) {
        struct pollfd tty = {.fd = self.master, .events = POLLIN | POLLOUT};
        poll(&tty, 1, 100);
        if (tty.revents & POLLIN) discard();
        ssize_t gone = tty.revents & POLLOUT ? write(self.master, bytes, (size_t)n) : 0;
        if (gone > 0) {
            bytes += gone;
            n -= (int)gone;
            since = seconds();
        } else if (ended(status) || (seconds() - since) * 1000 > STALL_MS) {
            return false;
        }
    }
    return true;
}

static void wait_a_little(int ms)
{
    struct pollfd tty = {.fd = self.master, .events = POLLIN};
    if (poll(&tty, 1, ms) > 0) discard();
}

/* ---- the workbench ---- */

static void add_option(const char *name, const char *option)
{
    char all[1024];
    const char *before = getenv(name);
    snprintf(all, sizeof all, "%s%s%s", before ? before : "", before ? ":" : "", option);
    setenv(name, all, 1);
}

/* readline 8.2 keeps some contexts of searches that another key broke off: about 40 kB in 100,000 keys. */
static void allow_leaks_of_readline(void)
{
    char path[128], option[256];
    snprintf(path, sizeof path, "%s/suppressions", self.work);
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs("leak:libreadline\n", file);
    fclose(file);
    snprintf(option, sizeof option, "suppressions=%s:print_suppressions=0", path);
    add_option("LSAN_OPTIONS", option);
}

static void child(const char *tare)
{
    char reports[128];
    snprintf(reports, sizeof reports, "log_path=%s/report", self.work);
    close(self.master);
    if (login_tty(self.slave) != 0 || chdir(self.work) != 0) _exit(99);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("HOME", self.work, 1);
    setenv("TARE_RUNS", "runs", 1);
    add_option("ASAN_OPTIONS", reports);
    add_option("UBSAN_OPTIONS", reports);
    allow_leaks_of_readline();
    execl(tare, "tare", (char *)NULL);
    _exit(99);
}

static bool start(const char *tare)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    if (openpty(&self.master, &self.slave, NULL, NULL, &size) != 0) return false;
    fcntl(self.master, F_SETFL, O_NONBLOCK);
    fcntl(self.master, F_SETFD, FD_CLOEXEC);
    strcpy(self.work, "/tmp/tare-storm-XXXXXX");
    if (!mkdtemp(self.work)) return false;
    self.child = fork();
    if (self.child == 0) child(tare);
    return self.child > 0;
}

/* ---- checks ---- */

static int number, failures;

static bool check(bool good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failures += !good;
    return good;
}

static bool show_reports(void)
{
    bool any = false;
    char path[PATH_MAX], line[512];
    DIR *dir = opendir(self.work);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "report", 6) != 0) continue;
        any = true;
        snprintf(path, sizeof path, "%s/%s", self.work, entry->d_name);
        FILE *file = fopen(path, "r");
        while (file && fgets(line, sizeof line, file)) printf("# %s", line);
        if (file) fclose(file);
    }
    if (dir) closedir(dir);
    return any;
}

static bool same_flags(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

/* ---- the storm ---- */

/* Events that were taken. */
static int storm(int events, int *status)
{
    char bytes[EVENT_MOST];
    int sent = 0;
    while (sent < events && !(sent % 64 == 0 && ended(status)) && send_bytes(bytes, make_event(bytes), status)) sent++;
    return sent;
}

/* The workbench has the terminal: a Ctrl-C is a key, not a signal to what is being brought to its end. */
static bool taken(void)
{
    struct termios now;
    return tcgetattr(self.slave, &now) == 0 && !(now.c_lflag & ISIG);
}

/* Ctrl-C drops what is typed and stops lines, Ctrl-D twice leaves. */
static bool leave(int *status)
{
    double until = seconds() + LEAVE_SECONDS;
    while (!ended(status) && seconds() < until) {
        if (taken() && !send_bytes("\x1b[201~\x03", 7, status)) break;
        wait_a_little(50);
        if (taken()) send_bytes("\x04\x04", 2, status);
        for (int i = 0; i < 10 && !ended(status); i++) wait_a_little(50);
    }
    bool by_itself = ended(status);
    if (by_itself) return true;
    kill(self.child, SIGKILL);
    waitpid(self.child, status, 0);
    return false;
}

int main(int argc, char **argv)
{
    char tare[PATH_MAX], note[128], clean[128];
    struct termios before, after;
    int status = 0, events = argc > 3 ? atoi(argv[3]) : EVENTS;
    self.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (argc < 2 || !realpath(argv[1], tare)) return fprintf(stderr, "usage: storm TARE [SEED [EVENTS]]\n"), 2;
    if (!start(tare)) return puts("ok 1 - storm # SKIP no pseudo-terminal here (is /dev/pts mounted?)\n1..1"), 0;
    tcgetattr(self.slave, &before);
    double began = seconds();
    while (!self.prompt && !ended(&status) && seconds() - began < STALL_MS / 1000) wait_a_little(50);
    if (check(self.prompt, "the workbench opens")) send_bytes(first_line, sizeof first_line - 1, &status);
    int sent = storm(events, &status);
    snprintf(note, sizeof note, "it takes %d random events", events);
    if (!check(sent == events, note)) printf("# it took %d\n", sent);
    check(leave(&status), "it leaves when asked");
    if (!check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "with exit code 0"))
        printf("# %s %d\n", WIFSIGNALED(status) ? "signal" : "exit code",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    check(!show_reports(), "no report of a sanitizer");
    tcgetattr(self.slave, &after);
    check(same_flags(&before, &after), "the terminal is as it was");
    printf("# seed %s, %.1f s\n1..%d\n", argc > 2 ? argv[2] : "1", seconds() - began, number);
    snprintf(clean, sizeof clean, "rm -rf %s", self.work);
    if (system(clean) != 0) printf("# %s is left\n", self.work);
    return failures > 0;
}
