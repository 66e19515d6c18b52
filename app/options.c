/* options.c - the command line as a table of flags. Main thread, at start. */
#include "options.h"

#include "file/whole.h"
#include "base/pool.h"
#include "base/text.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t seed_most = (int64_t)1 << 53; /* a Lua number holds it exactly */

/* ---- the flags ---- */

static Status read_number(const char *flag, const char *text, int64_t least, int64_t most, int64_t *value, Err *err)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end || errno || n < least || n > most)
        return err_set(err, ERR_USAGE, "%s %s: expected a whole number from %lld to %lld", flag, text, (long long)least,
                       (long long)most);
    *value = n;
    return OK;
}

static Status set_seed(Options *o, const char *text, Err *err)
{
    return read_number("--seed", text, 0, seed_most, &o->seed, err);
}

static Status set_seeds(Options *o, const char *text, Err *err)
{
    char word[32];
    for (o->seed_count = 0;; text++) {
        size_t length = strcspn(text, ",");
        if (o->seed_count == SEEDS_MOST) return err_set(err, ERR_USAGE, "--seeds: at most %d", SEEDS_MOST);
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (read_number("--seeds", word, 0, seed_most, &o->seeds[o->seed_count], err) != OK) return err->code;
        for (int i = 0; i < o->seed_count; i++)
            if (o->seeds[i] == o->seeds[o->seed_count])
                return err_set(err, ERR_USAGE, "--seeds: %s is there twice; the same seed gives the same network",
                               word);
        o->seed_count++;
        text += length;
        if (!*text) return OK;
    }
}

static Status set_threads(Options *o, const char *text, Err *err)
{
    return read_number("--threads", text, 1, POOL_MAX_THREADS, &o->threads, err);
}

static Status set_runs(Options *o, const char *text, Err *err)
{
    if (!*text) return err_set(err, ERR_USAGE, "--runs: expected the name of a folder");
    o->runs = text;
    return OK;
}

static Status set_data(Options *o, const char *text, Err *err)
{
    if (!folder_exists(text)) return err_set(err, ERR_USAGE, "--data %s: no such folder", text);
    o->data = text;
    return OK;
}

static Status set_code(Options *o, const char *text, Err *err)
{
    if (o->codes == CODES_MOST) return err_set(err, ERR_USAGE, "-e: at most %d", CODES_MOST);
    o->code[o->codes++] = text;
    o->action = DO_CODE;
    return OK;
}

static Status set_resume(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->resume = true;
    return OK;
}

static Status set_json(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->json = true;
    return OK;
}

static Status set_quiet(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->quiet = true;
    return OK;
}

static Status set_workbench(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->workbench = true;
    return OK;
}

static Status set_follow(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->follow = true;
    return OK;
}

static Status set_speed(Options *o, const char *text, Err *err)
{
    char *end;
    o->speed = strtod(text, &end);
    if (end == text || *end || !(o->speed > 0 && o->speed <= 1e6))
        return err_set(err, ERR_USAGE, "--speed %s: expected a number above 0, up to 1000000", text);
    return OK;
}

static Status set_usage(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->action = DO_USAGE;
    return OK;
}

static Status set_version(Options *o, const char *text, Err *err)
{
    (void)text, (void)err;
    o->action = DO_VERSION;
    return OK;
}

typedef struct {
    const char *flag, *argument, *help; /* argument NULL: the flag stands alone */
    Status (*set)(Options *o, const char *text, Err *err);
} Flag;

static const Flag flags[] = {
    {"-e", "CODE", "run a line of Lua and print its value; several run in order", set_code},
    {"--seed", "N", "seed of all that is random (1)", set_seed},
    {"--seeds", "N,N,...", "several seeds, for scripts that repeat (arg.seeds)", set_seeds},
    {"--threads", "N", "threads that compute; results do not depend on it (all processors)", set_threads},
    {"--runs", "DIR", "folder of the runs ($TARE_RUNS, else ./runs)", set_runs},
    {"--data", "DIR", "folder of downloaded data sets ($TARE_DATA, then data/downloads)", set_data},
    {"--resume", NULL, "go on with this script's unfinished runs, reuse its finished ones", set_resume},
    {"--json", NULL, "print results as JSON, a line each", set_json},
    {"--quiet", NULL, "no progress on stderr", set_quiet},
    {"--workbench", NULL, "run FILE: in the workbench, where the panes show it", set_workbench},
    {"--speed", "N", "view: replay N seconds of the run in one (all at once)", set_speed},
    {"--follow", NULL, "view: go on as another process trains the run", set_follow},
    {"--help", NULL, "this page", set_usage},
    {"--version", NULL, "version, vector instructions and libraries", set_version},
};

enum { FLAGS = sizeof flags / sizeof *flags };

static const Flag *flag_find(const char *word, size_t length)
{
    for (int i = 0; i < FLAGS; i++)
        if (strlen(flags[i].flag) == length && memcmp(flags[i].flag, word, length) == 0) return &flags[i];
    return NULL;
}

static Status flag_unknown(const char *word, Err *err)
{
    const char *names[FLAGS];
    for (int i = 0; i < FLAGS; i++) names[i] = flags[i].flag;
    const char *near = text_nearest(word, names, FLAGS);
    if (near) return err_set(err, ERR_USAGE, "unknown flag %s (did you mean %s?)", word, near);
    return err_set(err, ERR_USAGE, "unknown flag %s; `tare --help` lists them, and a script's own go after --", word);
}

/* ---- parsing ---- */

/* Take the flag at argv[*at], "--flag value" or "--flag=value"; *at moves to the last word of it. */
static Status take_flag(Options *o, int argc, char **argv, int *at, Err *err)
{
    const char *word = argv[*at], *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const Flag *flag = flag_find(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!flag) return flag_unknown(word, err);
    if (!flag->argument && equals) return err_set(err, ERR_USAGE, "%s takes no value", flag->flag);
    if (!flag->argument) return flag->set(o, NULL, err);
    if (equals) return flag->set(o, equals + 1, err);
    if (*at + 1 >= argc) return err_set(err, ERR_USAGE, "%s: %s is missing", flag->flag, flag->argument);
    return flag->set(o, argv[++*at], err);
}

static Status command_unknown(const char *word, Err *err)
{
    static const char *const commands[] = {"run", "view", "help"};
    size_t length = strlen(word);
    if (length > 4 && strcmp(word + length - 4, ".lua") == 0)
        return err_set(err, ERR_USAGE, "to run a script: tare run %s", word);
    const char *near = text_nearest(word, commands, 3);
    if (near) return err_set(err, ERR_USAGE, "unknown command '%s' (did you mean '%s'?)", word, near);
    return err_set(err, ERR_USAGE,
                   "unknown command '%s': there are `tare run FILE`, `tare view RUN` and `tare help [TOPIC]`", word);
}

/* `tare help TOPIC` is the script function help(TOPIC); a topic that is not there is a usage error. */
static Status ask_help(Options *o, const char *topic, Err *err)
{
    static const char code[] = "local found, why = pcall(help, %s%s%s) "
                               "if not found then io.stderr:write('tare: ', why, '\\n') os.exit(2) end";
    for (const char *c = topic ? topic : ""; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._:", *c))
            return err_set(err, ERR_USAGE, "'%s' is no topic; `tare help` lists them", topic);
    const char *quote = topic ? "'" : "";
    if (snprintf(o->help, sizeof o->help, code, quote, topic ? topic : "nil", quote) >= (int)sizeof o->help)
        return err_set(err, ERR_USAGE, "a topic is shorter than that");
    o->action = DO_CODE;
    o->code[o->codes++] = o->help;
    return OK;
}

/* What the words that are no flags ask for: run FILE args, help [topic], or nothing. */
static Status take_words(Options *o, char **word, int words, Err *err)
{
    bool code = o->action == DO_CODE;
    if (o->action > DO_CODE) return OK;         /* --help and --version go before all */
    int own = code ? 0 : words > 2 ? 2 : words; /* words that are not the script's */
    for (int i = own; i < words; i++) o->args[o->arg_count++] = word[i];
    if (code && words && strcmp(word[0], "run") == 0)
        return err_set(err, ERR_USAGE, "-e CODE and `run FILE` cannot be together");
    if (code || words == 0) return OK;
    if (strcmp(word[0], "help") == 0) return ask_help(o, words > 1 ? word[1] : NULL, err);
    if (strcmp(word[0], "view") == 0) {
        if (words != 2) return err_set(err, ERR_USAGE, "view: which run? tare view NAME [--speed N] [--follow]");
        o->action = DO_VIEW;
        o->file = word[1];
        return OK;
    }
    if (strcmp(word[0], "run") != 0) return command_unknown(word[0], err);
    if (words < 2) return err_set(err, ERR_USAGE, "run: which file? tare run FILE [ARGUMENTS]");
    o->action = DO_SCRIPT;
    o->file = word[1];
    return OK;
}

Status options_parse(Options *o, int argc, char **argv, Err *err)
{
    char *words[ARGS_MOST];
    int count = 0;
    bool flags_end = false;
    const char *runs = getenv("TARE_RUNS"), *data = getenv("TARE_DATA");
    *o = (Options){
        .seed = -1, .threads = pool_processors(), .runs = runs && *runs ? runs : "runs", .data = data ? data : ""};
    for (int i = 1; i < argc; i++) {
        if (!flags_end && strcmp(argv[i], "--") == 0) {
            flags_end = true;
        } else if (!flags_end && argv[i][0] == '-' && argv[i][1]) {
            if (take_flag(o, argc, argv, &i, err) != OK) return err->code;
        } else if (count < ARGS_MOST) {
            words[count++] = argv[i];
        } else {
            return err_set(err, ERR_USAGE, "more than %d arguments", ARGS_MOST);
        }
    }
    if (o->seed < 0) o->seed = o->seed_count ? o->seeds[0] : 1;
    if (!o->seed_count) o->seeds[o->seed_count++] = o->seed;
    return take_words(o, words, count, err);
}

/* ---- what it says ---- */

void options_introduce(void)
{
    puts("tare - a workbench for calibrated neural networks\n"
         "\n"
         "To try first:\n"
         "  tare -e 'data.load \"fashion\"'                the images that come with it\n"
         "  tare run scripts/02_two_stages.lua           train a network, recalibrate it in a second stage\n"
         "  tare help ece                                what calibration error is, and how it misleads\n"
         "  tare --help                                  all flags");
}

void options_usage(void)
{
    puts("usage: tare                          the workbench: panes and a prompt\n"
         "       tare run FILE [ARGUMENTS]     run a Lua script; of - or a pipe: standard input\n"
         "       tare -e CODE                  run a line of Lua\n"
         "       tare view RUN                 replay a run in the panes\n"
         "       tare help [TOPIC]             topics and functions, or a page of one: tare help train.tst\n"
         "\n"
         "flags, anywhere before --:");
    for (int i = 0; i < FLAGS; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", flags[i].flag, flags[i].argument ? flags[i].argument : "");
        printf("  %-20s %s\n", left, flags[i].help);
    }
    puts("\n"
         "Results go to stdout, progress and errors to stderr. Ctrl-C stops the runs with a checkpoint; the same\n"
         "command with --resume goes on. Exit status: 0 done, 1 script error, 2 usage, 3 a run diverged,\n"
         "130 interrupted. TARE_LUA_MEMORY: bytes that a script may use (1 GiB). TARE_ISA: vector instructions.");
}

/* A word as a shell takes it: in single quotes where it is more than letters. */
static void print_word(FILE *out, const char *word)
{
    static const char *const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
    if (*word && word[strspn(word, plain)] == 0) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

void options_print_resume(FILE *out, int argc, char **argv)
{
    bool said = false;
    for (int i = 0; i < argc; i++) {
        if (!said && strcmp(argv[i], "--") == 0) {
            fputs("--resume ", out);
            said = true;
        }
        said |= strcmp(argv[i], "--resume") == 0;
        print_word(out, argv[i]);
        if (i + 1 < argc) fputc(' ', out);
    }
    fputs(said ? "\n" : " --resume\n", out);
}
