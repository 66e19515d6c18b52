/* predictions.h - what a network said of n images, and what they were: the one input of every score.
 *
 * What was given is what is kept: logits, log-probabilities or probabilities, in float or in double. Probabilities are
 * neither clipped nor normalised: a stated confidence of .7 stays .7. */
#ifndef TARE_CALIB_PREDICTIONS_H
#define TARE_CALIB_PREDICTIONS_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    SAID_LOGITS, /* before the softmax, known up to a constant a row */
    SAID_LOGP,   /* log-probabilities, such as the log of a mean of softmaxes; normalised again when read */
    SAID_P,      /* probabilities, as they stand */
    SAID_FORMS
} SaidForm;

/* What the form is called in a file and in Lua: "logits", "logp", "p". */
extern const char *const said_name[SAID_FORMS];

/* Immutable once made; shared by reference count. */
typedef struct {
    ptrdiff_t n, classes;
    SaidForm form;
    bool wide;       /* values are double, else float */
    void *values;    /* (n, classes) */
    int32_t *labels; /* (n), 0-based */
    int references;  /* atomic */
} Predictions;

/* Copies values (double where wide, else float) and labels. ERR_FORMAT with row and class, counted from 1: NaN, a logit
 * of +Inf, a row of -Inf throughout, a probability outside [0, 1], rows of them that do not sum to 1 within 1e-4, a
 * label outside the classes. ERR_USAGE: n < 1 or classes < 2. */
Predictions *predictions_new(SaidForm form, bool wide, ptrdiff_t n, ptrdiff_t classes, const void *values,
                             const int32_t *labels, Err *err);

/* p (n, classes): every row divided by its sum; ERR_FORMAT where that is not above 0. */
Status probabilities_normalise(double *p, ptrdiff_t n, ptrdiff_t classes, Err *err);

Predictions *predictions_retain(Predictions *p);
void predictions_release(Predictions *p); /* NULL is fine */

/* What is said of one image. */
typedef struct {
    const double *p; /* (classes) probabilities */
    ptrdiff_t classes;
    int32_t label;
    double nll;        /* -log p of the label: whatever p underflows to, and infinite where 0 was stated */
    double confidence; /* max p */
    bool right;        /* the arg max (the lowest index of ties) is the label */
    bool stated;       /* p was given as it is, not computed from logs */
} PredictionRow;

/* p (classes) is the caller's, and the row's. */
PredictionRow predictions_row(const Predictions *pred, ptrdiff_t row, double *p);

/* z (classes) = the logits or log-probabilities of a row; of probabilities their logs, at least log 1e-15: *clipped
 * says whether one of them was raised. */
void predictions_logits(const Predictions *pred, ptrdiff_t row, double *z, bool *clipped);

/* The least probability whose logarithm is taken. */
#define LEAST_PROBABILITY 1e-15

/* confidence (n) = max p, right (n) = 1 where the arg max (lowest index of ties) is the label. Either may be NULL. */
void predictions_top(const Predictions *pred, double *confidence, uint8_t *right);

#endif
