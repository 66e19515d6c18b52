/* state.c - the Lua state: its memory limit, its globals, and how code gets into it. Main thread. */
#include "plot/picture.h"
#include "script/state.h"

#include "file/whole.h"
#include "base/text.h"
#include "script/modules.h"
#include "script/registry.h"
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MOST = 512 };

Script *script_of(lua_State *L)
{
    return *(Script **)lua_getextraspace(L);
}

const ScriptOptions *script_options(const Script *s)
{
    return &s->options;
}

Engine *script_engine(lua_State *L)
{
    return script_of(L)->options.engine;
}

/* ---- memory ---- */

/* Lua's allocator: as realloc, but refuses what would pass the limit. Shrinking never fails. */
static void *allocate(void *script, void *block, size_t old, size_t size)
{
    Script *s = script;
    if (!block) old = 0; /* then it is a type, not a size */
    if (size == 0) {
        free(block);
        s->used -= old;
        return NULL;
    }
    if (size > old && s->used + (size - old) > s->options.memory) return NULL;
    void *moved = realloc(block, size);
    if (moved) s->used += size - old;
    return moved;
}

/* $TARE_LUA_MEMORY in bytes, 1 GiB where it is not set. */
static size_t memory_asked(void)
{
    const char *text = getenv("TARE_LUA_MEMORY");
    size_t asked = text ? (size_t)strtoull(text, NULL, 10) : 0;
    return asked ? asked : (size_t)1 << 30;
}

char *script_memory_text(const Script *s, char *dst, size_t size)
{
    char n[24];
    size_t mega = s->options.memory >> 20;
    text_count(n, sizeof n, (long long)(mega ? mega : s->options.memory >> 10));
    snprintf(dst, size, "script out of memory (limit %s %s)", n, mega ? "MB" : "KB");
    return dst;
}

Status script_protect(Script *s, lua_CFunction f, void *arg, Err *err)
{
    lua_State *L = s->L;
    lua_pushcfunction(L, f); /* a light value: allocates nothing */
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, 0);
    if (status == LUA_OK) return OK;
    const char *message = lua_tostring(L, -1);
    char memory[64];
    Status code = status == LUA_ERRMEM
                      ? err_set(err, ERR_MEMORY, "%s", script_memory_text(s, memory, sizeof memory))
                      : err_set(err, ERR_USAGE, "%s", message ? message : "an error without a message");
    lua_pop(L, 1);
    return code;
}

/* ---- globals ---- */

static int print(lua_State *L)
{
    int n = lua_gettop(L);
    bool whole = true;
    for (int i = 1; i <= n; i++) {
        size_t size;
        show_text(L, i);
        const char *text = lua_tolstring(L, -1, &size);
        whole &= (i == 1 || putchar('\t') != EOF) && fwrite(text, 1, size, stdout) == size;
        lua_pop(L, 1);
    }
    whole &= putchar('\n') != EOF;
    return whole ? 0 : output_failed(L);
}

/* warn(): on stderr, in pieces. "@on" and "@off" are Lua's own switches, and do nothing here. */
static void warning(void *script, const char *message, int more)
{
    Script *s = script;
    if (!s->warning && !more && *message == '@') return;
    fprintf(stderr, "%s%s%s", s->warning ? "" : "tare: warning: ", message, more ? "" : "\n");
    s->warning = more;
}

/* A handler of errors that stays out of interrupts: those are raised in a hook, below which no hook runs again. */
static int handle_error(lua_State *L)
{
    const Script *s = script_of(L);
    if (s->running && s->running->interrupted) return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* xpcall(f, handler, ...): Lua's own (upvalue 1) with the handler wrapped. */
static int call_protected(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle_error, 1);
    lua_replace(L, 2);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Every task ends as if interrupted, so that running jobs keep a checkpoint. */
static int leave(lua_State *L, int code)
{
    Script *s = script_of(L);
    if (!s->exiting) s->exit_code = code & 0xFF;
    s->exiting = true;
    script_interrupt(s);
    return luaL_error(L, "exit");
}

int output_failed(lua_State *L)
{
    int cause = errno;
    __fpurge(stdout);
    clearerr(stdout); /* the error is told here */
    return cause == EPIPE ? leave(L, EXIT_SUCCESS) : luaL_error(L, "cannot print: %s", strerror(cause));
}

/* os.exit([code]) */
static int os_exit(lua_State *L)
{
    return leave(L, lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : (int)luaL_optinteger(L, 1, EXIT_SUCCESS));
}

bool script_exit(const Script *s, int *code)
{
    *code = s->exit_code;
    return s->exiting;
}

const char *global_near(lua_State *L, const char *name)
{
    const char *names[NEAR_MOST];
    size_t count = 0;
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) /* the keys stay alive in _G */
        if (lua_type(L, -2) == LUA_TSTRING && count < NEAR_MOST) names[count++] = lua_tostring(L, -2);
    lua_pop(L, 1);
    return text_nearest(name, names, count);
}

/* Stack: _G, name. */
static int strict_read(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "undefined global [%s]", luaL_tolstring(L, 2, NULL));
    const char *name = lua_tostring(L, 2), *near = global_near(L, name);
    if (near) return luaL_error(L, "undefined global '%s' (did you mean '%s'?)", name, near);
    return luaL_error(L, "undefined global '%s'", name);
}

static int strict_write(lua_State *L)
{
    return luaL_error(L, "'%s' would be a new global: write `local %s`", luaL_tolstring(L, 2, NULL),
                      luaL_tolstring(L, 2, NULL));
}

static void strict_open(lua_State *L)
{
    static const luaL_Reg strict[] = {{"__index", strict_read}, {"__newindex", strict_write}, {NULL, NULL}};
    lua_pushglobaltable(L);
    luaL_newlib(L, strict);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* arg = { seed =, seeds = { ... } }; a script's own arguments join it as 1, 2, ... */
static void open_arg(lua_State *L, const ScriptOptions *o)
{
    lua_newtable(L);
    lua_pushinteger(L, o->seed);
    lua_setfield(L, -2, "seed");
    lua_createtable(L, o->seed_count, 0);
    for (int i = 0; i < o->seed_count; i++) {
        lua_pushinteger(L, o->seeds[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "seeds");
    lua_setglobal(L, "arg");
}

/* Replace module.name by f, whose upvalue 1 is what was there. */
static void replace(lua_State *L, const char *module, const char *name, lua_CFunction f)
{
    lua_getglobal(L, module);
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

static bool not_userdata(lua_State *L)
{
    return lua_type(L, 1) != LUA_TUSERDATA;
}

static bool is_lua_function(lua_State *L)
{
    return !lua_iscfunction(L, 1);
}

/* What of debug could make C take one value for another, or stop the loop: refused, for some values or for all. */
static const struct {
    const char *name, *why;
    bool (*allowed)(lua_State *L);
} unsafe[] = {
    {"sethook", "the hook is taken, by what makes Ctrl-C work", NULL},
    {"setmetatable", "that of a handle stays its own", not_userdata},
    {"setupvalue", "only those of a function written in Lua", is_lua_function},
    {"setuservalue", "handles keep their own", NULL},
    {"setlocal", "C functions keep theirs, and so do loops", NULL},
    {"getregistry", "handles are told apart by what stands there", NULL},
    {"debug", "it would read the terminal", NULL},
};

/* In place of debug.NAME, upvalue 1; upvalue 2 is the number of its row. */
static int guard(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
    if (!unsafe[i].allowed || !unsafe[i].allowed(L))
        return luaL_error(L, "debug.%s: %s", unsafe[i].name, unsafe[i].why);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void guard_debug(lua_State *L)
{
    lua_getglobal(L, "debug");
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        lua_getfield(L, -1, unsafe[i].name);
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, guard, 2);
        lua_setfield(L, -2, unsafe[i].name);
    }
    lua_pop(L, 1);
}

/* Under script_protect: libraries and our modules. Stack: the folder lua/. */
static int open_globals(lua_State *L)
{
    const Script *s = script_of(L);
    luaL_openlibs(L);
    modules_open(L, lua_touserdata(L, 1));
    replace(L, "_G", "print", print);
    replace(L, "_G", "xpcall", call_protected);
    replace(L, "io", "read", input_read(s));
    replace(L, "os", "exit", os_exit);
    replace(L, "os", "setlocale", os_setlocale);
    guard_debug(L);
    open_arg(L, &s->options);
    registry_open(L);
    if (s->options.strict) strict_open(L);
    return 0;
}

static int panic(lua_State *L)
{
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "tare: Lua error outside of a protected call: %s\n", message ? message : "?");
    return 0; /* Lua aborts: this is a bug of ours */
}

Script *script_open(const ScriptOptions *options, Err *err)
{
    char lua[PATH_SIZE];
    Script *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(err, ERR_MEMORY, "no memory for Lua");
        return NULL;
    }
    pictures_open();
    s->options = *options;
    if (!s->options.memory) s->options.memory = memory_asked();
    TRY(path_shipped(lua, "lua", err));
    s->L = lua_newstate(allocate, s);
    if (!s->L) {
        char text[64];
        err_set(err, ERR_MEMORY, "%s", script_memory_text(s, text, sizeof text));
        goto fail;
    }
    *(Script **)lua_getextraspace(s->L) = s;
    lua_atpanic(s->L, panic);
    lua_setwarnf(s->L, warning, s);
    TRY(script_protect(s, open_globals, lua, err));
    return s;
fail:
    script_close(s);
    return NULL;
}

void script_close(Script *s)
{
    if (!s) return;
    tasks_close(s);
    if (s->L) lua_close(s->L);
    free(s);
}
