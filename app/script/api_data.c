/* api_data.c - data.*: loading data sets, and what one can ask of them. Main thread. */
#include "base/text.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/values.h"
#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MOST = 32, OPTIONS_MOST = 64, TEXT_SIZE = 96 };

/* ---- loading ---- */

/* Each once; of those with one name the first source's. */
const Option *source_options(void)
{
    static Option all[OPTIONS_MOST + 1];
    const char *source;
    int count = 0;
    if (all[0].name) return all;
    for (int i = 0; (source = dataset_name(i)); i++)
        for (const Option *o = option_rows(dataset_options(source)); o->name; o++) {
            int at = 0;
            while (at < count && strcmp(all[at].name, o->name) != 0) at++;
            assert(at < OPTIONS_MOST);
            if (at == count) all[count++] = *o;
        }
    return all;
}

/* Load the options at index by the source's own table into a new handle. */
static int load(lua_State *L, const char *source, int index)
{
    DataSpec spec = {0};
    const Option *options = dataset_options(source);
    if (!options) options = source_options(); /* dataset_load says which sources there are */
    option_defaults(options, &spec);
    text_copy(spec.name, sizeof spec.name, source);
    options_read(L, index, options, &spec, NULL);
    if (strcmp(spec.name, source) != 0)
        return luaL_error(L, "name = \"%s\": it is that of %s; leave it out, or use data.load", spec.name, source);
    push_data(L, &spec);
    return 1;
}

static int data_load(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) return load(L, "fashion", 1);
    if (lua_type(L, 1) == LUA_TSTRING) return load(L, check_text(L, 1), 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_getfield(L, 1, "name") == LUA_TNIL) lua_pushliteral(L, "fashion");
    return load(L, check_text(L, -1), 1);
}

/* A source's row: its options are its table's, but that its name is no choice. */
typedef struct {
    char name[TEXT_SIZE], arguments[TEXT_SIZE], example[TEXT_SIZE];
    Option options[3];
} SourceRow;

/* data.NAME{ ... } of any source; upvalue 1 is the row. */
static int load_source(lua_State *L)
{
    const ApiRow *row = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    const Option *options = row->detail;
    return load(L, options[1].initial, 1);
}

static void make_row(ApiRow *row, SourceRow *made, int i)
{
    const char *source = dataset_name(i);
    made->options[0] = (Option){.name = "", .kind = OPTION_GROUP, .choices = dataset_options(source)};
    made->options[1] =
        (Option){.name = "name", .kind = OPTION_USUAL, .initial = source, .help = "the source: always this one"};
    char name[sizeof made->name];
    snprintf(name, sizeof name, "data.%s", source);
    for (char *at = name; *at; at++) *at = *at == '-' ? '_' : *at; /* fashion-full: a name in Lua */
    memcpy(made->name, name, sizeof name);
    snprintf(made->example, sizeof made->example, "print(pcall(%.32s, { train = 100, valid = 100, test = 100 }))",
             name);
    *row = (ApiRow){.name = made->name,
                    .arguments = row_arguments(made->arguments, TEXT_SIZE, made->options, "name"),
                    .summary = dataset_help(i),
                    .topic = "data",
                    .example = made->example,
                    .call = load_source,
                    .detail = made->options};
}

/* One row a source. */
const ApiRow *source_rows(void)
{
    static ApiRow rows[SOURCES_MOST + 1];
    static SourceRow made[SOURCES_MOST];
    for (int i = 0; !rows[i].name && dataset_name(i); i++) {
        assert(i < SOURCES_MOST);
        make_row(&rows[i], &made[i], i);
    }
    return rows;
}

/* ---- fields ---- */

static int name(lua_State *L)
{
    lua_pushstring(L, to_data(L, 1)->spec.name);
    return 1;
}

static int train(lua_State *L)
{
    lua_pushinteger(L, to_data(L, 1)->split[SPLIT_TRAIN].n);
    return 1;
}

static int valid(lua_State *L)
{
    lua_pushinteger(L, to_data(L, 1)->split[SPLIT_VALID].n);
    return 1;
}

static int test(lua_State *L)
{
    lua_pushinteger(L, to_data(L, 1)->split[SPLIT_TEST].n);
    return 1;
}

static int classes(lua_State *L)
{
    const Dataset *d = to_data(L, 1);
    lua_newtable(L);
    for (ptrdiff_t i = 0; i < d->classes; i++) {
        lua_pushstring(L, d->class_names[i]);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

static int shape(lua_State *L)
{
    const Dataset *d = to_data(L, 1);
    const ptrdiff_t side[] = {d->h, d->w, d->c};
    lua_newtable(L);
    for (int i = 0; i < 3; i++) {
        lua_pushinteger(L, side[i]);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

static int options(lua_State *L)
{
    const Dataset *d = to_data(L, 1);
    options_push(L, dataset_options(d->spec.name), &d->spec);
    return 1;
}

/* ---- methods ---- */

static SplitId any_split(lua_State *L, int index)
{
    static const char *const names[] = {"train", "valid", "test", NULL};
    return (SplitId)luaL_checkoption(L, index, "test", names);
}

static int labels(lua_State *L)
{
    const Split *split = &to_data(L, 1)->split[any_split(L, 2)];
    lua_createtable(L, (int)split->n, 0);
    for (ptrdiff_t i = 0; i < split->n; i++) {
        lua_pushinteger(L, split->labels[i] + 1);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* The known p*(y|x) as predictions: what the best possible classifier says, calibrated by construction. */
static int posterior(lua_State *L)
{
    Err err;
    const Dataset *d = to_data(L, 1);
    SplitId id = any_split(L, 2);
    const Split *split = &d->split[id];
    if (!split->posterior)
        return luaL_error(L, "the posterior of '%s' is not known; data.blends{} makes data whose posterior is",
                          d->spec.name);
    lua_pushfstring(L, "known posterior of %s, %s", d->spec.name, split_name[id]);
    Predictions **handle = push_predictions(L, lua_tostring(L, -1));
    *handle = predictions_new(SAID_P, false, split->n, d->classes, split->posterior, split->labels, &err);
    return made_predictions(L, handle, &err);
}

const ApiRow api_data[] = {
    {"data.load", "\"name\" or { name =, train =, valid =, test =, seed =, dir = }",
     "labelled images in three splits, by the name of their source; fashion comes with tare", "data",
     "print(data.load{ name = \"fashion\", train = 100, valid = 100, test = 100 })", data_load, NULL},
    {"dataset.name", NULL, "its source", "data", "print(ds.name)", name, NULL},
    {"dataset.train", NULL, "number of training images", "data", "print(ds.train)", train, NULL},
    {"dataset.valid", NULL, "number of validation images", "data", "print(ds.valid)", valid, NULL},
    {"dataset.test", NULL, "number of test images", "data", "print(ds.test)", test, NULL},
    {"dataset.classes", NULL, "names of the classes", "data", "print(#ds.classes, ds.classes[1])", classes, NULL},
    {"dataset.shape", NULL, "{ height, width, channels }", "data", "print(table.concat(ds.shape, \" x \"))", shape,
     NULL},
    {"dataset.options", NULL, "the options it was loaded with", "data", "print(ds.options.seed)", options, NULL},
    {"dataset:labels", "[split]", "classes of a split's images, from 1; split is \"train\", \"valid\" or \"test\"",
     "data", "print(ds:labels(\"valid\")[1])", labels, NULL},
    {"dataset:posterior", "[split]", "of data.blends: what the best possible classifier says, as predictions", "data",
     "local best = data.blends{ test = 1000 }:posterior \"test\"; print(calib.ece(best))", posterior, NULL},
    {0},
};
