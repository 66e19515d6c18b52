/* rows.h - every function that Lua sees, a row each. The rows feed the binding, help, completion, the reference page
 * and a test that runs every example. Main thread. */
#ifndef TARE_SCRIPT_ROWS_H
#define TARE_SCRIPT_ROWS_H

#include "base/option.h"
#include <lua.h>

typedef struct {
    const char *name; /* "train.stage1", a method "run:wait", a field of a handle "run.state", or a global "help" */
    const char *arguments; /* "{ data =, model =, ... }"; NULL for a field */
    const char *summary;   /* one line */
    const char *topic;     /* page of lua/help */
    const char *example;   /* Lua that runs as it stands (with the example prelude `ds`, `base`: see registry.c) */
    lua_CFunction call;    /* upvalue 1 is the row, a light userdata; a field is called with the handle. NULL: in Lua */
    const void *detail;    /* an Option table, of its one table argument, or NULL (of data.load and train.* see
                            * row_options).    In Lua: where, "compare.runs" is the function runs of lua/compare.lua */
} ApiRow;

/* One table a file, each ended by name NULL; rows.c lists the tables. */
extern const ApiRow api_data[], api_nn[], api_weights[], api_train[], api_calib[], api_paired[], api_runs[], api_run[],
    api_result[], api_plot[], api_ui[], api_summary[];

/* Rows that are made, once: a function for each row of the table of families (nn.wrn) and of data sources (data.svhn).
 */
const ApiRow *family_rows(void);
const ApiRow *source_rows(void);
const Option *source_options(void); /* all that any source takes */

/* All rows, NULL at the end. */
const ApiRow *const *rows_all(void);

/* The row of this name, or NULL. */
const ApiRow *row_find(const char *name);

/* "wait" of the row "run:wait" for the owner "run"; NULL for a row of another owner. */
const char *row_member(const ApiRow *row, const char *owner);
bool row_is_method(const ApiRow *row);

const Option *row_options(const ApiRow *row); /* opened (option_rows), also those of train.*; NULL when it takes none */

/* "{ depth =, width = }" into dst, as far as there is room: the arguments of a row that is made. Without the option
 * `except`; NULL: with all. */
char *row_arguments(char *dst, size_t size, const Option *table, const char *except);

#endif
