/* api_plot.c - plot.*: figures as files. Main thread. */
#include "script/registry.h"

#include "base/file.h"
#include "base/version.h"
#include "plot/diagram.h"
#include "plot/plottext.h"
#include "plot/svg.h"
#include <lauxlib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { SVG, TXT, CSV, FORMATS } Format;
static const char *const format_name[FORMATS] = {"svg", "txt", "csv"};

typedef struct {
    int64_t bins, width, height;
} SaveSpec;

static const Option save_options[] = {
    {"bins", OPTION_INT, offsetof(SaveSpec, bins), "10", 1, BINS_MAX, NULL, "equal-width bins of a diagram"},
    {"width", OPTION_INT, offsetof(SaveSpec, width), "0", 0, 2000, NULL,
     "pixels of an svg, columns of a txt; 0 = the usual"},
    {"height", OPTION_INT, offsetof(SaveSpec, height), "0", 0, 2000, NULL, "pixels or lines; 0 = the usual"},
    {0},
};

/* A figure in the making. The object is at index 2; makers may push what they need. */
typedef struct {
    Format format;
    SaveSpec spec;
    const char *recipe; /* what was measured and how; on the stack */
    bool told;          /* the text says its recipe itself */
    char **text;        /* the file, malloc'ed; freed by its holder */
} Save;

static int or_else(int64_t value, int usual)
{
    return value > 0 ? (int)value : usual;
}

static SvgFigure figure_of(const Save *save, const char *title)
{
    return (SvgFigure){.title = title,
                       .recipe = save->recipe,
                       .width = or_else(save->spec.width, SVG_WIDTH),
                       .height = or_else(save->spec.height, SVG_HEIGHT)};
}

/* Add printf text; short. */
static void __attribute__((format(printf, 2, 3))) put(PlotText *t, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    plottext_add(t, text);
}

/* ---- predictions: a reliability diagram ---- */

static char *bins_csv(const Bin *bin, int count, Err *err)
{
    PlotText t = {0};
    plottext_add(&t, "lo,hi,count,accuracy,confidence,gap\n");
    for (int i = 0; i < count; i++) {
        const Bin *b = &bin[i];
        put(&t, "%.10g,%.10g,%.0f,", b->lo, b->hi, b->count);
        if (b->count > 0)
            put(&t, "%.10g,%.10g,%.10g\n", b->right / b->count, b->confidence / b->count,
                (b->confidence - b->right) / b->count);
        else
            plottext_add(&t, ",,\n");
    }
    return plottext_take(&t, err);
}

static void save_predictions(lua_State *L, Save *save)
{
    Err err;
    Bin bin[BINS_MAX];
    int count = (int)save->spec.bins;
    char title[64];
    read_bins_of(L, 2, bin, count);
    save->recipe = lua_pushfstring(L, "top label, %d equal-width bins (lo, hi], n = %d, %s", count,
                                   (int)to_predictions(L, 2)->n, predictions_origin(L, 2));
    snprintf(title, sizeof title, "reliability, ECE %.2f %%", 100 * bins_ece(bin, count));
    SvgFigure figure = figure_of(save, title);
    if (save->format == SVG)
        *save->text = svg_diagram(&figure, bin, count, &err);
    else if (save->format == TXT)
        *save->text = diagram_text(bin, count, title, or_else(save->spec.width, DIAGRAM_WIDTH),
                                   or_else(save->spec.height, DIAGRAM_HEIGHT), script_glyphs(false), &err);
    else
        *save->text = bins_csv(bin, count, &err);
    if (!*save->text) raise_err(L, &err);
}

/* ---- a run: loss and ECE as far as it is ---- */

enum { LOSS, NLL, ECE, CURVES, ECE_BINS = 10, POINTS_MOST = 1000 };

/* The n points of a new series, on the Lua stack. */
static void series_new(lua_State *L, Series *s, const char *name, ptrdiff_t n, double **x, double **y)
{
    *x = lua_newuserdatauv(L, 2 * (size_t)n * sizeof **x + 1, 0);
    *y = *x + n;
    *s = (Series){name, *x, *y, n};
}

/* Training loss at each logged step; means of neighbours where there are more than `most`. */
static void loss_series(lua_State *L, Series *s, const RunLog *log, ptrdiff_t most)
{
    double *x, *y;
    ptrdiff_t group = log->steps > most ? (log->steps + most - 1) / most : 1;
    series_new(L, s, "loss (train)", log->steps / group, &x, &y);
    for (ptrdiff_t i = 0; i < s->n; i++) {
        x[i] = y[i] = 0;
        for (ptrdiff_t k = i * group; k < (i + 1) * group; k++) {
            x[i] += log->step[k].step / (double)group;
            y[i] += log->step[k].loss / (double)group;
        }
    }
}

/* What the validations during training said: NLL and ECE in %. */
static void valid_series(lua_State *L, Series *nll, Series *ece, const RunLog *log)
{
    double *x, *y, *ece_x, *ece_y;
    series_new(L, nll, "NLL (valid)", log->evals, &x, &y);
    series_new(L, ece, "ECE (valid)", log->evals, &ece_x, &ece_y);
    ptrdiff_t n = 0;
    for (ptrdiff_t i = 0; i < log->evals; i++) {
        Bin bin[ECE_BINS];
        const EvalPoint *e = &log->eval[i];
        if (strcmp(e->split, "valid") != 0 || strcmp(e->checkpoint, "now") != 0) continue;
        if (bins_from_fine(bin, ECE_BINS, &e->bins, NULL) != OK) continue;
        x[n] = ece_x[n] = e->step;
        y[n] = e->nll;
        ece_y[n++] = 100 * bins_ece(bin, ECE_BINS);
    }
    nll->n = ece->n = n;
}

/* ", epochs = 30, lr = 0.002"; empty texts are left out. */
static void add_options(luaL_Buffer *b, const Option *table, const void *spec)
{
    char value[OPTION_TEXT_SIZE];
    for (const Option *o = table; o->name; o++) {
        if (!*option_text(o, spec, value, sizeof value)) continue;
        luaL_addstring(b, ", ");
        luaL_addstring(b, o->name);
        luaL_addstring(b, " = ");
        luaL_addstring(b, value);
    }
}

/* Pushes all that was asked of the run. */
static const char *push_recipe(lua_State *L, const Job *j)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    lua_pushfstring(L, "run %s: %s%s%s", j->name, j->kind->title, *j->from ? " from " : "", j->from);
    luaL_addvalue(&b);
    add_options(&b, j->kind->options, &j->train);
    luaL_addstring(&b, "; data ");
    luaL_addstring(&b, j->data.name);
    const Option *data = dataset_options(j->data.name);
    if (data) add_options(&b, data, &j->data);
    luaL_addstring(&b, "; network ");
    luaL_addstring(&b, j->model.family);
    add_options(&b, family_find(j->model.family)->options, &j->model);
    lua_pushfstring(L, "; ECE: top label, %d equal-width bins (lo, hi]", ECE_BINS);
    luaL_addvalue(&b);
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

static char *curves_csv(const Series *curve, Err *err)
{
    PlotText t = {0};
    plottext_add(&t, "curve,step,value\n");
    for (int c = 0; c < CURVES; c++)
        for (ptrdiff_t i = 0; i < curve[c].n; i++)
            put(&t, "%s,%.0f,%.10g\n", curve[c].name, curve[c].x[i], curve[c].y[i]);
    return plottext_take(&t, err);
}

static char *curves_txt(const Series *curve, const Save *save, const char *title, Err *err)
{
    PlotText t = {0};
    int width = or_else(save->spec.width, DIAGRAM_WIDTH), height = or_else(save->spec.height, 2 * DIAGRAM_HEIGHT) / 2;
    char *loss = curve_text(curve, ECE, title, width, height > 0 ? height : 1, script_glyphs(false), err);
    char *ece = curve_text(&curve[ECE], 1, "ECE %", width, height > 0 ? height : 1, script_glyphs(false), err);
    if (loss && ece) {
        plottext_add(&t, loss);
        plottext_add(&t, ece);
    }
    bool drawn = loss && ece;
    free(loss);
    free(ece);
    return drawn ? plottext_take(&t, err) : NULL;
}

static void save_run(lua_State *L, Save *save)
{
    Err err;
    const Run *run = to_run(L, 2);
    Series curve[CURVES];
    char title[96];
    loss_series(L, &curve[LOSS], &run->log, save->format == CSV ? PTRDIFF_MAX : POINTS_MOST);
    valid_series(L, &curve[NLL], &curve[ECE], &run->log);
    save->recipe = push_recipe(L, &run->job);
    snprintf(title, sizeof title, "%s, %s", run->job.name, run->job.kind->title);
    SvgFigure figure = figure_of(save, title);
    const SvgPanel panel[] = {{curve, ECE, "loss"}, {&curve[ECE], 1, "ECE %"}};
    if (save->format == SVG)
        *save->text = svg_curves(&figure, panel, 2, "step", &err);
    else if (save->format == TXT)
        *save->text = curves_txt(curve, save, title, &err);
    else
        *save->text = curves_csv(curve, &err);
    if (!*save->text) raise_err(L, &err);
}

/* ---- a comparison: its table ---- */

static void save_comparison(lua_State *L, Save *save)
{
    Err err;
    Column column[COLUMNS_MOST];
    int columns, rows, base = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "figure");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "comparison");
    lua_replace(L, -2);
    lua_pushvalue(L, 2);
    lua_pushstring(L, format_name[save->format]);
    lua_call(L, 2, 5); /* recipe, text, headers, cells, notes */
    save->recipe = luaL_checkstring(L, base + 1);
    save->told = save->format == TXT;
    if (save->format == SVG) {
        const char **cells = read_cells(L, base + 3, column, &columns, &rows);
        SvgFigure figure = figure_of(save, "comparison on the test images");
        *save->text = svg_table(&figure, column, columns, cells, rows, luaL_checkstring(L, base + 5), &err);
        if (!*save->text) raise_err(L, &err);
    } else {
        *save->text = strdup(luaL_checkstring(L, base + 2));
        if (!*save->text) luaL_error(L, "no memory for %s", lua_tostring(L, 1));
    }
}

/* ---- the file ---- */

static Format format_of(lua_State *L, const char *path)
{
    const char *dot = strrchr(path, '.');
    for (Format f = 0; f < FORMATS; f++)
        if (dot && strcmp(dot + 1, format_name[f]) == 0) return f;
    luaL_error(L, "plot.save: \"%s\" ends in no format that can be written; there are .svg, .txt and .csv", path);
    return SVG;
}

/* csv: the recipe as comments ahead; txt: below. Replaces save->text. */
static void add_recipe(lua_State *L, const Save *save)
{
    Err err;
    PlotText t = {0};
    char *figure = *save->text;
    if (save->format == CSV) {
        put(&t, "# tare %s\n# ", TARE_VERSION);
        plottext_add(&t, save->recipe);
        plottext_add(&t, "\n");
    }
    plottext_add(&t, figure);
    if (save->format == TXT && !save->told) {
        plottext_add(&t, save->recipe);
        plottext_add(&t, "\n");
    }
    *save->text = NULL;
    free(figure);
    *save->text = plottext_take(&t, &err);
    if (!*save->text) raise_err(L, &err);
}

static int save_figure(lua_State *L)
{
    Err err;
    const char *path = luaL_checkstring(L, 1);
    Save save = {.format = format_of(L, path)};
    lua_settop(L, 3);
    option_defaults(save_options, &save.spec);
    options_read(L, 3, save_options, &save.spec, NULL);
    save.text = push_text_holder(L);
    if (luaL_testudata(L, 2, "tare.predictions"))
        save_predictions(L, &save);
    else if (luaL_testudata(L, 2, "tare.run"))
        save_run(L, &save);
    else
        save_comparison(L, &save);
    if (save.format != SVG) add_recipe(L, &save);
    if (file_write(path, *save.text, strlen(*save.text), &err) != OK) return raise_err(L, &err);
    return 0;
}

const ApiRow api_plot[] = {
    {"plot.save", "\"file\", what, { width =, height =, bins = }",
     "write predictions (reliability diagram), a run (loss and ECE so far) or a comparison as .svg, .txt or .csv",
     "scripts", "plot.save(\"base.svg\", base:predict \"test\")",
     save_figure, save_options},
    {0},
};
