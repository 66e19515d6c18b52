/* save_run.c - panes of a run as files, for plot.save. Main thread. */
#include "plot/diagram.h"
#include "plot/picture.h"
#include "script/options.h"
#include "script/save.h"
#include "script/script.h"
#include "script/texttable.h"
#include "script/values.h"
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was asked of the run ---- */

/* ", epochs = 30, lr = 0.002"; empty texts are left out. */
static void add_options(luaL_Buffer *b, const Option *table, const void *spec)
{
    char value[OPTION_TEXT_SIZE];
    for (const Option *o = option_rows(table); o->name; o++) {
        if (!*option_text(o, spec, value, sizeof value)) continue;
        luaL_addstring(b, ", ");
        luaL_addstring(b, o->name);
        luaL_addstring(b, " = ");
        luaL_addstring(b, value);
    }
}

static const char *push_recipe(lua_State *L, const Job *j, int bins)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    lua_pushfstring(L, "run %s: %s%s%s", j->name, job_title(j), *job_from(j) ? " from " : "", job_from(j));
    luaL_addvalue(&b);
    add_options(&b, j->kind->options, job_spec(j));
    luaL_addstring(&b, "; data ");
    luaL_addstring(&b, j->data.name);
    const Option *data = dataset_options(j->data.name);
    if (data) add_options(&b, data, &j->data);
    luaL_addstring(&b, "; network ");
    luaL_addstring(&b, j->model.family);
    add_options(&b, family_find(j->model.family)->options, &j->model);
    lua_pushfstring(L, "; ECE: top label, %d equal-width bins (lo, hi]", bins);
    luaL_addvalue(&b);
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

/* ---- what is looked at ---- */

/* NULL in stage 1, and where the parent's folder is gone. */
static const RunLog *parent_log(lua_State *L, const Run *run)
{
    (void)L;
    return run->parent[0] ? &run->parent[0]->log : NULL;
}

static const EvalPoint *eval_with(const RunLog *log, uint64_t seq)
{
    for (ptrdiff_t i = 0; log && i < log->evals; i++)
        if (log->eval[i].seq == seq) return &log->eval[i];
    return NULL;
}

static RunView view_of(lua_State *L, const Save *save, const Run *run, uint64_t seq, bool at_parent)
{
    RunView view = {.log = &run->log,
                    .parent = parent_log(L, run),
                    .bins = (int)save->spec.bins,
                    .log_loss = save->spec.log,
                    .at_parent = at_parent,
                    .glyphs = script_glyphs(false)};
    if (seq) view.at = eval_with(at_parent ? view.parent : view.log, seq);
    if (!view.at) view.at_parent = false;
    return view;
}

/* ---- the pictures ---- */

void save_pane(lua_State *L, Save *save, const Run *run, const char *pane, uint64_t seq, bool at_parent)
{
    static const FineBins none;
    Err err;
    Bin bin[FINE_BINS];
    char title[96];
    FigureFile file = {0};
    const Picture *picture = picture_find(pane);
    if (bins_from_fine(bin, (int)save->spec.bins, &none, &err) != OK) raise_err(L, &err);
    RunView view = view_of(L, save, run, seq, at_parent);
    save->recipe = push_recipe(L, &run->job, view.bins);
    snprintf(title, sizeof title, "%.60s, %s", run->job.name, job_title(&run->job));
    if (save->paper) {
        Figure figure = save_figure_of(save, title, NULL);
        Status made = picture->paper(&file, &figure, &view, title, &err);
        save_take(L, save, made, &file, &err);
    } else if (save->csv) {
        save_take_text(L, save, picture->csv(&view, &err), &err);
    } else {
        int usual = picture->draw ? DIAGRAM_HEIGHT : 2 * DIAGRAM_HEIGHT; /* curves are two, one above the other */
        int width = save_or(save->spec.width, DIAGRAM_WIDTH), height = save_or(save->spec.height, usual);
        save_take_text(L, save, picture->text(&view, title, width, height, &err), &err);
    }
}
