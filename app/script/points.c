/* points.c - what a run's log keeps, as Lua tables: loops over the tables of fields (run/event.h). Main thread. */
#include "script/options.h"
#include "script/values.h"
#include <lauxlib.h>

/* Sets table[key] of the table on top. Bins are no value of Lua: what is read off them stands beside. */
static void set_field(lua_State *L, const EventField *field, const char *at)
{
    switch (field->kind) {
    case FIELD_INT:
        lua_pushinteger(L, field->size == 4 ? *(const int32_t *)at : (lua_Integer) * (const int64_t *)at);
        break;
    case FIELD_REAL:
        lua_pushnumber(L, *(const double *)at);
        break;
    case FIELD_TEXT:
        lua_pushstring(L, at);
        break;
    case FIELD_WORD:
        lua_pushstring(L, field->words[*(const uint32_t *)at]);
        break;
    case FIELD_BINS:
        return;
    }
    lua_setfield(L, -2, field->key);
}

/* point begins like an event; facts may be NULL: none. */
static void set_fields(lua_State *L, const EventField *facts, const void *point)
{
    for (const EventField *f = facts; f && f->key; f++) set_field(L, f, (const char *)point + f->offset);
}

void push_epoch(lua_State *L, const EpochPoint *point)
{
    lua_newtable(L);
    set_fields(L, event_place, point);
    set_fields(L, event_facts[EVENT_EPOCH], point);
    set_fields(L, event_wall, point);
}

static void push_eval(lua_State *L, const EvalPoint *point)
{
    Err err;
    Bin bin[PAPER_BINS];
    if (bins_from_fine(bin, PAPER_BINS, &point->as.bins, &err) != OK) raise_err(L, &err);
    lua_newtable(L);
    set_fields(L, event_place, point);
    set_fields(L, event_facts[EVENT_EVAL], point);
    set_fields(L, event_wall, point);
    for (const Measure *m = measures; m->name; m++) {
        if (m->of != MEASURE_BINS) continue;
        lua_pushnumber(L, m->bins(bin, PAPER_BINS));
        lua_setfield(L, -2, m->name);
    }
    lua_pushboolean(L, point->best != 0);
    lua_setfield(L, -2, "best");
}

/* Points are copied before they are pushed: a finaliser that Lua runs in between may pump, and the log move. */

int run_epochs(lua_State *L)
{
    const RunLog *log = &to_run(L, 1)->log;
    lua_createtable(L, (int)log->epochs, 0);
    for (ptrdiff_t i = 0; i < log->epochs; i++) {
        const EpochPoint point = log->epoch[i];
        push_epoch(L, &point);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}

int run_evals(lua_State *L)
{
    const RunLog *log = &to_run(L, 1)->log;
    lua_createtable(L, (int)log->evals, 0);
    for (ptrdiff_t i = 0; i < log->evals; i++) {
        const EvalPoint point = log->eval[i];
        push_eval(L, &point);
        lua_seti(L, -2, i + 1);
    }
    return 1;
}
