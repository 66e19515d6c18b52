/* lookup.c - names in a typed line to values and rows, see lookup.h. Main thread. */
#include "script/lookup.h"

#include "script/registry.h"
#include "script/state.h"
#include "script/values.h"
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
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

void lookup_push(lua_State *L, const char *line, Piece path)
{
    const char *at = line + path.from, *end = at + path.size;
    lua_pushglobaltable(L);
    while (at < end) {
        const char *name = at;
        while (at < end && *at != '.' && *at != ':' && !isspace((unsigned char)*at)) at++;
        if (lua_istable(L, -1)) {
            lua_pushlstring(L, name, (size_t)(at - name));
            lua_rawget(L, -2);
        } else {
            lua_pushnil(L);
        }
        lua_remove(L, -2);
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
