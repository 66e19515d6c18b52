/* predictions.c - what a network said of n images: checked once on the way in, immutable after. Any thread. */
#include "calib/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUM_TOLERANCE 1e-4 /* of a row of probabilities */

const char *const said_name[SAID_FORMS] = {"logits", "logp", "p"};

/* ---- in ---- */

static double value_at(const Predictions *pred, ptrdiff_t row, ptrdiff_t k)
{
    ptrdiff_t i = row * pred->classes + k;
    return pred->wide ? ((const double *)pred->values)[i] : (double)((const float *)pred->values)[i];
}

/* "nan", never "-nan": the sign of a NaN means nothing. */
static double told(double x)
{
    return isnan(x) ? (double)NAN : x;
}

static Status check_logs(const Predictions *pred, ptrdiff_t row, Err *err)
{
    static const char *const noun[] = {[SAID_LOGITS] = "logit", [SAID_LOGP] = "log-probability"};
    double most = -INFINITY;
    for (ptrdiff_t k = 0; k < pred->classes; k++) {
        double x = value_at(pred, row, k);
        if (isnan(x) || x == INFINITY)
            return err_set(err, ERR_FORMAT, "row %td: the %s of class %td is %g", row + 1, noun[pred->form], k + 1,
                           told(x));
        most = fmax(most, x);
    }
    if (most == -INFINITY) return err_set(err, ERR_FORMAT, "row %td: every class has probability 0", row + 1);
    return OK;
}

static Status check_probabilities(const Predictions *pred, ptrdiff_t row, Err *err)
{
    double sum = 0;
    for (ptrdiff_t k = 0; k < pred->classes; k++) {
        double p = value_at(pred, row, k);
        if (!(p >= 0 && p <= 1)) /* NaN fails too */
            return err_set(err, ERR_FORMAT, "row %td: the probability of class %td is %g, outside [0, 1]", row + 1,
                           k + 1, told(p));
        sum += p;
    }
    if (fabs(sum - 1) > SUM_TOLERANCE)
        return err_set(err, ERR_FORMAT,
                       "row %td: the probabilities sum to %.6g, not 1; normalise = true divides each row by its sum "
                       "(are they logits?)",
                       row + 1, sum);
    return OK;
}

static Status check(const Predictions *pred, Err *err)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        Status status = pred->form == SAID_P ? check_probabilities(pred, i, err) : check_logs(pred, i, err);
        if (status != OK) return status;
        if (pred->labels[i] < 0 || pred->labels[i] >= pred->classes)
            return err_set(err, ERR_FORMAT, "row %td: its label is class %d, outside 1..%td", i + 1,
                           (int)pred->labels[i] + 1, pred->classes);
    }
    return OK;
}

Predictions *predictions_new(SaidForm form, bool wide, ptrdiff_t n, ptrdiff_t classes, const void *values,
                             const int32_t *labels, Err *err)
{
    size_t size = wide ? sizeof(double) : sizeof(float);
    Predictions *pred = NULL;
    if (n < 1 || classes < 2) {
        err_set(err, ERR_USAGE, "%td predictions of %td classes; at least 1 of 2 classes is needed", n, classes);
        return NULL;
    }
    pred = calloc(1, sizeof *pred);
    if (pred && n <= PTRDIFF_MAX / classes / (ptrdiff_t)size) {
        *pred = (Predictions){.n = n, .classes = classes, .form = form, .wide = wide, .references = 1};
        pred->values = malloc((size_t)(n * classes) * size);
        pred->labels = malloc((size_t)n * sizeof(int32_t));
    }
    if (!pred || !pred->values || !pred->labels) {
        err_set(err, ERR_MEMORY, "no memory for %td predictions of %td classes", n, classes);
        goto fail;
    }
    memcpy(pred->values, values, (size_t)(n * classes) * size);
    memcpy(pred->labels, labels, (size_t)n * sizeof(int32_t));
    TRY(check(pred, err));
    return pred;
fail:
    if (pred) pred->references = 1;
    predictions_release(pred);
    return NULL;
}

Status probabilities_normalise(double *p, ptrdiff_t n, ptrdiff_t classes, Err *err)
{
    for (ptrdiff_t i = 0; i < n; i++, p += classes) {
        double sum = 0;
        for (ptrdiff_t k = 0; k < classes; k++) sum += p[k];
        if (!(sum > 0 && sum < INFINITY))
            return err_set(err, ERR_FORMAT, "row %td: the probabilities sum to %g; nothing can be divided by that",
                           i + 1, told(sum));
        for (ptrdiff_t k = 0; k < classes; k++) p[k] /= sum;
    }
    return OK;
}

Predictions *predictions_retain(Predictions *p)
{
    __atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
    return p;
}

void predictions_release(Predictions *p)
{
    /* Release what this holder did, acquire what the others did: the last one frees. */
    if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0) return;
    free(p->values);
    free(p->labels);
    free(p);
}

/* ---- out ---- */

/* x (classes) = a row, as it was given. */
static void read_row(const Predictions *pred, ptrdiff_t row, double *x)
{
    if (pred->wide) {
        memcpy(x, (const double *)pred->values + row * pred->classes, (size_t)pred->classes * sizeof *x);
        return;
    }
    const float *given = (const float *)pred->values + row * pred->classes;
    for (ptrdiff_t k = 0; k < pred->classes; k++) x[k] = (double)given[k];
}

/* The class with the largest value of a row; the lowest of ties. */
static ptrdiff_t top_of(const Predictions *pred, ptrdiff_t row)
{
    ptrdiff_t best = 0;
    for (ptrdiff_t k = 1; k < pred->classes; k++)
        if (value_at(pred, row, k) > value_at(pred, row, best)) best = k;
    return best;
}

/* p_k = exp(z_k) / sum_j exp(z_j), computed from z - max z, so that nothing overflows; -log p_y = log sum - z_y keeps
 * its digits where p_y itself is 0 in double. */
PredictionRow predictions_row(const Predictions *pred, ptrdiff_t row, double *p)
{
    int32_t label = pred->labels[row];
    ptrdiff_t top = top_of(pred, row);
    read_row(pred, row, p);
    PredictionRow said = {p, pred->classes, label, -log(p[label]), p[top], top == label, true};
    if (pred->form == SAID_P) return said;
    double most = p[top], of_label = p[label], sum = 0;
    for (ptrdiff_t k = 0; k < pred->classes; k++) sum += p[k] = exp(p[k] - most);
    for (ptrdiff_t k = 0; k < pred->classes; k++) p[k] /= sum;
    said.nll = most + log(sum) - of_label;
    said.confidence = p[top];
    said.stated = false;
    return said;
}

void predictions_logits(const Predictions *pred, ptrdiff_t row, double *z, bool *clipped)
{
    read_row(pred, row, z);
    *clipped = false;
    for (ptrdiff_t k = 0; pred->form == SAID_P && k < pred->classes; k++) {
        *clipped |= z[k] < LEAST_PROBABILITY;
        z[k] = log(fmax(z[k], LEAST_PROBABILITY));
    }
}

void predictions_top(const Predictions *pred, double *confidence, uint8_t *right)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        ptrdiff_t top = top_of(pred, i);
        double most = value_at(pred, i, top), sum = 0;
        if (right) right[i] = top == pred->labels[i];
        if (!confidence) continue;
        for (ptrdiff_t k = 0; pred->form != SAID_P && k < pred->classes; k++) sum += exp(value_at(pred, i, k) - most);
        confidence[i] = pred->form == SAID_P ? most : 1 / sum;
    }
}
