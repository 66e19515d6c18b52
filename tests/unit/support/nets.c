/* nets.c - see nets.h. */
#include "nets.h"

#include "base/rng.h"
#include "kernel/loss.h"
#include "kernel/optimiser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const Err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    abort();
}

Model model_open(Net *body, Net *head, ptrdiff_t rows, bool training)
{
    Err err = {0};
    Model m = {.body = body, .head = head, .rows = rows};
    if (body && !(m.body_tape = tape_open(body, rows, training, &err))) die(&err);
    if (!(m.head_tape = tape_open(head, rows, training, &err))) die(&err);
    for (int i = 0; i < 4; i++) {
        const Net *net = i < 2 ? body : head;
        if (net) m.moment[i] = calloc((size_t)net->trained, sizeof(float));
    }
    return m;
}

void model_close(Model *m)
{
    tape_close(m->body_tape);
    tape_close(m->head_tape);
    net_release(m->body);
    net_release(m->head);
    for (int i = 0; i < 4; i++) free(m->moment[i]);
}

/* Where pixel (y, x) of channel c of an image lies, in a row of this shape. */
static ptrdiff_t pixel(Shape s, ptrdiff_t y, ptrdiff_t x, ptrdiff_t c)
{
    return s.h ? ((y + 1) * (s.w + 2) + x + 1) * s.c + c : c;
}

static void fill(Model *m, const float *src, Rng *r)
{
    const Net *net = m->body ? m->body : m->head;
    float *dst = tape_input(m->body ? m->body_tape : m->head_tape);
    Shape s = net->input;
    ptrdiff_t h = s.h ? s.h : 1, w = s.w ? s.w : 1, row = s.h ? (s.h + 2) * (s.w + 2) * s.c : s.c;
    for (ptrdiff_t i = 0; i < m->rows; i++)
        for (ptrdiff_t c = 0; c < s.c; c++)
            for (ptrdiff_t y = 0; y < h; y++)
                for (ptrdiff_t x = 0; x < w; x++)
                    dst[i * row + pixel(s, y, x, c)] = r ? rng_normal(r) : src[((i * s.c + c) * h + y) * w + x];
}

void model_input(Model *m, const float *src)
{
    fill(m, src, NULL);
}

void model_noise(Model *m, uint64_t seed)
{
    Rng r = rng_stream(seed, RNG_BLENDS, 0, 0);
    fill(m, NULL, &r);
}

const float *model_forward(Model *m, ptrdiff_t rows, const Pass *pass)
{
    if (m->body) {
        net_forward(m->body, m->body_tape, rows, pass);
        memcpy(tape_input(m->head_tape), tape_output(m->body_tape), (size_t)(rows * m->head->input.c) * sizeof(float));
    }
    net_forward(m->head, m->head_tape, rows, pass);
    return tape_output(m->head_tape);
}

double model_backward(Model *m, ptrdiff_t rows, const int32_t *labels, const Pass *pass)
{
    ptrdiff_t classes = m->head->output.c;
    float *nll = malloc((size_t)rows * sizeof *nll);
    const float *kl = tape_kl(m->head_tape);
    double loss = 0;
    cross_entropy(nll, tape_output_grad(m->head_tape), tape_output(m->head_tape), labels, 1.0f / (float)rows, rows,
                  classes);
    for (ptrdiff_t i = 0; i < rows; i++) loss += (double)nll[i] + (kl ? (double)(pass->kl_weight * kl[i]) : 0);
    free(nll);
    net_backward(m->head, m->head_tape, rows, pass, m->body != NULL);
    if (m->body) {
        memcpy(tape_output_grad(m->body_tape), tape_input_grad(m->head_tape),
               (size_t)(rows * m->head->input.c) * sizeof(float));
        net_backward(m->body, m->body_tape, rows, pass, false);
    }
    return loss / (double)rows;
}

void model_adam(Model *m, float lr)
{
    m->steps++;
    for (int i = 0; i < 2; i++) {
        Net *net = i ? m->head : m->body;
        Tape *tape = i ? m->head_tape : m->body_tape;
        if (!net) continue;
        net_update_running(net, tape, m->rows);
        adam_step(net->values, m->moment[2 * i], m->moment[2 * i + 1], tape_grads(tape), net->trained, m->steps, lr, 0);
    }
}

const Param *model_param(const Model *m, const char *name, const float **value, const float **grad)
{
    for (int i = 0; i < 2; i++) {
        const Net *net = i ? m->head : m->body;
        Tape *tape = i ? m->head_tape : m->body_tape;
        const Param *p = net ? net_param(net, name) : NULL;
        if (!p) continue;
        if (value) *value = net->values + p->offset;
        if (grad) *grad = tape_grads(tape) + p->offset;
        return p;
    }
    return NULL;
}
