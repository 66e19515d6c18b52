/* line.h - a run in one line: what a list shows of it, without its events where its summary will do. Any thread. */
#ifndef TARE_RUN_LINE_H
#define TARE_RUN_LINE_H

#include "run/job.h"

typedef struct {
    Job job;
    RunState state; /* RUN_STOPPED also where the process that wrote it is gone without a word */
    double seconds;
    bool judged; /* the figures are there: of the kept network on the test images, 10 bins */
    double accuracy, nll, ece;
    char note[256];
} RunLine;

/* The line of runs/name. ERR_USAGE, ERR_FORMAT: there is no such run, or it cannot be read. */
Status run_line(RunLine *line, const char *runs, const char *name, Err *err);

#endif
