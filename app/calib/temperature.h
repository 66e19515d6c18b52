/* temperature.h - temperature scaling (Guo et al., ICML 2017), fitted to convergence. Pure functions; any thread. */
#ifndef TARE_CALIB_TEMPERATURE_H
#define TARE_CALIB_TEMPERATURE_H

#include "calib/predictions.h"
#include <stdbool.h>

typedef struct {
    double t;               /* p_T = softmax(z / t): > 1 softens */
    double nll_before, nll; /* on the data it was fitted on */
    bool at_bound;          /* the best t lies at an end of [1/64, 64]: the data say "no finite temperature" */
    ptrdiff_t clipped;      /* images with a stated probability below 1e-15, of which that was taken */
} Temperature;

/* The t that minimises the mean NLL of softmax(z / t): convex in 1/t, one dimension, searched on log t
 * to full precision. */
Status temperature_fit(Temperature *fit, const Predictions *pred, Err *err);

/* New predictions: logits z / t, in double; pred itself where t = 1. The caller owns one reference. NULL with err set:
 * ERR_USAGE for t not in (0, inf). */
Predictions *temperature_apply(const Predictions *pred, double t, Err *err);

#endif
