/* api_paired.c - calib.paired: two methods by their predictions. Pure C underneath; main thread. */
#include "calib/paired.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/values.h"
#include <lauxlib.h>
#include <string.h>

typedef struct {
    int64_t bins;
    bool by_seed;
    char measure[OPTION_TEXT_SIZE];
} PairedSpec;

static const Option paired_options[] = {
    {"measure", OPTION_TEXT, offsetof(PairedSpec, measure), "nll", 0, 0, NULL,
     "a measure of rows or bins, by its name"},
    {"bins", OPTION_INT, offsetof(PairedSpec, bins), "10", 1, BINS_MAX, NULL, "equal-width bins of the confidence"},
    {"by_seed", OPTION_BOOL, offsetof(PairedSpec, by_seed), "false", 0, 0, NULL, "the i-th of both have the same seed"},
    {0},
};

/* The predictions at index, or the list of predictions there; the array is a userdata left on the stack. */
static Method read_method(lua_State *L, int index)
{
    bool one = lua_type(L, index) == LUA_TUSERDATA;
    lua_Integer runs = one ? 1 : lua_type(L, index) == LUA_TTABLE ? luaL_len(L, index) : 0;
    if (runs < 1 || runs > INT16_MAX)
        luaL_error(L, "argument %d: expected predictions or a list of them, got %s", index,
                   runs < 1 && lua_istable(L, index) ? "an empty list" : luaL_typename(L, index));
    const Predictions **run = lua_newuserdatauv(L, (size_t)runs * sizeof *run, 0);
    for (lua_Integer i = 0; i < runs; i++) {
        if (one)
            lua_pushvalue(L, index);
        else
            lua_geti(L, index, i + 1);
        run[i] = to_predictions(L, lua_gettop(L));
        lua_pop(L, 1); /* the list, or the caller, holds it */
    }
    return (Method){run, (int)runs};
}

static int paired(lua_State *L)
{
    Err err;
    Paired result;
    PairedSpec spec;
    lua_settop(L, 3);
    option_defaults(paired_options, &spec);
    options_read(L, 3, paired_options, &spec, NULL);
    const Measure *measure = measure_find(spec.measure);
    if (!measure) return luaL_error(L, "there is no measure '%s'; calib.measures() lists them", spec.measure);
    const Method a = read_method(L, 1), b = read_method(L, 2);
    if (paired_compare(&result, measure, &a, &b, spec.by_seed, (int)spec.bins, &err) != OK) return raise_err(L, &err);
    const struct {
        const char *name;
        double value;
    } field[] = {
        {"difference", result.difference}, {"error", result.error}, {"freedom", result.freedom}, {"p", result.p}};
    lua_createtable(L, 0, 4);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        lua_pushnumber(L, field[i].value);
        lua_setfield(L, -2, field[i].name);
    }
    return 1;
}

const ApiRow api_paired[] = {
    {"calib.paired", "a, b, { measure =, bins =, by_seed = }",
     "the difference of two methods (predictions, or lists of them): difference, error, freedom, p", "verdict",
     "print(calib.paired(base:predict \"test\", calib.apply({ t = 2 }, base:predict \"test\")).p)", paired,
     paired_options},
    {0},
};
