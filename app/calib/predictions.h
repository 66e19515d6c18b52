/* predictions.h - what a network said of n images, and what they were: the one input of every score. */
#ifndef TARE_CALIB_PREDICTIONS_H
#define TARE_CALIB_PREDICTIONS_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Immutable once made; shared by reference count. */
typedef struct {
    ptrdiff_t n, classes;
    float *logp;       /* (n, classes) log-probabilities; rows are normalised again, in double, when read */
    int32_t *labels;   /* (n), 0-based */
    ptrdiff_t clipped; /* samples with an imported probability that was raised to 1e-15 */
    int references;    /* atomic */
} Predictions;

/* Copies logp and labels. ERR_FORMAT with the row: NaN, +Inf, a row that is -Inf throughout, label outside
 * 0..classes-1. ERR_USAGE: n < 1 or classes < 2. */
Predictions *predictions_new(ptrdiff_t n, ptrdiff_t classes, const float *logp, const int32_t *labels, Err *err);

/* From probabilities p (n, classes): each in [0, 1], rows that sum to 1 within 1e-4, clipped at 1e-15. */
Predictions *predictions_from_probs(ptrdiff_t n, ptrdiff_t classes, const double *p, const int32_t *labels, Err *err);

Predictions *predictions_retain(Predictions *p);
void predictions_release(Predictions *p); /* NULL is fine */

/* What is said of one image. */
typedef struct {
    const double *p; /* (classes) probabilities */
    ptrdiff_t classes;
    int32_t label;
    double nll;        /* -log p of the label, whatever p underflows to */
    double confidence; /* max p */
    bool right;        /* the arg max (the lowest index of ties) is the label */
} PredictionRow;

/* p (classes) is the caller's, and the row's. */
PredictionRow predictions_row(const Predictions *pred, ptrdiff_t row, double *p);

/* confidence (n) = max p, right (n) = 1 where the arg max (lowest index of ties) is the label. Either may be NULL. */
void predictions_top(const Predictions *pred, double *confidence, uint8_t *right);

#endif
