/* options.h - the command line: what it asks for, and what it can say. */
#ifndef TARE_OPTIONS_H
#define TARE_OPTIONS_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum { DO_WORKBENCH, DO_SCRIPT, DO_CODE, DO_VIEW, DO_USAGE, DO_VERSION } OptionsAction;

enum { SEEDS_MOST = 64, ARGS_MOST = 256, CODES_MOST = 64 };
enum { EXIT_SCRIPT = 1, EXIT_USAGE = 2, EXIT_DIVERGED = 3, EXIT_SIGNAL = 128 }; /* + the signal's number */

typedef struct {
    OptionsAction action;
    const char *file;             /* DO_SCRIPT ("-": standard input) and DO_VIEW */
    const char *code[CODES_MOST]; /* DO_CODE: lines to run in order */
    int codes;
    char *args[ARGS_MOST]; /* the script's own: those after its file */
    int arg_count;
    int64_t seed, seeds[SEEDS_MOST];
    int seed_count; /* >= 1 */
    int64_t threads;
    const char *runs, *data; /* data: where downloaded data sets may lie, "" for nowhere of one's own */
    bool resume, json, quiet, workbench;
    bool follow;    /* DO_VIEW: go on as the run grows */
    double speed;   /* DO_VIEW: seconds of the run in one; 0 = all at once */
    char help[256]; /* the code of `tare help TOPIC` */
} Options;

/* Defaults: seed 1, a thread a processor, the runs in $TARE_RUNS or "runs", data in $TARE_DATA. ERR_USAGE for what
 * cannot be. */
Status options_parse(Options *o, int argc, char **argv, Err *err);

void options_introduce(void); /* what `tare` alone prints where there is no terminal */
void options_usage(void);

/* The command line as a shell would take it, with --resume, and a newline. */
void options_print_resume(FILE *out, int argc, char **argv);

#endif
