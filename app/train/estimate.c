/* estimate.c - what a stage will take, said before its first step. Worker thread.
 *
 *     seconds = passed + steps (batch p + u) + (evaluations n_valid + n_valid + n_test) e
 *
 * p: an image forward and back; u: the optimiser, once a step; e: an image's answer with all of its draws; the last two
 * terms are the result's predictions. Each is timed on the machine as it is, in about a third of a second; weights,
 * running statistics and random streams stay as they are. */
#include "train/training.h"

#include "base/clock.h"
#include <math.h>
#include <stdlib.h>

enum { TRIES = 8, IMAGE_CHUNK = 8, HEAD_CHUNK = 64 }; /* rows that a thread takes at a time (nn/tape.h) */

static const double enough = 0.15; /* seconds for one of the three */

/* p. A thread's first chunk is tried first; where a whole batch is cheap, it is timed, since small passes pay more for
 * their beginning and end. The quickest counts: what else the machine does for a moment shall not. */
static double pass_seconds(Training *t)
{
    ptrdiff_t chunk = t->body_tape ? IMAGE_CHUNK : HEAD_CHUNK, rows = chunk * pool_threads(t->pool);
    double least = INFINITY, spent = 0;
    for (int i = 0; i < TRIES && spent < enough; i++) {
        double began = clock_seconds();
        ptrdiff_t done = training_pass(t, rows);
        double seconds = clock_seconds() - began, batch = seconds * (double)t->batch / (double)done;
        spent += seconds;
        if (rows < t->batch && spent + 2 * batch < enough) {
            rows = t->batch;
            least = INFINITY;
        } else if (seconds / (double)done < least)
            least = seconds / (double)done;
    }
    return least;
}

/* u: the optimiser on a piece of memory of its own, in proportion. */
static double update_seconds(const Training *t)
{
    enum { PIECE = 1 << 14 };
    double weights = (double)(t->head->trained + (t->trains_body ? t->body->trained : 0)), least = INFINITY;
    float *w = calloc(4 * PIECE, sizeof *w);
    if (!w) return 0; /* a part in a hundred, as a rule */
    for (int i = 0; i < TRIES; i++) {
        const OptimiserStep step = {.t = 1, .lr = 1e-3f, .momentum = 0.9f};
        double began = clock_seconds();
        t->optimiser->step(w, w + PIECE, w + 2 * PIECE, w + 3 * PIECE, PIECE, &step);
        double seconds = clock_seconds() - began;
        if (seconds < least) least = seconds;
    }
    free(w);
    return least / PIECE * weights / pool_threads(t->pool);
}

/* e: of the first validation images, as many as one pass takes at a time. */
static double answer_seconds(Training *t)
{
    const float *features = training_features(t, SPLIT_VALID);
    ptrdiff_t rows = features ? EVAL_ROWS : IMAGE_CHUNK * pool_threads(t->pool), n = t->data->split[SPLIT_VALID].n;
    double least = INFINITY, spent = 0;
    if (rows > EVAL_ROWS) rows = EVAL_ROWS;
    if (rows > n) rows = n;
    for (int i = 0; i < TRIES && spent < enough; i++) {
        double began = clock_seconds();
        evaluator_block(&t->eval, t->data, SPLIT_VALID, features, 0, rows, t->logits, t->logp);
        double seconds = clock_seconds() - began;
        spent += seconds;
        if (seconds < least) least = seconds;
    }
    return least / (double)rows;
}

double training_estimate(Training *t)
{
    double steps = (double)t->steps, evaluations = ceil(steps / (double)t->eval_every);
    double valid = (double)t->data->split[SPLIT_VALID].n, test = (double)t->data->split[SPLIT_TEST].n;
    double step = (double)t->batch * pass_seconds(t) + update_seconds(t);
    double passed = clock_seconds() - t->opened; /* a frozen body's features among it */
    return passed + steps * step + (evaluations * valid + valid + test) * answer_seconds(t);
}
