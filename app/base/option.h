/* option.h - a struct's fields as a table: name, kind, range, default, help.
 *
 * One table row makes an option known everywhere: it is checked when a script sets it, written to and read from a
 * run's config.json, shown by help, and offered by completion. */
#ifndef TARE_BASE_OPTION_H
#define TARE_BASE_OPTION_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    OPTION_INT,    /* int64_t */
    OPTION_REAL,   /* double */
    OPTION_BOOL,   /* bool */
    OPTION_TEXT,   /* char[OPTION_TEXT_SIZE] */
    OPTION_CHOICE, /* char[OPTION_TEXT_SIZE], one of the words in `choices`, "a|b|c" */
    OPTION_GROUP,  /* in its place stand the rows of another table, their fields from `offset` on */
    OPTION_USUAL,  /* the row of this name in a group before it has another default, and another help if one is given */
} OptionKind;

enum { OPTION_TEXT_SIZE = 256 };

typedef struct {
    const char *name; /* of a group: "" */
    OptionKind kind;
    size_t offset;       /* of the field in its struct */
    const char *initial; /* the default, as text: "2e-3", "true", "cosine" */
    double least, most;  /* inclusive range of numbers (OPTION_INT: within +-2^53) */
    const void *choices; /* OPTION_CHOICE: its words, "a|b|c"; OPTION_GROUP: its table */
    const char *help;    /* one line */
} Option;

/* A table ends with a row whose name is NULL. The functions below take tables as they are written; whoever loops over
 * one loops over option_rows: its rows in order, groups opened, defaults as they are in the end. Lives for ever. */
const Option *option_rows(const Option *table);

const Option *option_find(const Option *table, const char *name);

/* Set every field to its default. */
void option_defaults(const Option *table, void *spec);

/* Check and set one field. ERR_USAGE with a message that names the option, what it was given and what it takes. */
Status option_set_number(const Option *o, void *spec, double value, Err *err);
Status option_set_bool(const Option *o, void *spec, bool value, Err *err);
Status option_set_text(const Option *o, void *spec, const char *value, Err *err);

/* ERR_USAGE: "unknown option 'epoch' (did you mean 'epochs'?)", or the list of options where none is near. */
Status option_unknown(const Option *table, const char *name, Err *err);

/* The value of a field as text ("0.002", "cosine") into dst; returns dst. Numbers round-trip. */
char *option_text(const Option *o, const void *spec, char *dst, size_t size);

double option_number(const Option *o, const void *spec); /* OPTION_INT, OPTION_REAL, OPTION_BOOL */
#endif
