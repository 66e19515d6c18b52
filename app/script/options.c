/* options.c - what a call was given, see options.h. Main thread. */
#include "script/options.h"

#include "base/text.h"
#include <lauxlib.h>
#include <string.h>

enum { OPTIONS_MOST = 64 };

int raise_err(lua_State *L, const Err *err)
{
    return luaL_error(L, "%s", err->msg);
}

const char *check_text(lua_State *L, int index)
{
    size_t size;
    const char *text = luaL_checklstring(L, index, &size);
    if (strlen(text) != size) luaL_error(L, "\"%s\": a zero byte follows; no name and no path has one", text);
    return text;
}

/* ---- tables of options ---- */

static bool listed(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

/* Raise for a name in neither list; both are searched for one that is near. */
static void refuse_name(lua_State *L, const Option *table, const char *name, const char *const *except)
{
    Option all[OPTIONS_MOST + 1] = {0};
    int n = 0;
    for (; except && *except && n < OPTIONS_MOST; except++) all[n++].name = *except;
    for (const Option *o = option_rows(table); o->name && n < OPTIONS_MOST; o++) all[n++].name = o->name;
    Err err;
    option_unknown(all, name, &err);
    raise_err(L, &err);
}

/* Set one field from the value on top of the stack. */
static void read_value(lua_State *L, const Option *o, void *spec)
{
    Err err;
    Status set;
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        set = option_set_number(o, spec, lua_tonumber(L, -1), &err);
        break;
    case LUA_TBOOLEAN:
        set = option_set_bool(o, spec, lua_toboolean(L, -1), &err);
        break;
    case LUA_TSTRING:
        set = option_set_text(o, spec, check_text(L, -1), &err);
        break;
    default:
        set = err_set(&err, ERR_USAGE, "%s: a %s cannot be an option's value", o->name, luaL_typename(L, -1));
    }
    if (set != OK) raise_err(L, &err);
}

void options_read(lua_State *L, int index, const Option *table, void *spec, const char *const *except)
{
    if (lua_isnoneornil(L, index)) return;
    if (!lua_istable(L, index)) luaL_error(L, "expected a table of options { ... }, got %s", luaL_typename(L, index));
    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "options are named: write { name = value }");
        const char *name = lua_tostring(L, -2);
        if (listed(except, name)) continue;
        const Option *o = option_find(table, name);
        if (o)
            read_value(L, o, spec);
        else
            refuse_name(L, table, name, except);
    }
}

void options_push(lua_State *L, const Option *table, const void *spec)
{
    lua_newtable(L);
    for (const Option *o = option_rows(table); o->name; o++) {
        char text[OPTION_TEXT_SIZE];
        switch (o->kind) {
        case OPTION_INT:
            lua_pushinteger(L, (lua_Integer)option_number(o, spec));
            break;
        case OPTION_REAL:
            lua_pushnumber(L, option_number(o, spec));
            break;
        case OPTION_BOOL:
            lua_pushboolean(L, option_number(o, spec) != 0);
            break;
        default:
            lua_pushstring(L, option_text(o, spec, text, sizeof text));
        }
        lua_setfield(L, -2, o->name);
    }
}

void read_run_name(lua_State *L, int index, char name[RUN_NAME_SIZE])
{
    if (lua_getfield(L, index, "name") == LUA_TNIL) lua_pushliteral(L, "");
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "name: expected a string, got %s", luaL_typename(L, -1));
    if (!text_copy(name, RUN_NAME_SIZE, check_text(L, -1)))
        luaL_error(L, "name: longer than %d characters", RUN_NAME_SIZE - 1);
    lua_pop(L, 1);
}
