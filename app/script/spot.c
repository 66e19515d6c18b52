/* spot.c - where the cursor stands in a line of Lua, see spot.h. Pure functions; any thread. */
#include "script/spot.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MOST = 64 };

/* ---- tokens ---- */

typedef enum {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_SYMBOL,
    TOKEN_OTHER
} TokenType; /* TOKEN_STRING: short ones */

typedef struct {
    TokenType type;
    Piece text; /* of a string: what stands between its quotes */
    bool open;  /* the line ends inside it */
} Token;

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The '=' between the brackets of a long string or comment that begins at `at`; -1 when none does. */
static int long_level(const char *line, int at, int end)
{
    int level = 0;
    if (at >= end || line[at] != '[') return -1;
    while (at + 1 + level < end && line[at + 1 + level] == '=') level++;
    return at + 1 + level < end && line[at + 1 + level] == '[' ? level : -1;
}

/* The byte behind the long bracket that begins at `at`; end + 1 when it stays open. */
static int long_end(const char *line, int at, int end, int level)
{
    for (at += level + 2; at < end; at++) {
        int n = 0;
        if (line[at] != ']') continue;
        while (at + 1 + n < end && line[at + 1 + n] == '=' && n < level) n++;
        if (n == level && at + 1 + n < end && line[at + 1 + n] == ']') return at + n + 2;
    }
    return end + 1;
}

static int short_string(Token *t, const char *line, int at, int end)
{
    char quote = line[at++];
    t->type = TOKEN_STRING;
    t->text.from = at;
    while (at < end && line[at] != quote) at += line[at] == '\\' && at + 1 < end ? 2 : 1;
    t->text.size = at - t->text.from;
    t->open = at >= end;
    return at + 1;
}

static int long_token(Token *t, const char *line, int at, int end, int level)
{
    int behind = long_end(line, at, end, level);
    t->open = behind > end;
    return behind;
}

static int comment(Token *t, const char *line, int at, int end)
{
    int level = long_level(line, at + 2, end);
    t->type = TOKEN_OTHER;
    if (level >= 0) return long_token(t, line, at + 2, end, level);
    const char *newline = memchr(line + at, '\n', (size_t)(end - at));
    t->open = !newline;
    return newline ? (int)(newline - line) : end + 1;
}

/* Read the token at `at`; returns where the next begins. */
static int next_token(Token *t, const char *line, int at, int end)
{
    while (at < end && isspace((unsigned char)line[at])) at++;
    *t = (Token){.text = {at, 0}};
    if (at >= end) return end;
    if (line[at] == '"' || line[at] == '\'') return short_string(t, line, at, end);
    if (line[at] == '-' && at + 1 < end && line[at + 1] == '-') return comment(t, line, at, end);
    int from = at, level = long_level(line, at, end);
    if (level >= 0) {
        t->type = TOKEN_OTHER;
        at = long_token(t, line, at, end, level);
    } else if (is_word(line[at])) {
        t->type = isdigit((unsigned char)line[at]) ? TOKEN_OTHER : TOKEN_NAME;
        bool number = t->type == TOKEN_OTHER;
        while (at < end && (is_word(line[at]) || (number && line[at] == '.'))) at++;
        t->open = at == end;
    } else {
        static const char *const wide[] = {"...", "..", "==", "~=", "<=", ">=", "::", "//"};
        t->type = TOKEN_SYMBOL;
        at++;
        for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
            int size = (int)strlen(wide[i]);
            if (from + size > end || strncmp(line + from, wide[i], (size_t)size) != 0) continue;
            at = from + size;
            break;
        }
    }
    t->text.size = at - from;
    return at;
}

static bool is_symbol(const Token *t, const char *line, char c)
{
    return t->type == TOKEN_SYMBOL && t->text.size == 1 && line[t->text.from] == c;
}

/* ---- brackets ---- */

/* An open bracket, and what stands in it so far. */
typedef struct {
    char bracket; /* 0: the line itself */
    int at;
    Piece call; /* what is called by it */
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

static bool is_keyword(const char *line, Piece p)
{
    static const char *const words[] = {"and",      "break",  "do",   "else",  "elseif", "end", "for",
                                        "function", "goto",   "if",   "in",    "local",  "not", "or",
                                        "repeat",   "return", "then", "until", "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((int)strlen(words[i]) == p.size && strncmp(words[i], line + p.from, (size_t)p.size) == 0) return true;
    return false;
}

static void open_bracket(Reader *r, char bracket, int at)
{
    if (r->depth + 1 == DEPTH_MOST) return; /* what lies deeper is read as if it lay here */
    r->frame[++r->depth] = (Frame){.bracket = bracket, .at = at, .argument = 1};
    if (bracket != '[' && r->chain.size > 0) r->frame[r->depth].call = r->chain;
}

static void read_symbol(Reader *r, const Token *t)
{
    Frame *f = &r->frame[r->depth];
    char c = t->text.size == 1 ? r->line[t->text.from] : 0;
    bool separates = (c == '.' || c == ':') && r->value;
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
    if (!separates) r->chain.size = 0;
}

/* A name goes on with the chain behind a separator, else it begins one. */
static void read_name(Reader *r, const Token *t, bool first)
{
    if (is_keyword(r->line, t->text)) {
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
        at = next_token(&t, line, at, end);
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
    for (int at = table; (at = next_token(&t, line, at, all)), t.type != TOKEN_END; before = t) {
        bool named = before.type == TOKEN_NAME && before.text.size == size && depth == 1 &&
                     strncmp(line + before.text.from, name, (size_t)size) == 0;
        bool typed = before.text.from + before.text.size == end; /* the word at the cursor itself */
        if (named && !typed && is_symbol(&t, line, '=')) return true;
        if (t.type != TOKEN_SYMBOL || t.text.size != 1) continue;
        if (strchr("({[", line[t.text.from])) depth++;
        if (strchr(")}]", line[t.text.from]) && --depth == 0) return false;
    }
    return false;
}
