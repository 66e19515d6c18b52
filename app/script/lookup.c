/* lookup.c - names in a typed line to values and rows, see lookup.h. Main thread. */
#include "script/lookup.h"

#include "script/registry.h"
#include "script/state.h"
#include "script/values.h"
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t memory_lent = 1 << 20; /* beyond the limit: for the names that are looked up */

void lookup_protect(Script *s, lua_CFunction f, void *arg)
{
    bool collects = lua_gc(s->L, LUA_GCISRUNNING) == 1;
    if (collects) lua_gc(s->L, LUA_GCSTOP);
    s->options.memory += memory_lent;
    script_protect(s, f, arg, NULL);
    s->options.memory -= memory_lent;
    if (collects) lua_gc(s->L, LUA_GCRESTART);
}

/* A run's lists are made new each time they are looked at: not while a line is typed, when they are long. */
static bool is_long(lua_State *L, const char *class)
{
    enum { POINTS_MOST = 2000 };
    if (strcmp(class, "run") != 0) return false;
    const RunLog *log = &to_run(L, -1)->log;
    return log->epochs + log->evals > POINTS_MOST;
}

/* Replaces the value on top by its member `name` (size bytes): a table's, or a field of a handle, which runs none of
 * the user's code; nil where there is none. */
static void push_member(lua_State *L, const char *name, size_t size)
{
    char row_name[128];
    const char *class = value_class(L, -1);
    if (lua_istable(L, -1)) {
        lua_pushlstring(L, name, size);
        lua_rawget(L, -2);
    } else if (class && !is_long(L, class)) {
        snprintf(row_name, sizeof row_name, "%s.%.*s", class, (int)size, name);
        const ApiRow *row = row_find(row_name);
        if (row) {
            lua_pushcfunction(L, row->call);
            lua_pushvalue(L, -2);
            lua_call(L, 1, 1);
        } else {
            lua_pushnil(L);
        }
    } else {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

/* Replaces the table on top by its element [1] or ["x"]; `at` is behind the '['. Returns what is behind the ']'. */
static const char *push_element(lua_State *L, const char *at, const char *end)
{
    at += strspn(at, " \t\n");
    bool text = *at == '"' || *at == '\'';
    const char *from = at + text, *close = memchr(from, text ? *at : ']', (size_t)(end - from));
    if (!close) close = end;
    if (text) {
        push_member(L, from, (size_t)(close - from));
        close = memchr(close, ']', (size_t)(end - close));
    } else if (lua_istable(L, -1)) {
        lua_rawgeti(L, -1, strtoll(from, NULL, 0));
        lua_remove(L, -2);
    } else {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
    return close ? close + 1 : end;
}

void lookup_push(lua_State *L, const char *line, Piece path)
{
    const char *at = line + path.from, *end = at + path.size;
    lua_pushglobaltable(L);
    while (at < end) {
        const char *name = at;
        if (*at == '[') {
            at = push_element(L, at + 1, end);
            continue;
        }
        while (at < end && !strchr(".:[", *at) && !isspace((unsigned char)*at)) at++;
        if (at > name) push_member(L, name, (size_t)(at - name));
        while (at < end && (*at == '.' || *at == ':' || isspace((unsigned char)*at))) at++;
    }
}

/* ---- rows ---- */

/* The method `name` (size bytes) of a class. */
static const ApiRow *method_named(const char *class, const char *name, size_t size)
{
    for (const ApiRow *const *at = rows_all(); *at; at++) {
        const char *member = row_member(*at, class);
        if (member && row_is_method(*at) && strlen(member) == size && strncmp(member, name, size) == 0) return *at;
    }
    return NULL;
}

const ApiRow *lookup_row(lua_State *L, const char *line, Piece call)
{
    int last = call.from + call.size;
    while (last > call.from && line[last - 1] != '.' && line[last - 1] != ':') last--;
    const ApiRow *row = NULL;
    if (last > call.from && line[last - 1] == ':') {
        lookup_push(L, line, (Piece){call.from, last - 1 - call.from});
        const char *class = value_class(L, -1);
        if (class) row = method_named(class, line + last, (size_t)(call.from + call.size - last));
    } else {
        lookup_push(L, line, call);
        row = registry_row(L, -1);
    }
    lua_pop(L, 1);
    return row;
}

/* ---- options ---- */

/* The next "name =" between the braces of the arguments. */
static bool next_in_arguments(OptionName *name)
{
    const char *at = name->at ? strpbrk(name->at, "{,}") : NULL;
    for (; at; at = strpbrk(at, "{,}")) {
        if (*at == '}') break;
        at += 1 + strspn(at + 1, " ");
        size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        if (size == 0 || strncmp(at + size, " =", 2) != 0 || size >= sizeof name->text) continue;
        snprintf(name->text, sizeof name->text, "%.*s", (int)size, at);
        name->at = at + size;
        return true;
    }
    name->at = NULL;
    return false;
}

static bool in_arguments(const ApiRow *row, const char *text)
{
    OptionName name = {.at = row->arguments};
    while (next_in_arguments(&name))
        if (strcmp(name.text, text) == 0) return true;
    return false;
}

bool lookup_takes_options(const ApiRow *row)
{
    return row_options(row) || (row->arguments && *row->arguments == '{');
}

bool lookup_next_option(const ApiRow *row, OptionName *name)
{
    const Option *table = row_options(row);
    if (name->at && next_in_arguments(name)) {
        name->option = table ? option_find(table, name->text) : NULL;
        return true;
    }
    if (!table) return false;
    /* behind the arguments: text is empty, then the last option given */
    const Option *next = table;
    if (name->option && !in_arguments(row, name->text)) next = name->option + 1;
    while (next->name && in_arguments(row, next->name)) next++;
    if (!next->name) return false;
    name->option = next;
    snprintf(name->text, sizeof name->text, "%s", next->name);
    return true;
}

const Option *lookup_option(const ApiRow *row, const char *line, Piece name)
{
    char text[64];
    const Option *table = row_options(row);
    if (!table || name.size == 0) return NULL;
    snprintf(text, sizeof text, "%.*s", name.size, line + name.from);
    return option_find(table, text);
}
