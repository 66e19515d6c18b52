/* state.h - what state.c, task.c and show.c share: the insides of a Script. */
#ifndef TARE_SCRIPT_STATE_H
#define TARE_SCRIPT_STATE_H

#include "script/script.h"

/* The Lua function that a run's epochs are told to. */
typedef struct Callback {
    struct Callback *next;
    Run *run;
    int function;  /* ref in the registry */
    bool pending;  /* an epoch has ended that it has not been told of */
    int32_t epoch; /* that epoch */
} Callback;

typedef struct Ask Ask; /* a line that io.read waits for (input.c) */

struct Task {
    Task *next;
    lua_State *L;  /* its coroutine */
    int coroutine; /* ref that keeps it */
    int values;    /* on its stack: arguments before the first resume, results once done */
    TaskState state;
    bool active; /* being resumed now, maybe below another task */
    bool interrupted;
    Run *told; /* a callback's task: the run and the epoch it was told of; else NULL */
    int32_t epoch;
    int typed;    /* number of the prompt line that it is, from 1; 0: it is none */
    char *code;   /* that line, malloc'ed */
    double began; /* clock_seconds, and when it had ended */
    double ended;
    char *error;      /* malloc'ed */
    TaskReady *ready; /* while parked: what for, and how to go on */
    void *arg;
    lua_KFunction k;
    lua_KContext ctx;
};

struct Script {
    lua_State *L; /* the main thread: loads, and resumes tasks; runs no script itself */
    ScriptOptions options;
    size_t used;   /* bytes that Lua holds */
    Task *tasks;   /* in order of creation */
    Task *running; /* the innermost task being resumed */
    Callback *callbacks;
    Ask *asks;        /* in order */
    double slice_end; /* when the running task must let the loop turn */
    char *trouble;    /* error of the first callback that failed, malloc'ed */
    int lines;        /* typed at the prompt so far */
    bool warning;     /* inside a warn() of several pieces */
    bool exiting;     /* os.exit was called */
    int exit_code;
};

/* task.c */
bool task_alive(const Task *task);
void task_hook(lua_State *L); /* every coroutine that L makes has the hook too */
void tasks_close(Script *s);  /* frees all tasks and callbacks, ahead of lua_close */

/* load.c: a task, last on the list, of the function and arguments that `push` returns when called with arg (a
 * light userdata). NULL with err set when it raises. */
Task *task_new(Script *s, lua_CFunction push, void *arg, Err *err);

/* input.c: io.read; its upvalue 1 is Lua's own. */
lua_CFunction input_read(const Script *s);

/* callback.c */
void callbacks_start(Script *s); /* a task for each callback that is pending */
void callback_returned(Script *s, const Task *task);

/* The global whose name is near, or NULL. Lives as long as that global. */
const char *global_near(lua_State *L, const char *name);

/* typed.c: what a syntax or run-time error of prompt line `number` says to who typed it, malloc'ed; of a global that is
 * nil also which was meant. L: NULL when none can be. */
char *typed_error(lua_State *L, const char *code, int number, const char *message);

/* The global whose name a prompt line is, alone, and which may have been meant by it; NULL otherwise. */
const char *typed_near(lua_State *L, const char *code);

/* show.c, a lua_CFunction: its arguments on stdout as text or JSON; nil shows nothing. Those of a prompt line are cut
 * where they are long, and the first becomes `_`. */
int show_results(lua_State *L);

/* json.c: the values 1 .. n of the stack as one line of JSON on stdout. May raise; returns 0. */
int show_json(lua_State *L, int n);

/* Standard output does not take what was written (errno). A reader that has closed its pipe has enough: the script ends
 * as by os.exit(0). All else is an error. Raises. */
int output_failed(lua_State *L);

/* os.setlocale that leaves alone what the rest of the program counts on. */
int os_setlocale(lua_State *L);

/* Pushes the value at index as print shows it: strings as they are, tables with what is in them. May raise. */
void show_text(lua_State *L, int index);

/* Runs f(arg) in protected mode; ERR_USAGE, or ERR_MEMORY with the limit, and the message when it raises. */
Status script_protect(Script *s, lua_CFunction f, void *arg, Err *err);

/* "script out of memory (limit 1,024 MB)" into dst; returns dst. */
char *script_memory_text(const Script *s, char *dst, size_t size);

#endif
