/* scores.c - all measures of a set of predictions, in one pass over the images. Pure functions; any thread. */
#include "calib/scores.h"

#include <assert.h>
#include <stdlib.h>

/* The measures of rows, and confidence (n), right (n) for the others. p (classes) is scratch. */
static void pass_rows(Scores *s, const Predictions *pred, double *confidence, uint8_t *right, double *p)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        const PredictionRow row = predictions_row(pred, i, p);
        confidence[i] = row.confidence;
        right[i] = row.right;
        s->clipped += measure_clips(&row);
        for (const Measure *m = measures; m->name; m++)
            if (m->row) s->value[m - measures] = m->row(&row, s->value[m - measures]);
    }
    for (const Measure *m = measures; m->name; m++)
        if (m->row) s->value[m - measures] /= (double)pred->n;
}

Status scores_of(Scores *s, const Predictions *pred, int bins, Err *err)
{
    Status status = OK;
    Bin width[BINS_MAX], mass[BINS_MAX];
    int made;
    double *confidence = malloc((size_t)pred->n * sizeof *confidence);
    uint8_t *right = malloc((size_t)pred->n);
    double *p = malloc((size_t)pred->classes * sizeof *p);
    Answer *answer = NULL;
    if (!confidence || !right || !p) {
        status = err_set(err, ERR_MEMORY, "no memory for the scores of %td predictions", pred->n);
        goto fail;
    }
    *s = (Scores){.n = pred->n, .bins = bins};
    pass_rows(s, pred, confidence, right, p);
    TRY(status = bins_equal_width(width, bins, confidence, right, pred->n, err));
    TRY(status = bins_equal_mass(mass, bins, &made, confidence, right, pred->n, err));
    if (!(answer = answers_sorted(confidence, right, pred->n, err))) {
        status = ERR_MEMORY;
        goto fail;
    }
    for (const Measure *m = measures; m->name; m++) {
        if (m->of == MEASURE_CONFIDENCES) s->value[m - measures] = m->confidences(answer, pred->n);
        if (m->of == MEASURE_BINS) s->value[m - measures] = m->bins(width, bins);
        if (m->of == MEASURE_MASS_BINS) s->value[m - measures] = m->bins(mass, made);
    }
fail:
    free(confidence);
    free(right);
    free(p);
    free(answer);
    return status;
}

double score(const Scores *s, const char *name)
{
    const Measure *m = measure_find(name);
    assert(m);
    return s->value[m - measures];
}
