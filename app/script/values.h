/* values.h - C values as Lua sees them: handles of runs, data sets, networks and predictions; scores and epochs as
 * tables. Main thread.
 *
 * push_* make a handle; where the value is counted the handle is empty at first, so that nothing is held when Lua has
 * no memory for it: the caller puts its reference in at once. to_* raise on anything else ("expected a run, got nil").
 */
#ifndef TARE_SCRIPT_VALUES_H
#define TARE_SCRIPT_VALUES_H

#include "calib/bins.h"
#include "calib/calibrator.h"
#include "calib/predictions.h"
#include "calib/scores.h"
#include "data/dataset.h"
#include "engine/engine.h"
#include "nn/net.h"
#include <lua.h>

void values_open(lua_State *L);

/* "run" of a run's handle, "dataset", ...; NULL for any other value. Runs nothing of the user's. */
const char *value_class(lua_State *L, int index);

void push_run(lua_State *L, Run *run);
Run *to_run(lua_State *L, int index);

/* A handle of the data set that spec describes, loaded now; raises what is wrong with it. */
Dataset *push_data(lua_State *L, const DataSpec *spec);

/* The same of a run's images: those that Lua still has, else loaded again; raises when they have changed since. */
Dataset *push_data_of(lua_State *L, const Run *run);
Dataset *to_data(lua_State *L, int index);
ModelSpec *push_model(lua_State *L);
const ModelSpec *to_model(lua_State *L, int index);

/* Tell Lua's collector of memory that a new value holds outside of Lua: else it sees 60 bytes where 15 MB are, and lets
 * them pile up. */
void value_weighs(lua_State *L, size_t bytes);

/* Predictions say where they came from: "test of base (stage 1, recipe small, seed 1)". */
Predictions **push_predictions(lua_State *L, const char *origin);
int made_predictions(lua_State *L, Predictions **handle,
                     const Err *err); /* 1: the handle holds some; else raises err */
Predictions *to_predictions(lua_State *L, int index);
const char *predictions_origin(lua_State *L, int index); /* pushes the text it returns */

/* bin (count) of the predictions at index; leaves its work memory on the stack. */
void read_bins_of(lua_State *L, int index, Bin *bin, int count);

/* A table of all scores, with the recipe they were computed by. */
void push_scores(lua_State *L, const Scores *scores, const char *origin);

void push_fit(lua_State *L, const Fit *fit); /* { method =, at_bound =, and its arrays by name } */

/* points.c: an epoch as a table, and run.epochs, run.evals. */
void push_epoch(lua_State *L, const EpochPoint *point);
int run_epochs(lua_State *L), run_evals(lua_State *L);

/* The split named at index, `missing` where there is none; raises on others than valid and test. */
SplitId to_split(lua_State *L, int index, SplitId missing);

#endif
