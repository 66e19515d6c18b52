/* entry.c - what was typed at the prompt as a chunk of Lua, see entry.h. Main thread. */
#include "script/entry.h"

#include "base/text.h"
#include "script/registry.h"
#include "script/token.h"
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { STARTS_MOST = 8, NAME_SIZE = 64 };

/* ---- locals are kept ---- */

/* How deep the token leads into blocks: 1, -1 or 0. `for` and `while` have their `do`, `elseif` the block of `if`. */
static int block_step(const Token *t, const char *text)
{
    static const char *const opens[] = {"function", "if", "do", "repeat"}, *const closes[] = {"end", "until"};
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++)
        if (token_is(t, text, opens[i])) return 1;
    for (size_t i = 0; i < sizeof closes / sizeof *closes; i++)
        if (token_is(t, text, closes[i])) return -1;
    return 0;
}

typedef struct {
    lua_State *L;
    const char *text;
    int end;
    char *given; /* the first name that is not kept */
    size_t size;
    luaL_Buffer out;
    int copied; /* bytes of text that are in out */
} Keeper;

/* Blanks for text[from .. to-1]: columns and lines of what follows stay where they are. */
static void blank(Keeper *k, int from, int to)
{
    luaL_addlstring(&k->out, k->text + k->copied, (size_t)(from - k->copied));
    for (int i = from; i < to; i++) luaL_addchar(&k->out, k->text[i] == '\n' ? '\n' : ' ');
    k->copied = to;
}

/* What follows `local`: names, each with an attribute or none. */
typedef struct {
    struct {
        int from, to;
    } attribute[STARTS_MOST];
    int attributes;
    int last;    /* the byte behind the last name or attribute */
    bool values; /* '=' follows */
    bool keeps;  /* as globals: no name that tare gives, nothing to close */
} Names;

/* Is it a name that tare or Lua gives? The first such is told. */
static bool is_given(const Keeper *k, Piece p)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", p.size, k->text + p.from);
    if (p.size >= NAME_SIZE || !registry_gives(k->L, name)) return false;
    if (k->size && !*k->given) text_copy(k->given, k->size, name);
    return true;
}

static void read_names(const Keeper *k, int at, Names *names)
{
    Token t;
    *names = (Names){.last = at, .keeps = true};
    for (;;) {
        at = token_next(&t, k->text, at, k->end);
        if (t.type != TOKEN_NAME || token_keyword(k->text, t.text)) return;
        if (is_given(k, t.text)) names->keeps = false;
        names->last = t.text.from + t.text.size;
        at = token_next(&t, k->text, at, k->end);
        if (token_is(&t, k->text, "<") && names->attributes < STARTS_MOST) {
            int from = t.text.from;
            at = token_next(&t, k->text, at, k->end);
            if (token_is(&t, k->text, "close")) names->keeps = false; /* it is closed with its block, not later */
            at = token_next(&t, k->text, at, k->end);
            names->last = t.text.from + t.text.size;
            names->attribute[names->attributes].from = from;
            names->attribute[names->attributes++].to = names->last;
            at = token_next(&t, k->text, at, k->end);
        }
        names->values = token_is(&t, k->text, "=");
        if (!token_is(&t, k->text, ",")) return;
    }
}

/* "local x <const> = 3" becomes "      x         = 3", "local x" "      x = nil"; the token is `local`, behind it `at`.
 */
static void keep_local(Keeper *k, const Token *local, int at)
{
    Token t;
    Names names;
    int behind = token_next(&t, k->text, at, k->end);
    if (token_is(&t, k->text, "function")) {
        token_next(&t, k->text, behind, k->end);
        if (is_given(k, t.text)) return;
        blank(k, local->text.from, local->text.from + local->text.size);
        return;
    }
    read_names(k, at, &names);
    if (!names.keeps) return;
    blank(k, local->text.from, local->text.from + local->text.size);
    for (int i = 0; i < names.attributes; i++) blank(k, names.attribute[i].from, names.attribute[i].to);
    if (names.values) return;
    blank(k, names.last, names.last); /* copies up to there */
    luaL_addstring(&k->out, " = nil");
}

/* Pushes the text with its own level's locals as globals. */
static const char *push_kept(lua_State *L, const char *text, char *given, size_t size)
{
    Keeper k = {.L = L, .text = text, .end = (int)strlen(text), .given = given, .size = size};
    Token t;
    int depth = 0;
    luaL_buffinit(L, &k.out);
    for (int at = 0; (at = token_next(&t, text, at, k.end)), t.type != TOKEN_END && !t.open;) {
        if (depth == 0 && token_is(&t, text, "local")) keep_local(&k, &t, at);
        depth += block_step(&t, text);
    }
    luaL_addlstring(&k.out, text + k.copied, (size_t)(k.end - k.copied));
    luaL_pushresult(&k.out);
    return lua_tostring(L, -1);
}

/* ---- the last statement's value is shown ---- */

/* Where statements of the own level may begin: at a line's first token or behind ';'. The last few, in order. A name
 * goes on with nothing that stands before it, so that a beginning there is one; other tokens may go on. */
typedef struct {
    int at[STARTS_MOST];
    bool name[STARTS_MOST];
    int count;
} Starts;

static void find_starts(Starts *s, const char *text)
{
    Token t, before = {0};
    int depth = 0, brackets = 0, end = (int)strlen(text), from = 0;
    s->count = 0;
    for (int at = 0; (at = token_next(&t, text, at, end)), t.type != TOKEN_END; before = t) {
        bool line = from == 0 || memchr(text + from, '\n', (size_t)(t.text.from - from));
        if (depth == 0 && brackets == 0 && from > 0 && (line || token_is(&before, text, ";"))) {
            if (s->count == STARTS_MOST) {
                memmove(s->at, s->at + 1, sizeof s->at - sizeof *s->at);
                memmove(s->name, s->name + 1, sizeof s->name - sizeof *s->name);
                s->count--;
            }
            s->at[s->count] = t.text.from - (t.type == TOKEN_STRING); /* with its quote */
            s->name[s->count++] = t.type == TOKEN_NAME;
        }
        depth += block_step(&t, text);
        if (t.type == TOKEN_SYMBOL && t.text.size == 1 && strchr("({[", text[t.text.from])) brackets++;
        if (t.type == TOKEN_SYMBOL && t.text.size == 1 && strchr(")}]", text[t.text.from])) brackets--;
        from = t.text.from + t.text.size;
    }
}

static bool loads(lua_State *L, const char *code, const char *chunk)
{
    return luaL_loadbufferx(L, code, strlen(code), chunk, "t") == LUA_OK;
}

/* Pushes the function of the text with `return` before its last statement, where that is an expression. `whole`: the
 * text loads as it is, and a split must not change what it means. */
static bool load_last(lua_State *L, const char *text, const char *chunk, bool whole)
{
    Starts starts;
    find_starts(&starts, text);
    for (int i = starts.count - 1; i >= 0; i--) {
        if (whole && !starts.name[i]) continue;
        lua_pushlstring(L, text, (size_t)starts.at[i]);
        const char *split = lua_pushfstring(L, "%sreturn %s", lua_tostring(L, -1), text + starts.at[i]);
        lua_remove(L, -2);
        bool good = loads(L, split, chunk);
        lua_remove(L, -2); /* the split text */
        if (good) return true;
        lua_pop(L, 1);
    }
    return false;
}

/* ---- all of it ---- */

/* Behind "=" and the spaces around it: Lua's own prompt takes expressions so. */
static const char *behind_equals(const char *text)
{
    const char *at = text + strspn(text, " \t\r\n");
    return *at == '=' && at[1] != '=' ? at + 1 : NULL;
}

bool entry_load(lua_State *L, const char *text, const char *chunk, char *given, size_t size)
{
    const char *value = behind_equals(text);
    int base = lua_gettop(L);
    if (size) *given = 0;
    luaL_checkstack(L, 10, NULL);
    bool good = loads(L, lua_pushfstring(L, "return %s", value ? value : text), chunk);
    if (good || value) {
        lua_remove(L, base + 1);
        return good;
    }

    /* statements; an error is told of them as they were typed */
    lua_settop(L, base);
    bool whole = loads(L, text, chunk);
    const char *kept = push_kept(L, text, given, size);
    good = load_last(L, kept, chunk, whole) || (whole && loads(L, kept, chunk));
    if (good) lua_replace(L, base + 1);
    lua_settop(L, base + 1);
    return good || whole;
}

/* Loads the code; true when Lua expected more of it. No line mends a short string without its second quote. */
static bool expects_more(lua_State *L, const char *code)
{
    static const char mark[] = "<eof>";
    size_t size, length = sizeof mark - 1;
    int status = luaL_loadbufferx(L, code, strlen(code), "=line", "t");
    const char *message = lua_tolstring(L, -1, &size);
    return status == LUA_ERRSYNTAX && size >= length && strcmp(message + size - length, mark) == 0 &&
           !strstr(message, "unfinished string");
}

bool entry_open(lua_State *L, const char *text)
{
    int top = lua_gettop(L);
    const char *value = behind_equals(text);
    bool more =
        !entry_load(L, text, "=line", NULL, 0) &&
        (expects_more(L, lua_pushfstring(L, "return %s", value ? value : text)) || (!value && expects_more(L, text)));
    lua_settop(L, top);
    return more;
}
