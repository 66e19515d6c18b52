/* entry.h - what was typed at the prompt as a chunk of Lua, with what a prompt allows beyond a file. Main thread. */
#ifndef TARE_SCRIPT_ENTRY_H
#define TARE_SCRIPT_ENTRY_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Pushes the entry as a function that returns what is to be shown: an expression's values, with or without '=' before
 * it, and of several statements those of a last one that is an expression. Locals of the entry's own level are kept, as
 * globals; names that tare or Lua give (data, train, ...) are not: given (size; may be none) is the first of them, else
 * "". False with Lua's message pushed when it is no Lua. */
bool entry_load(lua_State *L, const char *text, const char *chunk, char *given, size_t size);

/* True when Lua expects more of it. Pops all that it pushed. */
bool entry_open(lua_State *L, const char *text);

#endif
