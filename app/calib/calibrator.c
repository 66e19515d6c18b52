/* calibrator.c - the table of calibrators, and what they have found as arrays. Pure functions; any thread. */
#include "calib/calibrator.h"

#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Calibrator *const calibrators[] = {&temperature_scaling, &isotonic, NULL};

const Calibrator *calibrator_find(const char *name, Err *err)
{
    char all[256] = "";
    for (const Calibrator *const *c = calibrators; *c; c++) {
        if (strcmp((*c)->name, name) == 0) return *c;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s\"%s\"", used ? ", " : "", (*c)->name);
    }
    err_set(err, ERR_USAGE, "no calibrator '%.60s'; there are %s", name, all);
    return NULL;
}

Status calibrator_fit(Fit *fit, const Calibrator *of, const Predictions *pred, Err *err)
{
    *fit = (Fit){.of = of};
    Status done = of->fit(fit, pred, err);
    if (done != OK) fit_free(fit);
    return done;
}

Predictions *calibrator_apply(const Fit *fit, const Predictions *pred, Err *err)
{
    return fit->of->apply(fit, pred, err);
}

void fit_free(Fit *fit)
{
    for (int i = 0; i < fit->arrays; i++) free(fit->array[i].value);
    *fit = (Fit){.of = fit->of};
}

double *fit_add(Fit *fit, const char *name, ptrdiff_t n, Err *err)
{
    double *value = fit->arrays < FIT_ARRAYS ? calloc((size_t)(n > 0 ? n : 1), sizeof *value) : NULL;
    if (!value) {
        err_set(err, ERR_MEMORY, "no memory for %td numbers of a calibrator", n);
        return NULL;
    }
    text_copy(fit->array[fit->arrays].name, FIT_NAME_SIZE, name);
    fit->array[fit->arrays].n = n;
    return fit->array[fit->arrays++].value = value;
}

const double *fit_array(const Fit *fit, const char *name, ptrdiff_t n, ptrdiff_t *found, Err *err)
{
    for (int i = 0; i < fit->arrays; i++) {
        if (strcmp(fit->array[i].name, name) != 0) continue;
        if (found) *found = fit->array[i].n;
        if (n < 0 || fit->array[i].n == n) return fit->array[i].value;
        err_set(err, ERR_USAGE, "a fit of %s has %td numbers \"%s\"; %td are needed here", fit->of->title,
                fit->array[i].n, name, n);
        return NULL;
    }
    err_set(err, ERR_USAGE, "a fit of %s has numbers \"%s\", and this one lacks them; take what calib.fit returned",
            fit->of->title, name);
    return NULL;
}
