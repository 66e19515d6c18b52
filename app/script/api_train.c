/* api_train.c - train.*: a table of options becomes a job in the engine's queue. Main thread. */
#include "base/text.h"
#include "script/options.h"
#include "script/registry.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include <lauxlib.h>
#include <string.h>

/* Read by the bindings below, not by the option tables. */
static const char *const stage1_own[] = {"data", "model", "name", NULL};
static const char *const stage2_own[] = {"from", "data", "model", "name", NULL};

/* Training options: the kind's defaults, --seed, then what lua/recipes.lua makes of the recipe and the user's table.
 * The user's own values are checked first, so that an error names them and not what a recipe computes of them. */
static void read_train(lua_State *L, Job *job, const char *const *own)
{
    option_defaults(job->kind->options, &job->train);
    options_read(L, 1, job->kind->options, &job->train, own);
    option_defaults(job->kind->options, &job->train);
    job->train.seed = script_options(script_of(L))->seed;
    lua_pushstring(L, job->kind->name);
    lua_pushvalue(L, 1);
    push_lua(L, "recipes.resolve");
    lua_insert(L, -3);
    lua_call(L, 2, 1);
    options_read(L, -1, job->kind->options, &job->train, own);
    lua_pop(L, 1);
}

/* The run that `from` is or names. */
static Run *read_from(lua_State *L, const char *function)
{
    Err err;
    Run *parent;
    switch (lua_getfield(L, 1, "from")) {
    case LUA_TNIL:
        luaL_error(L, "%s needs `from`, the run whose body it freezes (or end_to_end = true with `data`)", function);
        return NULL;
    case LUA_TSTRING:
        parent = engine_run(script_engine(L), lua_tostring(L, -1), &err);
        if (!parent) raise_err(L, &err);
        break;
    default:
        parent = to_run(L, -1);
        if (parent->log.state == RUN_CANCELLED) luaL_error(L, "%s: `from` is a run that was cancelled or deleted", function);
    }
    lua_pop(L, 1);
    return parent;
}

/* `data` and `model` of a network that is trained from scratch; the data stay on the stack. */
static Dataset *read_network(lua_State *L, Job *job, const char *function)
{
    if (lua_getfield(L, 1, "data") == LUA_TNIL)
        luaL_error(L, "%s needs `data`: data = data.load \"fashion\"", function);
    Dataset *data = to_data(L, -1);
    job->data = data->spec;
    if (lua_getfield(L, 1, "model") == LUA_TNIL) {
        text_copy(job->model.family, sizeof job->model.family, "wrn");
        option_defaults(wrn_options, &job->model);
    } else {
        job->model = *to_model(L, -1);
    }
    return data;
}

/* Raise for an option that another one leaves without a meaning. */
static void refuse(lua_State *L, const char *name, const char *why)
{
    if (lua_getfield(L, 1, name) != LUA_TNIL) luaL_error(L, "%s: %s", name, why);
    lua_pop(L, 1);
}

static int submit(lua_State *L, const Job *job, Dataset *data)
{
    Err err;
    Run *run = engine_submit(script_engine(L), job, data, &err);
    if (!run) return raise_err(L, &err);
    push_run(L, run);
    return 1;
}

static int stage1(lua_State *L)
{
    Job job = {.kind = job_kind("stage1")};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    read_train(L, &job, stage1_own);
    read_run_name(L, 1, job.name);
    Dataset *data = read_network(L, &job, "train.stage1");
    return submit(L, &job, data);
}

/* train.tst, train.vtst: everything but the classifier is the parent's, or end to end the user's. */
static int stage2(lua_State *L)
{
    const ApiRow *row = lua_touserdata(L, lua_upvalueindex(1));
    Job job = {.kind = job_kind(row->name + strlen("train."))};
    Err err;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    read_train(L, &job, stage2_own);
    read_run_name(L, 1, job.name);
    if (job.train.end_to_end) {
        refuse(L, "from", "end_to_end = true freezes no run's body; leave it out");
        Dataset *data = read_network(L, &job, row->name);
        return submit(L, &job, data);
    }
    refuse(L, "data", "it is the parent's; leave it out (or train from scratch with end_to_end = true)");
    refuse(L, "model", "it is the parent's; leave it out (or train from scratch with end_to_end = true)");
    Run *parent = read_from(L, row->name);
    job.data = parent->job.data;
    job.model = parent->job.model;
    if (job_add_parent(&job, parent->job.name, &err) != OK) return raise_err(L, &err);
    Dataset *data = parent->data;
    if (!data) data = push_data_of(L, parent); /* a run that has ended keeps no images: they are loaded again */
    return submit(L, &job, data);
}

const ApiRow api_train[] = {
    {"train.stage1", "{ data =, model =, recipe =, name =, ... }", "train a whole network; a run handle, at once",
     "recipes", "train.stage1{ data = ds, model = nn.mlp{ hidden = 16 }, epochs = 1 }:wait()", stage1, NULL},
    {"train.tst", "{ from =, checkpoint =, z =, recipe =, name =, end_to_end =, data =, model =, ... }",
     "two-stage training: freeze a run's body, train a fresh classifier on its features", "tst",
     "train.tst{ from = base, steps = 20 }:wait()", stage2, NULL},
    {"train.vtst", "{ from =, checkpoint =, z =, samples =, kl_weight =, ... }",
     "as train.tst with a Gaussian last hidden layer: the variational form", "vtst",
     "train.vtst{ from = base, steps = 20, samples = 5 }:wait()", stage2, NULL},
    {0},
};
