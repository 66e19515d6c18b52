/* scores.h - all measures of a set of predictions. Pure functions; any thread. */
#ifndef TARE_CALIB_SCORES_H
#define TARE_CALIB_SCORES_H

#include "calib/measures.h"

typedef struct {
    ptrdiff_t n;
    int bins;                    /* of the measures of bins */
    ptrdiff_t clipped;           /* images whose label has a stated probability below 1e-15, which counts as that */
    double value[MEASURES_MOST]; /* in the order of measures[] */
} Scores;

/* All of them with `bins` bins (10 in the paper's protocol). ERR_USAGE: bins outside 1..BINS_MAX. */
Status scores_of(Scores *s, const Predictions *pred, int bins, Err *err);

/* The measure of that name, which there is. */
double score(const Scores *s, const char *name);

#endif
