/* spot.h - where the cursor stands in a line of Lua: the word that is typed, what it belongs to, and the call around
 * it. Pure functions of the text; any thread. */
#ifndef TARE_SCRIPT_SPOT_H
#define TARE_SCRIPT_SPOT_H

#include "script/token.h"
#include <stdbool.h>

typedef enum {
    SPOT_CODE,    /* a name, or the place for one */
    SPOT_STRING,  /* inside a short string */
    SPOT_NOTHING, /* inside a number, a comment or a long string */
} SpotKind;

typedef struct {
    SpotKind kind;
    Piece word;     /* the name, or what is in the string, as far as it is typed */
    Piece owner;    /* "train" of "train.st", "a.b" of "a.b:c"; size 0: none */
    char separator; /* '.' or ':' before the word; 0: a global. A separator without an owner: of an unknown value */
    Piece call;     /* "train.tst" of the innermost open call; size 0: none */
    int argument;   /* in which argument of it, from 1 */
    bool options;   /* in its table of options: `key` is the option whose value is typed, size 0: a name is */
    Piece key;
    int table; /* where that table's '{' stands */
} Spot;

/* The spot at byte `end` of the line. */
void spot_find(Spot *spot, const char *line, int end);

/* True when the table that opens at `table` already has `name =`, before or behind the cursor at `end`. */
bool spot_given(const char *line, int table, int end, const char *name);

#endif
