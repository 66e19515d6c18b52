/* texttable.c - text that C makes for Lua, see texttable.h. Main thread. */
#include "script/texttable.h"

#include "script/options.h"
#include <langinfo.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

const Glyphs *script_glyphs(bool ascii)
{
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return glyphs_of(utf8 && !ascii ? GLYPHS_BLOCK : GLYPHS_ASCII);
}

static const char holder_class[] = "text holder";

static int free_text(lua_State *L)
{
    char **holder = luaL_checkudata(L, 1, holder_class);
    free(*holder);
    *holder = NULL;
    return 0;
}

char **push_text_holder(lua_State *L)
{
    char **holder = lua_newuserdatauv(L, sizeof *holder, 0);
    *holder = NULL;
    if (luaL_newmetatable(L, holder_class)) {
        lua_pushcfunction(L, free_text);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return holder;
}

void push_lines(lua_State *L, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') length--;
    lua_pushlstring(L, text, length);
}

const char **read_cells(lua_State *L, int index, Column *column, int *columns, int *rows)
{
    luaL_checktype(L, index, LUA_TTABLE);
    luaL_checktype(L, index + 1, LUA_TTABLE);
    lua_Integer width = luaL_len(L, index), height = luaL_len(L, index + 1);
    luaL_argcheck(L, width >= 1 && width <= COLUMNS_MOST, index, "too few or too many columns");
    luaL_argcheck(L, height >= 0 && height <= INT16_MAX, index + 1, "too many rows");
    const char **cells = lua_newuserdatauv(L, (size_t)(height * width) * sizeof *cells + 1, 0);
    lua_newtable(L); /* holds every string while C points to it */
    int held = lua_gettop(L);
    for (lua_Integer k = 0; k < width; k++) {
        lua_geti(L, index, k + 1);
        column[k] = (Column){.header = luaL_checkstring(L, -1), .align = k ? ALIGN_RIGHT : ALIGN_LEFT};
        luaL_ref(L, held);
    }
    for (lua_Integer i = 0; i < height * width; i++) {
        lua_geti(L, index + 1, i / width + 1);
        lua_geti(L, -1, i % width + 1);
        cells[i] = lua_toboolean(L, -1) ? luaL_checkstring(L, -1) : NULL;
        luaL_ref(L, held);
        lua_pop(L, 1);
    }
    *columns = (int)width;
    *rows = (int)height;
    return cells;
}

/* text_table({ header ... }, { { cell ... } ... }, width): the first column to the left, the others to the
 * right; cells are strings, false is an empty one. */
int text_table(lua_State *L)
{
    Err err;
    Column column[COLUMNS_MOST];
    int columns, rows, width = (int)luaL_checkinteger(L, 3);
    const char **cells = read_cells(L, 1, column, &columns, &rows);
    char **text = push_text_holder(L);
    *text = table_text(column, columns, cells, rows, width, script_glyphs(false), &err);
    if (!*text) return raise_err(L, &err);
    push_lines(L, *text);
    return 1;
}
