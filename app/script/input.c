/* input.c - io.read. Headless it reads standard input; in the workbench the terminal is the prompt's, and a line that
 * is typed there answers the task that has asked first. Main thread. */
#include "script/state.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line that is waited for; a userdata, on the list of its script until it is answered or collected. */
struct Ask {
    Ask *next;
    Script *script;
    const Task *task; /* that asks; to compare with those alive */
    char *answer;     /* malloc'ed; NULL before it has come */
};

static void unlink_ask(Ask *ask)
{
    for (Ask **at = &ask->script->asks; *at; at = &(*at)->next)
        if (*at == ask) {
            *at = ask->next;
            return;
        }
}

static int ask_free(lua_State *L)
{
    Ask *ask = lua_touserdata(L, 1);
    unlink_ask(ask);
    free(ask->answer);
    ask->answer = NULL;
    return 0;
}

static Ask *push_ask(lua_State *L)
{
    Script *s = script_of(L);
    Ask *ask = lua_newuserdatauv(L, sizeof *ask, 0), **end = &s->asks;
    *ask = (Ask){.script = s, .task = s->running};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, ask_free);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    while (*end) end = &(*end)->next;
    return *end = ask;
}

/* The letter of a format: "l" without its newline, "L" with it, "n" a number; "*l" as older Lua has it. */
static char format_at(lua_State *L, int index)
{
    const char *format = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    if (*format == '*') format++;
    if (!*format || !strchr("lLn", *format))
        luaL_error(L, "io.read: at the prompt it reads lines: \"l\", \"L\" or \"n\"");
    return *format;
}

static bool answered(lua_State *L, void *arg)
{
    (void)L;
    return ((const Ask *)arg)->answer != NULL;
}

/* Stack: the formats, what was read so far, the Ask. context = formats that are done. */
static int read_next(lua_State *L, int status, lua_KContext context);

static int ask_next(lua_State *L, int done)
{
    luaL_checkstack(L, 2, "too many formats");
    return task_park(L, answered, push_ask(L), read_next, done);
}

static int read_next(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    int done = (int)context, formats = (int)lua_tointeger(L, 1);
    Ask *ask = lua_touserdata(L, -1);
    char format = format_at(L, 2 + done);
    lua_pushstring(L, ask->answer);
    unlink_ask(ask);
    free(ask->answer);
    ask->answer = NULL;
    if (format == 'L') {
        lua_pushliteral(L, "\n");
        lua_concat(L, 2);
    }
    if (format == 'n' && !lua_stringtonumber(L, lua_tostring(L, -1))) lua_pushnil(L); /* as Lua's own: fail */
    if (format == 'n') lua_remove(L, -2);
    lua_remove(L, -2); /* the Ask */
    done++;
    return done < formats ? ask_next(L, done) : formats;
}

static int read_asked(lua_State *L)
{
    if (lua_gettop(L) == 0) lua_pushliteral(L, "l");
    int formats = lua_gettop(L);
    for (int i = 1; i <= formats; i++) format_at(L, i);
    lua_pushinteger(L, formats);
    lua_insert(L, 1);
    return ask_next(L, 0);
}

/* Lua's own (upvalue 1), after what was printed so far is out: the loop writes stdout between turns. */
static int read_flushed(lua_State *L)
{
    fflush(stdout);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

lua_CFunction input_read(const Script *s)
{
    return s->options.prompt ? read_asked : read_flushed;
}

/* A question dies with its task, at once: its userdata lives on until it is collected. */
static bool still_asked(const Script *s, const Ask *ask)
{
    const Task *t = s->tasks;
    while (t && t != ask->task) t = t->next;
    return t && task_alive(t) && !t->interrupted && !ask->answer;
}

/* The first that has no answer yet. */
static Ask *waiting(const Script *s)
{
    Ask *ask = s->asks;
    while (ask && !still_asked(s, ask)) ask = ask->next;
    return ask;
}

bool script_asks(const Script *s)
{
    return waiting(s) != NULL;
}

void script_answer(Script *s, const char *line)
{
    Ask *ask = waiting(s);
    if (ask) ask->answer = strdup(line); /* without memory it goes on waiting */
}
