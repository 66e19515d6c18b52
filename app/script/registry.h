/* registry.h - every function that Lua sees, a row each. The rows feed the binding, help, completion, the
 * reference page and a test that runs every example. */
#ifndef TARE_SCRIPT_REGISTRY_H
#define TARE_SCRIPT_REGISTRY_H

#include "base/option.h"
#include "calib/bins.h"
#include "calib/calibrator.h"
#include "calib/predictions.h"
#include "calib/scores.h"
#include "data/dataset.h"
#include "engine/engine.h"
#include "nn/net.h"
#include "plot/glyph.h"
#include "plot/table.h"
#include <lua.h>

typedef struct {
    const char *name; /* "train.stage1", a method "run:wait", a field of a handle "run.state", or a global "help" */
    const char *arguments; /* "{ data =, model =, ... }"; NULL for a field */
    const char *summary;   /* one line */
    const char *topic;     /* page of lua/help */
    const char *example;   /* Lua that runs as it stands (with the example prelude `ds`, `base`: see registry.c) */
    lua_CFunction call;    /* upvalue 1 is the row, a light userdata; a field is called with the handle */
    const Option *options; /* of its one table argument, or NULL; those of train.* stand in job_kinds */
} ApiRow;

/* One table a file, each ended by name NULL; registry.c lists the tables. */
extern const ApiRow api_data[], api_nn[], api_weights[], api_train[], api_calib[], api_runs[], api_run[], api_result[],
    api_plot[], api_ui[], api_help[];
extern const ApiRow *const api_tables[]; /* NULL at the end */

const Option *row_options(const ApiRow *row); /* also those of train.*; NULL when it takes none */

void registry_open(lua_State *L); /* makes the modules and method tables */

/* Return lua/MODULE.lua's function, called with all that is on the stack: what is written in Lua. It may park. */
int call_lua(lua_State *L, const char *module, const char *function);

/* Raise err's message with the script's line. Never returns. */
int raise_err(lua_State *L, const Err *err);

/* options.c: the table at index into a spec by its option table; unknown names and wrong kinds raise with a
 * suggestion. Names in `except` (NULL-ended, may be NULL) are skipped: the binding reads them itself ("data",
 * "from", "model"). An argument that is missing leaves the spec as it is. */
void options_read(lua_State *L, int index, const Option *table, void *spec, const char *const *except);
void options_push(lua_State *L, const Option *table, const void *spec);

/* `name` of the table at index, "" where there is none: the run's next free one. */
void read_run_name(lua_State *L, int index, char name[RUN_NAME_SIZE]);

/* values.c: handles of C values. push_* make one; where the value is counted the handle is empty at first, so that
 * nothing is held when Lua has no memory for it: the caller puts its reference in at once. to_* raise on anything
 * else ("expected a run, got nil"). */
void values_open(lua_State *L);
void push_run(lua_State *L, Run *run);
Run *to_run(lua_State *L, int index);
Dataset **push_data(lua_State *L);
Dataset *to_data(lua_State *L, int index);
ModelSpec *push_model(lua_State *L);
const ModelSpec *to_model(lua_State *L, int index);

/* Predictions say where they came from: "test of base (stage 1, recipe small, seed 1)". */
Predictions **push_predictions(lua_State *L, const char *origin);
Predictions *to_predictions(lua_State *L, int index);
const char *predictions_origin(lua_State *L, int index); /* pushes the text it returns */

/* summary.c: nn.summary(model, { ... }). */
int model_summary(lua_State *L);
extern const Option summary_options[];

/* texttable.c: require "registry".text_table. */
int text_table(lua_State *L);

/* The headers at index and the rows of cells at index + 1 (strings, false is an empty one); what is returned, and the
 * strings, live while what was pushed does. column has COLUMNS_MOST rows. */
enum { COLUMNS_MOST = 24 };
const char **read_cells(lua_State *L, int index, Column *column, int *columns, int *rows);

/* bin (count) of the predictions at index; leaves its work memory on the stack. */
void read_bins_of(lua_State *L, int index, Bin *bin, int count);
void push_lines(lua_State *L, const char *text); /* without the newlines at its end: print adds one */

/* A place for a malloc'ed text, freed with the userdata that it pushes. */
char **push_text_holder(lua_State *L);

/* What text output may be drawn with: blocks where the locale is UTF-8, else (or when asked) ASCII. */
const Glyphs *script_glyphs(bool ascii);

/* points.c: an epoch as a table, and run.epochs, run.evals. */
void push_epoch(lua_State *L, const EpochPoint *point);
int run_epochs(lua_State *L), run_evals(lua_State *L);

/* A table of all scores, with the recipe they were computed by. */
void push_scores(lua_State *L, const Scores *scores, const char *origin);
void push_fit(lua_State *L, const Fit *fit); /* { method =, at_bound =, and its arrays by name } */

/* The split named at index, `missing` where there is none; raises on others than valid and test. */
SplitId to_split(lua_State *L, int index, SplitId missing);

#endif
