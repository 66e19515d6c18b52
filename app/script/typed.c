/* typed.c - lines of the prompt: what they may leave out, when they are whole, their errors. Main thread. */
#include "script/complete.h"
#include "base/text.h"
#include "script/lookup.h"
#include "script/registry.h"
#include "script/state.h"
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MOST = 100 }; /* bytes of a line that an error shows */

/* ---- help in short ---- */

/* What stands between the spaces around a text. */
static const char *trimmed(const char *text, size_t *size)
{
    while (isspace((unsigned char)*text)) text++;
    *size = strlen(text);
    while (*size > 0 && isspace((unsigned char)text[*size - 1])) --*size;
    return text;
}

/* "?", "?ece" and "help" are calls of help; *topic (size) is what is asked for. */
static bool asks_help(const char *text, const char **topic, size_t *size)
{
    const char *line = trimmed(text, size);
    if (*line == '?') {
        *topic = trimmed(line + 1, size);
        return true;
    }
    bool alone = *size == 4 && strncmp(line, "help", 4) == 0;
    *size = 0;
    return alone;
}

/* ---- tasks ---- */

typedef struct {
    const char *text;
    char name[24]; /* of the chunk: "=line 12" */
} Typed;

static int push_typed(lua_State *L)
{
    const Typed *typed = lua_touserdata(L, 1);
    const char *topic;
    size_t size;
    if (asks_help(typed->text, &topic, &size)) {
        push_lua(L, "help.show");
        if (size == 0) return 1;
        lua_pushlstring(L, topic, size);
        return 2;
    }
    const char *expression = lua_pushfstring(L, "return %s", typed->text);
    if (luaL_loadbufferx(L, expression, strlen(expression), typed->name, "t") == LUA_OK) return 1;
    if (luaL_loadbufferx(L, typed->text, strlen(typed->text), typed->name, "t") == LUA_OK) return 1;
    return lua_error(L);
}

Task *script_load_typed(Script *s, const char *text, Err *err)
{
    Err trouble = {.msg = ""};
    Typed typed = {.text = text};
    char *code = strdup(text);
    snprintf(typed.name, sizeof typed.name, "=line %d", ++s->lines);
    Task *task = code ? task_new(s, push_typed, &typed, &trouble) : NULL;
    if (task) {
        task->typed = s->lines;
        task->code = code;
        return task;
    }
    char *message = typed_error(text, s->lines, trouble.msg);
    err_set(err, code ? trouble.code : ERR_MEMORY, "%s", code && message ? message : "no memory for the line");
    free(message);
    free(code);
    return NULL;
}

/* ---- errors ---- */

/* Line number `n` of the text, from 1. */
static const char *nth_line(const char *text, long n, int *size)
{
    for (; n > 1; n--) {
        const char *newline = strchr(text, '\n');
        if (!newline) break;
        text = newline + 1;
    }
    text += strspn(text, " \t");
    *size = (int)strcspn(text, "\n");
    return text;
}

/* "line 12:3: message" of a statement of several lines becomes "message" and its line 3; of one line the message. What
 * another prompt line or a file says keeps its place. */
char *typed_error(const char *code, int number, const char *message)
{
    char prefix[32], *text, *rest;
    int size, length = snprintf(prefix, sizeof prefix, "line %d:", number);
    if (strncmp(message, prefix, (size_t)length) != 0) return strdup(message);
    long n = strtol(message + length, &rest, 10);
    if (strncmp(rest, ": ", 2) != 0) return strdup(message);
    if (!strchr(code, '\n')) return strdup(rest + 2);
    const char *line = nth_line(code, n, &size);
    bool cut = size > SOURCE_MOST;
    if (cut) size = (int)text_clip(line, SOURCE_MOST);
    if (asprintf(&text, "%s\n    line %ld: %.*s%s", rest + 2, n, size, line, cut ? "..." : "") < 0) return NULL;
    return text;
}

/* ---- whole or not ---- */

typedef struct {
    const char *text;
    bool open;
} Wholeness;

/* Loads the code; true when Lua expected more of it. No line mends a short string without its second quote. */
static bool expects_more(lua_State *L, const char *code, bool *loads)
{
    static const char mark[] = "<eof>";
    size_t size, length = sizeof mark - 1;
    int status = luaL_loadbufferx(L, code, strlen(code), "=line", "t");
    const char *message = lua_tolstring(L, -1, &size);
    *loads |= status == LUA_OK;
    return status == LUA_ERRSYNTAX && size >= length && strcmp(message + size - length, mark) == 0 &&
           !strstr(message, "unfinished string");
}

static int look_whole(lua_State *L)
{
    Wholeness *w = lua_touserdata(L, 1);
    bool loads = false;
    bool more = expects_more(L, lua_pushfstring(L, "return %s", w->text), &loads);
    more |= expects_more(L, w->text, &loads);
    w->open = more && !loads;
    return 0;
}

bool script_whole(Script *s, const char *text)
{
    const char *topic;
    size_t size;
    Wholeness w = {.text = text};
    if (asks_help(text, &topic, &size)) return true;
    lookup_protect(s, look_whole, &w);
    return !w.open;
}
