/* evaluate.c - see evaluate.h. Worker thread. */
#include "train/evaluate.h"

#include "calib/measures.h"
#include "data/batch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

Status evaluator_open(Evaluator *e, Err *err)
{
    e->body_tape = e->head_tape = NULL;
    if (!(e->body_tape = tape_open(e->body, EVAL_ROWS, false, err))) goto fail;
    if (!(e->head_tape = tape_open(e->head, EVAL_ROWS, false, err))) goto fail;
    return OK;
fail:
    evaluator_close(e);
    return err ? err->code : ERR_MEMORY;
}

void evaluator_close(Evaluator *e)
{
    tape_close(e->body_tape);
    tape_close(e->head_tape);
    e->body_tape = e->head_tape = NULL;
}

/* Features of images first .. first+rows-1, in the body tape. */
static const float *block_features(Evaluator *e, const Dataset *data, SplitId split, ptrdiff_t first, ptrdiff_t rows)
{
    batch_images(tape_input(e->body_tape), data, split, NULL, first, rows, NULL, e->pool);
    net_forward(e->body, e->body_tape, rows, &(Pass){.mode = PASS_EVAL, .pool = e->pool});
    return tape_output(e->body_tape);
}

static Status between_blocks(const Evaluator *e, SplitId split, ptrdiff_t done, ptrdiff_t n, Err *err)
{
    if (done < n && e->stopping(e->arg)) return err_set(err, ERR_INTERRUPTED, "stopped");
    e->progress(e->arg, split, done, n);
    return OK;
}

Status evaluator_features(Evaluator *e, const Dataset *data, SplitId split, float *features, Err *err)
{
    ptrdiff_t n = data->split[split].n, width = e->body->output.c;
    for (ptrdiff_t first = 0; first < n; first += EVAL_ROWS) {
        ptrdiff_t rows = n - first < EVAL_ROWS ? n - first : EVAL_ROWS;
        const float *block = block_features(e, data, split, first, rows);
        memcpy(features + first * width, block, (size_t)(rows * width) * sizeof *features);
        TRY(between_blocks(e, split, first + rows, n, err));
    }
    return OK;
fail:
    return err ? err->code : ERR_INTERRUPTED;
}

void evaluator_block(Evaluator *e, const Dataset *data, SplitId split, const float *features, ptrdiff_t first,
                     ptrdiff_t rows, float *logits, float *logp)
{
    ptrdiff_t width = e->body->output.c;
    const float *block = features ? features + first * width : block_features(e, data, split, first, rows);
    head_predict(e->head, e->head_tape, block, rows, e->draws, e->seed, first, e->pool, logp);
    if (!evaluator_averages(e))
        memcpy(logits, tape_output(e->head_tape), (size_t)(rows * data->classes) * sizeof *logits);
}

bool evaluator_averages(const Evaluator *e)
{
    return e->draws > 0 && tape_kl(e->head_tape);
}

Status evaluator_predict(Evaluator *e, const Dataset *data, SplitId split, const float *features, float *logits,
                         float *logp, Err *err)
{
    ptrdiff_t n = data->split[split].n;
    for (ptrdiff_t first = 0; first < n; first += EVAL_ROWS) {
        ptrdiff_t rows = n - first < EVAL_ROWS ? n - first : EVAL_ROWS;
        evaluator_block(e, data, split, features, first, rows, logits + first * data->classes,
                        logp + first * data->classes);
        TRY(between_blocks(e, split, first + rows, n, err));
    }
    return OK;
fail:
    return err ? err->code : ERR_INTERRUPTED;
}

/* A fact of an EVAL event that bears the name of a measure of rows, and its sum so far. */
typedef struct {
    const EventField *field;
    const Measure *measure;
    double sum;
} Figure;

static int find_figures(Figure figure[MEASURES_MOST])
{
    int figures = 0;
    for (const EventField *f = event_facts[EVENT_EVAL]; f->key; f++) {
        const Measure *m = f->kind == FIELD_REAL ? measure_find(f->key) : NULL;
        if (m && m->row) figure[figures++] = (Figure){f, m, 0};
    }
    return figures;
}

Status evaluate_figures(Event *event, const Predictions *pred, SplitId split, Err *err)
{
    Figure figure[MEASURES_MOST];
    int figures = find_figures(figure);
    double *p = malloc((size_t)pred->classes * sizeof *p);
    if (!p) return err_set(err, ERR_MEMORY, "no memory for the figures of %td images", pred->n);

    for (ptrdiff_t i = 0; i < pred->n; i++) {
        const PredictionRow row = predictions_row(pred, i, p);
        if (isnan(row.confidence)) { /* one NaN spoils its row */
            free(p);
            return err_set(err, ERR_DIVERGED, "the network says NaN of %s image %td", split_name[split], i + 1);
        }
        fine_bins_add(&event->as.eval.bins, row.confidence, row.right);
        for (int f = 0; f < figures; f++) figure[f].sum = figure[f].measure->row(&row, figure[f].sum);
    }
    for (int f = 0; f < figures; f++)
        *(double *)((char *)event + figure[f].field->offset) = figure[f].sum / (double)pred->n;
    free(p);
    return OK;
}
