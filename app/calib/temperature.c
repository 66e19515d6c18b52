/* temperature.c - temperature scaling, fitted to convergence. Pure functions; any thread. */
#include "calib/temperature.h"

#include "calib/calibrator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define T_MOST 64.0 /* the search runs over [1/64, 64] */

/* The mean NLL of softmax(beta z) and its derivatives in beta = 1/t. */
typedef struct {
    double nll;
    double slope; /* mean of E_p[z] - z_y */
    double curve; /* mean of Var_p[z], >= 0: the NLL is convex in beta */
} Loss;

/* z (classes) is scratch, here and below. */
static Loss loss_at(const Predictions *pred, double beta, double *z)
{
    Loss sum = {0};
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        double most = -INFINITY, s0 = 0, s1 = 0, s2 = 0;
        bool clipped;
        predictions_logits(pred, i, z, &clipped);
        for (ptrdiff_t k = 0; k < pred->classes; k++) most = fmax(most, z[k]);
        for (ptrdiff_t k = 0; k < pred->classes; k++) {
            double d = z[k] - most, e = exp(beta * d);
            if (e == 0) continue; /* d may be -Inf */
            s0 += e;
            s1 += e * d;
            s2 += e * d * d;
        }
        double mean = s1 / s0, label = z[pred->labels[i]] - most;
        sum.nll += log(s0) - beta * label;
        sum.slope += mean - label;
        sum.curve += s2 / s0 - mean * mean;
    }
    double n = (double)pred->n;
    return (Loss){sum.nll / n, sum.slope / n, sum.curve / n};
}

/* The zero of the slope between u = lo (slope < 0) and hi (slope > 0), u = log beta: Newton's steps, and a
 * bisection where one would leave the bracket or does not halve the one before. A minimum searched by its
 * values would stop at half the digits. */
static double zero_slope(const Predictions *pred, double lo, double hi, double *z)
{
    double u = 0, before = hi - lo;
    for (int i = 0; i < 200; i++) {
        Loss at = loss_at(pred, exp(u), z);
        double step = -at.slope / (at.curve * exp(u));
        if (at.slope == 0 || fabs(step) < 1e-14) break;
        if (at.slope < 0)
            lo = u;
        else
            hi = u;
        if (!(u + step > lo && u + step < hi && fabs(step) < before / 2)) step = (lo + hi) / 2 - u;
        before = fabs(step);
        u += step;
    }
    return u;
}

/* Refuse a label that no temperature can reach; count what predictions_logits raises. */
static Status look_over(Temperature *fit, const Predictions *pred, double *z, Err *err)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        bool clipped;
        predictions_logits(pred, i, z, &clipped);
        fit->clipped += clipped;
        if (z[pred->labels[i]] == -INFINITY)
            return err_set(err, ERR_FORMAT, "row %td gives its label a logit of -inf, which no temperature mends",
                           i + 1);
    }
    return OK;
}

Status temperature_fit(Temperature *fit, const Predictions *pred, Err *err)
{
    Status status = OK;
    double *z = malloc((size_t)pred->classes * sizeof *z);
    if (!z) return err_set(err, ERR_MEMORY, "no memory for a row of %td classes", pred->classes);
    *fit = (Temperature){.t = 1};
    TRY(status = look_over(fit, pred, z, err));
    fit->nll_before = loss_at(pred, 1, z).nll;

    /* Convex in beta: the slopes at both ends say whether a minimum lies between them. */
    double cold = loss_at(pred, T_MOST, z).slope, hot = loss_at(pred, 1 / T_MOST, z).slope;
    bool flat = cold == 0 && hot == 0; /* every t is as good: t = 1 stays */
    fit->at_bound = !flat && (cold <= 0 || hot >= 0);
    if (fit->at_bound)
        fit->t = cold <= 0 ? 1 / T_MOST : T_MOST;
    else if (!flat)
        fit->t = exp(-zero_slope(pred, -log(T_MOST), log(T_MOST), z));
    fit->nll = loss_at(pred, 1 / fit->t, z).nll;
fail:
    free(z);
    return status;
}

/* Logits are known up to a constant a row: the largest is set to 0, so that a small t cannot make them infinite. */
Predictions *temperature_apply(const Predictions *pred, double t, Err *err)
{
    if (!(t > 0 && t < INFINITY)) {
        err_set(err, ERR_USAGE, "temperature %g; take a number above 0 (1 changes nothing)", t);
        return NULL;
    }
    if (t == 1) return predictions_retain((Predictions *)pred); /* what was given, not the same up to rounding */
    bool fits = pred->n <= PTRDIFF_MAX / pred->classes / (ptrdiff_t)sizeof(double), clipped;
    double *cooled = fits ? malloc((size_t)(pred->n * pred->classes) * sizeof *cooled) : NULL;
    if (!cooled) {
        err_set(err, ERR_MEMORY, "no memory for %td predictions of %td classes", pred->n, pred->classes);
        return NULL;
    }
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        double *z = cooled + i * pred->classes, most = -INFINITY;
        predictions_logits(pred, i, z, &clipped);
        for (ptrdiff_t k = 0; k < pred->classes; k++) most = fmax(most, z[k]);
        for (ptrdiff_t k = 0; k < pred->classes; k++) z[k] = (z[k] - most) / t;
    }
    Predictions *out = predictions_new(SAID_LOGITS, true, pred->n, pred->classes, cooled, pred->labels, err);
    free(cooled);
    return out;
}

/* ---- as a calibrator ---- */

static Status fit_temperature(Fit *fit, const Predictions *pred, Err *err)
{
    Temperature found;
    Status done = temperature_fit(&found, pred, err);
    double *t = done == OK ? fit_add(fit, "t", 1, err) : NULL;
    if (!t) return done == OK ? ERR_MEMORY : done;
    *t = found.t;
    fit->at_bound = found.at_bound;
    fit->clipped = found.clipped;
    return OK;
}

static Predictions *apply_temperature(const Fit *fit, const Predictions *pred, Err *err)
{
    const double *t = fit_array(fit, "t", 1, NULL, err);
    return t ? temperature_apply(pred, *t, err) : NULL;
}

static void tell_temperature(const Fit *fit, char *dst, size_t size)
{
    const double *t = fit_array(fit, "t", 1, NULL, NULL);
    snprintf(dst, size, "T = %.4f", t ? *t : NAN);
}

const Calibrator temperature_scaling = {"temperature", "temperature scaling", fit_temperature, apply_temperature,
                                        tell_temperature};
