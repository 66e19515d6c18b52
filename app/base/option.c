/* option.c - see option.h. Pure functions; any thread. */
#include "base/option.h"

#include "base/text.h"
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 64, TABLES_MOST = 64 };

/* ---- tables in tables ---- */

/* A table with its groups opened; made once, kept for ever. */
typedef struct {
    const Option *table;
    Option row[ROWS_MOST + 1];
    int rows;
} Opened;

/* Another default for a row that is there already. */
static void change_default(Opened *to, const Option *usual)
{
    for (Option *o = to->row; o < to->row + to->rows; o++) {
        if (strcmp(o->name, usual->name) != 0) continue;
        o->initial = usual->initial;
        if (usual->help) o->help = usual->help;
        return;
    }
    assert(!"a default for a row that no group before it has");
}

static void open_table(Opened *to, const Option *table, size_t offset)
{
    for (const Option *o = table; o->name; o++) {
        if (o->kind == OPTION_GROUP) {
            open_table(to, o->choices, offset + o->offset);
        } else if (o->kind == OPTION_USUAL) {
            change_default(to, o);
        } else {
            assert(to->rows < ROWS_MOST);
            to->row[to->rows] = *o;
            to->row[to->rows++].offset += offset;
        }
    }
}

const Option *option_rows(const Option *table)
{
    static Opened all[TABLES_MOST];
    static int opened;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const Option *o = table;
    while (o->name && o->kind < OPTION_GROUP) o++;
    if (!o->name) return table; /* as it is written */
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < opened && all[i].table != table) i++;
    if (i == opened) {
        assert(opened < TABLES_MOST);
        all[i].table = table;
        open_table(&all[opened++], table, 0);
    }
    pthread_mutex_unlock(&lock);
    return all[i].row;
}

/* ---- fields ---- */

static void *field(const Option *o, void *spec)
{
    return (char *)spec + o->offset;
}

static const void *field_of(const Option *o, const void *spec)
{
    return (const char *)spec + o->offset;
}

const Option *option_find(const Option *table, const char *name)
{
    for (const Option *o = option_rows(table); o->name; o++)
        if (strcmp(o->name, name) == 0) return o;
    return NULL;
}

void option_defaults(const Option *table, void *spec)
{
    for (const Option *o = option_rows(table); o->name; o++) {
        Err err;
        Status set;
        if (o->kind == OPTION_BOOL)
            set = option_set_bool(o, spec, strcmp(o->initial, "true") == 0, &err);
        else if (o->kind == OPTION_TEXT || o->kind == OPTION_CHOICE)
            set = option_set_text(o, spec, o->initial, &err);
        else
            set = option_set_number(o, spec, strtod(o->initial, NULL), &err);
        assert(set == OK); /* a default outside its own range is a bug in the table */
        (void)set;
    }
}

/* "epochs = 0: a whole number from 1 to 10000" */
static Status refuse(const Option *o, const char *given, Err *err)
{
    switch (o->kind) {
    case OPTION_INT:
        return err_set(err, ERR_USAGE, "%s = %s: expected a whole number from %.0f to %.0f", o->name, given, o->least,
                       o->most);
    case OPTION_REAL:
        return err_set(err, ERR_USAGE, "%s = %s: expected a number from %g to %g", o->name, given, o->least, o->most);
    case OPTION_BOOL:
        return err_set(err, ERR_USAGE, "%s = %s: expected true or false", o->name, given);
    case OPTION_TEXT:
        return err_set(err, ERR_USAGE, "%s = %s: expected a string of at most %d bytes", o->name, given,
                       OPTION_TEXT_SIZE - 1);
    default:
        return err_set(err, ERR_USAGE, "%s = %s: expected one of %s", o->name, given, (const char *)o->choices);
    }
}

Status option_set_number(const Option *o, void *spec, double value, Err *err)
{
    char given[32];
    snprintf(given, sizeof given, "%.10g", value);
    bool fits = value >= o->least && value <= o->most; /* false for NaN */
    if (o->kind == OPTION_INT && fits && value == floor(value))
        *(int64_t *)field(o, spec) = (int64_t)value;
    else if (o->kind == OPTION_REAL && fits)
        *(double *)field(o, spec) = value;
    else
        return refuse(o, given, err);
    return OK;
}

Status option_set_bool(const Option *o, void *spec, bool value, Err *err)
{
    if (o->kind != OPTION_BOOL) return refuse(o, value ? "true" : "false", err);
    *(bool *)field(o, spec) = value;
    return OK;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strcspn(value, "|");
    if (value[length]) return false; /* two choices at once */
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
        if (strncmp(c, value, length) == 0 && (c[length] == '|' || c[length] == 0)) return true;
    return false;
}

Status option_set_text(const Option *o, void *spec, const char *value, Err *err)
{
    char given[80];
    snprintf(given, sizeof given, "\"%.60s\"", value);
    bool fits = (o->kind == OPTION_TEXT || (o->kind == OPTION_CHOICE && is_choice(o->choices, value))) &&
                strlen(value) < OPTION_TEXT_SIZE;
    if (!fits) return refuse(o, given, err);
    if (!text_is_clean(value))
        return err_set(err, ERR_USAGE, "%s = %s: a control character, or bytes that are not UTF-8", o->name, given);
    text_copy(field(o, spec), OPTION_TEXT_SIZE, value);
    return OK;
}

Status option_unknown(const Option *table, const char *name, Err *err)
{
    const char *names[ROWS_MOST] = {0};
    size_t count = 0;
    char all[640] = "";
    for (const Option *o = option_rows(table); o->name && count < ROWS_MOST; o++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", count ? ", " : "", o->name);
        names[count++] = o->name;
    }
    const char *near = text_nearest(name, names, count);
    if (near) return err_set(err, ERR_USAGE, "unknown option '%.60s' (did you mean '%s'?)", name, near);
    return err_set(err, ERR_USAGE, "unknown option '%.60s'; options: %s", name, count ? all : "none");
}

char *option_text(const Option *o, const void *spec, char *dst, size_t size)
{
    const void *f = field_of(o, spec);
    switch (o->kind) {
    case OPTION_INT:
        snprintf(dst, size, "%lld", (long long)*(const int64_t *)f);
        break;
    case OPTION_BOOL:
        snprintf(dst, size, "%s", *(const bool *)f ? "true" : "false");
        break;
    case OPTION_REAL: {
        double value = *(const double *)f;
        for (int digits = 6; digits <= 17; digits++) {
            snprintf(dst, size, "%.*g", digits, value);
            if (strtod(dst, NULL) == value) break;
        }
        break;
    }
    default:
        text_copy(dst, size, f);
    }
    return dst;
}

double option_number(const Option *o, const void *spec)
{
    const void *f = field_of(o, spec);
    if (o->kind == OPTION_INT) return (double)*(const int64_t *)f;
    if (o->kind == OPTION_BOOL) return *(const bool *)f;
    assert(o->kind == OPTION_REAL);
    return *(const double *)f;
}
