/* registry.c - the rows become modules, methods and fields, see registry.h. Main thread.
 *
 * The examples of the rows run as they stand after this prelude, which help shows and the test in tests/lua
 * runs: ds = a data set, base = a finished run of train.stage1, and a finished run "old" on disk. */
#include "script/registry.h"

#include "base/text.h"
#include "file/whole.h"
#include "data/dataset.h"
#include "script/modules.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/texttable.h"
#include "script/values.h"
#include <ctype.h>
#include <dirent.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 256, NAME_SIZE = 64, PAGES_MOST = 64 };

/* ---- functions written in Lua ---- */

void push_lua(lua_State *L, const char *path)
{
    const char *dot = strchr(path, '.');
    lua_getglobal(L, "require");
    lua_pushliteral(L, MODULES_PREFIX);
    lua_pushlstring(L, path, (size_t)(dot - path));
    lua_concat(L, 2);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, dot + 1);
    lua_remove(L, -2);
}

static int finished(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return lua_gettop(L);
}

int call_lua(lua_State *L, const char *path)
{
    int count = lua_gettop(L);
    push_lua(L, path);
    lua_insert(L, 1);
    lua_callk(L, count, LUA_MULTRET, 0, finished);
    return finished(L, LUA_OK, 0);
}

/* What stands for a row in Lua: its module is read when it is first called, so that a start stays short. */
static int call_row(lua_State *L)
{
    const ApiRow *row = lua_touserdata(L, lua_upvalueindex(1));
    return call_lua(L, row->detail);
}

static void push_row_function(lua_State *L, const ApiRow *row)
{
    lua_pushlightuserdata(L, (void *)row);
    lua_pushcclosure(L, row->call ? row->call : call_row, 1);
}

/* Every function of a row carries the row as its upvalue. */
const ApiRow *registry_row(lua_State *L, int index)
{
    if (!lua_iscfunction(L, index) || !lua_getupvalue(L, index, 1)) return NULL;
    const void *upvalue = lua_touserdata(L, -1);
    lua_pop(L, 1);
    for (const ApiRow *const *at = rows_all(); upvalue && *at; at++)
        if (*at == upvalue) return *at;
    return NULL;
}

/* ---- for lua/: require "tare.registry" ---- */

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

/* { { name =, arguments =, summary =, topic =, example =, options = } ... } */
static void push_rows(lua_State *L)
{
    lua_newtable(L);
    for (const ApiRow *const *at = rows_all(); *at; at++) {
        lua_newtable(L);
        set_text(L, "name", (*at)->name);
        set_text(L, "arguments", (*at)->arguments);
        set_text(L, "summary", (*at)->summary);
        set_text(L, "topic", (*at)->topic);
        set_text(L, "example", (*at)->example);
        push_option_rows(L, row_options(*at));
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

/* name_of(value): "train.tst" of that function, "run" of a handle, nil of anything else. */
static int name_of(lua_State *L)
{
    lua_settop(L, 1);
    const char *class = value_class(L, 1);
    const ApiRow *row = class ? NULL : registry_row(L, 1);
    lua_pushstring(L, class ? class : row ? row->name : NULL);
    return 1;
}

/* pages(): the topics of lua/help, one a file, in order. The folder is closed before Lua may raise. */
static int pages(lua_State *L)
{
    char path[PATH_SIZE], topic[PAGES_MOST][NAME_SIZE];
    int count = 0;
    snprintf(path, sizeof path, "%s/help", modules_folder(L));
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && count < PAGES_MOST && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        if (length <= 3 || length - 3 >= NAME_SIZE || strcmp(entry->d_name + length - 3, ".md") != 0) continue;
        snprintf(topic[count++], NAME_SIZE, "%.*s", (int)length - 3, entry->d_name);
    }
    if (folder) closedir(folder);
    qsort(topic, (size_t)count, sizeof *topic, (int (*)(const void *, const void *))strcmp);
    lua_newtable(L);
    for (int i = 0; i < count; i++) {
        lua_pushstring(L, topic[i]);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

/* keys(): { { name =, help = } ... } of the screen's keys. */
static int keys(lua_State *L)
{
    const ScriptOptions *options = script_options(script_of(L));
    const char *name, *help;
    lua_newtable(L);
    for (int i = 0; options->key && options->key(i, &name, &help); i++) {
        lua_newtable(L);
        set_text(L, "name", name);
        set_text(L, "help", help);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

/* page(title, text): true when a screen shows it, false when it is to be printed. */
static int page(lua_State *L)
{
    const ScriptScreen *screen = script_options(script_of(L))->screen;
    const char *title = luaL_checkstring(L, 1), *text = luaL_checkstring(L, 2);
    lua_pushboolean(L, screen && screen->page(screen->arg, title, text));
    return 1;
}

static int open_registry(lua_State *L)
{
    static const luaL_Reg functions[] = {{"nearest", nearest}, {"text_table", text_table},
                                         {"name_of", name_of}, {"pages", pages},
                                         {"keys", keys},       {"page", page},
                                         {NULL, NULL}};
    luaL_newlib(L, functions);
    push_rows(L);
    lua_setfield(L, -2, "rows");
    set_text(L, "folder", modules_folder(L));
    return 1;
}

/* ---- modules and handles ---- */

/* Raise for a member that is not there; what: "function", "field or method". */
static int refuse_member(lua_State *L, const char *owner, const char *what, const char *key)
{
    const char *names[NAMES_MOST], *member;
    size_t count = 0;
    for (const ApiRow *const *at = rows_all(); *at && count < NAMES_MOST; at++)
        if ((member = row_member(*at, owner))) names[count++] = member;
    const char *near = isalpha((unsigned char)*key) ? text_nearest(key, names, count) : NULL;
    if (near) return luaL_error(L, "%s: there is no %s '%s' (did you mean '%s'?)", owner, what, key, near);
    return luaL_error(L, "%s: there is no %s '%s'; see help \"%s\"", owner, what, key, owner);
}

/* module.key that is not there: upvalue 1 is the module's name. */
static int module_index(lua_State *L)
{
    return refuse_member(L, lua_tostring(L, lua_upvalueindex(1)), "function", luaL_tolstring(L, 2, NULL));
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
        return refuse_member(L, lua_tostring(L, lua_upvalueindex(3)), "field or method", luaL_tolstring(L, 2, NULL));
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, finished_field); /* a field may wait for its run */
    return 1;
}

/* Sets the metatable's __index, of a class of handles. Stack: the metatable. */
static void open_class(lua_State *L, const char *class)
{
    lua_newtable(L);
    lua_newtable(L);
    for (const ApiRow *const *at = rows_all(); *at; at++) {
        const char *member = row_member(*at, class);
        if (!member) continue;
        push_row_function(L, *at);
        lua_setfield(L, row_is_method(*at) ? -3 : -2, member);
    }
    lua_pushstring(L, class);
    lua_pushcclosure(L, handle_index, 3);
    lua_setfield(L, -2, "__index");
}

static void open_module(lua_State *L, const char *module)
{
    lua_newtable(L);
    for (const ApiRow *const *at = rows_all(); *at; at++) {
        const char *member = row_member(*at, module);
        if (!member) continue;
        push_row_function(L, *at);
        lua_setfield(L, -2, member);
    }
    lua_createtable(L, 0, 1);
    lua_pushstring(L, module);
    lua_pushcclosure(L, module_index, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setglobal(L, module);
}

/* Open the owner of a row where that is still to be done: a class where values.c has one of the name, else a module. */
static void open_owner(lua_State *L, const ApiRow *row)
{
    char owner[NAME_SIZE], class[NAME_SIZE + 8];
    size_t length = strcspn(row->name, ".:");
    if (!row->name[length]) { /* a global */
        push_row_function(L, row);
        lua_setglobal(L, row->name);
        return;
    }
    snprintf(owner, sizeof owner, "%.*s", (int)length, row->name);
    snprintf(class, sizeof class, "tare.%s", owner);
    bool handles = luaL_getmetatable(L, class) == LUA_TTABLE;
    bool opened = handles ? lua_getfield(L, -1, "__index") != LUA_TNIL : lua_getglobal(L, owner) != LUA_TNIL;
    lua_pop(L, 1);
    if (!opened && handles) open_class(L, owner);
    if (!opened && !handles) open_module(L, owner);
    lua_pop(L, 1);
}

static const char given_key[] = "names given";

/* Keeps the names of all globals there are now. */
static void note_given(lua_State *L)
{
    lua_newtable(L);
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, true);
        lua_rawset(L, -6);
    }
    lua_pop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, given_key);
}

bool registry_gives(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, given_key);
    bool gives = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_pop(L, 2);
    return gives;
}

void registry_open(lua_State *L)
{
    values_open(L);
    for (const ApiRow *const *at = rows_all(); *at; at++) open_owner(L, *at);
    note_given(L);
    luaL_requiref(L, MODULES_PREFIX "registry", open_registry, false);
    lua_pop(L, 1);
}
