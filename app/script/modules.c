/* modules.c - where Lua code may come from, see modules.h. Main thread.
 *
 * Lua checks no bytecode: a chunk made by hand can read and write any memory. So nothing here loads one. */
#include "script/modules.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char folder_key[] = "tare.folder", text_only[] = "t";

/* ---- load, loadfile, dofile ---- */

/* Call Lua's own function, upvalue 1, with its argument `mode` set to text. */
static int load_text(lua_State *L, int mode)
{
    const char *wanted = luaL_optstring(L, mode, "bt");
    if (!strchr(wanted, 't')) {
        lua_pushnil(L);
        lua_pushfstring(L, "mode \"%s\": tare loads no binary chunks, only text", wanted);
        return 2;
    }
    if (lua_gettop(L) < mode) lua_settop(L, mode); /* not beyond: the next one, env, counts when it is there */
    lua_pushstring(L, text_only);
    lua_replace(L, mode);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int load(lua_State *L)
{
    if (!lua_isstring(L, 1)) luaL_checktype(L, 1, LUA_TFUNCTION);
    return load_text(L, 3);
}

static int loadfile(lua_State *L)
{
    luaL_optstring(L, 1, NULL);
    return load_text(L, 2);
}

static int done(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    return lua_gettop(L) - 1; /* below them stands the file's name */
}

/* As Lua's own; the file may park. */
static int dofile(lua_State *L)
{
    const char *path = luaL_optstring(L, 1, NULL);
    lua_settop(L, 1);
    if (luaL_loadfilex(L, path, text_only) != LUA_OK) return lua_error(L);
    lua_callk(L, 0, LUA_MULTRET, 0, done);
    return done(L, LUA_OK, 0);
}

/* ---- require ---- */

const char *modules_folder(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, folder_key);
    const char *folder = lua_tostring(L, -1);
    lua_pop(L, 1); /* the registry keeps it */
    return folder;
}

/* The loader of the file whose path is on top, and the path. */
static int load_module(lua_State *L)
{
    const char *path = lua_tostring(L, -1);
    if (luaL_loadfilex(L, path, text_only) == LUA_OK) {
        lua_insert(L, -2);
        return 2;
    }
    return luaL_error(L, "module '%s': %s", lua_tostring(L, 1), lua_tostring(L, -1));
}

static bool readable(const char *path)
{
    FILE *f = fopen(path, "r");
    if (f) fclose(f);
    return f != NULL;
}

/* "tare.recipes" is lua/recipes.lua, whatever package.path says; "recipes" is the user's, and where there is none the
 * error tells of tare's. */
static int search_own(lua_State *L)
{
    size_t prefix = strlen(MODULES_PREFIX);
    const char *name = luaL_checkstring(L, 1);
    bool own = strncmp(name, MODULES_PREFIX, prefix) == 0;
    const char *rest = own ? name + prefix : name;
    const char *path = lua_pushfstring(L, "%s/%s.lua", modules_folder(L), rest);
    bool there = !strpbrk(rest, "./") && readable(path);
    if (own && there) return load_module(L);
    if (there)
        lua_pushfstring(L, "(tare's own is require \"" MODULES_PREFIX "%s\")", rest);
    else
        lua_pushfstring(L, "(and no module of tare's own)");
    return 1;
}

/* As Lua's own searcher of files in package.path; upvalue 1 is the table package. */
static int search_path(lua_State *L)
{
    lua_settop(L, 1);
    lua_getfield(L, lua_upvalueindex(1), "searchpath");
    lua_pushvalue(L, 1);
    if (lua_getfield(L, lua_upvalueindex(1), "path") != LUA_TSTRING)
        return luaL_error(L, "package.path must be a string");
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2)) return 1; /* where it looked */
    lua_pop(L, 1);
    return load_module(L);
}

/* Of a path with a sign that package.path gives a meaning to, nothing can be said there: it is left out. */
void modules_beside(lua_State *L, const char *script)
{
    const char *slash = strrchr(script, '/');
    if (strpbrk(script, ";?")) return;
    lua_pushlstring(L, slash ? script : "./", slash ? (size_t)(slash - script) + 1 : 2);
    const char *folder = lua_tostring(L, -1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    const char *path = lua_tostring(L, -1);
    lua_pushfstring(L, "%s?.lua;%s?/init.lua;%s", folder, folder, path ? path : "");
    lua_setfield(L, -3, "path");
    lua_pop(L, 3);
}

/* ---- opening ---- */

/* Replace the global `name` by f, whose upvalue 1 is what was there. */
static void replace_global(lua_State *L, const char *name, lua_CFunction f)
{
    lua_getglobal(L, name);
    lua_pushcclosure(L, f, 1);
    lua_setglobal(L, name);
}

void modules_open(lua_State *L, const char *folder)
{
    lua_pushstring(L, folder);
    lua_setfield(L, LUA_REGISTRYINDEX, folder_key);
    replace_global(L, "load", load);
    replace_global(L, "loadfile", loadfile);
    replace_global(L, "dofile", dofile);

    /* searchers: what is preloaded, tare's own, the user's files (in place of Lua's own searcher), then C */
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
        lua_geti(L, -1, i);
        lua_seti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search_own);
    lua_seti(L, -2, 2);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, search_path, 1);
    lua_seti(L, -2, 3);
    lua_pop(L, 2);
}
