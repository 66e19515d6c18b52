/* show.c - values as text for people, bounded so that the largest fits a screen. Main thread. */
#include "script/state.h"

#include "base/text.h"
#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is shown of a table: levels, items of a table, bytes of a string, columns; lines of a prompt line's result. */
enum { DEPTH_MOST = 4, ITEMS_MOST = 24, STRING_MOST = 160, WIDTH = 76, INDENT = 2, LINES_MOST = 40 };

/* ---- text ---- */

/* Order of keys: numbers, then strings, then the rest as it comes. */
static int key_rank(lua_State *L, int index)
{
    int type = lua_type(L, index);
    return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : 2;
}

static bool key_less(lua_State *L, int a, int b)
{
    int rank = key_rank(L, a), other = key_rank(L, b);
    if (rank != other || rank == 2) return rank < other;
    return lua_compare(L, a, b, LUA_OPLT);
}

/* Pushes a list of the first (at most ITEMS_MOST) keys of the table at index, in order; returns how many keys
 * it has. An insertion into the few that are kept: time in proportion to the table, memory constant. */
static lua_Integer sorted_keys(lua_State *L, int index, int *kept)
{
    lua_Integer count = 0;
    *kept = 0;
    lua_createtable(L, ITEMS_MOST, 0);
    int keys = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); count++) {
        lua_pop(L, 1);
        int key = lua_gettop(L), at = *kept;
        for (; at > 0; at--) {
            lua_rawgeti(L, keys, at);
            if (!key_less(L, key, -1)) break;
            if (at < ITEMS_MOST) lua_rawseti(L, keys, at + 1);
            lua_settop(L, key);
        }
        lua_settop(L, key);
        if (at == ITEMS_MOST) continue;
        lua_pushvalue(L, key);
        lua_rawseti(L, keys, at + 1);
        if (*kept < ITEMS_MOST) ++*kept;
    }
    return count;
}

/* Add the character at s (n bytes), as Lua would write it in quotes where it is not for a terminal. */
static void add_quoted(luaL_Buffer *b, const char *s, int n, bool escaped)
{
    char code[8];
    for (int i = 0; i < n; i++) {
        snprintf(code, sizeof code, escaped ? "\\%03d" : "%c", escaped ? (unsigned char)s[i] : s[i]);
        luaL_addstring(b, code);
    }
}

/* Pushes the string at index quoted, on one line, cut where it is long (not inside a character). */
static void push_quoted(lua_State *L, int index)
{
    size_t size, at = 0;
    const char *s = lua_tolstring(L, index, &size);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addchar(&b, '"');
    for (int n = 1; at < size && at < STRING_MOST; at += (size_t)n) {
        uint32_t code = text_decode(s + at, &n);
        bool broken = code == '?' && s[at] != '?';
        if (s[at] == '\n')
            luaL_addstring(&b, "\\n");
        else if (s[at] == '"' || s[at] == '\\')
            luaL_addchar(&b, '\\'), luaL_addchar(&b, s[at]);
        else
            add_quoted(&b, s + at, n, broken || code < ' ' || text_is_control(code));
    }
    luaL_addstring(&b, at < size ? "\"..." : "\"");
    luaL_pushresult(&b);
}

static void push_number(lua_State *L, int index)
{
    lua_Number x = lua_tonumber(L, index);
    char text[40];
    if (lua_isinteger(L, index))
        snprintf(text, sizeof text, LUA_INTEGER_FMT, lua_tointeger(L, index));
    else if (isfinite(x) && x == floor(x) && fabs(x) < 1e6)
        snprintf(text, sizeof text, "%.1f", x);
    else
        snprintf(text, sizeof text, isnan(x) ? "nan" : "%.6g", x);
    lua_pushstring(L, text);
}

static bool is_name(const char *s)
{
    static const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *s && !(*s >= '0' && *s <= '9') && s[strspn(s, letters)] == 0;
}

static void push_shown(lua_State *L, int index, int depth);

/* Pushes "key = value" of one entry of the table at index, or the value alone where the key is
 * `place`. Stack: key. */
static void push_entry(lua_State *L, int index, int depth, lua_Integer place)
{
    int key = lua_gettop(L);
    bool listed = lua_isinteger(L, key) && lua_tointeger(L, key) == place;
    if (!listed && lua_type(L, key) == LUA_TSTRING && is_name(lua_tostring(L, key)) &&
        lua_rawlen(L, key) <= STRING_MOST) {
        lua_pushfstring(L, "%s = ", lua_tostring(L, key));
    } else if (!listed) {
        push_shown(L, key, DEPTH_MOST);
        lua_pushfstring(L, "[%s] = ", lua_tostring(L, -1));
        lua_remove(L, -2);
    } else {
        lua_pushliteral(L, "");
    }
    lua_pushvalue(L, key);
    lua_rawget(L, index);
    push_shown(L, -1, depth + 1);
    lua_remove(L, -2);
    lua_concat(L, 2);
}

/* Pushes "{ ... }" of the strings 1 .. count in the list at index: on one line where that is short enough. */
static void push_joined(lua_State *L, int list, int count, int depth, bool lines)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "{");
    for (int i = 1; i <= count; i++) {
        if (lines) {
            luaL_addchar(&b, '\n');
            for (int j = 0; j < (depth + 1) * INDENT; j++) luaL_addchar(&b, ' ');
        } else {
            luaL_addchar(&b, ' ');
        }
        lua_rawgeti(L, list, i);
        luaL_addvalue(&b);
        if (i < count) luaL_addchar(&b, ',');
    }
    luaL_addchar(&b, lines ? '\n' : ' ');
    for (int j = 0; lines && j < depth * INDENT; j++) luaL_addchar(&b, ' ');
    luaL_addchar(&b, '}');
    luaL_pushresult(&b);
}

static void push_table(lua_State *L, int index, int depth)
{
    int kept, shown = 0;
    lua_Integer keys = sorted_keys(L, index, &kept);
    size_t width = 4 + (size_t)depth * INDENT, size;
    bool lines = false;
    if (keys == 0 || depth >= DEPTH_MOST) {
        lua_pop(L, 1);
        lua_pushstring(L, keys ? "{...}" : "{}");
        return;
    }
    lua_createtable(L, kept + 1, 0);
    int list = lua_gettop(L);
    for (int i = 1; i <= kept + (keys > kept); i++) {
        if (i <= kept) {
            lua_rawgeti(L, list - 1, i);
            push_entry(L, index, depth, i);
            lua_remove(L, -2);
        } else {
            lua_pushfstring(L, "... %I more", (LUAI_UACINT)(keys - kept));
        }
        const char *text = lua_tolstring(L, -1, &size);
        width += size + 2;
        lines |= memchr(text, '\n', size) != NULL;
        lua_rawseti(L, list, ++shown);
    }
    push_joined(L, list, shown, depth, lines || width > WIDTH);
    lua_replace(L, list - 1);
    lua_settop(L, list - 1);
}

/* Pushes the value at index as it stands inside of a table, `depth` levels down. */
static void push_shown(lua_State *L, int index, int depth)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 16, "a table too deep to show");
    bool own = luaL_getmetafield(L, index, "__tostring") != LUA_TNIL;
    if (own) lua_pop(L, 1);
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        push_quoted(L, index);
        break;
    case LUA_TNUMBER:
        push_number(L, index);
        break;
    case LUA_TFUNCTION:
        lua_pushliteral(L, "function");
        break; /* no address: the same script shows the same */
    case LUA_TTABLE:
        if (!own) {
            push_table(L, index, depth);
            break;
        } /* fall through */
    default:
        luaL_tolstring(L, index, NULL);
    }
}

void show_text(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TTABLE)
        push_shown(L, index, 0);
    else
        luaL_tolstring(L, index, NULL);
}

/* ---- results ---- */

/* Where the first LINES_MOST lines of the text end; *more says how many follow. */
static size_t cut_lines(const char *text, size_t size, int *more)
{
    int lines = 0;
    size_t shown = size;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n' && ++lines == LINES_MOST) shown = i;
    *more = lines >= LINES_MOST ? lines + 1 - LINES_MOST : 0;
    return shown;
}

/* The text on top of the stack, on stdout. */
static void write_result(lua_State *L, bool typed)
{
    size_t size;
    int more = 0;
    const char *text = lua_tolstring(L, -1, &size);
    if (typed) size = cut_lines(text, size, &more);
    bool whole = fwrite(text, 1, size, stdout) == size && putchar('\n') != EOF;
    if (more) whole &= printf("... %d more lines\n", more) > 0;
    if (!whole) output_failed(L);
}

int show_results(lua_State *L)
{
    const Script *s = script_of(L);
    bool typed = s->running && s->running->typed;
    int n = lua_gettop(L);
    bool nothing = n == 1 && lua_isnil(L, 1);
    if (s->options.json && n > 0) return show_json(L, n);
    while (n > 0 && lua_isnil(L, n)) n--;
    if (typed && nothing) { /* a name that stands for nothing shall not be met with silence */
        const char *near = typed_near(L, s->running->code);
        printf(near ? "nil (did you mean '%s'?)\n" : "nil\n", near);
    }
    lua_settop(L, n);
    if (n == 0) return 0;
    if (typed || s->options.prompt) {
        lua_pushglobaltable(L);
        lua_pushliteral(L, "_");
        lua_pushvalue(L, 1);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    for (int i = 1; i <= n; i++) {
        if (lua_isnil(L, i)) continue;
        if (lua_type(L, i) == LUA_TNUMBER)
            push_number(L, i);
        else
            show_text(L, i);
        write_result(L, typed);
        lua_pop(L, 1);
    }
    return 0;
}
