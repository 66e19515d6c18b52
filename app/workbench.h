/* workbench.h - the interactive face: panes that move while the engine trains, around a prompt. Main thread. */
#ifndef TARE_WORKBENCH_H
#define TARE_WORKBENCH_H

#include "options.h"

/* Run until the user leaves. Returns the exit code. */
int workbench_run(const Options *options);

/* `tare view NAME`: replay a run in the panes, at options->speed, or follow one that another process trains. */
int viewer_run(const Options *options);

#endif
