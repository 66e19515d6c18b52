/* main.c - start, run, exit code. */
#include "base/version.h"
#include "data/dataset.h"
#include "kernel/isa.h"
#include "loop.h"
#include "options.h"
#include "ui/face.h"
#include "workbench.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int complain(const Err *err, int exit_code)
{
    fprintf(stderr, "tare: %s\n", err->msg);
    return exit_code;
}

static Script *open_script(const Options *o, Loop *l, Err *err)
{
    ScriptOptions options = {.engine = l->engine,
                             .seed = o->seed,
                             .seed_count = o->seed_count,
                             .strict = true,
                             .json = o->json,
                             .pump = loop_pump,
                             .pump_arg = l,
                             .key = face_key};
    for (int i = 0; i < o->seed_count; i++) options.seeds[i] = o->seeds[i];
    return script_open(&options, err);
}

/* A missing file is a usage error, one that does not parse a script error. */
static int load_exit(const Err *err)
{
    return err->code == ERR_IO ? EXIT_USAGE : EXIT_SCRIPT;
}

/* The script on an engine that is open. Returns the exit code. */
static int run_script(const Options *o, Loop *l, Err *err)
{
    l->batch = batch_open(l->engine, o->quiet ? BATCH_QUIET : BATCH_ALL);
    if (!l->batch) err_set(err, ERR_MEMORY, "no memory");
    l->script = l->batch ? open_script(o, l, err) : NULL;
    if (!l->script) return complain(err, EXIT_SCRIPT);
    l->task = o->action == DO_SCRIPT ? script_load_file(l->script, o->file, o->arg_count, (char **)o->args, err)
                                     : script_load_lines(l->script, o->code, o->codes, err);
    if (!l->task) return complain(err, load_exit(err));
    return loop_run(l);
}

static int run(const Options *o, int argc, char **argv)
{
    Err err;
    EngineOptions engine = {.threads = (int)o->threads, .runs = o->runs, .resume = o->resume};
    Loop l = {.argc = argc, .argv = argv};
    if (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)) setvbuf(stdout, NULL, _IOFBF, BUFSIZ); /* see flush_output */
    if (loop_signals(&err) != OK) return complain(&err, EXIT_SCRIPT);
    l.engine = engine_open(&engine, &err);
    if (!l.engine) return complain(&err, err.code == ERR_USAGE ? EXIT_USAGE : EXIT_SCRIPT);
    int code = run_script(o, &l, &err);
    task_free(l.script, l.task);
    script_close(l.script);
    batch_close(l.batch);
    engine_close(l.engine);
    return code;
}

/* Started without stdin, stdout or stderr: the next file that is opened would take their number, and text for people
 * would end in it. */
static void hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
}

/* A script comes by standard input: a pipe or a file that is not empty. Waits for its first byte. */
static bool script_piped(void)
{
    if (isatty(STDIN_FILENO)) return false;
    int first = getc(stdin);
    if (first != EOF) ungetc(first, stdin);
    return first != EOF;
}

/* What is asked for, at a terminal where there is one. Returns the exit code. */
static int act(Options *o, int argc, char **argv)
{
    switch (o->action) {
    case DO_WORKBENCH:
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) return workbench_run(o);
        if (script_piped()) {
            o->action = DO_SCRIPT;
            o->file = "-";
            return run(o, argc, argv);
        }
        options_introduce();
        return 0;
    case DO_VIEW:
        return viewer_run(o);
    case DO_USAGE:
        options_usage();
        return 0;
    case DO_VERSION:
        printf("tare %s, kernels %s, OpenBLAS core %s\n"
               "Free software under the GNU General Public License, version 3 or later; no warranty.\n",
               TARE_VERSION, kernel_isa(), kernel_blas_core());
        return 0;
    default:
        return o->workbench ? workbench_run(o) : run(o, argc, argv);
    }
}

/* The last of the output has gone where it should, or the exit code says that it has not. A reader that has closed its
 * pipe had enough. */
static int close_output(int exit_code)
{
    Err err;
    bool failed = ferror(stdout);
    if (fclose(stdout) == 0 && !failed) return exit_code;
    if (errno == EPIPE) return exit_code;
    err_sys(&err, "cannot write to stdout");
    return complain(&err, exit_code ? exit_code : EXIT_SCRIPT);
}

int main(int argc, char **argv)
{
    Err err;
    Options options;
    hold_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file that may grow no further is an error like a full disk */
    setlocale(LC_CTYPE, "");  /* the width of characters; numbers stay as Lua and JSON write them */
    if (options_parse(&options, argc, argv, &err) != OK) return complain(&err, EXIT_USAGE);
    dataset_look_in(options.data);
    if (kernel_open(&err) != OK) return complain(&err, err.code == ERR_USAGE ? EXIT_USAGE : EXIT_SCRIPT);
    return close_output(act(&options, argc, argv));
}
