/* registry.h - every function that Lua sees, a row each. The rows feed the binding, help, completion, the reference page
 * and a test that runs every example. */
#ifndef TARE_SCRIPT_REGISTRY_H
#define TARE_SCRIPT_REGISTRY_H

#include "base/option.h"
#include "calib/predictions.h"
#include "data/dataset.h"
#include "engine/engine.h"
#include "nn/net.h"
#include <lua.h>

typedef struct {
    const char *name;      /* "train.stage1", or a method "run:wait" */
    const char *arguments; /* "{ data =, model =, ... }" */
    const char *summary;   /* one line */
    const char *topic;     /* page of lua/help */
    const char *example;   /* Lua that runs as it stands (with the example prelude `ds`, `base`: see registry.c) */
    lua_CFunction call;
    const Option *options; /* of its one table argument, or NULL */
} ApiRow;

/* One table a file, each ended by name NULL; registry.c lists the tables. */
extern const ApiRow api_data[], api_nn[], api_train[], api_calib[], api_runs[], api_run[];
extern const ApiRow *const api_tables[]; /* NULL at the end */

void registry_open(lua_State *L); /* makes the modules and method tables */

/* options.c: the table at index into a spec by its option table; unknown names and wrong kinds raise with a suggestion.
 * Names in `except` (NULL-ended, may be NULL) are skipped: the binding reads them itself ("data", "from", "model"). */
void options_read(lua_State *L, int index, const Option *table, void *spec, const char *const *except);
void options_push(lua_State *L, const Option *table, const void *spec);

/* values.c: handles of C values; push_* take a reference, to_* raise on anything else ("expected a run, got nil"). */
void push_run(lua_State *L, Run *run);
Run *to_run(lua_State *L, int index);
void push_data(lua_State *L, Dataset *data);
Dataset *to_data(lua_State *L, int index);
void push_predictions(lua_State *L, Predictions *pred);
Predictions *to_predictions(lua_State *L, int index);
void push_model(lua_State *L, const ModelSpec *model);
const ModelSpec *to_model(lua_State *L, int index);

#endif
