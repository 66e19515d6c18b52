/* callback.c - on_epoch: Lua functions that are told of a run's epochs, and that the run waits for. Main thread. */
#include "script/state.h"

#include "script/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status script_on_epoch(lua_State *L, Run *run, int function_ref, Err *err)
{
    Script *s = script_of(L);
    Callback *c = calloc(1, sizeof *c), **end = &s->callbacks;
    if (!c) return err_set(err, ERR_MEMORY, "no memory for a callback");
    *c = (Callback){.run = run, .function = function_ref};
    while (*end) end = &(*end)->next;
    *end = c;
    engine_wait_at_epochs(s->options.engine, run, true);
    return OK;
}

/* Called by the pump, below running Lua: only takes note. */
void script_event(Script *s, const Event *event, Run *run)
{
    if (event->type != EVENT_EPOCH) return;
    for (Callback *c = s->callbacks; c; c = c->next) {
        if (c->run != run) continue;
        c->pending = true;
        c->epoch = event->epoch;
    }
}

/* The callback's function, its run and its epoch. */
static int push_callback(lua_State *L)
{
    const Callback *c = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->function);
    push_run(L, c->run);
    const RunLog *log = &c->run->log;
    EpochPoint epoch = {.epoch = c->epoch}; /* a copy: Lua may pump, and the log move */
    if (log->epochs > 0) epoch = log->epoch[log->epochs - 1];
    push_epoch(L, &epoch);
    return 3;
}

void callbacks_start(Script *s)
{
    for (Callback *c = s->callbacks; c; c = c->next) {
        if (!c->pending) continue;
        Err err;
        c->pending = false;
        Task *task = task_new(s, push_callback, c, &err);
        if (task) {
            task->told = c->run;
            task->epoch = c->epoch;
            continue;
        }
        if (!s->trouble) s->trouble = strdup(err.msg);
        engine_epoch_done(s->options.engine, c->run, c->epoch);
    }
}

/* The last of an epoch's callbacks lets the run go on. */
void callback_returned(Script *s, const Task *task)
{
    if (task->state == TASK_FAILED && !s->trouble &&
        asprintf(&s->trouble, "on_epoch of %s: %s", task->told->job.name, task_error(task)) < 0)
        s->trouble = NULL;
    for (const Task *other = s->tasks; other; other = other->next)
        if (other->told == task->told && task_alive(other)) return;
    engine_epoch_done(s->options.engine, task->told, task->epoch);
}

const char *script_trouble(const Script *s)
{
    return s->trouble;
}

char *script_take_trouble(Script *s)
{
    char *trouble = s->trouble;
    s->trouble = NULL;
    return trouble;
}
