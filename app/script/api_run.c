/* api_run.c - a run's fields, and the commands it takes. Main thread. */
#include "script/options.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include <lauxlib.h>
#include <stdio.h>

/* ---- fields ---- */

static int name(lua_State *L)
{
    lua_pushstring(L, to_run(L, 1)->job.name);
    return 1;
}

static int state(lua_State *L)
{
    lua_pushstring(L, run_state_name[to_run(L, 1)->log.state]);
    return 1;
}

static int from(lua_State *L)
{
    Run *run = to_run(L, 1);
    if (run->parent[0])
        push_run(L, run->parent[0]);
    else
        lua_pushnil(L);
    return 1;
}

static void set_text(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

/* Sets normalise = { mean = { ... }, sd = { ... } } in the table on top. */
static void push_normalise(lua_State *L, const Normalise *n)
{
    lua_newtable(L);
    for (int part = 0; part < 2; part++) {
        lua_newtable(L);
        for (int c = 0; c < n->channels; c++) {
            lua_pushnumber(L, part ? n->sd[c] : n->mean[c]);
            lua_seti(L, -2, c + 1);
        }
        lua_setfield(L, -2, part ? "sd" : "mean");
    }
    lua_setfield(L, -2, "normalise");
}

static int job(lua_State *L)
{
    const Job *j = &to_run(L, 1)->job;
    lua_newtable(L);
    set_text(L, "name", j->name);
    set_text(L, "from", job_from(j));
    set_text(L, "kind", j->kind->name);
    set_text(L, "title", job_title(j));
    set_integer(L, "stage", job_stage(j));
    options_push(L, dataset_options(j->data.name), &j->data);
    set_text(L, "name", j->data.name);
    lua_setfield(L, -2, "data");
    options_push(L, family_find(j->model.family)->options, &j->model);
    set_text(L, "family", j->model.family);
    lua_setfield(L, -2, "model");
    set_text(L, "method", job_method(j));
    set_integer(L, "rank", job_rank(j));
    options_push(L, j->kind->options, job_spec(j));
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "options");
    lua_setfield(L, -2, j->kind->part);
    if (j->normalise.channels) push_normalise(L, &j->normalise);
    return 1;
}

static int digest(lua_State *L)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)runlog_digest(&to_run(L, 1)->log));
    lua_pushstring(L, text);
    return 1;
}

/* ---- commands: each returns the run ---- */

static int command(lua_State *L, CommandType type, double value)
{
    Err err;
    if (engine_command(script_engine(L), to_run(L, 1), type, value, &err) != OK) return raise_err(L, &err);
    lua_settop(L, 1);
    return 1;
}

static int pause_run(lua_State *L)
{
    return command(L, COMMAND_PAUSE, 0);
}

static int go(lua_State *L)
{
    return command(L, COMMAND_GO, 0);
}

static int step(lua_State *L)
{
    lua_Integer steps = luaL_optinteger(L, 2, 1);
    if (steps < 1) return luaL_error(L, "step(%d): expected at least 1", (int)steps);
    return command(L, COMMAND_STEP, (double)steps);
}

static int stop(lua_State *L)
{
    return command(L, COMMAND_STOP, 0);
}

static int cancel(lua_State *L)
{
    const Run *run = to_run(L, 1);
    if (run->log.state != RUN_QUEUED)
        return luaL_error(L, "run %s is %s, no longer queued; run:stop() ends one that runs, with a checkpoint",
                          run->job.name, run_state_name[run->log.state]);
    return command(L, COMMAND_STOP, 0);
}

typedef struct {
    double lr;
} SetSpec;

static const Option set_options[] = {
    {"lr", OPTION_REAL, offsetof(SetSpec, lr), "0", 0, 1e3, NULL,
     "the new base learning rate; the schedule goes on from it"},
    {0},
};

static int set(lua_State *L)
{
    SetSpec spec = {0};
    luaL_checktype(L, 2, LUA_TTABLE);
    options_read(L, 2, set_options, &spec, NULL);
    if (spec.lr <= 0) return luaL_error(L, "set: expected lr = a number above 0");
    return command(L, COMMAND_SET_LR, spec.lr);
}

static int on_epoch(lua_State *L)
{
    Err err;
    Run *run = to_run(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    if (script_on_epoch(L, run, luaL_ref(L, LUA_REGISTRYINDEX), &err) != OK) return raise_err(L, &err);
    return 1;
}

#define MANY "local r = train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 200 } "

const ApiRow api_run[] = {
    {"run.name", NULL, "its name, and that of its folder", "runs", "print(base.name)", name, NULL},
    {"run.state", NULL, "queued, running, paused, done, stopped, failed, diverged or cancelled", "runs",
     "print(base.state)", state, NULL},
    {"run.from", NULL, "the run that it is made from: whose body it freezes, whose predictions it calibrates; or nil", "runs", "print(base.from)", from, NULL},
    {"run.job", NULL, "everything that was asked: { kind =, from =, data =, model =, train = }", "runs",
     "print(base.job.train.lr)", job, NULL},
    {"run.epochs", NULL, "its epochs so far: epoch, step, loss, accuracy, lr, seconds", "runs", "print(#base.epochs)",
     run_epochs, NULL},
    {"run.evals", NULL, "its evaluations so far: step, split, nll, brier, accuracy, ece, best", "runs",
     "for _, e in ipairs(base.evals) do print(e.step, e.split, e.nll) end", run_evals, NULL},
    {"run.digest", NULL, "a fingerprint of all its events but their times: equal for runs that went alike", "events",
     "print(base.digest)", digest, NULL},
    {"run:pause", "", "wait after the step it is at", "runs", MANY "r:pause(); r:stop()", pause_run, NULL},
    {"run:go", "", "end a pause", "runs", MANY "r:pause():go():stop()", go, NULL},
    {"run:resume", "", "as run:go", "runs", MANY "r:pause():resume():stop()", go, NULL},
    {"run:step", "[n]", "do n steps (1), then pause", "runs", MANY "r:pause():step(3):stop()", step, NULL},
    {"run:set", "{ lr = }", "change the learning rate of a run that runs", "runs", MANY "r:set{ lr = 1e-4 }:stop()",
     set, set_options},
    {"run:stop", "", "end it with a checkpoint; runs.resume goes on", "runs", MANY "r:stop()", stop, NULL},
    {"run:cancel", "", "take a queued run out of the queue", "runs",
     MANY "train.stage1{ data = ds, model = nn.mlp{} }:cancel() r:stop()", cancel, NULL},
    {"run:on_epoch", "f",
     "call f(run, epoch) at the end of each epoch; epoch = { epoch =, loss =, accuracy =, lr =, seconds = }", "runs",
     "train.stage1{ data = ds, model = nn.mlp{}, epochs = 2 }:on_epoch(function(r, e) print(e.epoch, e.loss) "
     "end):wait()",
     on_epoch, NULL},
    {0},
};
