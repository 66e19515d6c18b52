/* texttable.h - text that C makes for Lua: tables, and lines of any kind. Main thread. */
#ifndef TARE_SCRIPT_TEXTTABLE_H
#define TARE_SCRIPT_TEXTTABLE_H

#include "plot/glyph.h"
#include "plot/table.h"
#include <lua.h>
#include <stdbool.h>

/* require("tare.registry").text_table. */
int text_table(lua_State *L);

/* The headers at index and the rows of cells at index + 1 (strings, false is an empty one); what is returned, and the
 * strings, live while what was pushed does. column has COLUMNS_MOST rows. */
enum { COLUMNS_MOST = 24 };
const char **read_cells(lua_State *L, int index, Column *column, int *columns, int *rows);

void push_lines(lua_State *L, const char *text); /* without the newlines at its end: print adds one */

/* A place for a malloc'ed text, freed with the userdata that it pushes. */
char **push_text_holder(lua_State *L);

/* What text output may be drawn with: blocks where the locale is UTF-8, else (or when asked) ASCII. */
const Glyphs *script_glyphs(bool ascii);

#endif
