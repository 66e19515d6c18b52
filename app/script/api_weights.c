/* api_weights.c - nn.load and nn.save: networks from files, and into files. Main thread. */
#include "base/text.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include "train/import.h"
#include <lauxlib.h>

/* Read by the binding below, not by the option table. */
static const char *const load_own[] = {"data", "name", "normalise", NULL};

/* ---- normalise = { mean = { ... }, sd = { ... } } ---- */

/* value = the list under `key` of the table on top; how many numbers it has. */
static int read_numbers(lua_State *L, const char *key, double value[DATA_MAX_CHANNELS])
{
    if (lua_getfield(L, -1, key) != LUA_TTABLE)
        luaL_error(L, "normalise.%s: expected a list of numbers, one a channel, got %s", key, luaL_typename(L, -1));
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    if (n < 1 || n > DATA_MAX_CHANNELS)
        luaL_error(L, "normalise.%s: expected 1 to %d numbers, got %d", key, DATA_MAX_CHANNELS, (int)n);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_rawgeti(L, -1, i) != LUA_TNUMBER)
            luaL_error(L, "normalise.%s[%d]: expected a number, got %s", key, (int)i, luaL_typename(L, -1));
        value[i - 1] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return (int)n;
}

static void read_normalise(lua_State *L, int index, Normalise *n)
{
    int type = lua_getfield(L, index, "normalise");
    if (type != LUA_TNIL) {
        if (type != LUA_TTABLE)
            luaL_error(L, "normalise: expected { mean = { ... }, sd = { ... } }, got %s", luaL_typename(L, -1));
        n->channels = read_numbers(L, "mean", n->mean);
        if (read_numbers(L, "sd", n->sd) != n->channels)
            luaL_error(L, "normalise: %d means, but not as many sds", n->channels);
    }
    lua_pop(L, 1);
}

/* ---- nn.load ---- */

static int load(lua_State *L)
{
    Err err;
    LoadSpec spec = {0};
    Job job;
    char name[RUN_NAME_SIZE];
    const char *file = check_text(L, 1);
    lua_settop(L, 2);
    if (!text_copy(spec.file, sizeof spec.file, file))
        return luaL_error(L, "nn.load: a path of more than %d bytes; make it shorter", OPTION_TEXT_SIZE - 1);
    if (!text_is_clean(file)) /* config.json could not hold it */
        return luaL_error(L, "nn.load: a path with control characters, or not in UTF-8; rename the file");
    luaL_checktype(L, 2, LUA_TTABLE);
    option_defaults(load_options, &spec);
    options_read(L, 2, load_options, &spec, load_own);
    read_normalise(L, 2, &spec.normalise);
    read_run_name(L, 2, name);
    if (lua_getfield(L, 2, "data") == LUA_TNIL)
        return luaL_error(L, "nn.load needs `data`, the images that the network is judged on: data = data.load "
                             "\"cifar10\"");
    Dataset *data = to_data(L, -1);
    if (import_job(&job, &spec, data, script_options(script_of(L))->seed, &err) != OK) return raise_err(L, &err);
    text_copy(job.name, sizeof job.name, name);
    Run *run = engine_submit(script_engine(L), &job, data, &err);
    if (!run) return raise_err(L, &err);
    push_run(L, run);
    return 1;
}

/* ---- nn.save ---- */

static bool ended(lua_State *L, void *run)
{
    (void)L;
    return run_state_ended(((const Run *)run)->log.state);
}

/* The run at index 1 has ended. */
static int save_ended(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    Err err;
    ExportSpec spec;
    const Run *run = to_run(L, 1);
    option_defaults(save_options, &spec);
    options_read(L, 3, save_options, &spec, NULL);
    if (run->log.state != RUN_DONE)
        return luaL_error(L, "run %s is %s; only a run that is done has a network to save", run->job.name,
                          run_state_name[run->log.state]);
    if (export_run(engine_runs(script_engine(L)), &run->job, check_text(L, 2), spec.names, &err) != OK)
        return raise_err(L, &err);
    return 0;
}

static int save(lua_State *L)
{
    ExportSpec spec;
    Run *run = to_run(L, 1);
    check_text(L, 2);
    lua_settop(L, 3);
    option_defaults(save_options, &spec);
    options_read(L, 3, save_options, &spec, NULL); /* a wrong option is told before the wait */
    if (!run->ours) return save_ended(L, LUA_OK, 0);
    return task_park(L, ended, run, save_ended, 0);
}

const ApiRow api_weights[] = {
    {"nn.load", "\"file\", { data =, names =, padding =, normalise =, name =, ... }",
     "a network from a safetensors file as a run, judged on `data`", "weights",
     "local file = os.tmpname() nn.save(base, file) nn.load(file, { data = ds }):wait() os.remove(file)", load,
     load_options},
    {"nn.save", "run, \"file\", { names = }", "write a run's network to a safetensors file", "weights",
     "local file = os.tmpname() nn.save(base, file) os.remove(file)", save, save_options},
    {0},
};
