/* token.c - a line of Lua as tokens, see token.h. Pure functions; any thread. */
#include "script/token.h"

#include <ctype.h>
#include <string.h>

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

int token_next(Token *t, const char *line, int at, int end)
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

bool token_is(const Token *t, const char *line, const char *text)
{
    return (t->type == TOKEN_NAME || t->type == TOKEN_SYMBOL) && (int)strlen(text) == t->text.size &&
           strncmp(line + t->text.from, text, (size_t)t->text.size) == 0;
}

bool token_keyword(const char *line, Piece p)
{
    static const char *const words[] = {"and",      "break",  "do",   "else",  "elseif", "end", "for",
                                        "function", "goto",   "if",   "in",    "local",  "not", "or",
                                        "repeat",   "return", "then", "until", "while"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((int)strlen(words[i]) == p.size && strncmp(words[i], line + p.from, (size_t)p.size) == 0) return true;
    return false;
}
