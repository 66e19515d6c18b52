/* api_calib.c - calib.*: scores, bins and calibrators of predictions. Pure C underneath; main thread. */
#include "calib/calibrator.h"
#include "plot/diagram.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/texttable.h"
#include "script/values.h"
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t bins;
} BinsSpec;

static const Option bins_options[] = {
    {"bins", OPTION_INT, offsetof(BinsSpec, bins), "10", 1, BINS_MAX, NULL, "equal-width bins of the confidence"},
    {0},
};

static int read_bins(lua_State *L, int index)
{
    BinsSpec spec;
    option_defaults(bins_options, &spec);
    options_read(L, index, bins_options, &spec, NULL);
    return (int)spec.bins;
}

static Scores all_scores(lua_State *L)
{
    Err err;
    Scores scores;
    if (scores_of(&scores, to_predictions(L, 1), read_bins(L, 2), &err) != OK) raise_err(L, &err);
    return scores;
}

static int ece(lua_State *L)
{
    const Scores scores = all_scores(L);
    lua_pushnumber(L, score(&scores, "ece"));
    return 1;
}

static int report(lua_State *L)
{
    const Scores scores = all_scores(L);
    push_scores(L, &scores, predictions_origin(L, 1));
    return 1;
}

/* { { name =, title =, of =, better =, column =, scale =, format =, unit =, help = } ... }, the table of measures. */
static int list_measures(lua_State *L)
{
    static const char *const better[] = {"lower", "neither", "higher"};
    lua_newtable(L);
    for (const Measure *m = measures; m->name; m++) {
        const struct {
            const char *key, *value;
        } text[] = {{"name", m->name},     {"title", m->title}, {"of", measure_source_name[m->of]},
                    {"format", m->format}, {"unit", m->unit},   {"better", better[m->better - BETTER_LOWER]},
                    {"help", m->help}};
        lua_newtable(L);
        for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
            lua_pushstring(L, text[i].value);
            lua_setfield(L, -2, text[i].key);
        }
        lua_pushnumber(L, m->scale);
        lua_setfield(L, -2, "scale");
        lua_pushboolean(L, m->column);
        lua_setfield(L, -2, "column");
        lua_seti(L, -2, m - measures + 1);
    }
    return 1;
}

void read_bins_of(lua_State *L, int index, Bin *bin, int count)
{
    Err err;
    const Predictions *pred = to_predictions(L, index);
    double *confidence = lua_newuserdatauv(L, (size_t)pred->n * sizeof *confidence, 0);
    uint8_t *right = lua_newuserdatauv(L, (size_t)pred->n, 0);
    predictions_top(pred, confidence, right);
    if (bins_equal_width(bin, count, confidence, right, pred->n, &err) != OK) raise_err(L, &err);
}

/* { { lo =, hi =, count =, accuracy =, confidence = } ... }; an empty bin has no accuracy and no confidence. */
static int bins(lua_State *L)
{
    Bin bin[BINS_MAX];
    int count = read_bins(L, 2);
    read_bins_of(L, 1, bin, count);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        const Bin *b = &bin[i];
        const struct {
            const char *name;
            double value;
        } field[] = {
            {"lo", b->lo}, {"hi", b->hi}, {"accuracy", b->right / b->count}, {"confidence", b->confidence / b->count}};
        lua_newtable(L);
        lua_pushinteger(L, (lua_Integer)b->count);
        lua_setfield(L, -2, "count");
        for (int f = 0; f < (b->count > 0 ? 4 : 2); f++) {
            lua_pushnumber(L, field[f].value);
            lua_setfield(L, -2, field[f].name);
        }
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

typedef struct {
    int64_t bins, width, height;
    bool ascii;
} DiagramSpec;

static const Option diagram_options[] = {
    {"bins", OPTION_INT, offsetof(DiagramSpec, bins), "10", 1, BINS_MAX, NULL, "equal-width bins of the confidence"},
    {"width", OPTION_INT, offsetof(DiagramSpec, width), "60", 1, 500, NULL, "columns"},
    {"height", OPTION_INT, offsetof(DiagramSpec, height), "16", 1, 200, NULL, "lines"},
    {"ascii", OPTION_BOOL, offsetof(DiagramSpec, ascii), "false", 0, 0, NULL, "plain characters, whatever the locale"},
    {0},
};

static int diagram(lua_State *L)
{
    Err err;
    Bin bin[BINS_MAX];
    DiagramSpec spec;
    option_defaults(diagram_options, &spec);
    options_read(L, 2, diagram_options, &spec, NULL);
    int count = (int)spec.bins;
    read_bins_of(L, 1, bin, count);
    char title[64], **text = push_text_holder(L);
    snprintf(title, sizeof title, "reliability, ECE %.2f %%", 100 * bins_ece(bin, count));
    *text = diagram_text(bin, count, title, (int)spec.width, (int)spec.height, script_glyphs(spec.ascii), &err);
    if (!*text) return raise_err(L, &err);
    push_lines(L, *text);
    return 1;
}

/* ---- calibrators ---- */

void push_fit(lua_State *L, const Fit *fit)
{
    lua_newtable(L);
    lua_pushstring(L, fit->of->name);
    lua_setfield(L, -2, "method");
    lua_pushboolean(L, fit->at_bound);
    lua_setfield(L, -2, "at_bound");
    for (int i = 0; i < fit->arrays; i++) {
        ptrdiff_t n = fit->array[i].n;
        const double *value = fit->array[i].value;
        if (n == 1) {
            lua_pushnumber(L, *value);
        } else {
            lua_createtable(L, (int)n, 0);
            for (ptrdiff_t k = 0; k < n; k++) {
                lua_pushnumber(L, value[k]);
                lua_rawseti(L, -2, k + 1);
            }
        }
        lua_setfield(L, -2, fit->array[i].name);
    }
}

/* Freed with the userdata that holds it, whatever is raised. */
static int free_fit(lua_State *L)
{
    fit_free(lua_touserdata(L, 1));
    return 0;
}

static Fit *push_fit_holder(lua_State *L, const Calibrator *of)
{
    Fit *fit = lua_newuserdatauv(L, sizeof *fit, 0);
    *fit = (Fit){.of = of};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, free_fit);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    return fit;
}

static const Calibrator *read_method(lua_State *L, const char *name)
{
    Err err;
    const Calibrator *of = calibrator_find(name, &err);
    if (!of) raise_err(L, &err);
    return of;
}

static double nll_of(lua_State *L, const Predictions *pred)
{
    Err err;
    Scores scores;
    if (scores_of(&scores, pred, 10, &err) != OK) raise_err(L, &err);
    return score(&scores, "nll");
}

static int fit(lua_State *L)
{
    Err err;
    const Calibrator *of = read_method(L, luaL_checkstring(L, 1));
    const Predictions *pred = to_predictions(L, 2);
    lua_pushfstring(L, "%s fitted on %s", of->name, predictions_origin(L, 2));
    Fit *found = push_fit_holder(L, of);
    if (calibrator_fit(found, of, pred, &err) != OK) return raise_err(L, &err);
    Predictions **after = push_predictions(L, "");
    if (!(*after = calibrator_apply(found, pred, &err))) return raise_err(L, &err);
    push_fit(L, found);
    lua_pushnumber(L, nll_of(L, pred));
    lua_setfield(L, -2, "nll_before");
    lua_pushnumber(L, nll_of(L, *after));
    lua_setfield(L, -2, "nll");
    lua_pushinteger(L, found->clipped);
    lua_setfield(L, -2, "clipped");
    lua_pushvalue(L, -4);
    lua_setfield(L, -2, "fitted_on");
    return 1;
}

/* An array of a fit from the value on top: a number, or a list of them. */
static void read_array(lua_State *L, Fit *fit, const char *name)
{
    Err err;
    bool one = lua_type(L, -1) == LUA_TNUMBER;
    ptrdiff_t n = one ? 1 : (ptrdiff_t)lua_rawlen(L, -1);
    double *value = fit_add(fit, name, n, &err);
    if (!value) raise_err(L, &err);
    if (one) *value = lua_tonumber(L, -1);
    for (ptrdiff_t k = 0; !one && k < n; k++) {
        if (lua_rawgeti(L, -1, k + 1) != LUA_TNUMBER) luaL_error(L, "%s[%d] is no number", name, (int)k + 1);
        value[k] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
}

/* The fit that the table at index 1 says; { t = 2 } is a temperature. What describes it is no part of it. */
static Fit *read_fit(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *method = lua_getfield(L, 1, "method") == LUA_TSTRING ? lua_tostring(L, -1) : "temperature";
    Fit *fit = push_fit_holder(L, read_method(L, method));
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        int type = lua_type(L, -1);
        if ((type == LUA_TNUMBER || type == LUA_TTABLE) && *name && strncmp(name, "nll", 3) != 0 &&
            strcmp(name, "clipped") != 0)
            read_array(L, fit, name);
    }
    return fit;
}

static int apply(lua_State *L)
{
    Err err;
    char found[128];
    const Predictions *pred = to_predictions(L, 2);
    const Fit *fit = read_fit(L);
    fit->of->tell(fit, found, sizeof found);
    lua_pushfstring(L, "%s at %s", predictions_origin(L, 2), found);
    Predictions **handle = push_predictions(L, lua_tostring(L, -1));
    *handle = calibrator_apply(fit, pred, &err);
    return made_predictions(L, handle, &err);
}

/* ---- predictions from elsewhere ---- */

typedef struct {
    bool normalise;
} PredictionsSpec;

static const Option predictions_options[] = {
    {"normalise", OPTION_BOOL, offsetof(PredictionsSpec, normalise), "false", 0, 0, NULL,
     "divide each row of p by its sum: of probabilities that were rounded"},
    {0},
};

/* The length of row 1 of the table `key` at index: how many classes there are. */
static lua_Integer count_classes(lua_State *L, int index, const char *key)
{
    int type = lua_geti(L, index, 1);
    lua_Integer classes = type == LUA_TTABLE ? luaL_len(L, -1) : 0;
    lua_pop(L, 1);
    if (type == LUA_TNUMBER || classes == 1)
        luaL_error(L,
                   "%s: row 1 is one number; a row is a table with a value for each class, of two classes "
                   "{ of class 1, of class 2 }",
                   key);
    if (type == LUA_TNIL) luaL_error(L, "%s is empty: nothing can be said of no images", key);
    return classes;
}

/* x (classes) = row i of the table of tables at index. */
static void read_row(lua_State *L, int index, const char *key, lua_Integer i, double *x, lua_Integer classes)
{
    if (lua_geti(L, index, i) != LUA_TTABLE || luaL_len(L, -1) != classes)
        luaL_error(L, "%s: row %d is no table of %d numbers, as row 1 is", key, (int)i, (int)classes);
    for (lua_Integer k = 1; k <= classes; k++) {
        if (lua_geti(L, -1, k) != LUA_TNUMBER) luaL_error(L, "%s: row %d, class %d is no number", key, (int)i, (int)k);
        x[k - 1] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* y (n) = the labels in the table at index, 0-based. */
static void read_labels(lua_State *L, int index, int32_t *y, lua_Integer n, lua_Integer classes)
{
    for (lua_Integer i = 0; i < n; i++) {
        int whole;
        lua_geti(L, index, i + 1);
        lua_Integer label = lua_tointegerx(L, -1, &whole);
        if (!whole || label < 1 || label > classes)
            luaL_error(L, "y: row %d: expected a label from 1 to %d", (int)i + 1, (int)classes);
        y[i] = (int32_t)label - 1;
        lua_pop(L, 1);
    }
}

static int predictions(lua_State *L)
{
    static const char *const own[] = {"p", "logits", "y", NULL};
    Err err;
    PredictionsSpec spec = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    options_read(L, 1, predictions_options, &spec, own);
    bool logits = lua_getfield(L, 1, "logits") == LUA_TTABLE, p = lua_getfield(L, 1, "p") == LUA_TTABLE;
    if (logits == p || lua_getfield(L, 1, "y") != LUA_TTABLE)
        return luaL_error(L, "expected { p = { { p1, p2, ... } ... }, y = { label, ... } }, or logits in place of p");
    if (logits && spec.normalise) return luaL_error(L, "normalise is for p: logits have no sum to be divided by");
    const char *key = logits ? "logits" : "p";
    int values = logits ? 2 : 3;
    lua_Integer n = luaL_len(L, values), classes = count_classes(L, values, key);
    if (n > INT32_MAX || classes > INT16_MAX) return luaL_error(L, "%s: too many rows or classes", key);
    if (luaL_len(L, 4) != n) return luaL_error(L, "%s has %d rows and y %d labels", key, (int)n, (int)luaL_len(L, 4));

    double *x = lua_newuserdatauv(L, (size_t)(n * classes) * sizeof *x, 0);
    int32_t *y = lua_newuserdatauv(L, (size_t)n * sizeof *y, 0);
    for (lua_Integer i = 0; i < n; i++) read_row(L, values, key, i + 1, x + i * classes, classes);
    read_labels(L, 4, y, n, classes);
    if (spec.normalise && probabilities_normalise(x, (ptrdiff_t)n, (ptrdiff_t)classes, &err) != OK)
        return raise_err(L, &err);
    Predictions **handle = push_predictions(L, "a script's table");
    *handle = predictions_new(logits ? SAID_LOGITS : SAID_P, true, (ptrdiff_t)n, (ptrdiff_t)classes, x, y, &err);
    return made_predictions(L, handle, &err);
}

static int form(lua_State *L)
{
    lua_pushstring(L, said_name[to_predictions(L, 1)->form]);
    return 1;
}

static int count(lua_State *L)
{
    lua_pushinteger(L, to_predictions(L, 1)->n);
    return 1;
}

static int origin(lua_State *L)
{
    to_predictions(L, 1);
    predictions_origin(L, 1);
    return 1;
}

const ApiRow api_calib[] = {
    {"calib.ece", "pred, { bins = }", "expected calibration error of predictions", "ece",
     "print(calib.ece(base:predict \"test\", { bins = 15 }))", ece, bins_options},
    {"calib.report", "pred, { bins = }", "all scores, with the recipe they were computed by", "ece",
     "print(calib.report(base:predict \"test\").recipe)", report, bins_options},
    {"calib.measures", "",
     "the measures in their order: name, title, of, better (lower, higher, neither), scale, format, unit, column, help",
     "ece", "for _, m in ipairs(calib.measures()) do print(m.name, m.help) end", list_measures, NULL},
    {"calib.bins", "pred, { bins = }", "the reliability bins: lo, hi, count, accuracy, confidence of each", "ece",
     "for _, b in ipairs(calib.bins(base:predict \"test\")) do print(b.hi, b.count) end", bins, bins_options},
    {"calib.diagram", "pred, { bins =, width =, height =, ascii = }", "the reliability diagram as lines of text", "ece",
     "print(calib.diagram(base:predict \"test\", { width = 50, height = 12 }))", diagram, diagram_options},
    {"calib.fit", "\"temperature\" or \"isotonic\", pred",
     "fit a calibrator: t, nll, nll_before, at_bound, clipped; use validation predictions", "temperature",
     "print(calib.fit(\"temperature\", base:predict \"valid\").t)", fit, NULL},
    {"calib.apply", "fit, pred", "predictions after a fitted calibrator", "temperature",
     "print(calib.ece(calib.apply({ t = 2 }, base:predict \"test\")))", apply, NULL},
    {"calib.predictions", "{ p =, y =, normalise = } or { logits =, y = }",
     "predictions from tables: a row of probabilities, or of logits, an image; labels from 1", "ece",
     "print(calib.ece(calib.predictions{ p = { { 0.9, 0.1 }, { 0.4, 0.6 } }, y = { 1, 1 } }))", predictions,
     predictions_options},
    {"predictions.n", NULL, "number of images", "ece", "print((base:predict \"test\").n)", count, NULL},
    {"predictions.form", NULL, "what was given and is kept: \"logits\", \"logp\" (log-probabilities) or \"p\"", "ece",
     "print((base:predict \"test\").form)", form, NULL},
    {"predictions.origin", NULL, "where they came from", "ece", "print((base:predict \"test\").origin)", origin, NULL},
    {0},
};
