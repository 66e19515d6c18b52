/* save.c - a figure in the making, for the parts of plot.save. See save.h. Main thread. */
#include "script/save.h"

#include "script/options.h"
#include <string.h>

int save_or(int64_t value, int usual)
{
    return value > 0 ? (int)value : usual;
}

Figure save_figure_of(const Save *save, const char *title, const char *note)
{
    return (Figure){.paper = save->paper,
                    .title = title,
                    .note = note,
                    .recipe = save->recipe,
                    .width = save_or(save->spec.width, FIGURE_WIDTH),
                    .height = save_or(save->spec.height, FIGURE_HEIGHT)};
}

void save_take(lua_State *L, Save *save, Status made, const FigureFile *file, const Err *err)
{
    if (made != OK) raise_err(L, err);
    *save->text = file->bytes;
    save->size = file->size;
}

void save_take_text(lua_State *L, Save *save, char *text, const Err *err)
{
    if (!text) raise_err(L, err);
    *save->text = text;
    save->size = strlen(text);
}
