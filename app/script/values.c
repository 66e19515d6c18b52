/* values.c - handles: runs, data sets, networks and predictions as Lua values. Main thread.
 *
 * A handle is a full userdata with a metatable "tare.CLASS"; its methods and fields are rows (rows.h). */
#include "script/values.h"

#include "base/text.h"
#include "script/options.h"
#include "script/rows.h"
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const run_class = "tare.run", *const data_class = "tare.dataset", *const model_class = "tare.model",
                         *const pred_class = "tare.predictions", *const run_handles = "handles of runs",
                         *const data_handles = "handles of data";

/* What a handle is stands in itself, and not only in its metatable: with the debug library a value could get another's,
 * and C would take one thing for another. */
typedef struct {
    const char *class;
    uint64_t value[]; /* a pointer, or a ModelSpec */
} Handle;

static void *handle_new(lua_State *L, size_t size, const char *class)
{
    Handle *handle = lua_newuserdatauv(L, sizeof *handle + size, 1);
    memset(handle, 0, sizeof *handle + size);
    handle->class = class;
    luaL_setmetatable(L, class);
    return handle->value;
}

/* Raise "expected a run, got a network"; a method that was called with '.' is told of ':'. */
static void refuse_value(lua_State *L, int index, const char *noun)
{
    const char *class = value_class(L, index), *got = class ? class : luaL_typename(L, index);
    const void *upvalue = lua_touserdata(L, lua_upvalueindex(1));
    const ApiRow *const *at = rows_all();
    while (*at && *at != upvalue) at++;
    bool method = *at && index == 1 && row_is_method(*at);
    luaL_error(L, "expected %s, got %s%s%s", noun, got, method ? "; methods are called with a colon: " : "",
               method ? (*at)->name : "");
}

static void *handle_at(lua_State *L, int index, const char *class, const char *noun)
{
    Handle *handle = luaL_testudata(L, index, class);
    if (!handle || lua_rawlen(L, index) < sizeof *handle || handle->class != class) refuse_value(L, index, noun);
    return handle->value;
}

/* The pointer in a handle; a finaliser of the script's own may still hold one that was freed. */
static void *pointer_at(lua_State *L, int index, const char *class, const char *noun)
{
    void **handle = handle_at(L, index, class, noun);
    if (!*handle) luaL_error(L, "expected %s, got one that was freed", noun);
    return *handle;
}

const char *value_class(lua_State *L, int index)
{
    static const char prefix[] = "tare.";
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
    lua_pushliteral(L, "__name");
    lua_rawget(L, -2);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    lua_pop(L, 2); /* the metatable, in the registry, keeps the name */
    return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : NULL;
}

/* ---- runs: they live as long as the engine, so a handle holds no reference ---- */

/* One handle a run, so that handles compare and serve as keys. */
void push_run(lua_State *L, Run *run)
{
    lua_getfield(L, LUA_REGISTRYINDEX, run_handles);
    if (lua_rawgetp(L, -1, run) != LUA_TUSERDATA) {
        lua_pop(L, 1);
        Run **handle = handle_new(L, sizeof *handle, run_class);
        *handle = run;
        lua_pushvalue(L, -1);
        lua_rawsetp(L, -3, run);
    }
    lua_remove(L, -2);
}

Run *to_run(lua_State *L, int index)
{
    return pointer_at(L, index, run_class, "a run");
}

/* What a run without steps has found, in the words of its last remark; NULL for none. */
static const char *finding(const RunLog *log)
{
    for (ptrdiff_t i = log->remarks - 1; i >= 0 && log->steps == 0; i--)
        if (log->remark[i].type == EVENT_LOG) return log->remark[i].as.text;
    return NULL;
}

/* "run base: stage 1, done", "run base: stage 1, running, step 120", "run base-temperature: temperature scaling of
 * base, done: T = 1.7359, NLL on valid 0.2270 -> 0.1831" */
static int run_text(lua_State *L)
{
    const Run *run = to_run(L, 1);
    RunState state = run->log.state;
    const char *found = state == RUN_DONE ? finding(&run->log) : NULL;
    lua_pushfstring(L, "run %s: %s%s%s, %s%s%s", run->job.name, job_title(&run->job), found ? " of " : "",
                    found ? job_from(&run->job) : "", run_state_name[state], found ? ": " : "", found ? found : "");
    if (state == RUN_RUNNING || state == RUN_PAUSED) {
        lua_pushfstring(L, ", step %d", (int)run->log.now_step);
        lua_concat(L, 2);
    }
    return 1;
}

/* ---- data sets ---- */

void value_weighs(lua_State *L, size_t bytes)
{
    size_t kilobytes = bytes >> 10;
    if (kilobytes == 0 || !lua_gc(L, LUA_GCISRUNNING)) return;
    lua_gc(L, LUA_GCSTEP, kilobytes < INT_MAX ? (int)kilobytes : INT_MAX);
}

/* Pushes the handle with these images among those alive; false, and nothing is pushed, when there is none. */
static bool push_alive(lua_State *L, uint64_t images)
{
    lua_getfield(L, LUA_REGISTRYINDEX, data_handles);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        Dataset **alive = handle_at(L, -2, data_class, "a data set");
        if (!*alive || (*alive)->fingerprint != images) continue;
        lua_pop(L, 1);
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 1);
    return false;
}

static size_t data_bytes(const Dataset *d)
{
    size_t bytes = 0;
    for (int s = 0; s < SPLITS; s++) {
        const Split *split = &d->split[s];
        size_t posterior = split->posterior ? (size_t)d->classes * sizeof(float) : 0;
        bytes += (size_t)split->n * ((size_t)(d->h * d->w * d->c) + 2 * sizeof(int32_t) + posterior);
    }
    return bytes;
}

Dataset *push_data(lua_State *L, const DataSpec *spec)
{
    Err err;
    Dataset **handle = handle_new(L, sizeof *handle, data_class);
    *handle = dataset_load(spec, &err);
    if (!*handle) raise_err(L, &err);
    lua_getfield(L, LUA_REGISTRYINDEX, data_handles);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, true);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    value_weighs(L, data_bytes(*handle));
    return *handle;
}

Dataset *to_data(lua_State *L, int index)
{
    return pointer_at(L, index, data_class, "a data set (data.load \"fashion\")");
}

Dataset *push_data_of(lua_State *L, const Run *run)
{
    if (run->images && push_alive(L, run->images)) return to_data(L, -1);
    Dataset *data = push_data(L, &run->job.data);
    if (run->images && data->fingerprint != run->images)
        luaL_error(L, "the images of run %s have changed since it was trained; train it again on those of now",
                   run->job.name);
    return data;
}

static int data_free(lua_State *L)
{
    Dataset **handle = handle_at(L, 1, data_class, "a data set");
    dataset_release(*handle);
    *handle = NULL;
    return 0;
}

/* "data set fashion: 2,000 train, 2,000 valid, 10,000 test, 10 classes, 32 x 32 x 1" */
static int data_text(lua_State *L)
{
    const Dataset *d = to_data(L, 1);
    char n[SPLITS][24];
    for (int s = 0; s < SPLITS; s++) text_count(n[s], sizeof n[s], d->split[s].n);
    lua_pushfstring(L, "data set %s: %s train, %s valid, %s test, %d classes%s, %d x %d x %d", d->spec.name,
                    n[SPLIT_TRAIN], n[SPLIT_VALID], n[SPLIT_TEST], (int)d->classes,
                    d->first == 1 ? " (labels from 1)" : "", (int)d->h, (int)d->w, (int)d->c);
    return 1;
}

SplitId to_split(lua_State *L, int index, SplitId missing)
{
    const char *name = luaL_optstring(L, index, split_name[missing]);
    for (SplitId s = SPLIT_VALID; s <= SPLIT_TEST; s++)
        if (strcmp(name, split_name[s]) == 0) return s;
    luaL_error(L, "no predictions on '%s'; a run keeps those on \"valid\" and \"test\"", name);
    return missing;
}

/* ---- networks ---- */

ModelSpec *push_model(lua_State *L)
{
    return handle_new(L, sizeof(ModelSpec), model_class);
}

const ModelSpec *to_model(lua_State *L, int index)
{
    return handle_at(L, index, model_class, "a network (nn.wrn{ depth = 10, width = 1 })");
}

/* "wrn{ depth = 10, width = 1 }" */
static int model_text(lua_State *L)
{
    const ModelSpec *model = to_model(L, 1);
    char text[512], value[OPTION_TEXT_SIZE];
    int used = snprintf(text, sizeof text, "%s{", model->family);
    for (const Option *o = option_rows(family_find(model->family)->options); o->name; o++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s %s = %.60s", text[used - 1] == '{' ? "" : ",",
                         o->name, option_text(o, model, value, sizeof value));
    lua_pushfstring(L, "%s }", text);
    return 1;
}

/* ---- predictions ---- */

Predictions **push_predictions(lua_State *L, const char *origin)
{
    Predictions **handle = handle_new(L, sizeof *handle, pred_class);
    lua_pushstring(L, origin);
    lua_setiuservalue(L, -2, 1);
    return handle;
}

int made_predictions(lua_State *L, Predictions **handle, const Err *err)
{
    const Predictions *made = *handle;
    if (!made) return raise_err(L, err);
    value_weighs(L, (size_t)made->n * ((size_t)made->classes * (made->wide ? sizeof(double) : sizeof(float)) + 4));
    return 1;
}

Predictions *to_predictions(lua_State *L, int index)
{
    return pointer_at(L, index, pred_class, "predictions (run:predict \"test\")");
}

const char *predictions_origin(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
    return lua_tostring(L, -1);
}

static int pred_free(lua_State *L)
{
    Predictions **handle = handle_at(L, 1, pred_class, "predictions");
    predictions_release(*handle);
    *handle = NULL;
    return 0;
}

static int pred_text(lua_State *L)
{
    const Predictions *pred = to_predictions(L, 1);
    lua_pushfstring(L, "predictions: %d x %d classes, %s", (int)pred->n, (int)pred->classes, predictions_origin(L, 1));
    return 1;
}

void push_scores(lua_State *L, const Scores *s, const char *origin)
{
    lua_newtable(L);
    for (const Measure *m = measures; m->name; m++) {
        lua_pushnumber(L, s->value[m - measures]);
        lua_setfield(L, -2, m->name);
    }
    lua_pushinteger(L, s->n);
    lua_setfield(L, -2, "n");
    lua_pushinteger(L, s->bins);
    lua_setfield(L, -2, "bins");
    lua_pushinteger(L, s->clipped);
    lua_setfield(L, -2, "clipped");
    char n[24], clipped[24];
    lua_pushfstring(L, "top label, %d equal-width bins (lo, hi], n = %s, %s", s->bins, text_count(n, sizeof n, s->n),
                    origin);
    if (s->clipped > 0) {
        lua_pushfstring(L, "; a label's p of less than 1e-15 counts as that in the NLL: %s images",
                        text_count(clipped, sizeof clipped, s->clipped));
        lua_concat(L, 2);
    }
    lua_setfield(L, -2, "recipe");
}

/* A table of handles that keeps none alive. */
static void open_handles(lua_State *L, const char *name, const char *weak)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushstring(L, weak);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, name);
}

void values_open(lua_State *L)
{
    static const struct {
        const char *const *class;
        lua_CFunction text, free;
    } classes[] = {{&run_class, run_text, NULL},
                   {&data_class, data_text, data_free},
                   {&model_class, model_text, NULL},
                   {&pred_class, pred_text, pred_free}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        luaL_newmetatable(L, *classes[i].class);
        lua_pushcfunction(L, classes[i].text);
        lua_setfield(L, -2, "__tostring");
        if (classes[i].free) {
            lua_pushcfunction(L, classes[i].free);
            lua_setfield(L, -2, "__gc");
        }
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable"); /* scripts cannot reach the finaliser */
        lua_pop(L, 1);
    }
    open_handles(L, run_handles, "v");
    open_handles(L, data_handles, "k");
}
