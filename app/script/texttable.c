/* texttable.c - text tables for the Lua parts: plot/table.h behind a Lua function. Main thread. */
#include "script/registry.h"

#include "plot/table.h"
#include <lauxlib.h>
#include <string.h>

enum { COLUMNS_MOST = 24 };

void push_lines(lua_State *L, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') length--;
    lua_pushlstring(L, text, length);
}

/* text_table({ header ... }, { { cell ... } ... }, width): the first column to the left, the others to the
 * right; cells are strings, false is an empty one. */
int text_table(lua_State *L)
{
    Err err;
    Column column[COLUMNS_MOST];
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, 2, LUA_TTABLE);
    int width = (int)luaL_checkinteger(L, 3);
    lua_Integer columns = luaL_len(L, 1), rows = luaL_len(L, 2);
    luaL_argcheck(L, columns >= 1 && columns <= COLUMNS_MOST, 1, "too few or too many columns");
    luaL_argcheck(L, rows <= INT16_MAX, 2, "too many rows");
    const char **cells = lua_newuserdatauv(L, (size_t)(rows * columns) * sizeof *cells + 1, 0);
    lua_newtable(L); /* holds every string while C points to it */
    for (lua_Integer k = 0; k < columns; k++) {
        lua_geti(L, 1, k + 1);
        column[k] = (Column){.header = luaL_checkstring(L, -1), .align = k ? ALIGN_RIGHT : ALIGN_LEFT};
        luaL_ref(L, 5);
    }
    for (lua_Integer i = 0; i < rows * columns; i++) {
        lua_geti(L, 2, i / columns + 1);
        lua_geti(L, -1, i % columns + 1);
        cells[i] = lua_toboolean(L, -1) ? luaL_checkstring(L, -1) : NULL;
        luaL_ref(L, 5);
        lua_pop(L, 1);
    }
    char **text = push_text_holder(L);
    *text = table_text(column, (int)columns, cells, (int)rows, width, script_glyphs(false), &err);
    if (!*text) return raise_err(L, &err);
    push_lines(L, *text);
    return 1;
}
