/* loop.h - the poll loop: events from the engine, signals from the world, turns for the script. Main thread. */
#ifndef TARE_LOOP_H
#define TARE_LOOP_H

#include "batch.h"
#include "engine/engine.h"
#include "script/script.h"

typedef struct {
    Engine *engine;
    Script *script;
    Batch *batch;
    Task *task; /* the script's main task */
    int argc;   /* the command line, to say how to go on */
    char **argv;
    int exit_code;
    bool task_ended;    /* and was dealt with */
    bool stopping;      /* runs were told to stop, tasks are interrupted */
    bool said;          /* what is waited for */
    double stopping_at; /* since when */
} Loop;

/* From here on SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM and SIGXCPU stop the loop, and the third of them the
 * program. */
Status loop_signals(Err *err);

/* Take what the engine and the signals have for us; runs no Lua. The script's pump, with a Loop. */
void loop_pump(void *loop);

/* Run the task, then wait for the queue; stop it where the task fails or a signal comes. Returns the exit code. */
int loop_run(Loop *l);

#endif
