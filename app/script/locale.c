/* locale.c - os.setlocale. The C library has one locale for the whole process: a decimal comma in it would go into
 * options, tables, events and figures, written by any thread. So a script may choose how texts are sorted, and dates
 * and money written; numbers keep their point, and characters stay what the terminal's locale says. Main thread. */
#include "script/state.h"

#include <lauxlib.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>

/* os.setlocale([locale [, category]]) as Lua has it. Of "all" the open categories are set; of a fixed one nothing but
 * its present locale can be. Returns the category's locale, or nil for one that cannot be. */
int os_setlocale(lua_State *L)
{
    static const char *const names[] = {"all", "collate", "ctype", "monetary", "numeric", "time", NULL};
    static const int category[] = {LC_ALL, LC_COLLATE, LC_CTYPE, LC_MONETARY, LC_NUMERIC, LC_TIME};
    static const int open[] = {LC_COLLATE, LC_MONETARY, LC_TIME};
    const char *locale = luaL_optstring(L, 1, NULL);
    int asked = category[luaL_checkoption(L, 2, "all", names)];
    bool fixed = asked == LC_CTYPE || asked == LC_NUMERIC, can = true;
    if (locale && asked == LC_ALL)
        for (size_t i = 0; i < sizeof open / sizeof *open; i++) can &= setlocale(open[i], locale) != NULL;
    else if (locale && !fixed)
        can = setlocale(asked, locale) != NULL;
    else if (locale)
        can = strcmp(locale, setlocale(asked, NULL)) == 0;
    lua_pushstring(L, can ? setlocale(asked, NULL) : NULL); /* of NULL: nil */
    return 1;
}
