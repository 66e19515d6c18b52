/* api_runs.c - runs.*: the folder of runs and the queue. Main thread. */
#include "run/line.h"
#include "run/record.h"
#include "script/options.h"
#include "script/registry.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include <lauxlib.h>
#include <string.h>

/* ---- list ---- */

/* Names on disk, freed with the userdata that holds them. */
typedef struct {
    char **name;
    ptrdiff_t count;
} Names;

static const char names_class[] = "names of runs";

static int names_free(lua_State *L)
{
    Names *names = luaL_checkudata(L, 1, names_class);
    record_names_free(names->name, names->count);
    *names = (Names){0};
    return 0;
}

static Names *push_names(lua_State *L)
{
    Err err;
    Names *names = lua_newuserdatauv(L, sizeof *names, 0);
    *names = (Names){0};
    if (luaL_newmetatable(L, names_class)) {
        lua_pushcfunction(L, names_free);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    if (record_names(engine_runs(script_engine(L)), &names->name, &names->count, &err) != OK) raise_err(L, &err);
    return names;
}

static void push_line(lua_State *L, const char *name, const RunLine *line)
{
    char recipe[OPTION_TEXT_SIZE];
    const struct {
        const char *name, *value;
    } text[] = {{"name", name},
                {"kind", line->job.kind->name},
                {"state", run_state_name[line->state]},
                {"from", job_from(&line->job)},
                {"data", line->job.data.name},
                {"recipe", job_text(&line->job, "recipe", recipe)},
                {"note", line->note}};
    const struct {
        const char *name;
        double value;
    } number[] = {{"seconds", line->seconds}, {"accuracy", line->accuracy}, {"nll", line->nll}, {"ece", line->ece}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        lua_pushstring(L, text[i].value);
        lua_setfield(L, -2, text[i].name);
    }
    lua_pushinteger(L, (lua_Integer)job_number(&line->job, "seed", 0));
    lua_setfield(L, -2, "seed");
    for (size_t i = 0; i < (line->judged ? sizeof number / sizeof *number : 1); i++) {
        lua_pushnumber(L, number[i].value);
        lua_setfield(L, -2, number[i].name);
    }
}

/* A run whose folder cannot be read is listed with what is wrong with it. */
static int list(lua_State *L)
{
    const char *folder = engine_runs(script_engine(L));
    lua_settop(L, 0);
    const Names *names = push_names(L);
    lua_newtable(L);
    for (ptrdiff_t i = 0; i < names->count; i++) {
        Err err;
        RunLine line;
        if (run_line(&line, folder, names->name[i], &err) == OK) {
            push_line(L, names->name[i], &line);
        } else {
            lua_newtable(L);
            lua_pushstring(L, names->name[i]);
            lua_setfield(L, -2, "name");
            lua_pushstring(L, err.msg);
            lua_setfield(L, -2, "trouble");
        }
        lua_seti(L, 2, i + 1);
    }
    lua_remove(L, 1);
    return call_lua(L, "listing.dress");
}

static int queue(lua_State *L)
{
    Run *run;
    lua_newtable(L);
    for (ptrdiff_t i = 0; (run = engine_nth(script_engine(L), i)) != NULL; i++) {
        if (run_state_ended(run->log.state)) continue;
        push_run(L, run);
        lua_seti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

/* ---- one run ---- */

static int open_run(lua_State *L)
{
    Err err;
    Run *run = engine_run(script_engine(L), check_text(L, 1), &err);
    if (!run) return raise_err(L, &err);
    push_run(L, run);
    return 1;
}

static int resume(lua_State *L)
{
    Err err;
    if (!lua_isnoneornil(L, 2))
        return luaL_error(L,
                          "runs.resume goes on with a run as it was asked for: it takes a name alone; train.* makes a "
                          "run of other options, run:set{ lr = } changes the rate of one that runs");
    Run *run = engine_resume(script_engine(L), check_text(L, 1), &err);
    if (!run) return raise_err(L, &err);
    push_run(L, run);
    return 1;
}

static int checked(lua_State *L, Status status, const Err *err)
{
    return status == OK ? 0 : raise_err(L, err);
}

static int rename_run(lua_State *L)
{
    Err err;
    const char *name = check_text(L, 1), *to = check_text(L, 2);
    return checked(L, engine_rename(script_engine(L), name, to, &err), &err);
}

static int note(lua_State *L)
{
    Err err;
    return checked(L, record_note(engine_runs(script_engine(L)), check_text(L, 1), check_text(L, 2), &err), &err);
}

typedef struct {
    bool children;
} DeleteSpec;

static const Option delete_options[] = {
    {"children", OPTION_BOOL, offsetof(DeleteSpec, children), "false", 0, 0, NULL,
     "also the runs that were made from it"},
    {0},
};

static int delete_run(lua_State *L)
{
    Err err;
    DeleteSpec spec = {0};
    const char *name = check_text(L, 1);
    options_read(L, 2, delete_options, &spec, NULL);
    return checked(L, engine_delete(script_engine(L), name, spec.children, &err), &err);
}

const ApiRow api_runs[] = {
    {"runs.list", "", "all runs of the folder: name, kind, state, seed, accuracy, ece, ...", "runs",
     "print(runs.list())", list, NULL},
    {"runs.queue", "", "the runs that are queued, running or paused", "runs", "print(#runs.queue())", queue, NULL},
    {"runs.open", "name", "a run by its name", "runs", "print(runs.open(base.name).state)", open_run, NULL},
    {"runs.resume", "name", "go on with a stopped or torn run from its last checkpoint", "runs",
     "local r = train.stage1{ data = ds, model = nn.mlp{}, epochs = 200 } r:stop() r:wait() "
     "if r.state == \"stopped\" then runs.resume(r.name):stop() end",
     resume, NULL},
    {"runs.compare", "run, run:temperature(), ... or { label = { run, ... }, ... }",
     "waits, then a table: accuracy, ECE, MCE, NLL, Brier, gap; mean and sd over seeds", "runs",
     "print(runs.compare(base, base:temperature()))", NULL, "compare.runs"},
    {"runs.rename", "name, to", "rename a finished run; those made from it follow", "runs",
     "runs.rename(\"old\", \"kept\")", rename_run, NULL},
    {"runs.note", "name, text", "a note that stays with the run", "runs", "runs.note(base.name, \"first look\")", note,
     NULL},
    {"runs.delete", "name, { children = }", "remove a run and its files", "runs",
     "local r = train.stage1{ data = ds, model = nn.mlp{}, epochs = 1 }:wait() runs.delete(r.name)", delete_run,
     delete_options},
    {0},
};
