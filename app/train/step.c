/* step.c - one step: a batch forward, its gradients back, what is told of it. Worker thread; no malloc. */
#include "train/training.h"

#include "base/clock.h"
#include "base/rng.h"
#include "data/batch.h"
#include "kernel/loss.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CROP = 4 };

/* ---- the batch ---- */

static void fill_images(Training *t, ptrdiff_t first, ptrdiff_t rows)
{
    const char *how = t->spec->augment;
    Augment augment = {.crop = strstr(how, "crop") ? CROP : 0,
                       .flip = strstr(how, "flip") != NULL,
                       .seed = (uint64_t)t->spec->seed,
                       .step = (uint32_t)t->at.step};
    float *input = tape_input(t->body_tape), *dst = t->unmixed ? t->unmixed : input;
    batch_images(dst, t->data, SPLIT_TRAIN, t->order, first, rows, strcmp(how, "none") ? &augment : NULL, t->pool);
    if (!t->unmixed) return;
    ptrdiff_t floats = (t->data->h + 2) * (t->data->w + 2) * t->data->c;
    batch_mix(input, t->unmixed, t->partner, t->share, rows, floats, t->pool);
}

/* Mixup (Zhang et al. 2018) as the authors' code has it: one share for the batch, and partners by a permutation. */
static void draw_mix(Training *t, ptrdiff_t rows)
{
    Rng stream = rng_stream((uint64_t)t->spec->seed, RNG_MIXUP, (uint32_t)t->at.step, 0);
    t->share = (float)rng_beta(&stream, t->spec->mixup);
    for (ptrdiff_t r = 0; r < rows; r++) t->partner[r] = (int32_t)r;
    rng_shuffle(&stream, t->partner, rows);
    for (ptrdiff_t r = 0; r < rows; r++) t->others[r] = t->labels[t->partner[r]];
}

/* Put the features of this step's rows into the head's input. */
static void fill_features(Training *t, ptrdiff_t first, ptrdiff_t rows)
{
    float *input = tape_input(t->head_tape);
    size_t row_bytes = (size_t)t->features * sizeof *input;
    if (!t->body_tape) {
        const float *cached = t->task->cache->split[SPLIT_TRAIN].values;
        for (ptrdiff_t r = 0; r < rows; r++)
            memcpy(input + r * t->features, cached + (ptrdiff_t)t->order[first + r] * t->features, row_bytes);
        return;
    }
    bool batch_statistics = t->trains_body || strcmp(t->spec->bn, "batch") == 0;
    fill_images(t, first, rows);
    net_forward(t->body, t->body_tape, rows,
                &(Pass){batch_statistics ? PASS_TRAIN : PASS_EVAL, .pool = t->pool, .seed = (uint64_t)t->spec->seed,
                        .step = (uint32_t)t->at.step});
    memcpy(input, tape_output(t->body_tape), (size_t)rows * row_bytes);
}

/* ---- forward and back ---- */

static void draw_eps(Training *t, ptrdiff_t rows)
{
    for (ptrdiff_t r = 0; r < rows; r++) {
        Rng stream = rng_stream((uint64_t)t->spec->seed, RNG_EPS_TRAIN, (uint32_t)t->at.step, (uint32_t)r);
        rng_normals(&stream, t->eps + r * t->spec->z, t->spec->z);
    }
}

/* The loss of each row into t->loss, and its gradient into the head's tape. */
static void row_losses(Training *t, ptrdiff_t rows)
{
    const TrainSpec *s = t->spec;
    /* Focal and smoothing are 0 where the loss does not read them: job_check has seen to that. */
    const Targets targets = {t->labels, s->mixup > 0 ? t->others : NULL, t->share, (float)s->smoothing,
                             (float)s->focal};
    const float *logits = tape_output(t->head_tape);
    float *grad = tape_output_grad(t->head_tape), scale = 1.0f / (float)rows;
    t->objective->rows(t->loss, grad, logits, &targets, scale, rows, t->classes);
}

ptrdiff_t training_pass(Training *t, ptrdiff_t most)
{
    ptrdiff_t first = (ptrdiff_t)((int64_t)t->at.step % t->steps_per_epoch) * t->batch;
    ptrdiff_t rows = t->n - first < t->batch ? t->n - first : t->batch;
    if (rows > most) rows = most;
    int64_t epoch = (int64_t)t->at.step / t->steps_per_epoch;
    if (epoch != t->order_epoch) batch_order(t->order, t->n, (uint64_t)t->spec->seed, (uint32_t)epoch);
    t->order_epoch = epoch;

    Pass pass = {.mode = PASS_TRAIN, .pool = t->pool, .seed = (uint64_t)t->spec->seed, .step = (uint32_t)t->at.step};
    batch_labels(t->labels, t->data, SPLIT_TRAIN, t->order, first, rows);
    if (t->spec->mixup > 0) draw_mix(t, rows);
    fill_features(t, first, rows);
    if (t->vtst) {
        draw_eps(t, rows);
        pass.eps = t->eps;
        pass.kl_weight = (float)t->spec->kl_weight;
    }
    net_forward(t->head, t->head_tape, rows, &pass);
    row_losses(t, rows);
    net_backward(t->head, t->head_tape, rows, &pass, t->trains_body);
    if (t->trains_body) {
        memcpy(tape_output_grad(t->body_tape), tape_input_grad(t->head_tape),
               (size_t)(rows * t->features) * sizeof(float));
        net_backward(t->body, t->body_tape, rows, &pass, false);
    }
    return rows;
}

/* ---- the step ---- */

/* Mixed images are right by the share of the label that is answered. */
static double count_right(const Training *t, ptrdiff_t rows)
{
    const float *logits = tape_output(t->head_tape);
    bool mixed = t->spec->mixup > 0;
    double right = 0, share = mixed ? (double)t->share : 1;
    for (ptrdiff_t r = 0; r < rows; r++) {
        ptrdiff_t top = 0;
        for (ptrdiff_t k = 1; k < t->classes; k++)
            if (logits[r * t->classes + k] > logits[r * t->classes + top]) top = k;
        right += share * (top == t->labels[r]);
        if (mixed) right += (1 - share) * (top == t->others[r]);
    }
    return right;
}

Status training_step(Training *t, Err *err)
{
    ptrdiff_t rows = training_pass(t, t->batch);
    const float *row_kl = tape_kl(t->head_tape);
    double sum = 0, kl = 0, lr = training_lr(t, t->at.step);
    for (ptrdiff_t r = 0; r < rows; r++) sum += t->loss[r];
    for (ptrdiff_t r = 0; t->vtst && r < rows; r++) kl += row_kl[r];
    double loss = (sum + t->spec->kl_weight * kl * t->vtst) / (double)rows;
    if (!isfinite(loss)) return training_diverged(t, isnan(loss) ? "the loss is NaN" : "the loss is infinite", err);

    TRY(training_update(t, rows, err));

    t->at.window_loss += loss;
    t->at.window_kl += kl / (double)rows;
    t->at.window_steps++;
    t->at.epoch_loss += loss * (double)rows;
    t->at.epoch_right += count_right(t, rows);
    t->at.epoch_seen += (double)rows;
    t->at.step++;
    if ((int64_t)t->at.step % t->spec->log_every != 0 && t->at.step < (double)t->steps) return OK;

    Event event = training_event(t, EVENT_STEP);
    double now = clock_seconds(), seconds = now - t->speed_time;
    event.as.step.loss = t->at.window_loss / t->at.window_steps;
    event.as.step.kl = t->at.window_kl / t->at.window_steps;
    event.as.step.lr = lr;
    if (seconds > 0) event.wall.images_per_second = (t->at.step - t->speed_step) * (double)t->batch / seconds;
    t->speed_time = now;
    t->speed_step = t->at.step;
    t->at.window_loss = t->at.window_kl = t->at.window_steps = 0;
    return training_emit(t, &event, err);
fail:
    return err ? err->code : ERR_DIVERGED;
}
