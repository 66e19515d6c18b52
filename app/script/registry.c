/* registry.c - the rows of all tables become modules, methods and fields. Main thread.
 *
 * The examples of the rows run as they stand after this prelude, which help shows and the test in tests/lua
 * runs: ds = a data set, base = a finished run of train.stage1, and a finished run "old" on disk. */
#include "script/registry.h"

#include "base/text.h"
#include <lauxlib.h>
#include <string.h>

enum { NAMES_MOST = 256 };

static int help(lua_State *L)
{
    return call_lua(L, "help", "show");
}

const ApiRow api_help[] = {
    {"help", "[topic]", "the pages of help, one page, or one function: help \"ece\", help \"train.tst\"", "workbench",
     "help \"ece\"", help, NULL},
    {0},
};

const ApiRow *const api_tables[] = {api_help, api_data, api_nn,     api_weights, api_train, api_calib,
                                    api_runs, api_run,  api_result, api_plot,    api_ui,    NULL};

const Option *row_options(const ApiRow *row)
{
    bool trains = strncmp(row->name, "train.", strlen("train.")) == 0;
    const Option *table = trains ? job_kind(row->name + strlen("train."))->options : row->options;
    return table ? option_rows(table) : NULL;
}

static int finished(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return lua_gettop(L);
}

int call_lua(lua_State *L, const char *module, const char *function)
{
    int count = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, function);
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_callk(L, count, LUA_MULTRET, 0, finished);
    return finished(L, LUA_OK, 0);
}

/* ---- help in Lua: require "registry" is { rows = { row ... }, nearest =, text_table = } ---- */

static void set_text(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value); /* nil where NULL */
    lua_setfield(L, -2, key);
}

/* { { name =, initial =, help =, choices =, least =, most = } ... } */
static void push_option_rows(lua_State *L, const Option *table)
{
    lua_newtable(L);
    for (lua_Integer i = 1; table && table->name; table++, i++) {
        lua_newtable(L);
        set_text(L, "name", table->name);
        set_text(L, "initial", table->initial);
        set_text(L, "help", table->help);
        set_text(L, "choices", table->kind == OPTION_BOOL ? "true|false" : table->choices);
        if (table->kind == OPTION_INT || table->kind == OPTION_REAL) {
            lua_pushnumber(L, table->least);
            lua_setfield(L, -2, "least");
            lua_pushnumber(L, table->most);
            lua_setfield(L, -2, "most");
        }
        lua_seti(L, -2, i);
    }
}

static void push_rows(lua_State *L)
{
    lua_newtable(L);
    for (const ApiRow *const *table = api_tables; *table; table++)
        for (const ApiRow *row = *table; row->name; row++) {
            lua_newtable(L);
            set_text(L, "name", row->name);
            set_text(L, "arguments", row->arguments);
            set_text(L, "summary", row->summary);
            set_text(L, "topic", row->topic);
            set_text(L, "example", row->example);
            push_option_rows(L, row_options(row));
            lua_setfield(L, -2, "options");
            lua_seti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        }
}

/* nearest(word, { name ... }): the name that was meant, or nil. */
static int nearest(lua_State *L)
{
    const char *names[NAMES_MOST];
    size_t count = 0;
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checkstack(L, NAMES_MOST, "too many names");
    for (lua_Integer i = 1; count < NAMES_MOST && lua_geti(L, 2, i) == LUA_TSTRING; i++)
        names[count++] = lua_tostring(L, -1);
    lua_pushstring(L, text_nearest(luaL_checkstring(L, 1), names, count));
    return 1;
}

static int open_registry(lua_State *L)
{
    lua_newtable(L);
    push_rows(L);
    lua_setfield(L, -2, "rows");
    lua_pushcfunction(L, nearest);
    lua_setfield(L, -2, "nearest");
    lua_pushcfunction(L, text_table);
    lua_setfield(L, -2, "text_table");
    return 1;
}

/* ---- modules and handles ---- */

static void refuse_field(lua_State *L, const char *class, const char *key)
{
    const char *names[NAMES_MOST];
    size_t count = 0, length = strlen(class);
    for (const ApiRow *const *table = api_tables; *table; table++)
        for (const ApiRow *row = *table; row->name && count < NAMES_MOST; row++)
            if (strncmp(row->name, class, length) == 0 && strchr(".:", row->name[length]))
                names[count++] = row->name + length + 1;
    const char *near = text_nearest(key, names, count);
    if (near) luaL_error(L, "a %s has no '%s' (did you mean '%s'?)", class, key, near);
    luaL_error(L, "a %s has no '%s'; see help \"%s\"", class, key, class);
}

static int finished_field(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 1;
}

/* handle.key: upvalue 1 methods, 2 fields, 3 the class's name. */
static int handle_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL)
        refuse_field(L, lua_tostring(L, lua_upvalueindex(3)), luaL_tolstring(L, 2, NULL));
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, finished_field); /* a field may wait for its run */
    return 1;
}

static void open_class(lua_State *L, const char *class)
{
    char name[64] = "tare.";
    text_copy(name + strlen(name), sizeof name - strlen(name), class);
    luaL_getmetatable(L, name);
    lua_newtable(L);
    lua_newtable(L);
    for (const ApiRow *const *table = api_tables; *table; table++)
        for (const ApiRow *row = *table; row->name; row++) {
            size_t length = strlen(class);
            if (strncmp(row->name, class, length) != 0 || !strchr(".:", row->name[length])) continue;
            lua_pushlightuserdata(L, (void *)row);
            lua_pushcclosure(L, row->call, 1);
            lua_setfield(L, row->name[length] == ':' ? -3 : -2, row->name + length + 1);
        }
    lua_pushstring(L, class);
    lua_pushcclosure(L, handle_index, 3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

static void open_module(lua_State *L, const char *module)
{
    lua_newtable(L);
    for (const ApiRow *const *table = api_tables; *table; table++)
        for (const ApiRow *row = *table; row->name; row++) {
            size_t length = strlen(module);
            if (strncmp(row->name, module, length) != 0 || row->name[length] != '.') continue;
            lua_pushlightuserdata(L, (void *)row);
            lua_pushcclosure(L, row->call, 1);
            lua_setfield(L, -2, row->name + length + 1);
        }
    lua_setglobal(L, module);
}

void registry_open(lua_State *L)
{
    static const char *const classes[] = {"run", "dataset", "model", "predictions"};
    static const char *const modules[] = {"data", "nn", "train", "calib", "runs", "plot", "ui"};
    values_open(L);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) open_class(L, classes[i]);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) open_module(L, modules[i]);
    lua_pushcfunction(L, help);
    lua_setglobal(L, "help");
    luaL_requiref(L, "registry", open_registry, false);
    lua_pop(L, 1);
}
