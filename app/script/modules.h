/* modules.h - where Lua code may come from: require, load, loadfile and dofile, as text only. Main thread. */
#ifndef TARE_SCRIPT_MODULES_H
#define TARE_SCRIPT_MODULES_H

#include <lua.h>

/* tare's own modules have this before their name: require "tare.recipes". */
#define MODULES_PREFIX "tare."

/* Replaces the functions; `folder` is lua/, where tare's own modules lie. */
void modules_open(lua_State *L, const char *folder);
const char *modules_folder(lua_State *L); /* lives as long as the state */

/* require looks in the folder of this script first. */
void modules_beside(lua_State *L, const char *script);

#endif
