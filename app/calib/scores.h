/* scores.h - accuracy, proper scores and calibration errors of a set of predictions. Pure functions; any thread. */
#ifndef TARE_CALIB_SCORES_H
#define TARE_CALIB_SCORES_H

#include "calib/bins.h"

typedef struct {
    ptrdiff_t n;
    int bins;          /* of ece, mce, avgce and ece_em */
    double accuracy;   /* share right */
    double confidence; /* mean confidence */
    double gap;        /* confidence - accuracy: > 0 is over-confident */
    double nll;        /* mean -log p_y, nats */
    double brier;      /* mean over samples of sum_k (p_k - [k = y])^2, 0..2 */
    double ece, mce, avgce, ece_em;
} Scores;

/* All of them with `bins` equal-width bins (10 in the paper's protocol). ERR_USAGE: bins outside 1..BINS_MAX. */
Status scores_of(Scores *s, const Predictions *pred, int bins, Err *err);

#endif
