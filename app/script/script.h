/* script.h - the Lua state and its tasks. Main thread only.
 *
 * Every script, prompt line and callback is a coroutine, a task. A task that waits for a run parks (lua_yieldk) and the
 * loop goes on; a count hook slices long pure-Lua work and raises interrupts, which stick until the task has died. */
#ifndef TARE_SCRIPT_SCRIPT_H
#define TARE_SCRIPT_SCRIPT_H

#include "base/err.h"
#include "engine/engine.h"
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Script Script;
typedef struct Task Task;

/* What the workbench looks at. Names are borrowed; "" is none, and when set: as it is. */
typedef struct {
    const char *layout, *pane, *run; /* the layout, the pane in focus, the chosen run */
    int bins;
    bool zoom, log_loss;
    uint64_t at;    /* the seq of the evaluation that is scrubbed to; 0: the newest. Not set. */
    bool at_parent; /* and it is one of the parent's */
} ScreenState;

typedef struct {
    void *arg;
    void (*get)(void *arg, ScreenState *state);
    Status (*set)(void *arg, const ScreenState *state, Err *err); /* ERR_USAGE: what there is instead */
    const char *(*layout)(int i);                                 /* the names there are; NULL behind the last */
    const char *(*pane)(int i);
    bool (*page)(void *arg, const char *title,
                 const char *text); /* a text takes the screen; false: it is to be printed */
} ScriptScreen;

typedef struct {
    Engine *engine;
    int64_t seed;      /* --seed: default of every `seed` option */
    int64_t seeds[64]; /* --seeds, else the one seed */
    int seed_count;
    size_t memory;        /* bytes that Lua may use; 0: $TARE_LUA_MEMORY, else 1 GiB */
    bool strict;          /* reading or setting an undeclared global is an error (scripts; not the prompt) */
    bool json;            /* results print as JSON */
    bool prompt;          /* the workbench: nothing to read on stdin; what is printed is flushed every turn */
    void (*pump)(void *); /* called where a task cannot yield: draw, drain events, look at signals; runs no Lua */
    void *pump_arg;
    const ScriptScreen *screen;                               /* NULL without one */
    bool (*key)(int i, const char **name, const char **help); /* row i of the screen's keys, for help; false behind the
                                                               * last. NULL: none */
} ScriptOptions;

/* Opens Lua with the registry's modules and lua/ on package.path. NULL with err set. */
Script *script_open(const ScriptOptions *options, Err *err);
void script_close(Script *s);
Script *script_of(lua_State *L);
const ScriptOptions *script_options(const Script *s);
Engine *script_engine(lua_State *L);

/* A new task from a file ("-": standard input), from a line of code (an expression's value is its result), or from
 * several that run in order, each showing its results. ERR_USAGE with file:line: message for a syntax error. */
Task *script_load_file(Script *s, const char *path, int argc, char **argv, Err *err);
Task *script_load_line(Script *s, const char *code, Err *err);
Task *script_load_lines(Script *s, const char *const *code, int count, Err *err);

/* A new task from what was typed at the prompt: as script_load_line, and as entry.h says; "?name" and "name?" are
 * help "name", "?" and "help" are help(). Its errors are a line or two, without a traceback; its first value becomes
 * the global `_`. */
Task *script_load_typed(Script *s, const char *text, Err *err);

/* Run every task that can go on, for about 8 ms each; true while any task is alive. Events that were drained must have
 * been told by script_event first. */
bool script_turn(Script *s);

/* Seconds until script_turn has something to do: 0 when a task is ready, -1 when all wait for runs. */
double script_next(const Script *s);

/* Tell the tasks of an event (wakes those that wait, starts on_epoch callbacks). */
void script_event(Script *s, const Event *event, Run *run);

/* Ctrl-C: every task alive is interrupted, and stays so. */
void script_interrupt(Script *s);

/* The same for one task; the others go on. Nothing where it has ended. */
void task_interrupt(Script *s, Task *task);

/* True while it is to go on, and while its results are being shown: what Ctrl-C is for. */
bool task_at_work(const Task *task);

/* In the workbench: true while a task waits for a line (io.read); the next line that is typed is the answer of the one
 * that has asked first. */
bool script_asks(const Script *s);
void script_answer(Script *s, const char *line);

/* The error of the first on_epoch callback that failed, or NULL. */
const char *script_trouble(const Script *s);

/* The same, malloc'ed and now the caller's; the next failure is the first again (the workbench, which goes on). */
char *script_take_trouble(Script *s);

/* True once a script called os.exit; *code is what it asked for. Its tasks are interrupted. */
bool script_exit(const Script *s, int *code);

typedef enum { TASK_READY, TASK_PARKED, TASK_DONE, TASK_FAILED, TASK_INTERRUPTED } TaskState;
TaskState task_state(const Task *task);
const char *task_error(const Task *task); /* message, with a traceback where the task is no prompt line */
/* "12.3 s" into dst for a prompt line that took longer than a second, else ""; returns dst. */
char *task_note(const Task *task, char *dst, size_t size);
void task_print(Script *s, Task *task); /* the values it returned, as text or JSON, on stdout */
void task_free(Script *s, Task *task);

/* For the bindings: park the running task until `ready` says so, then go on at k (as lua_yieldk). Where the running
 * coroutine is not a task's own (a coroutine of the user's, a comparator, a hook) it pumps instead of yielding. Never
 * returns when it yields: `return task_park(L, ready, arg, k, ctx)`. */
typedef bool TaskReady(lua_State *L, void *arg);
/* The run whose on_epoch callback is being called; NULL in other tasks. */
const Run *task_told(lua_State *L);
int task_park(lua_State *L, TaskReady *ready, void *arg, lua_KFunction k, lua_KContext ctx);

/* From now on, at the end of each of the run's epochs: call the Lua function at ref (registry; the script owns it) with
 * the run and a table of the epoch, in a new task, then engine_epoch_done. */
Status script_on_epoch(lua_State *L, Run *run, int function_ref, Err *err);

#endif
