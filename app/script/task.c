/* task.c - coroutines that share the main thread: slices, parking, interrupts, callbacks. Main thread. */
#include "script/state.h"

#include "base/clock.h"
#include "base/text.h"
#include <lauxlib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOOK_COUNT = 1000, /* Lua instructions between looks at the clock */
    IN_PLACE_MS = 50,  /* longest wait without a look at the signals */
};

static const double slice_seconds = 0.008;
static const size_t error_memory = 1 << 20; /* lent to Lua to say that its memory is used up */

/* ---- the hook: slices and interrupts ---- */

static void hook(lua_State *L, lua_Debug *debug);

/* Raise in L when the running task is interrupted. From then on its every instruction does, so that no pcall,
 * error handler or coroutine of the script's can swallow it. */
static void raise_interrupt(lua_State *L)
{
    const Script *s = script_of(L);
    if (!s->running || !s->running->interrupted) return;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    luaL_where(L, 0);
    lua_pushstring(L, s->exiting ? "exit" : "interrupted");
    lua_concat(L, 2);
    lua_error(L);
}

static bool may_yield(const Script *s, lua_State *L)
{
    return s->running && s->running->L == L && lua_isyieldable(L);
}

static void hook(lua_State *L, lua_Debug *debug)
{
    (void)debug;
    Script *s = script_of(L);
    raise_interrupt(L);
    if (clock_seconds() < s->slice_end) return;
    if (may_yield(s, L)) {
        lua_yield(L, 0); /* takes effect when the hook returns */
        return;
    }
    s->options.pump(s->options.pump_arg);
    s->slice_end = clock_seconds() + slice_seconds;
    raise_interrupt(L);
}

void task_hook(lua_State *L)
{
    lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_COUNT);
}

bool task_at_work(const Task *task)
{
    return task->state <= TASK_PARKED || task->active;
}

void task_interrupt(Script *s, Task *task)
{
    (void)s;
    if (!task_at_work(task)) return;
    task->interrupted = true;
    lua_sethook(task->L, hook, LUA_MASKCOUNT, 1);
}

void script_interrupt(Script *s)
{
    for (Task *t = s->tasks; t; t = t->next) task_interrupt(s, t);
}

/* ---- running tasks ---- */

bool task_alive(const Task *task)
{
    return task->state <= TASK_PARKED;
}

typedef struct {
    Task *task;
    const char *message; /* in place of the error's own, or NULL */
} TaskEnd;

/* Under script_protect: the error on top of a dead coroutine into task->error, with its traceback or, for a prompt
 * line, in short. */
static int error_text(lua_State *L)
{
    const TaskEnd *end = lua_touserdata(L, 1);
    Task *t = end->task;
    lua_xmove(t->L, L, 1);
    if (end->message)
        lua_pushstring(L, end->message);
    else if (lua_isstring(L, -1) || !luaL_callmeta(L, -1, "__tostring") || !lua_isstring(L, -1))
        lua_pushfstring(L, lua_isstring(L, -1) ? "%s" : "error with a %s instead of a message",
                        lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1));
    if (t->typed) {
        t->error = typed_error(L, t->code, t->typed, lua_tostring(L, -1));
        if (t->error) text_clean(t->error);
        return 0;
    }
    lua_Debug level;
    bool brief = t->told && script_of(L)->options.prompt; /* a callback, given at the prompt */
    if (!brief && lua_getstack(t->L, 0, &level)) luaL_traceback(L, t->L, lua_tostring(L, -1), 0);
    t->error = strdup(lua_tostring(L, -1));
    if (t->error) text_clean(t->error); /* it may quote a file */
    return 0;
}

static void task_fail(Script *s, Task *t, int status)
{
    Err err = {.msg = ""};
    char memory[64];
    script_memory_text(s, memory, sizeof memory);
    TaskEnd end = {t, status == LUA_ERRMEM ? memory : NULL};
    s->options.memory += error_memory;
    if (script_protect(s, error_text, &end, &err) != OK) t->error = strdup(err.msg);
    if (!t->interrupted) lua_resetthread(t->L); /* closes what is to be closed; below an interrupt no hook would run */
    s->options.memory -= error_memory;
    t->state = t->interrupted ? TASK_INTERRUPTED : TASK_FAILED;
}

static void task_resume(Script *s, Task *t, lua_State *from)
{
    Task *outer = s->running;
    int results = 0;
    s->running = t;
    s->slice_end = clock_seconds() + slice_seconds;
    t->active = true;
    t->state = TASK_READY;
    int status = lua_resume(t->L, from, t->values, &results);
    t->values = 0;
    if (status == LUA_OK) {
        t->values = results;
        t->state = TASK_DONE;
    } else if (status == LUA_YIELD) {
        lua_pop(t->L, results); /* a yield of the script's own only ends its slice */
    } else {
        task_fail(s, t, status);
    }
    t->active = false;
    s->running = outer;
    if (!task_alive(t)) t->ended = clock_seconds();
    if (s->options.prompt) fflush(stdout); /* into the log pane */
    if (t->told && !task_alive(t)) callback_returned(s, t);
}

static bool can_go_on(const Task *t)
{
    if (t->active || !task_alive(t)) return false;
    return t->state == TASK_READY || t->interrupted || t->ready(t->L, t->arg);
}

/* Free the tasks of callbacks that have returned; not below a task, whose turn may hold one. */
static void reap(Script *s)
{
    for (Task *t = s->tasks, *next; t; t = next) {
        next = t->next;
        if (t->told && !task_alive(t)) task_free(s, t);
    }
}

static bool turn(Script *s, lua_State *from)
{
    bool any = false;
    callbacks_start(s);
    for (Task *t = s->tasks; t; t = t->next)
        if (can_go_on(t)) task_resume(s, t, from);
    if (!s->running) reap(s);
    for (const Task *t = s->tasks; t; t = t->next) any |= task_alive(t);
    return any;
}

bool script_turn(Script *s)
{
    return turn(s, s->L);
}

double script_next(const Script *s)
{
    for (const Callback *c = s->callbacks; c; c = c->next)
        if (c->pending) return 0;
    for (const Task *t = s->tasks; t; t = t->next)
        if (can_go_on(t)) return 0;
    return -1;
}

/* ---- parking ---- */

static int park(lua_State *L);

/* Goes on with a parked task, found by its coroutine: a script may resume a task's coroutine by itself, too early. */
static int unpark(lua_State *L, int status, lua_KContext ctx)
{
    (void)ctx;
    raise_interrupt(L);
    for (Task *t = script_of(L)->tasks; t; t = t->next) {
        if (t->L != L) continue;
        return t->ready(L, t->arg) ? t->k(L, status, t->ctx) : park(L);
    }
    return luaL_error(L, "this task has ended");
}

static int park(lua_State *L)
{
    return lua_yieldk(L, 0, 0, unpark);
}

const Run *task_told(lua_State *L)
{
    const Task *running = script_of(L)->running;
    return running ? running->told : NULL;
}

int task_park(lua_State *L, TaskReady *ready, void *arg, lua_KFunction k, lua_KContext ctx)
{
    Script *s = script_of(L);
    if (!ready(L, arg) && may_yield(s, L)) {
        Task *t = s->running;
        t->ready = ready;
        t->arg = arg;
        t->k = k;
        t->ctx = ctx;
        t->state = TASK_PARKED;
        return park(L);
    }
    while (!ready(L, arg)) {
        struct pollfd events = {.fd = engine_fd(s->options.engine), .events = POLLIN};
        poll(&events, 1, IN_PLACE_MS); /* a signal ends it early */
        s->options.pump(s->options.pump_arg);
        turn(s, L); /* the other tasks: a run that waits for its callbacks must not wait for us */
        s->slice_end = clock_seconds() + slice_seconds;
        raise_interrupt(L);
    }
    return k(L, LUA_OK, ctx);
}

/* ---- what became of a task ---- */

TaskState task_state(const Task *task)
{
    return task->state;
}

const char *task_error(const Task *task)
{
    return task->error ? task->error : "no memory for the error's message";
}

void task_print(Script *s, Task *task)
{
    Task *outer = s->running;
    if (task->state != TASK_DONE || !lua_checkstack(task->L, 1)) return;
    s->running = task; /* a long __tostring can be interrupted */
    task->active = true;
    s->slice_end = clock_seconds() + slice_seconds;
    lua_pushcfunction(task->L, show_results);
    lua_insert(task->L, 1);
    int status = lua_pcall(task->L, task->values, 0, 0);
    task->values = 0;
    if (status != LUA_OK) task_fail(s, task, status);
    task->active = false;
    s->running = outer;
    if (s->options.prompt) fflush(stdout);
}

char *task_note(const Task *task, char *dst, size_t size)
{
    double seconds = task->typed && task->ended > 0 ? task->ended - task->began : 0;
    *dst = 0;
    if (seconds > 60) return text_duration(dst, size, seconds);
    if (seconds > 1) snprintf(dst, size, "%.1f s", seconds);
    return dst;
}

void task_free(Script *s, Task *task)
{
    if (!task) return;
    Task **at = &s->tasks;
    while (*at != task) at = &(*at)->next;
    *at = task->next;
    luaL_unref(s->L, LUA_REGISTRYINDEX, task->coroutine);
    free(task->code);
    free(task->error);
    free(task);
}

void tasks_close(Script *s)
{
    while (s->tasks) task_free(s, s->tasks);
    for (Callback *c = s->callbacks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(s->trouble);
}
