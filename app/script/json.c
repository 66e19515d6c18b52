/* json.c - values as JSON for programs, whole and on one line. Main thread. */
#include "script/state.h"

#include <jansson.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 64 };

/* An empty table whose metatable says __jsontype = "object": one that has keys at other times, and must not change its
 * type for readers. In the plain copy a light userdata stands for it. */
static bool is_empty_object(lua_State *L, int index)
{
    bool object = false;
    if (luaL_getmetafield(L, index, "__jsontype") == LUA_TNIL) return false;
    if (lua_type(L, -1) == LUA_TSTRING) object = strcmp(lua_tostring(L, -1), "object") == 0;
    lua_pop(L, 1);
    lua_pushnil(L);
    if (object && !lua_next(L, index)) return true;
    lua_settop(L, object ? -3 : -2);
    return false;
}

/* Pushes a copy of the value at index that is plain, so that what follows cannot raise: handles as what their
 * __json returns, what JSON lacks as text. */
static void push_plain(lua_State *L, int index, int depth)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 16, "a table too deep for JSON");
    if (depth > DEPTH_MOST) luaL_error(L, "a table that holds itself, or is %d levels deep, cannot be JSON", depth);
    int type = lua_type(L, index);
    if (luaL_callmeta(L, index, "__json")) {
        push_plain(L, -1, depth + 1);
        lua_remove(L, -2);
    } else if (type == LUA_TTABLE && is_empty_object(L, index)) {
        lua_pushlightuserdata(L, NULL);
    } else if (type == LUA_TTABLE) {
        lua_newtable(L);
        for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
            if (lua_type(L, -2) == LUA_TNUMBER)
                lua_pushvalue(L, -2);
            else
                luaL_tolstring(L, -2, NULL);
            push_plain(L, -2, depth + 1);
            lua_rawset(L, -5);
        }
    } else if (type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA) {
        lua_pushvalue(L, index);
    } else {
        luaL_tolstring(L, index, NULL);
    }
}

/* A table with the keys 1 .. n alone is a list; so is an empty one. */
static bool is_list(lua_State *L, int index)
{
    lua_Unsigned n = lua_rawlen(L, index), keys = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) keys++;
    return n == keys;
}

static json_t *json_of(lua_State *L, int index);

static json_t *json_table(lua_State *L, int index)
{
    bool list = is_list(L, index);
    json_t *json = list ? json_array() : json_object();
    for (lua_Integer i = 1; list && i <= (lua_Integer)lua_rawlen(L, index); i++) {
        lua_rawgeti(L, index, i);
        if (json_array_append_new(json, json_of(L, -1)) != 0) list = false; /* of NULL: fails */
        lua_pop(L, 1);
    }
    if (list) return json;
    bool whole = json_is_object(json);
    for (lua_pushnil(L); whole && lua_next(L, index); lua_pop(L, 1)) {
        char number[40];
        const char *key = number;
        if (lua_type(L, -2) == LUA_TSTRING)
            key = lua_tostring(L, -2);
        else
            snprintf(number, sizeof number, "%.14g", lua_tonumber(L, -2));
        whole = json_object_set_new(json, key, json_of(L, -1)) == 0;
        if (!whole) {
            lua_pop(L, 2);
            break;
        }
    }
    if (whole) return json;
    json_decref(json);
    return NULL;
}

/* The plain value at index. NULL for lack of memory or a string that is not UTF-8. Does not raise. */
static json_t *json_of(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (!lua_checkstack(L, 8)) return NULL;
    size_t size;
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
        return json_table(L, index);
    case LUA_TSTRING: {
        const char *s = lua_tolstring(L, index, &size);
        return json_stringn(s, size);
    }
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) return json_integer(lua_tointeger(L, index));
        return isfinite(lua_tonumber(L, index)) ? json_real(lua_tonumber(L, index)) : json_null();
    case LUA_TLIGHTUSERDATA:
        return json_object();
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    default:
        return json_null();
    }
}

/* The plain values from index `first` to the top as a list; NULL for lack of memory. */
static json_t *json_list(lua_State *L, int first)
{
    json_t *list = json_array();
    for (int i = first; i <= lua_gettop(L); i++)
        if (json_array_append_new(list, json_of(L, i)) != 0) { /* of NULL: fails */
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The values 1 .. n as one line: one as it is, several as a list, in which each nil has its place. */
int show_json(lua_State *L, int n)
{
    luaL_checkstack(L, n, "too many values");
    for (int i = 1; i <= n; i++) push_plain(L, i, 0);
    json_t *json = n == 1 ? json_of(L, -1) : json_list(L, n + 1);
    char *text = json ? json_dumps(json, JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    if (!text) return luaL_error(L, "cannot make JSON of this: a string that is not UTF-8, or no memory");
    bool whole = puts(text) != EOF;
    free(text);
    return whole ? 0 : output_failed(L);
}
