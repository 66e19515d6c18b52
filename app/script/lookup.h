/* lookup.h - names in a typed line to values and rows of the registry, without running anything. Main thread. */
#ifndef TARE_SCRIPT_LOOKUP_H
#define TARE_SCRIPT_LOOKUP_H

#include "script/rows.h"
#include "script/script.h"
#include "script/spot.h"

/* f(arg) in protected mode: no error leaves, no finaliser of the user's runs, and a full memory is no obstacle. */
void lookup_protect(Script *s, lua_CFunction f, void *arg);

/* Pushes the value of the path "a.b.c" that stands at `path` of the line, by raw access; nil where there is none. */
void lookup_push(lua_State *L, const char *line, Piece path);

/* The row of the function that "train.tst" or "base:evaluate" names in the line, or NULL. */
const ApiRow *lookup_row(lua_State *L, const char *line, Piece call);

/* True when a table in its call holds options, not a value of its own. */
bool lookup_takes_options(const ApiRow *row);

/* One after the other the names of a call's options: those that its arguments name ("data", "model"), then those of
 * its table. Starts as { .at = row->arguments }. */
typedef struct {
    const char *at;       /* in the row's arguments; NULL behind them */
    const Option *option; /* NULL: a name of the arguments that has no row */
    char text[64];
} OptionName;
bool lookup_next_option(const ApiRow *row, OptionName *name);

/* The option that is named there; NULL when it has no row in the call's table. */
const Option *lookup_option(const ApiRow *row, const char *line, Piece name);

#endif
