/* load.c - how code becomes a task: files, lines, and any Lua function. Main thread. */
#include "script/state.h"

#include "base/clock.h"
#include "script/modules.h"
#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    Task *task;
    lua_CFunction push;
    void *arg;
} Making;

/* Under script_protect: what `push` returns, a function and its arguments, goes onto a coroutine of its own. */
static int make_task(lua_State *L)
{
    Making *m = lua_touserdata(L, 1);
    lua_pushcfunction(L, m->push);
    lua_pushlightuserdata(L, m->arg);
    lua_call(L, 1, LUA_MULTRET);
    int values = lua_gettop(L) - 1;
    luaL_checkstack(L, 1, NULL);
    lua_State *co = lua_newthread(L);
    if (!lua_checkstack(co, values)) return luaL_error(L, "too many arguments");
    lua_insert(L, 2);
    lua_xmove(L, co, values);
    task_hook(co);
    m->task->L = co;
    m->task->values = values - 1;
    m->task->coroutine = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

Task *task_new(Script *s, lua_CFunction push, void *arg, Err *err)
{
    Task *task = calloc(1, sizeof *task), **end = &s->tasks;
    if (!task) {
        err_set(err, ERR_MEMORY, "no memory for a task");
        return NULL;
    }
    if (script_protect(s, make_task, &(Making){task, push, arg}, err) != OK) {
        free(task);
        return NULL;
    }
    task->began = clock_seconds();
    while (*end) end = &(*end)->next;
    return *end = task;
}

typedef struct {
    const char *path;
    int argc;
    char **argv;
    bool unreadable;
} File;

/* The chunk and the script's arguments, which join the global `arg` too. */
static int push_file(lua_State *L)
{
    File *file = lua_touserdata(L, 1);
    bool piped = strcmp(file->path, "-") == 0;
    int status = luaL_loadfilex(L, piped ? NULL : file->path, "t"); /* NULL: standard input */
    file->unreadable = status == LUA_ERRFILE;
    if (status != LUA_OK) return lua_error(L);
    if (lua_getglobal(L, "arg") != LUA_TTABLE) return luaL_error(L, "the global 'arg' must stay a table");
    lua_pushstring(L, file->path);
    lua_rawseti(L, -2, 0);
    lua_insert(L, 2);
    modules_beside(L, file->path);
    luaL_checkstack(L, file->argc + 1, "too many arguments");
    for (int i = 0; i < file->argc; i++) {
        lua_pushstring(L, file->argv[i]);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, i + 1);
    }
    return 1 + file->argc;
}

Task *script_load_file(Script *s, const char *path, int argc, char **argv, Err *err)
{
    File file = {.path = path, .argc = argc, .argv = argv};
    Task *task = task_new(s, push_file, &file, err);
    if (file.unreadable && err) err->code = ERR_IO;
    return task;
}

/* As an expression when it is one, else as statements. */
static int push_line(lua_State *L)
{
    const char *code = lua_touserdata(L, 1);
    const char *expression = lua_pushfstring(L, "return %s", code);
    if (luaL_loadbufferx(L, expression, strlen(expression), "=code", "t") == LUA_OK) return 1;
    if (luaL_loadbufferx(L, code, strlen(code), "=code", "t") == LUA_OK) return 1;
    return lua_error(L);
}

Task *script_load_line(Script *s, const char *code, Err *err)
{
    return task_new(s, push_line, (void *)code, err);
}

typedef struct {
    const char *const *code;
    int count;
} Lines;

/* Stack: the function that runs them, and show_results, then a function a line. */
static int push_lines_of_code(lua_State *L)
{
    static const char in_order[] = "local show, line = ..., { select(2, ...) } "
                                   "for i = 1, #line - 1 do show(line[i]()) end return line[#line]()";
    const Lines *lines = lua_touserdata(L, 1);
    luaL_checkstack(L, lines->count + 2, "too many lines");
    if (luaL_loadbufferx(L, in_order, sizeof in_order - 1, "=-e", "t") != LUA_OK) return lua_error(L);
    lua_pushcfunction(L, show_results);
    for (int i = 0; i < lines->count; i++) {
        lua_pushcfunction(L, push_line);
        lua_pushlightuserdata(L, (void *)lines->code[i]);
        lua_call(L, 1, 1);
    }
    return lines->count + 2;
}

Task *script_load_lines(Script *s, const char *const *code, int count, Err *err)
{
    return count == 1 ? script_load_line(s, code[0], err) : task_new(s, push_lines_of_code, &(Lines){code, count}, err);
}
