/* head.c - the classifiers on top of the features: one linear layer, TST's, V-TST's (Jordahn & Olmos 2024),
 * and what they predict. Building: one thread; head_predict: the job's thread. */
#include "nn/tape.h"

#include "base/rng.h"
#include "kernel/gemm.h"
#include "kernel/loss.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Linear(F, 3Z) -> ReLU -> Linear(3Z, Z), named prefix.fc1 and prefix.fc2 */
static int add_hidden(Net *net, const char *prefix, ptrdiff_t z)
{
    char fc1[PARAM_NAME_SIZE], fc2[PARAM_NAME_SIZE];
    snprintf(fc1, sizeof fc1, "%s.fc1", prefix);
    snprintf(fc2, sizeof fc2, "%s.fc2", prefix);
    return net_add_linear(net, net_add_relu(net, net_add_linear(net, 0, fc1, 3 * z)), fc2, z);
}

Net *net_head(const HeadSpec *spec, ptrdiff_t features, ptrdiff_t classes, Err *err)
{
    bool linear = strcmp(spec->kind, "linear") == 0, variational = strcmp(spec->kind, "vtst") == 0;
    if (!linear && !variational && strcmp(spec->kind, "tst") != 0) {
        err_set(err, ERR_USAGE, "there is no head '%s'; there are linear, tst and vtst", spec->kind);
        return NULL;
    }
    if (features < 1 || classes < 2 || (!linear && (spec->z < 1 || spec->z > 65536))) {
        err_set(err, ERR_USAGE, "a head of %td features, %td classes, z = %lld: at least 1, 2, and z 1 to 65536",
                features, classes, (long long)spec->z);
        return NULL;
    }
    Net *net = net_new(spec->kind, (Shape){0, 0, features}, err);
    if (!net) return NULL;
    int z = linear ? 0 : add_hidden(net, "qzx_model", (ptrdiff_t)spec->z);
    if (variational) z = net_add_gaussian(net, z, add_hidden(net, "qzx_var", (ptrdiff_t)spec->z));
    if (net_finish(net, net_add_linear(net, z, linear ? "logits" : "pyz.fc1_y", classes), err) == OK) return net;
    net_release(net);
    return NULL;
}

/* ---- prediction ---- */

typedef struct {
    const Net *head;
    Tape *tape;
    ptrdiff_t rows, first_row;
    int draws;
    uint64_t seed;
    float *logp;
} Prediction;

static void log_softmax_chunk(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const Prediction *p = work;
    ptrdiff_t first = chunk * p->tape->chunk_rows, n = p->rows - first, c = p->head->output.c;
    if (n > p->tape->chunk_rows) n = p->tape->chunk_rows;
    log_softmax(p->logp + first * c, p->tape->output + first * c, n, c);
}

/* A chunk's draws: mu and log s2 are there; only the last layer runs again for each z. */
static void draw_chunk(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const Prediction *p = work;
    const Net *head = p->head;
    const Op *gaussian = &head->op[head->ops - 2], *last = &head->op[head->ops - 1];
    ptrdiff_t first = chunk * p->tape->chunk_rows, n = p->rows - first, c = head->output.c,
              z = head->slot[last->in[0]].c;
    if (n > p->tape->chunk_rows) n = p->tape->chunk_rows;
    const float *w = head->values + head->param[last->param[0]].offset;
    const float *b = head->values + head->param[last->param[1]].offset;
    const float *mu = tape_slot(p->tape, head, gaussian->in[0], chunk);
    const float *logvar = p->tape->state[head->ops - 2].logvar + first * z;
    float *sigma = tape_slot(p->tape, head, gaussian->in[1], chunk); /* over the raw values, which are done with */
    float *draw = tape_slot(p->tape, head, gaussian->out, chunk), *logits = p->tape->output + first * c;
    double *mean_p = p->tape->mean_p + first * c;
    memset(mean_p, 0, (size_t)(n * c) * sizeof *mean_p);
    for (ptrdiff_t i = 0; i < n * z; i++) sigma[i] = expf(0.5f * logvar[i]);
    for (int m = 0; m < p->draws; m++) {
        for (ptrdiff_t row = 0; row < n; row++) {
            Rng r = rng_stream(p->seed, RNG_EPS_EVAL, (uint32_t)m, (uint32_t)(p->first_row + first + row));
            rng_normals(&r, draw + row * z, z);
        }
        for (ptrdiff_t i = 0; i < n * z; i++) draw[i] = mu[i] + sigma[i] * draw[i];
        linear_forward(logits, draw, w, b, n, z, c);
        add_softmax(mean_p, logits, n, c);
    }
    for (ptrdiff_t i = 0; i < n * c; i++) {
        double mean = mean_p[i] / p->draws;
        p->logp[first * c + i] = (float)log(mean < DBL_MIN ? DBL_MIN : mean); /* log 0 is no NLL; a NaN stays */
    }
}

void head_predict(const Net *head, Tape *tape, const float *features, ptrdiff_t rows, int draws, uint64_t seed,
                  ptrdiff_t first_row, Pool *pool, float *logp)
{
    const Pass pass = {.mode = PASS_EVAL, .pool = pool};
    Prediction p = {head, tape, rows, first_row, draws, seed, logp};
    assert(rows <= tape->rows && draws >= 0);
    memcpy(tape->input, features, (size_t)(rows * head->input.c) * sizeof(float));
    net_forward(head, tape, rows, &pass);
    pool_run(pool, tape->run_chunks, draws && tape->kl ? draw_chunk : log_softmax_chunk, &p);
}
