/* measures.h - the table of measures: what can be said of predictions in one number. Pure functions; any thread.
 *
 * Scores, Lua values, summary.json, tables, csv and help are loops over the rows: a new measure is one function and one
 * row. */
#ifndef TARE_CALIB_MEASURES_H
#define TARE_CALIB_MEASURES_H

#include "calib/bins.h"
#include "calib/predictions.h"
#include <stdbool.h>

/* What a measure is computed from. */
typedef enum {
    MEASURE_ROWS,        /* a mean over the images of what each of them adds */
    MEASURE_CONFIDENCES, /* all confidences, in order, with whether each answer was right */
    MEASURE_BINS,        /* reliability bins of equal width */
    MEASURE_MASS_BINS,   /* bins of equal mass */
    MEASURE_SOURCES
} MeasureSource;

extern const char *const measure_source_name[MEASURE_SOURCES]; /* "rows", "confidences", "bins", "mass bins" */

typedef enum { BETTER_LOWER = -1, BETTER_NEITHER, BETTER_HIGHER } MeasureBetter;

typedef struct {
    const char *name;  /* in Lua, JSON and csv; NULL ends the table */
    const char *title; /* in tables and sentences */
    MeasureSource of;
    MeasureBetter better;
    bool column;        /* one of the columns of a comparison */
    double scale;       /* what is shown is scale * value, by `format`, and `unit` behind it */
    const char *format; /* of printf, one double */
    const char *unit;   /* "%" or "" */
    const char *help;

    /* The one that fits `of`: */
    double (*row)(const PredictionRow *row, double sum);      /* sum and what this image adds to it */
    double (*confidences)(const Answer *answer, ptrdiff_t n); /* answers in order of confidence, n >= 1 */
    double (*bins)(const Bin *bin, int count);                /* NaN when all are empty */
} Measure;

enum { MEASURES_MOST = 32 };
extern const Measure measures[]; /* ends with name NULL */

/* The NLL takes a label's stated probability of this image for 1e-15: scores count them. */
bool measure_clips(const PredictionRow *row);

const Measure *measure_find(const char *name); /* NULL when there is none */

#endif
