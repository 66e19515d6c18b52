/* calibrator.h - calibrators as rows of a table: fitted on predictions, applied to predictions. Pure functions; any
 * thread. */
#ifndef TARE_CALIB_CALIBRATOR_H
#define TARE_CALIB_CALIBRATOR_H

#include "calib/predictions.h"
#include <stdbool.h>

enum { FIT_ARRAYS = 8, FIT_NAME_SIZE = 24 };

struct Calibrator;

/* What a fit has found: arrays of numbers by name, which is how it is stored, and how a script sees it. */
typedef struct {
    const struct Calibrator *of;
    int arrays;
    struct {
        char name[FIT_NAME_SIZE];
        ptrdiff_t n;
        double *value;
    } array[FIT_ARRAYS];
    ptrdiff_t clipped; /* images with a stated probability below 1e-15, of which that was taken */
    bool at_bound;     /* a parameter lies at an end of its search: the data know no better one */
} Fit;

typedef struct Calibrator {
    const char *name;                                                         /* "temperature" */
    const char *title;                                                        /* "temperature scaling" */
    Status (*fit)(Fit *fit, const Predictions *pred, Err *err);               /* fit is empty before, but for `of` */
    Predictions *(*apply)(const Fit *fit, const Predictions *pred, Err *err); /* NULL with err set */
    void (*tell)(const Fit *fit, char *dst, size_t size);                     /* "T = 1.7359" */
} Calibrator;

extern const Calibrator temperature_scaling, isotonic; /* each in its own file */
extern const Calibrator *const calibrators[];          /* all of them; NULL at the end */

/* By name. NULL with err set: ERR_USAGE lists them. */
const Calibrator *calibrator_find(const char *name, Err *err);

/* Fit a calibrator on predictions that it is not judged on. ERR_FORMAT, ERR_MEMORY: the fit is empty. */
Status calibrator_fit(Fit *fit, const Calibrator *of, const Predictions *pred, Err *err);

/* New predictions. NULL with err set: ERR_USAGE for a fit that lacks an array, or is of other classes. */
Predictions *calibrator_apply(const Fit *fit, const Predictions *pred, Err *err);

void fit_free(Fit *fit);

/* Room for another array of n numbers, to be filled in; NULL with ERR_MEMORY. */
double *fit_add(Fit *fit, const char *name, ptrdiff_t n, Err *err);

/* An array of n numbers (n < 0: of any length, *found its length); NULL with ERR_USAGE where it is not there. */
const double *fit_array(const Fit *fit, const char *name, ptrdiff_t n, ptrdiff_t *found, Err *err);

#endif
