/* update.c - the weights moved: learning rate, gradient norm, optimiser, averages. Worker thread; no malloc.
 *
 * Work is cut into segments that the nets alone decide, and sums run over them in order: the same bits for any number
 * of threads. */
#include "train/training.h"

#include <math.h>

typedef struct {
    const Training *t;
    Optimised *o;
    float *grads;
    float lr, scale; /* scale: of the gradient */
} UpdateWork;

/* ---- the gradient's norm ---- */

static void square_segment(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const UpdateWork *u = work;
    const Segment *s = &u->o->segment[chunk];
    u->o->square[chunk] = sum_of_squares(u->grads + s->offset, s->n);
}

static double squares(Training *t, Optimised *o, Tape *tape)
{
    UpdateWork work = {.t = t, .o = o, .grads = tape_grads(tape)};
    double sum = 0;
    pool_run(t->pool, o->segments, square_segment, &work);
    for (ptrdiff_t i = 0; i < o->segments; i++) sum += o->square[i];
    return sum;
}

/* Of all gradients as one vector; no number where one of them is none. */
static double gradient_norm(Training *t)
{
    double sum = squares(t, &t->head_opt, t->head_tape);
    if (t->trains_body) sum += squares(t, &t->body_opt, t->body_tape);
    return sqrt(sum);
}

/* ---- the optimiser ---- */

static void update_segment(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const UpdateWork *u = work;
    const Segment *s = &u->o->segment[chunk];
    float *grad = u->grads + s->offset, *v = u->o->v ? u->o->v + s->offset : NULL;
    const TrainSpec *spec = u->t->spec;
    const OptimiserStep step = {.t = (int64_t)u->t->at.step + 1,
                                .lr = u->lr,
                                .momentum = (float)spec->momentum,
                                .weight_decay = s->decays ? (float)spec->weight_decay : 0};
    if (u->scale < 1) scale_floats(grad, u->scale, s->n);
    u->t->optimiser->step(u->o->net->values + s->offset, u->o->m + s->offset, v, grad, s->n, &step);
}

static void update(Training *t, Optimised *o, Tape *tape, float scale)
{
    UpdateWork work = {t, o, tape_grads(tape), (float)training_lr(t, t->at.step), scale};
    pool_run(t->pool, o->segments, update_segment, &work);
}

/* ---- averages ---- */

enum { AVERAGE_PIECE = 1 << 16 };

typedef struct {
    float *mean;
    const float *now;
    ptrdiff_t n;
    float keep;
} AverageWork;

static void average_piece(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const AverageWork *a = work;
    ptrdiff_t first = chunk * AVERAGE_PIECE, n = a->n - first < AVERAGE_PIECE ? a->n - first : AVERAGE_PIECE;
    average_step(a->mean + first, a->now + first, n, a->keep);
}

/* Running statistics are averaged like the weights they belong to. Early on the average forgets faster, so that the
 * first weights do not linger: keep = min(ema, (1 + t) / (10 + t)) after t steps, as TensorFlow's
 * ExponentialMovingAverage. */
static void average(const Training *t, Net *mean, const Net *now)
{
    double keep = (1 + t->at.step) / (10 + t->at.step);
    AverageWork work = {mean->values, now->values, now->size, (float)(keep < t->spec->ema ? keep : t->spec->ema)};
    pool_run(t->pool, (now->size + AVERAGE_PIECE - 1) / AVERAGE_PIECE, average_piece, &work);
}

/* ---- all of it ---- */

/* Gradients longer than `clip` are shortened to it (Pascanu et al. 2013, Algorithm 1; the 1e-6 is PyTorch's). */
Status training_update(Training *t, ptrdiff_t rows, Err *err)
{
    double norm = gradient_norm(t), clip = t->spec->clip;
    if (!isfinite(norm))
        return training_diverged(t, isnan(norm) ? "the gradient is NaN" : "the gradient is infinite", err);
    float scale = clip > 0 && norm > clip ? (float)(clip / (norm + 1e-6)) : 1;
    update(t, &t->head_opt, t->head_tape, scale);
    if (t->trains_body) update(t, &t->body_opt, t->body_tape, scale);
    if (t->best_body) net_update_running(t->body, t->body_tape, rows);
    if (t->spec->ema > 0) average(t, t->shown_head, t->head);
    if (t->spec->ema > 0 && t->best_body) average(t, t->shown_body, t->body);
    return OK;
}
