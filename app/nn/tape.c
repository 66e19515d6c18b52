/* tape.c - the executor: walks a network forward and back, chunk by chunk over the pool. The job's thread calls it.
 *
 * Work that treats rows by themselves is queued, not run; when an operation needs the whole batch (or the pass ends)
 * every chunk walks through all that is queued, so that what one operation wrote the next finds in the cache. */
#include "nn/tape.h"

#include "kernel/norm.h"

#include <assert.h>

size_t tape_bytes(const Tape *t)
{
    return t->carver.bytes;
}
float *tape_input(Tape *t)
{
    return t->input;
}
const float *tape_output(const Tape *t)
{
    return t->output;
}
float *tape_output_grad(Tape *t)
{
    return t->output_grad;
}
const float *tape_input_grad(const Tape *t)
{
    return t->input_grad;
}
float *tape_grads(Tape *t)
{
    return t->grads;
}
const float *tape_kl(const Tape *t)
{
    return t->kl;
}

float *tape_slot(const Tape *t, const Net *net, int slot, ptrdiff_t chunk)
{
    ptrdiff_t first = chunk * t->chunk_rows;
    if (slot == 0) return t->input + first * shape_floats(net->input);
    if (slot == net->slots - 1) return t->output + first * shape_floats(net->output);
    return t->block + chunk * t->block_floats + (t->backward ? t->slot[slot].again : t->slot[slot].value);
}

float *tape_slot_grad(const Tape *t, const Net *net, int slot, ptrdiff_t chunk)
{
    ptrdiff_t first = chunk * t->chunk_rows;
    if (slot == 0) return t->want_input ? t->input_grad + first * shape_floats(net->input) : NULL;
    if (slot == net->slots - 1) return t->output_grad + first * shape_floats(net->output);
    return t->slot[slot].wanted ? t->block + chunk * t->block_floats + t->slot[slot].grad : NULL;
}

/* All that operation i needs to know for one chunk, or for the whole batch (chunk < 0). */
static OpRun run_of(const Tape *t, int i, ptrdiff_t chunk)
{
    const Net *net = t->net;
    const Op *op = &net->op[i];
    ptrdiff_t at = chunk < 0 ? 0 : chunk, first = at * t->chunk_rows, n = t->run_rows - first;
    OpRun r = {.net = net,
               .op = op,
               .state = &t->state[i],
               .pass = t->pass,
               .grads = t->grads,
               .rows = t->run_rows,
               .chunks = t->run_chunks,
               .chunk = chunk,
               .first = first,
               .n = n < t->chunk_rows ? n : t->chunk_rows,
               .y = tape_slot(t, net, op->out, at),
               .scratch = t->block + at * t->block_floats + t->scratch};
    for (int k = 0; k < 2 && op->in[k] >= 0; k++) {
        r.x[k] = tape_slot(t, net, op->in[k], at);
        r.add[k] = t->add[i][k];
        if (t->backward) r.dx[k] = tape_slot_grad(t, net, op->in[k], at);
    }
    if (t->backward) r.dy = tape_slot_grad(t, net, op->out, at);
    return r;
}

/* ---- the queue ---- */

static void queue(Tape *t, int op, OpFn *fn)
{
    if (fn) t->step[t->steps++] = (Step){op, fn};
}

static void chunk_through_steps(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const Tape *t = work;
    for (int i = 0; i < t->steps; i++) {
        OpRun r = run_of(t, t->step[i].op, chunk);
        t->step[i].fn(&r);
    }
}

/* Every chunk walks through the queue. */
static void run_chunks(Tape *t)
{
    if (t->steps) pool_run(t->pass->pool, t->run_chunks, chunk_through_steps, t);
    t->steps = 0;
}

static void one_step(void *work, ptrdiff_t i, int thread)
{
    (void)thread;
    const Tape *t = work;
    OpRun r = run_of(t, t->step[i].op, -1);
    t->step[i].fn(&r);
}

/* Every step in the queue once, for the whole batch; they do not depend on each other. */
static void run_once(Tape *t)
{
    pool_run(t->pass->pool, t->steps, one_step, t);
    t->steps = 0;
}

static void tile_through_chunks(void *work, ptrdiff_t tile, int thread)
{
    (void)thread;
    const Tape *t = work;
    for (ptrdiff_t chunk = 0; chunk < t->run_chunks; chunk++) {
        OpRun r = run_of(t, t->tile_op, chunk);
        r.op->kind->tile(&r, tile);
    }
}

/* ---- a pass ---- */

/* The values that were let go and that operation i is the first to read on the way back. */
static void queue_again(Tape *t, int i)
{
    const Op *op = &t->net->op[i];
    for (int k = 0; k < 2 && op->in[k] > 0; k++)
        if (t->slot[op->in[k]].reader == i) queue(t, op->in[k] - 1, t->net->op[op->in[k] - 1].kind->forward.run);
}

static void run_op(Tape *t, int i, const OpPhases *phases)
{
    /* batch statistics: every chunk must have got here before the first may go on */
    if (phases->measure && t->pass->mode == PASS_TRAIN) {
        queue(t, i, phases->measure);
        run_chunks(t);
        OpRun whole = run_of(t, i, -1);
        phases->measured(&whole);
    }
    /* gradients of weights are split by tiles of the weights, each going through all chunks in order: no sums of
     * different threads are ever added, and the bits do not depend on how many there are */
    if (t->backward && t->state[i].tiles) {
        run_chunks(t);
        t->tile_op = i;
        pool_run(t->pass->pool, t->state[i].tiles, tile_through_chunks, t);
    }
    queue(t, i, phases->run);
}

static void begin(Tape *t, const Net *net, ptrdiff_t rows, const Pass *pass)
{
    assert(rows > 0 && rows <= t->rows);
    assert(pass->mode == PASS_EVAL || t->training);
    t->net = net;
    t->pass = pass;
    t->run_rows = rows;
    t->run_chunks = (rows + t->chunk_rows - 1) / t->chunk_rows;
}

void net_forward(const Net *net, Tape *t, ptrdiff_t rows, const Pass *pass)
{
    begin(t, net, rows, pass);
    t->backward = false;
    /* weights are packed once a pass, whatever the number of chunks */
    for (int i = 0; i < net->ops; i++) queue(t, i, net->op[i].kind->forward.prepare);
    run_once(t);
    for (int i = 0; i < net->ops; i++) run_op(t, i, &net->op[i].kind->forward);
    run_chunks(t);
}

void net_backward(const Net *net, Tape *t, ptrdiff_t rows, const Pass *pass, bool want_input)
{
    begin(t, net, rows, pass);
    assert(pass->mode == PASS_TRAIN && (!want_input || t->input_grad));
    t->backward = true;
    t->want_input = want_input;
    for (int i = 0; i < net->ops; i++) queue(t, i, net->op[i].kind->backward.prepare);
    run_once(t);
    for (int i = net->ops - 1; i >= 0; i--) {
        if (!t->slot[net->op[i].out].wanted) continue;
        queue_again(t, i);
        run_op(t, i, &net->op[i].kind->backward);
    }
    run_chunks(t);
    /* parts of gradients that lie apart are added, in their order */
    for (int i = 0; i < net->ops; i++) queue(t, i, net->op[i].kind->collect);
    run_once(t);
}

/* running = (1 - m) running + m batch, with the batch's mean and its unbiased variance, biased N / (N - 1). */
void net_update_running(Net *net, const Tape *t, ptrdiff_t rows)
{
    for (int i = 0; i < net->ops; i++) {
        const Op *op = &net->op[i];
        if (op->kind != &op_bn_relu) continue;
        Shape s = net->slot[op->in[0]];
        double count = (double)(rows * s.h * s.w), m = (double)net->bn_momentum;
        float *mean = net->values + net->param[op->param[2]].offset;
        float *var = net->values + net->param[op->param[3]].offset;
        const double *sum = t->state[i].batch, *square = sum + s.c;
        for (ptrdiff_t c = 0; c < s.c; c++) {
            double batch_mean = sum[c] / count, biased = square[c] / count - batch_mean * batch_mean;
            double unbiased = count > 1 ? biased * count / (count - 1) : biased;
            if (unbiased < 0) unbiased = 0; /* rounding only; a NaN stays */
            mean[c] = (float)((1 - m) * (double)mean[c] + m * batch_mean);
            var[c] = (float)((1 - m) * (double)var[c] + m * unbiased);
        }
    }
}
