/* token.h - a line of Lua as tokens, whole or not yet. Pure functions of the text; any thread. */
#ifndef TARE_SCRIPT_TOKEN_H
#define TARE_SCRIPT_TOKEN_H

#include <stdbool.h>

/* A piece of the line: bytes from .. from + size - 1. */
typedef struct {
    int from, size;
} Piece;

typedef enum {
    TOKEN_END,
    TOKEN_NAME,   /* and keywords */
    TOKEN_SYMBOL, /* "(", "==", ... */
    TOKEN_STRING, /* a short one; its text is what stands between the quotes */
    TOKEN_OTHER,  /* a number, a comment, a long string */
} TokenType;

typedef struct {
    TokenType type;
    Piece text;
    bool open; /* the line ends inside it */
} Token;

/* Read the token at `at` of the line, which ends at `end`; returns where the next begins. */
int token_next(Token *t, const char *line, int at, int end);

/* Is it this name, keyword or symbol? */
bool token_is(const Token *t, const char *line, const char *text);

/* Is the name there one of Lua's keywords? */
bool token_keyword(const char *line, Piece p);

#endif
