/* training.h - the state of one training, shared by course.c (the loop), step.c (a batch forward and back),
 * update.c (the weights moved), state.c (memory, the parent), checkpoint.c (saved and resumed), frozen.c (the frozen
 * body's features), answers.c (splits evaluated), estimate.c (what it will take), tell.c (what is said of it) and
 * finish.c (the result). Worker thread. */
#ifndef TARE_TRAIN_TRAINING_H
#define TARE_TRAIN_TRAINING_H

#include "kernel/loss.h"
#include "kernel/optimiser.h"
#include "train/course.h"
#include "train/evaluate.h"
#include "train/features.h"
#include "train/result.h"

/* A flat block of weights with its optimiser's memory. A segment is a piece that one thread updates. */
typedef struct {
    ptrdiff_t offset, n;
    bool decays;
} Segment;

typedef struct {
    Net *net;
    float *m, *v; /* (net->trained); v only for Adam */
    Segment *segment;
    double *square; /* (segments): each one's part of the gradient's squared norm */
    ptrdiff_t segments;
} Optimised;

/* All of the state that is not an array: doubles, so that a checkpoint holds it as one exact tensor. */
typedef struct {
    double step;                                 /* optimiser steps done */
    double epochs_told, evaluated;               /* last epoch and step whose end was dealt with */
    double best_step, best_nll;                  /* best_step 0: none yet */
    double lr;                                   /* base learning rate: `set` changes it */
    double window_loss, window_kl, window_steps; /* since the last STEP event */
    double epoch_loss, epoch_right, epoch_seen;  /* in this epoch */
    double seq;                                  /* of the last event */
} Position;

enum { POSITION_DOUBLES = sizeof(Position) / sizeof(double) };

typedef struct {
    const JobTask *task;
    const Job *job;
    const TrainSpec *spec;
    const Dataset *data;
    Pool *pool;
    const Optimiser *optimiser;
    const Loss *objective;
    bool stage2, vtst, trains_body, faithful;
    ptrdiff_t n, batch, features, classes; /* training images; rows a step; F; C */
    int64_t steps_per_epoch, steps, eval_every, checkpoint_every;

    Net *body, *head, *best_body, *best_head; /* best_body: only where the body changes */
    Net *shown_body, *shown_head;             /* evaluated and kept: the averages of `ema`, else body and head */
    Tape *body_tape, *head_tape;              /* body_tape: NULL with cached features */
    Optimised body_opt, head_opt;
    Evaluator eval;
    uint64_t frozen; /* fingerprint of what must not change in stage 2 */

    float *loss, *eps;       /* (batch), (batch, Z) */
    float *logits, *logp;    /* (valid or test, C): what was said last */
    int32_t *order, *labels; /* (n) of order_epoch; (batch) */
    int64_t order_epoch;
    float *unmixed, share;     /* mixup: the images (batch) before, and what each keeps of itself */
    int32_t *partner, *others; /* mixup: (batch): whom an image is mixed with, and his label */

    Position at;
    double saved_step;             /* of the last checkpoint, -1 for none */
    double steps_left;             /* of run:step(n); < 0 = run freely */
    double opened;                 /* clock at training_open */
    double speed_time, speed_step; /* clock and step of the last STEP event */
} Training;

/* state.c */
Status training_open(Training *t, const JobTask *task, Err *err);
void training_close(Training *t);
uint64_t training_frozen(const Training *t);
double training_lr(const Training *t, double step); /* of the step that follows `step` done ones */

/* checkpoint.c */
Status training_save(Training *t, Err *err);   /* last.safetensors */
Status training_resume(Training *t, Err *err); /* its inverse; a missing file starts from nothing */
void training_keep_best(Training *t);

/* frozen.c */
Status training_cache_features(Training *t, Err *err);
const float *training_features(const Training *t, SplitId split); /* (n, F) where they are cached, else NULL */

/* step.c */
Status training_step(Training *t, Err *err);
/* All gradients of this step's objective: mean over the rows of loss + kl_weight KL. Leaves loss (rows) and the logits
 * behind. Takes the whole batch, or its first `most` rows; returns how many. Weights and statistics stay. */
ptrdiff_t training_pass(Training *t, ptrdiff_t most);

/* estimate.c: seconds from training_open to the end at the last step, measured before the first. */
double training_estimate(Training *t);

/* update.c */
Status training_update(Training *t, ptrdiff_t rows, Err *err); /* by the gradients in the tapes */

/* finish.c */
Status training_finish(Training *t, Err *err);

/* tell.c: an event at this training's step, epoch and stage. */
Event training_event(const Training *t, EventType type);
Status training_emit(Training *t, Event *event, Err *err);
void training_aside(const Training *t, const char *text); /* of this session alone: shown, not recorded */
/* ERR_DIVERGED: what was seen, the step, the first bad weights or gradient, the last good checkpoint. */
Status training_diverged(const Training *t, const char *what, Err *err);

/* answers.c: an evaluator of t's nets that asks for stops and tells how far it is; a split's EVAL event, to be emitted.
 */
Status training_open_evaluator(Training *t, Err *err);
Status training_evaluate(Training *t, SplitId split, const char *checkpoint, Event *event, Err *err);
/* What was evaluated last, as log-probabilities or as it is kept; it lives in t. */
Predictions training_answers(const Training *t, SplitId split), training_kept(const Training *t, SplitId split);

#endif
