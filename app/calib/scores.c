/* scores.c - accuracy, proper scores and calibration errors of a set of predictions. Pure functions; any thread. */
#include "calib/scores.h"

#include <stdlib.h>

/* Accuracy, mean confidence and their gap, from confidence (n) and right (n). */
static void top_label(Scores *s, const double *confidence, const uint8_t *right)
{
    double sum_confidence = 0, sum_right = 0;
    for (ptrdiff_t i = 0; i < s->n; i++) {
        sum_confidence += confidence[i];
        sum_right += right[i];
    }
    s->confidence = sum_confidence / (double)s->n;
    s->accuracy = sum_right / (double)s->n;
    s->gap = s->confidence - s->accuracy;
}

/* NLL and Brier: the scores of the whole distribution. p (classes) is scratch. */
static void proper(Scores *s, const Predictions *pred, double *p)
{
    double nll = 0, brier = 0;
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        int32_t label = pred->labels[i];
        nll += predictions_row(pred, i, p) - pred->logp[i * pred->classes + label];
        p[label] -= 1;
        for (ptrdiff_t k = 0; k < pred->classes; k++) brier += p[k] * p[k];
    }
    s->nll = nll / (double)pred->n;
    s->brier = brier / (double)pred->n;
}

Status scores_of(Scores *s, const Predictions *pred, int bins, Err *err)
{
    Status status = OK;
    Bin bin[BINS_MAX];
    int made;
    double *confidence = malloc((size_t)pred->n * sizeof *confidence);
    uint8_t *right = malloc((size_t)pred->n);
    double *p = malloc((size_t)pred->classes * sizeof *p);
    if (!confidence || !right || !p) {
        status = err_set(err, ERR_MEMORY, "no memory for the scores of %td predictions", pred->n);
        goto fail;
    }
    *s = (Scores){.n = pred->n, .bins = bins};
    predictions_top(pred, confidence, right);
    top_label(s, confidence, right);
    proper(s, pred, p);
    TRY(status = bins_equal_width(bin, bins, confidence, right, pred->n, err));
    s->ece = bins_ece(bin, bins);
    s->mce = bins_mce(bin, bins);
    s->avgce = bins_avgce(bin, bins);
    TRY(status = bins_equal_mass(bin, bins, &made, confidence, right, pred->n, err));
    s->ece_em = bins_ece(bin, made);
fail:
    free(confidence);
    free(right);
    free(p);
    return status;
}
