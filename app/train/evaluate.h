/* evaluate.h - what a network says of a split: features once, log-probabilities, figures. Worker thread. */
#ifndef TARE_TRAIN_EVALUATE_H
#define TARE_TRAIN_EVALUATE_H

#include "calib/predictions.h"
#include "data/dataset.h"
#include "nn/net.h"
#include "run/event.h"

/* A body and a head with the work memory to evaluate them. The nets are borrowed, and may be trained on in between. */
typedef struct {
    const Net *body, *head;
    Pool *pool;
    int draws;                   /* M of V-TST; 0 = z is its mean */
    uint64_t seed;               /* of the draws: the same at every evaluation, so that evaluations can be compared */
    bool (*stopping)(void *arg); /* asked between blocks; true ends with ERR_INTERRUPTED */
    void (*progress)(void *arg, SplitId split, ptrdiff_t done, ptrdiff_t n); /* after each block */
    void *arg;
    Tape *body_tape, *head_tape;
} Evaluator;

enum { EVAL_ROWS = 64 }; /* images in one block */

/* Fill in the fields above the tapes first. ERR_MEMORY. */
Status evaluator_open(Evaluator *e, Err *err);
void evaluator_close(Evaluator *e);

/* features (n, F) of a split, by the running statistics. ERR_INTERRUPTED. */
Status evaluator_features(Evaluator *e, const Dataset *data, SplitId split, float *features, Err *err);

/* An answer is the mean of several softmaxes: there are no logits that say it. */
bool evaluator_averages(const Evaluator *e);

/* logits and logp (n, classes) of a split, from features (n, F) or, where that is NULL, from the images; logits stay as
 * they are where answers are means. ERR_INTERRUPTED. */
Status evaluator_predict(Evaluator *e, const Dataset *data, SplitId split, const float *features, float *logits,
                         float *logp, Err *err);

/* logits, logp (rows, classes) of images first .. first + rows - 1, rows <= EVAL_ROWS; features (n, F) or NULL as
 * above. */
void evaluator_block(Evaluator *e, const Dataset *data, SplitId split, const float *features, ptrdiff_t first,
                     ptrdiff_t rows, float *logits, float *logp);

/* The figures of an EVAL event, which is empty before: all but split, checkpoint and file. ERR_DIVERGED for a NaN. */
Status evaluate_figures(Event *event, const Predictions *pred, SplitId split, Err *err);

#endif
