/* api_plot.c - plot.*: figures as files. Main thread. */
#include "base/text.h"
#include "base/version.h"
#include "file/whole.h"
#include "plot/diagram.h"
#include "plot/picture.h"
#include "plot/runfigure.h"
#include "plot/plottext.h"
#include "script/options.h"
#include "script/registry.h"
#include "script/rows.h"
#include "script/save.h"
#include "script/script.h"
#include "script/texttable.h"
#include "script/values.h"
#include <jansson.h>
#include <lauxlib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Option save_options[] = {
    {"bins", OPTION_INT, offsetof(SaveSpec, bins), "10", 1, BINS_MAX, NULL,
     "equal-width bins of diagram and ECE; those of a run divide 60"},
    {"width", OPTION_INT, offsetof(SaveSpec, width), "0", 0, 2000, NULL,
     "1/96 inch of an svg or png (which has 2 pixels to each), columns of a txt; 0 = the usual"},
    {"height", OPTION_INT, offsetof(SaveSpec, height), "0", 0, 2000, NULL, "the same, or lines; 0 = the usual"},
    {"pane", OPTION_CHOICE, offsetof(SaveSpec, pane), "curves", 0, 0, picture_choices,
     "of a run: the loss above the ECE, or what the pane of that name shows"},
    {"log", OPTION_BOOL, offsetof(SaveSpec, log), "false", 0, 0, NULL, "a run's loss on a logarithmic axis"},
    {0},
};

/* ---- predictions: a reliability diagram ---- */

static void save_predictions(lua_State *L, Save *save)
{
    Err err;
    Bin bin[BINS_MAX];
    FigureFile file = {0};
    int count = (int)save->spec.bins;
    char title[64];
    read_bins_of(L, 2, bin, count);
    save->recipe = lua_pushfstring(L, "top label, %d equal-width bins (lo, hi], n = %d, %s", count,
                                   (int)to_predictions(L, 2)->n, predictions_origin(L, 2));
    snprintf(title, sizeof title, "reliability, ECE %.2f %%", 100 * bins_ece(bin, count));
    if (save->paper) {
        Figure figure = save_figure_of(save, title, NULL);
        Status made = figure_diagram(&file, &figure, bin, NULL, NULL, count, &err);
        save_take(L, save, made, &file, &err);
    } else if (save->csv) {
        save_take_text(L, save, bins_csv(bin, NULL, count, &err), &err);
    } else {
        int width = save_or(save->spec.width, DIAGRAM_WIDTH), height = save_or(save->spec.height, DIAGRAM_HEIGHT);
        save_take_text(L, save, diagram_text(bin, count, title, width, height, script_glyphs(false), &err), &err);
    }
}

/* ---- tables: a comparison, a list of runs ---- */

/* Columns of words are set left: those with a cell that does not begin as a number does. */
static void align_words(Column *column, int columns, const char *const *cells, int rows)
{
    for (int i = 0; i < rows * columns; i++)
        if (cells[i] && !(*cells[i] && strchr("+-.0123456789", *cells[i]))) column[i % columns].align = ALIGN_LEFT;
}

void save_table(lua_State *L, Save *save, int index)
{
    Err err;
    Column column[COLUMNS_MOST];
    FigureFile file = {0};
    int columns, rows, base = lua_gettop(L);
    index = lua_absindex(L, index);
    push_lua(L, "figure.table");
    lua_pushvalue(L, index);
    lua_pushstring(L, save->format);
    lua_call(L, 2, 6); /* recipe, text, headers, cells, notes, title */
    save->recipe = luaL_checkstring(L, base + 1);
    save->told = true; /* of a text; a csv has it beside */
    if (save->paper) {
        const char **cells = read_cells(L, base + 3, column, &columns, &rows);
        align_words(column, columns, cells, rows);
        Figure figure = save_figure_of(save, luaL_checkstring(L, base + 6), NULL);
        Status made = figure_table(&file, &figure, column, columns, cells, rows, luaL_checkstring(L, base + 5), &err);
        save_take(L, save, made, &file, &err);
    } else {
        err_set(&err, ERR_MEMORY, "no memory for %s", lua_tostring(L, 1));
        save_take_text(L, save, strdup(luaL_checkstring(L, base + 2)), &err);
    }
}

/* ---- the file ---- */

/* What the end of the file's name stands for. */
static void format_of(lua_State *L, Save *save, const char *path)
{
    static const char *const texts[] = {"txt", "csv"};
    const char *dot = strrchr(path, '.'), *end = dot ? dot + 1 : "";
    for (const PaperKind *const *paper = papers; *paper; paper++)
        if (strcmp(end, (*paper)->name) == 0) {
            save->paper = *paper;
            save->format = (*paper)->name;
        }
    for (int i = 0; i < 2; i++)
        if (strcmp(end, texts[i]) == 0) {
            save->format = texts[i];
            save->csv = i == 1;
        }
    if (!save->format)
        luaL_error(L, "plot.save: \"%s\" ends in no format that can be written; there are .svg, .png, .txt and .csv",
                   path);
}

/* A text is clean: names and remarks in it may come from files. The recipe goes below one for people. */
static void finish_text(lua_State *L, Save *save)
{
    Err err;
    PlotText t = {0};
    char *figure = *save->text;
    plottext_add(&t, text_clean(figure));
    if (!save->csv && !save->told) {
        plottext_add(&t, save->recipe);
        plottext_add(&t, "\n");
    }
    *save->text = NULL;
    free(figure);
    save_take_text(L, save, plottext_take(&t, &err), &err);
    text_clean(*save->text);
}

/* Readers of csv take every line for numbers, so its recipe lies beside it: x.csv.json. */
static Status write_recipe(const char *path, const char *recipe, Err *err)
{
    char beside[PATH_SIZE];
    if (snprintf(beside, sizeof beside, "%s.json", path) >= (int)sizeof beside)
        return err_set(err, ERR_USAGE, "path too long: %.200s", path);
    json_t *json = json_pack("{s:s, s:s}", "recipe", recipe, "tare", TARE_VERSION);
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    json_decref(json);
    if (!text) return err_set(err, ERR_MEMORY, "%s: no memory, or a recipe that is not UTF-8", beside);
    Status done = file_write(beside, text, strlen(text), err);
    free(text);
    return done;
}

/* The options that only runs have. */
static void check_run_options(lua_State *L, const Save *save)
{
    if (strcmp(save->spec.pane, "curves") != 0 || save->spec.log)
        luaL_error(L, "plot.save: the options pane and log are for a run; leave them out here");
}

/* Without `what`: the pane in focus, of what the workbench looks at. Its figures are the defaults of options. */
static const ScreenState *read_screen(lua_State *L, Save *save, ScreenState *state)
{
    const ScriptScreen *screen = script_options(script_of(L))->screen;
    if (!lua_isnoneornil(L, 2)) return NULL;
    if (!screen) luaL_error(L, "plot.save: expected predictions, a run, a comparison or runs.list(), got nil");
    screen->get(screen->arg, state);
    save->spec.bins = state->bins;
    save->spec.log = state->log_loss;
    text_copy(save->spec.pane, sizeof save->spec.pane, state->pane);
    return state;
}

static void save_screen(lua_State *L, Save *save, const ScreenState *state)
{
    Err err;
    const char *pane = save->spec.pane;
    if (strcmp(pane, "runs") == 0) {
        lua_pushcfunction(L, row_find("runs.list")->call);
        lua_call(L, 0, 1);
        save_table(L, save, -1);
        return;
    }
    if (strcmp(pane, "log") == 0)
        luaL_error(L, "plot.save: the log is no figure; focus another pane (F6), or say what: plot.save(\"%s\", base)",
                   lua_tostring(L, 1));
    Run *run = *state->run ? engine_run(script_engine(L), state->run, &err) : NULL;
    if (!run) luaL_error(L, "plot.save: there is no run on the screen yet");
    save_pane(L, save, run, pane, state->at, state->at_parent);
}

static int save_figure(lua_State *L)
{
    Err err;
    const char *path = check_text(L, 1);
    Save save = {0};
    ScreenState state;
    format_of(L, &save, path);
    lua_settop(L, 3);
    option_defaults(save_options, &save.spec);
    const ScreenState *looked_at = read_screen(L, &save, &state);
    options_read(L, 3, save_options, &save.spec, NULL);
    save.text = push_text_holder(L);
    bool of_run = luaL_testudata(L, 2, "tare.run");
    if (!of_run && !looked_at) check_run_options(L, &save);
    if (looked_at)
        save_screen(L, &save, looked_at);
    else if (of_run)
        save_pane(L, &save, to_run(L, 2), save.spec.pane, 0, false);
    else if (luaL_testudata(L, 2, "tare.predictions"))
        save_predictions(L, &save);
    else
        save_table(L, &save, 2);
    if (!save.paper) finish_text(L, &save);
    if (save.csv && write_recipe(path, save.recipe, &err) != OK) return raise_err(L, &err);
    if (file_write(path, *save.text, save.size, &err) != OK) return raise_err(L, &err);
    lua_pushfstring(L, save.csv ? "saved %s and %s.json" : "saved %s", path, path);
    return 1;
}

const ApiRow api_plot[] = {
    {"plot.save", "\"file\", [what], { pane =, bins =, log =, width =, height = }",
     "write predictions, a run (curves, or a pane), a comparison or runs.list() as .svg, .png, .txt or .csv; "
     "without `what` the pane in focus",
     "scripts", "plot.save(\"base.svg\", base:predict \"test\")", save_figure, save_options},
    {0},
};
