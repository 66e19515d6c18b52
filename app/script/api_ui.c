/* api_ui.c - ui.*: what the workbench looks at, for lines and scripts; without a screen nothing happens. Main thread.
 */
#include "base/text.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include <lauxlib.h>
#include <string.h>

typedef struct {
    char layout[OPTION_TEXT_SIZE], pane[OPTION_TEXT_SIZE], run[OPTION_TEXT_SIZE];
    int64_t bins;
    bool zoom, log;
} ShowSpec;

static const Option show_options[] = {
    {"layout", OPTION_TEXT, offsetof(ShowSpec, layout), "", 0, 0, NULL, "train, calibration or compare"},
    {"pane", OPTION_TEXT, offsetof(ShowSpec, pane), "", 0, 0, NULL,
     "the pane in focus, one of the layout's (Tab offers their names)"},
    {"zoom", OPTION_BOOL, offsetof(ShowSpec, zoom), "false", 0, 0, NULL, "that pane has the screen"},
    {"bins", OPTION_INT, offsetof(ShowSpec, bins), "10", 1, 60, NULL,
     "of every ECE and diagram on the screen: 5, 6, 10, 12, 15, 20 or 30"},
    {"log", OPTION_BOOL, offsetof(ShowSpec, log), "false", 0, 0, NULL, "the loss on a logarithmic axis"},
    {0},
};

static void read_run(lua_State *L, ShowSpec *spec)
{
    if (lua_getfield(L, 1, "run") != LUA_TNIL) {
        const char *run = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : to_run(L, -1)->job.name;
        text_copy(spec->run, sizeof spec->run, run);
    }
    lua_pop(L, 1);
}

/* The spec of what is shown now. */
static void current(const ScriptScreen *screen, ShowSpec *spec)
{
    ScreenState state = {.layout = "", .pane = "", .run = "", .bins = 10};
    if (screen) screen->get(screen->arg, &state);
    *spec = (ShowSpec){.bins = state.bins, .zoom = state.zoom, .log = state.log_loss};
    text_copy(spec->layout, sizeof spec->layout, state.layout);
    text_copy(spec->pane, sizeof spec->pane, state.pane);
    text_copy(spec->run, sizeof spec->run, state.run);
}

static int show(lua_State *L)
{
    static const char *const except[] = {"run", NULL};
    const ScriptScreen *screen = script_options(script_of(L))->screen;
    ShowSpec spec;
    Err err;
    current(screen, &spec);
    if (lua_isnoneornil(L, 1)) {
        if (!screen) return 0;
        options_push(L, show_options, &spec);
        lua_pushstring(L, spec.run);
        lua_setfield(L, -2, "run");
        return 1;
    }
    spec.pane[0] = 0; /* of another layout, maybe */
    options_read(L, 1, show_options, &spec, except);
    read_run(L, &spec);
    ScreenState wish = {.layout = spec.layout,
                        .pane = spec.pane,
                        .run = spec.run,
                        .bins = (int)spec.bins,
                        .zoom = spec.zoom,
                        .log_loss = spec.log};
    if (screen && screen->set(screen->arg, &wish, &err) != OK) return raise_err(L, &err);
    return 0;
}

const ApiRow api_ui[] = {
    {"ui.show", "{ layout =, pane =, zoom =, run =, bins =, log = }",
     "what the workbench shows; without options it returns that as a table. Nothing happens without a screen",
     "workbench", "ui.show{ layout = \"calibration\", run = base, bins = 15 }", show, show_options},
    {0},
};
