/* options.h - what a call was given: tables of options, names, texts; and how a call refuses it. Main thread. */
#ifndef TARE_SCRIPT_OPTIONS_H
#define TARE_SCRIPT_OPTIONS_H

#include "base/option.h"
#include "run/job.h"
#include <lua.h>

/* Raise err's message with the script's line. Never returns. */
int raise_err(lua_State *L, const Err *err);

/* The table at index into a spec by its option table; unknown names and wrong kinds raise with a suggestion. Names in
 * `except` (NULL-ended, may be NULL) are skipped: the binding reads them itself ("data", "from", "model"). An argument
 * that is missing leaves the spec as it is. */
void options_read(lua_State *L, int index, const Option *table, void *spec, const char *const *except);
void options_push(lua_State *L, const Option *table, const void *spec);

/* The string argument at index, as luaL_checkstring; one with a zero byte is refused: C would read it only so far. */
const char *check_text(lua_State *L, int index);

/* `name` of the table at index, "" where there is none: the run's next free one. */
void read_run_name(lua_State *L, int index, char name[RUN_NAME_SIZE]);

#endif
