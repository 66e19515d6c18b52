/* spot.c - where the cursor stands in a line of Lua, see spot.h. Pure functions; any thread. */
#include "script/spot.h"

#include "script/token.h"
#include <ctype.h>
#include <string.h>

enum { DEPTH_MOST = 64 };

/* ---- brackets ---- */

/* An open bracket, and what stands in it so far. */
typedef struct {
    char bracket; /* 0: the line itself */
    int at;
    Piece call;   /* what is called by it */
    Piece owner;  /* of '[': what is indexed */
    int tokens;   /* of '[': how many stand in it */
    bool literal; /* of '[': the last of them is a string or a number */
    int argument;
    Piece key; /* of '{': the option whose value is read */
} Frame;

typedef struct {
    const char *line;
    Frame frame[DEPTH_MOST];
    int depth;
    Piece chain; /* "a.b:c" that ends at the last token; size 0: none */
    bool value;  /* the last token ends a value: a separator behind it is one of an unknown value */
    char separator;
    bool table_key; /* the last token is a name that may be a key: `=` follows */
} Reader;

static void open_bracket(Reader *r, char bracket, int at)
{
    if (r->depth + 1 == DEPTH_MOST) return; /* what lies deeper is read as if it lay here */
    r->frame[++r->depth] = (Frame){.bracket = bracket, .at = at, .argument = 1};
    if (bracket == '[')
        r->frame[r->depth].owner = r->chain;
    else if (r->chain.size > 0)
        r->frame[r->depth].call = r->chain;
}

static void read_symbol(Reader *r, const Token *t)
{
    Frame *f = &r->frame[r->depth];
    char c = t->text.size == 1 ? r->line[t->text.from] : 0;
    bool separates = (c == '.' || c == ':') && r->value;
    Piece indexed = {0}; /* "x[1]": the chain goes on behind an index that is written out */
    if (c == ']' && f->bracket == '[' && f->owner.size > 0 && f->tokens == 1 && f->literal)
        indexed = (Piece){f->owner.from, t->text.from + 1 - f->owner.from};
    if (c && strchr("({[", c)) open_bracket(r, c, t->text.from);
    if (c && strchr(")}]", c) && r->depth > 0) r->depth--;
    if (c == '=' && f->bracket == '{' && r->table_key) f->key = r->chain;
    if (c == ',' || c == ';') {
        f->key.size = 0;
        if (c == ',') f->argument++;
    }
    r->separator = separates ? c : 0;
    r->table_key = false;
    r->value = c && strchr(")]}", c) != NULL;
    if (!separates) r->chain = indexed;
}

/* A name goes on with the chain behind a separator, else it begins one. */
static void read_name(Reader *r, const Token *t, bool first)
{
    if (token_keyword(r->line, t->text)) {
        r->chain.size = 0;
        r->separator = 0;
        r->value = false;
        return;
    }
    if (r->separator && r->chain.size > 0)
        r->chain.size = t->text.from + t->text.size - r->chain.from;
    else
        r->chain = r->separator ? (Piece){0} : t->text;
    r->table_key = first && !r->separator;
    r->separator = 0;
    r->value = true;
}

static void read_token(Reader *r, const Token *t, const Token *before)
{
    bool first = before->type == TOKEN_SYMBOL && before->text.size == 1 && strchr("{,;", r->line[before->text.from]);
    Frame *f = &r->frame[r->depth];
    if (f->bracket == '[' && !token_is(t, r->line, "]")) {
        f->tokens++;
        f->literal =
            t->type == TOKEN_STRING || (t->type == TOKEN_OTHER && isdigit((unsigned char)r->line[t->text.from]));
    }
    if (t->type == TOKEN_SYMBOL) {
        read_symbol(r, t);
    } else if (t->type == TOKEN_NAME) {
        read_name(r, t, first);
    } else {
        r->chain.size = 0;
        r->separator = 0;
        r->table_key = false;
        r->value = t->type == TOKEN_STRING;
    }
}

/* ---- the spot ---- */

/* The innermost call: of the bracket itself, or of the parenthesis around a table: f("x", { ... }). */
static void find_call(Spot *spot, const Reader *r)
{
    for (int i = r->depth; i > 0; i--) {
        const Frame *f = &r->frame[i];
        bool table_of_call = f->bracket == '{' && (f->call.size > 0 || r->frame[i - 1].bracket == '(');
        if (i == r->depth && table_of_call) {
            spot->options = true;
            spot->key = f->key;
            spot->table = f->at;
        }
        if (f->call.size == 0) continue;
        spot->call = f->call;
        spot->argument = f->bracket == '{' ? 1 : f->argument;
        return;
    }
}

void spot_find(Spot *spot, const char *line, int end)
{
    Reader r = {.line = line};
    Token t = {0}, before = {0};
    *spot = (Spot){.word = {end, 0}};
    for (int at = 0;; before = t) {
        at = token_next(&t, line, at, end);
        if (t.type == TOKEN_END || t.open) break;
        read_token(&r, &t, &before);
    }
    if (t.type == TOKEN_OTHER) {
        spot->kind = SPOT_NOTHING;
    } else if (t.type != TOKEN_END) {
        spot->kind = t.type == TOKEN_STRING ? SPOT_STRING : SPOT_CODE;
        spot->word = t.text;
    }
    spot->separator = spot->kind == SPOT_CODE ? r.separator : 0;
    if (spot->separator) spot->owner = r.chain;
    find_call(spot, &r);
    if (spot->kind == SPOT_STRING && r.chain.size > 0) { /* f "x": a call without a bracket */
        spot->call = r.chain;
        spot->argument = 1;
        spot->options = false;
    }
}

bool spot_given(const char *line, int table, int end, const char *name)
{
    int depth = 0, all = (int)strlen(line), size = (int)strlen(name);
    Token t, before = {0};
    for (int at = table; (at = token_next(&t, line, at, all)), t.type != TOKEN_END; before = t) {
        bool named = before.type == TOKEN_NAME && before.text.size == size && depth == 1 &&
                     strncmp(line + before.text.from, name, (size_t)size) == 0;
        bool typed = before.text.from + before.text.size == end; /* the word at the cursor itself */
        if (named && !typed && token_is(&t, line, "=")) return true;
        if (t.type != TOKEN_SYMBOL || t.text.size != 1) continue;
        if (strchr("({[", line[t.text.from])) depth++;
        if (strchr(")}]", line[t.text.from]) && --depth == 0) return false;
    }
    return false;
}
