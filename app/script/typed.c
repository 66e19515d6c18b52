/* typed.c - lines of the prompt: what they may leave out, when they are whole, their errors. Main thread. */
#include "script/complete.h"
#include "base/text.h"
#include "script/entry.h"
#include "script/lookup.h"
#include "script/registry.h"
#include "script/state.h"
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:"

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

/* "?", "?ece", "ece?" and "help" are calls of help; *topic (size) is what is asked for. */
static bool asks_help(const char *text, const char **topic, size_t *size)
{
    const char *line = trimmed(text, size);
    if (*line == '?') {
        *topic = trimmed(line + 1, size);
        return true;
    }
    size_t name = strspn(line, NAMES);
    if (name > 0 && name + 1 == *size && line[name] == '?') {
        *topic = line;
        *size = name;
        return true;
    }
    bool alone = *size == 4 && strncmp(line, "help", 4) == 0;
    *size = 0;
    return alone;
}

/* ---- tasks ---- */

typedef struct {
    const char *text;
    char name[24];  /* of the chunk: "=line 12" */
    char given[64]; /* a local of the line that is not kept, as it is the name of something of tare's or Lua's */
} Typed;

static int push_typed(lua_State *L)
{
    Typed *typed = lua_touserdata(L, 1);
    const char *topic;
    size_t size;
    if (asks_help(typed->text, &topic, &size)) {
        push_lua(L, "help.show");
        if (size == 0) return 1;
        lua_pushlstring(L, topic, size);
        return 2;
    }
    if (!entry_load(L, typed->text, typed->name, typed->given, sizeof typed->given)) return lua_error(L);
    return 1;
}

Task *script_load_typed(Script *s, const char *text, Err *err)
{
    Err trouble = {.msg = ""};
    Typed typed = {.text = text};
    char *code = strdup(text);
    snprintf(typed.name, sizeof typed.name, "=line %d", ++s->lines);
    Task *task = code ? task_new(s, push_typed, &typed, &trouble) : NULL;
    if (*typed.given) printf("(%s keeps its meaning: the local of that name ends with this line)\n", typed.given);
    if (task) {
        task->typed = s->lines;
        task->code = code;
        return task;
    }
    char *message = typed_error(NULL, text, s->lines, trouble.msg);
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

/* " (did you mean 'data'?)" for a message about a global that is nil, else "". */
static void add_near(lua_State *L, const char *message, char *dst, size_t size)
{
    static const char mark[] = "a nil value (global '";
    const char *at = L ? strstr(message, mark) : NULL;
    char name[64];
    *dst = 0;
    if (!at) return;
    at += sizeof mark - 1;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "'"), at);
    const char *near = global_near(L, name);
    if (near) snprintf(dst, size, " (did you mean '%.60s'?)", near);
}

/* "line 12:3: message" of a statement of several lines becomes "message" and its line 3; of one line the message. What
 * another prompt line or a file says keeps its place. */
char *typed_error(lua_State *L, const char *code, int number, const char *message)
{
    char prefix[32], near[96], *text, *rest;
    int size, length = snprintf(prefix, sizeof prefix, "line %d:", number);
    if (strncmp(message, prefix, (size_t)length) != 0) return strdup(message);
    long n = strtol(message + length, &rest, 10);
    if (strncmp(rest, ": ", 2) != 0) return strdup(message);
    add_near(L, rest, near, sizeof near);
    if (!strchr(code, '\n')) return asprintf(&text, "%s%s", rest + 2, near) < 0 ? NULL : text;
    const char *line = nth_line(code, n, &size);
    bool cut = size > SOURCE_MOST;
    if (cut) size = (int)text_clip(line, SOURCE_MOST);
    if (asprintf(&text, "%s%s\n    line %ld: %.*s%s", rest + 2, near, n, size, line, cut ? "..." : "") < 0) return NULL;
    return text;
}

const char *typed_near(lua_State *L, const char *code)
{
    size_t size;
    char name[64];
    const char *word = trimmed(code, &size);
    if (size == 0 || size >= sizeof name || strspn(word, NAMES) < size || memchr(word, '.', size)) return NULL;
    snprintf(name, sizeof name, "%.*s", (int)size, word);
    lua_pushglobaltable(L);
    lua_pushstring(L, name);
    bool there = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return there || strcmp(name, "nil") == 0 ? NULL : global_near(L, name);
}

/* ---- whole or not ---- */

typedef struct {
    const char *text;
    bool open;
} Wholeness;

static int look_whole(lua_State *L)
{
    Wholeness *w = lua_touserdata(L, 1);
    w->open = entry_open(L, w->text);
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
