/* rows.c - all rows in one list, see rows.h. Main thread. */
#include "script/rows.h"

#include "run/job.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MOST = 256 };

/* The way in: everything else is found from here. */
static const ApiRow api_help[] = {
    {"help", "[topic]",
     "the pages of help, one page, one function, or all that speak of a word: help \"ece\", help(train.tst)",
     "workbench", "help \"ece\"", NULL, "help.show"},
    {0},
};

const ApiRow *const *rows_all(void)
{
    static const ApiRow *all[ROWS_MOST + 1];
    if (all[0]) return all;

    /* in the order of the overview: help, then as one meets them in an experiment */
    const ApiRow *const tables[] = {api_help,    api_data,    source_rows(), api_nn,    family_rows(),
                                    api_summary, api_weights, api_train,     api_calib, api_paired,
                                    api_runs,    api_run,     api_result,    api_plot,  api_ui};
    int count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const ApiRow *row = tables[i]; row->name; row++) {
            assert(count < ROWS_MOST);
            all[count++] = row;
        }
    return all;
}

const ApiRow *row_find(const char *name)
{
    for (const ApiRow *const *at = rows_all(); *at; at++)
        if (strcmp((*at)->name, name) == 0) return *at;
    return NULL;
}

const char *row_member(const ApiRow *row, const char *owner)
{
    size_t length = strlen(owner);
    bool of_owner = strncmp(row->name, owner, length) == 0 && (row->name[length] == '.' || row->name[length] == ':');
    return of_owner ? row->name + length + 1 : NULL;
}

bool row_is_method(const ApiRow *row)
{
    return strchr(row->name, ':') != NULL;
}

const Option *row_options(const ApiRow *row)
{
    const char *kind = row_member(row, "train");
    const Option *table = kind ? job_kind(kind)->options : row->call ? row->detail : NULL;
    if (strcmp(row->name, "data.load") == 0) table = source_options();
    return table ? option_rows(table) : NULL;
}

char *row_arguments(char *dst, size_t size, const Option *table, const char *except)
{
    static const char more[] = " ... }";
    int used = snprintf(dst, size, "{");
    for (const Option *o = option_rows(table); o->name; o++) {
        if (except && strcmp(o->name, except) == 0) continue;
        const char *comma = used > 1 ? "," : "";
        if ((size_t)used + strlen(o->name) + 4 + sizeof more > size) { /* " name =" and what may follow */
            snprintf(dst + used, size - (size_t)used, "%s%s", comma, more);
            return dst;
        }
        used += snprintf(dst + used, size - (size_t)used, "%s %s =", comma, o->name);
    }
    snprintf(dst + used, size - (size_t)used, used > 1 ? " }" : "}");
    return dst;
}
