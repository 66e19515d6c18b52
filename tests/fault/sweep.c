/* sweep.c - fails every call of a kind in turn and looks at what comes of it. Prints TAP lines, a row for each scenario
 * and kind of call, and the counts.
 *
 *     sweep TARE SHIM [most [offset]]     most failures a row (0: all of them), spread evenly from the offset on
 *
 * What is allowed: the program ends well and says what it says without a fault; or it exits with an error and a
 * message. A signal, a hang, a wrong result or silence is not. After an error the command that mends (--resume, or the
 * same again) must give the right result: nothing is lost, and no half of a file is taken for a whole one. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Commands for sh; $FAULTY stands before the program that is to fail, $D is a new folder for each try, $S what was
 * prepared once. What a command prints to stdout is its result. */
typedef struct {
    const char *name, *prepare, *run, *mend;
    bool terminal; /* it draws: its result is that it can be left by q */
} Scenario;

#define TWO_STAGES "$TARE --quiet --runs $D/runs run tests/fault/two_stages.lua"
#define WEIGHTS                                                                                                        \
    "$TARE --quiet --runs $D/runs -e 'local ds = data.blends{ train = 60, valid = 40, test = 40 } "                    \
    "print(nn.load(os.getenv \"S\" .. \"/net.safetensors\", { data = ds }):evaluate(\"test\").nll)'"
#define FILES                                                                                                          \
    "$TARE --quiet --runs $S/done -e 'local d, r = os.getenv \"D\", runs.open \"tst\" "                                \
    "for _, n in ipairs{ \"a.svg\", \"a.png\", \"a.csv\", \"a.txt\" } do plot.save(d .. \"/\" .. n, r) end " \
    "nn.save(r, d .. \"/net.safetensors\")'"
#define SUMS "cd $D && cksum a.svg a.csv a.txt net.safetensors && test -s a.png"

static const Scenario scenarios[] = {
    {"two stages", NULL, "$FAULTY " TWO_STAGES, TWO_STAGES " --resume", false},
    {"resume", "cp -r $S/stopped $D/runs", "$FAULTY " TWO_STAGES " --resume", TWO_STAGES " --resume", false},
    {"import", NULL, "$FAULTY " WEIGHTS, WEIGHTS, false},
    {"export", NULL, "$FAULTY " FILES " && " SUMS, FILES " && " SUMS, false},
    {"view", NULL, "exec $FAULTY $TARE view --runs $S/done tst", "exec $TARE view --runs $S/done tst", true},
};

static const char *const kinds[] = {"malloc", "write", "fsync", "rename", "mmap", "thread"};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios, KINDS = sizeof kinds / sizeof *kinds };
enum { OUTPUT_SIZE = 1 << 16, SECONDS_MOST = 30 };

/* Of one row; shared by the processes that try. */
typedef struct {
    long tried, well, errors, bad;
    char first[512]; /* what was bad first */
} Counts;

static char folder[64]; /* of this process's try */
static char text[2][OUTPUT_SIZE];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void shell(const char *command)
{
    if (command && system(command) != 0) fprintf(stderr, "# failed: %s\n", command);
}

static void read_all(const char *name, char *dst)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, dst, OUTPUT_SIZE - 1);
    if (fd >= 0) close(fd);
    dst[got > 0 ? got : 0] = 0;
}

/* The wait status of a command with its output in text[0] and its errors in text[1]; -1: it hung and was killed. */
static int run(const char *command, bool terminal)
{
    int status, master = -1;
    pid_t child = terminal ? forkpty(&master, NULL, NULL, &(struct winsize){24, 80, 0, 0}) : fork();
    if (child == 0) {
        char out[128], err[128];
        snprintf(out, sizeof out, "%s/out", folder);
        snprintf(err, sizeof err, "%s/err", folder);
        if (!terminal) {
            setpgid(0, 0);
            if (!freopen("/dev/null", "r", stdin) || !freopen(out, "w", stdout)) _exit(99);
        }
        if (!terminal && !freopen(err, "w", stderr)) _exit(99);
        execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(99);
    }
    if (terminal) fcntl(master, F_SETFL, O_NONBLOCK);
    size_t seen = 0;
    for (double began = now(), asked = began;; usleep(2000)) {
        if (terminal) {
            ssize_t got = read(master, text[1] + seen, OUTPUT_SIZE - 1 - seen);
            if (got > 0) seen += (size_t)got;
            if (seen >= OUTPUT_SIZE - 1) seen = 0;
            if (now() - asked > 0.15 && write(master, "q", 1) == 1) asked = now();
        }
        if (waitpid(child, &status, WNOHANG) == child) break;
        if (now() - began < SECONDS_MOST) continue;
        kill(terminal ? child : -child, SIGKILL);
        waitpid(child, &status, 0);
        status = -1;
        break;
    }
    if (terminal) {
        ssize_t got = read(master, text[1] + seen, OUTPUT_SIZE - 1 - seen);
        if (got > 0) seen += (size_t)got;
        close(master);
        text[0][0] = text[1][seen] = 0;
    } else {
        read_all("out", text[0]);
        read_all("err", text[1]);
    }
    return status;
}

static void set_faults(const char *kind, long at, bool always, const char *count)
{
    char number[32];
    snprintf(number, sizeof number, "%ld", at);
    setenv("FAULT_KIND", kind, 1);
    at > 0 ? setenv("FAULT_AT", number, 1) : unsetenv("FAULT_AT");
    always ? setenv("FAULT_ALWAYS", "1", 1) : unsetenv("FAULT_ALWAYS");
    count ? setenv("FAULT_COUNT", count, 1) : unsetenv("FAULT_COUNT");
}

static void renew(const Scenario *s)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s", folder, folder);
    shell(command);
    shell(s->prepare);
}

static void note_bad(Counts *c, const char *kind, long at, bool always, const char *what)
{
    char line[512];
    const char *said = strstr(text[1], "tare:");
    snprintf(line, sizeof line, "%s %ld%s: %s: %.300s", kind, at, always ? " and all that follow" : "", what,
             said ? said : text[1]);
    for (char *p = line; *p; p++)
        if (*p == '\n') *p = '|';
    if (c->bad++ == 0) snprintf(c->first, sizeof c->first, "%s", line);
    fprintf(stderr, "# %s\n", line);
}

/* One failure, and what comes of it. */
static void try_once(Counts *c, const Scenario *s, const char *kind, long at, bool always, const char *wanted)
{
    renew(s);
    set_faults(kind, at, always, NULL);
    int status = run(s->run, s->terminal);
    c->tried++;
    if (status == -1) {
        note_bad(c, kind, at, always, "it hangs");
        return;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code >= 126) {
        note_bad(c, kind, at, always, "ended by a signal");
        return;
    }
    if (code == 0) {
        if (strcmp(text[0], wanted) == 0)
            c->well++;
        else
            note_bad(c, kind, at, always, "exit 0 and another result");
        return;
    }
    if (!*text[1]) {
        note_bad(c, kind, at, always, "no word of what is wrong");
        return;
    }
    c->errors++;
    status = run(s->mend, s->terminal);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || strcmp(text[0], wanted) != 0)
        note_bad(c, kind, at, always, "what was left does not lead to the right result");
}

/* How many calls of the kind there are, and the result without a fault. */
static long count_calls(const Scenario *s, const char *kind, char *wanted)
{
    char path[128], number[64];
    renew(s);
    snprintf(path, sizeof path, "%s/count", folder);
    set_faults(kind, 0, false, path);
    int status = run(s->run, s->terminal);
    snprintf(wanted, OUTPUT_SIZE, "%s", text[0]);
    if (status != 0) fprintf(stderr, "# %s without a fault: status %d: %s\n", s->name, status, text[1]);
    read_all("count", text[0]);
    snprintf(number, sizeof number, "%.60s", text[0]);
    return status == 0 ? atol(number) : -1;
}

/* Every k-th failure of a row, once and for good, by two processes. */
static void sweep(Counts *c, const Scenario *s, const char *kind, long calls, long most, long offset,
                  const char *wanted)
{
    enum { PROCESSES = 2 };
    long tries = most > 0 && calls > most ? most : calls;
    pid_t child[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        if ((child[p] = fork()) != 0) continue;
        snprintf(folder + strlen(folder), sizeof folder - strlen(folder), ".%d", p);
        setenv("D", folder, 1);
        for (long i = p; i < tries; i += PROCESSES) {
            long at = 1 + (i * calls / tries + offset) % calls;
            try_once(&c[p], s, kind, at, false, wanted);
            try_once(&c[p], s, kind, at, true, wanted);
        }
        char command[256];
        snprintf(command, sizeof command, "rm -rf %s", folder);
        shell(command);
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) waitpid(child[p], NULL, 0);
    c[0].tried += c[1].tried;
    c[0].well += c[1].well;
    c[0].errors += c[1].errors;
    c[0].bad += c[1].bad;
    if (!*c[0].first) snprintf(c[0].first, sizeof c[0].first, "%s", c[1].first);
}

int main(int argc, char **argv)
{
    static char wanted[OUTPUT_SIZE];
    if (argc < 3) return fprintf(stderr, "sweep TARE SHIM [most [offset]]\n"), 2;
    long most = argc > 3 ? atol(argv[3]) : 0, offset = argc > 4 ? atol(argv[4]) : 0, n = 0;
    char faulty[512], top[] = "/tmp/tare-fault-XXXXXX", saved[64];
    if (!mkdtemp(top)) return perror(top), 2;
    snprintf(folder, sizeof folder, "%s/try", top);
    snprintf(saved, sizeof saved, "%s/saved", top);
    snprintf(faulty, sizeof faulty, "env LD_PRELOAD=%s", argv[2]);
    setenv("TARE", argv[1], 1);
    setenv("FAULTY", faulty, 1);
    setenv("D", folder, 1);
    setenv("S", saved, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("HOME", top, 1);
    unsetenv("FAULT_KIND");
    shell("mkdir -p $S && $TARE --quiet --runs $S/done run tests/fault/two_stages.lua >/dev/null && "
          "$TARE --quiet --runs $S/stopped run tests/fault/two_stages.lua stop >/dev/null 2>&1; "
          "$TARE --quiet --runs $S/done -e 'nn.save(runs.open \"tst\", os.getenv \"S\" .. \"/net.safetensors\")'");

    Counts *counts = mmap(NULL, 2 * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
           all = {0};
    for (int i = 0; i < SCENARIOS; i++)
        for (int k = 0; k < KINDS; k++) {
            long calls = count_calls(&scenarios[i], kinds[k], wanted);
            memset(counts, 0, 2 * sizeof *counts);
            if (calls > 0) sweep(counts, &scenarios[i], kinds[k], calls, most, offset, wanted);
            bool good = calls >= 0 && counts->bad == 0;
            printf("%s %ld - %s, %s: %ld of %ld calls, %ld failures: %ld ended well, %ld errors, %ld bad%s%s\n",
                   good ? "ok" : "not ok", ++n, scenarios[i].name, kinds[k], counts->tried / 2, calls, counts->tried,
                   counts->well, counts->errors, counts->bad, counts->bad ? ": " : "", counts->first);
            fflush(stdout);
            all.tried += counts->tried;
            all.well += counts->well;
            all.errors += counts->errors;
            all.bad += counts->bad + (calls < 0);
        }
    printf("# %ld failures tried: %ld ended well, %ld clear errors, %ld bad ends\n1..%ld\n", all.tried, all.well,
           all.errors, all.bad, n);
    snprintf(faulty, sizeof faulty, "rm -rf %s", top);
    shell(faulty);
    return all.bad > 0;
}
