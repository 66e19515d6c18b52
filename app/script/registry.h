/* registry.h - the rows (rows.h) as modules, methods and fields of a Lua state. Main thread. */
#ifndef TARE_SCRIPT_REGISTRY_H
#define TARE_SCRIPT_REGISTRY_H

#include "script/rows.h"
#include <lua.h>
#include <stdbool.h>

void registry_open(lua_State *L); /* makes the modules and method tables, and "tare.registry" */

/* Did the state have a global of this name before anything of the user's ran? */
bool registry_gives(lua_State *L, const char *name);

/* The row of the function at index, or NULL. */
const ApiRow *registry_row(lua_State *L, int index);

/* Return what the function "MODULE.FUNCTION" of lua/MODULE.lua does, called with all that is on the stack. It may park.
 */
int call_lua(lua_State *L, const char *path);

/* Pushes the function "MODULE.FUNCTION" of lua/MODULE.lua. */
void push_lua(lua_State *L, const char *path);

#endif
