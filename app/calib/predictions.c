/* predictions.c - what a network said of n images: checked once on the way in, immutable after. Any thread. */
#include "calib/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLIP          1e-15 /* the least probability that is taken from outside */
#define SUM_TOLERANCE 1e-4  /* of a row of imported probabilities */

/* Room for (n, classes), one reference; the labels are checked and copied, logp is the caller's to fill. */
static Predictions *make(ptrdiff_t n, ptrdiff_t classes, const int32_t *labels, Err *err)
{
    Predictions *pred = NULL;
    if (n < 1 || classes < 2) {
        err_set(err, ERR_USAGE, "%td predictions of %td classes; at least 1 of 2 classes is needed", n, classes);
        goto fail;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        if (labels[i] < 0 || labels[i] >= classes) {
            err_set(err, ERR_FORMAT, "row %td: label %d is outside 0..%td", i + 1, (int)labels[i], classes - 1);
            goto fail;
        }
    pred = calloc(1, sizeof *pred);
    if (pred && n <= PTRDIFF_MAX / classes / (ptrdiff_t)sizeof(float)) {
        *pred = (Predictions){.n = n, .classes = classes, .references = 1};
        pred->logp = malloc((size_t)(n * classes) * sizeof(float));
        pred->labels = malloc((size_t)n * sizeof(int32_t));
    }
    if (!pred || !pred->logp || !pred->labels) {
        err_set(err, ERR_MEMORY, "no memory for %td predictions of %td classes", n, classes);
        goto fail;
    }
    memcpy(pred->labels, labels, (size_t)n * sizeof(int32_t));
    return pred;
fail:
    predictions_release(pred);
    return NULL;
}

Predictions *predictions_new(ptrdiff_t n, ptrdiff_t classes, const float *logp, const int32_t *labels, Err *err)
{
    Predictions *pred = make(n, classes, labels, err);
    if (!pred) return NULL;
    for (ptrdiff_t i = 0; i < n; i++) {
        const float *row = logp + i * classes;
        float most = -INFINITY;
        for (ptrdiff_t k = 0; k < classes; k++) {
            if (isnan(row[k]) || row[k] == INFINITY) {
                err_set(err, ERR_FORMAT, "row %td: the log-probability of class %td is %f", i + 1, k, (double)row[k]);
                goto fail;
            }
            if (row[k] > most) most = row[k];
        }
        if (most == -INFINITY) {
            err_set(err, ERR_FORMAT, "row %td: every class has probability 0", i + 1);
            goto fail;
        }
    }
    memcpy(pred->logp, logp, (size_t)(n * classes) * sizeof(float));
    return pred;
fail:
    predictions_release(pred);
    return NULL;
}

/* logp (classes) = log of the clipped row p (classes); *clipped says whether one was raised. */
static Status log_row(float *logp, const double *p, ptrdiff_t classes, ptrdiff_t row, int *clipped, Err *err)
{
    double sum = 0;
    *clipped = 0;
    for (ptrdiff_t k = 0; k < classes; k++) {
        if (!(p[k] >= 0 && p[k] <= 1)) /* NaN fails too */
            return err_set(err, ERR_FORMAT, "row %td: the probability of class %td is %g, outside [0, 1]", row + 1, k,
                           p[k]);
        sum += p[k];
        if (p[k] < CLIP) *clipped = 1;
        logp[k] = (float)log(fmax(p[k], CLIP));
    }
    if (fabs(sum - 1) > SUM_TOLERANCE)
        return err_set(err, ERR_FORMAT, "row %td: the probabilities sum to %.6g, not 1; are they logits?", row + 1,
                       sum);
    return OK;
}

Predictions *predictions_from_probs(ptrdiff_t n, ptrdiff_t classes, const double *p, const int32_t *labels, Err *err)
{
    Predictions *pred = make(n, classes, labels, err);
    if (!pred) return NULL;
    for (ptrdiff_t i = 0; i < n; i++) {
        int clipped;
        TRY(log_row(pred->logp + i * classes, p + i * classes, classes, i, &clipped, err));
        pred->clipped += clipped;
    }
    return pred;
fail:
    predictions_release(pred);
    return NULL;
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
    free(p->logp);
    free(p->labels);
    free(p);
}

/* Index of the largest of x (n); the lowest of ties. */
static ptrdiff_t arg_max(const float *x, ptrdiff_t n)
{
    ptrdiff_t best = 0;
    for (ptrdiff_t k = 1; k < n; k++)
        if (x[k] > x[best]) best = k;
    return best;
}

PredictionRow predictions_row(const Predictions *pred, ptrdiff_t row, double *p)
{
    const float *logp = pred->logp + row * pred->classes;
    ptrdiff_t top = arg_max(logp, pred->classes);
    int32_t label = pred->labels[row];
    double sum = 0;
    for (ptrdiff_t k = 0; k < pred->classes; k++) sum += p[k] = exp((double)logp[k] - logp[top]);
    for (ptrdiff_t k = 0; k < pred->classes; k++) p[k] /= sum;
    double norm = logp[top] + log(sum);
    return (PredictionRow){p, pred->classes, label, norm - logp[label], p[top], top == label};
}

void predictions_top(const Predictions *pred, double *confidence, uint8_t *right)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        const float *logp = pred->logp + i * pred->classes;
        ptrdiff_t top = arg_max(logp, pred->classes);
        if (right) right[i] = top == pred->labels[i];
        if (!confidence) continue;
        double sum = 0;
        for (ptrdiff_t k = 0; k < pred->classes; k++) sum += exp((double)logp[k] - logp[top]);
        confidence[i] = 1 / sum;
    }
}
