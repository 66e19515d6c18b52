/* bench_train.c - images a second of a whole training step (forward, backward, Adam, running statistics) on
 * noise. bench_train [seconds for each row, default 2] [threads, default 1 and 2] [start of the names, default all].
 * Compare figures of one run only. */
#include "base/clock.h"
#include "base/rng.h"
#include "kernel/isa.h"
#include "kernel/loss.h"
#include "kernel/optimiser.h"
#include "nn/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WRN(d, k)                                                                                                      \
    {                                                                                                                  \
        .family = "wrn", .depth = d, .width = k                                                                        \
    }
#define VIT(n, d, h)                                                                                                   \
    {                                                                                                                  \
        .family = "vit", .patch = 4, .dim = n, .depth = d, .heads = h, .mlp_ratio = 2                                  \
    }

static const struct {
    const char *name;
    ModelSpec spec;
    ptrdiff_t batch;
} rows[] = {
    {"wrn-10-1", WRN(10, 1), 32},       {"wrn-10-1", WRN(10, 1), 128},        {"wrn-16-1", WRN(16, 1), 128},
    {"wrn-16-2", WRN(16, 2), 128},      {"wrn-16-4", WRN(16, 4), 128},        {"wrn-28-10", WRN(28, 10), 8},
    {"vit-64-4-4", VIT(64, 4, 4), 128}, {"vit-128-6-4", VIT(128, 6, 4), 128}, {"vit-192-9-12", VIT(192, 9, 12), 128},
    {"cnn", {.family = "cnn"}, 128},
};

/* A body with a linear head, and Adam's moments of both. */
typedef struct {
    Net *net[2];
    Tape *tape[2];
    float *moment[2][2];
    ptrdiff_t batch;
} Model;

static void die(const Err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    exit(1);
}

static Model model_open(size_t row)
{
    Err err = {0};
    Model m = {.batch = rows[row].batch};
    const HeadSpec linear = {.kind = "linear"};
    for (int i = 0; i < 2; i++) {
        m.net[i] =
            i ? net_head(&linear, m.net[0]->output.c, 10, &err) : net_body(&rows[row].spec, (Shape){32, 32, 3}, &err);
        m.tape[i] = m.net[i] ? tape_open(m.net[i], m.batch, true, &err) : NULL;
        if (!m.tape[i]) die(&err);
        net_init(m.net[i], 1, (uint32_t)i);
        for (int k = 0; k < 2; k++) m.moment[i][k] = calloc((size_t)m.net[i]->trained, sizeof(float));
    }
    Rng r = rng_stream(1, RNG_BLENDS, 0, 0);
    for (ptrdiff_t pixel = 0; pixel < m.batch * 34 * 34; pixel++) {
        ptrdiff_t y = pixel / 34 % 34, x = pixel % 34;
        if (y % 33 && x % 33) rng_normals(&r, tape_input(m.tape[0]) + 3 * pixel, 3); /* the border stays zero */
    }
    return m;
}

static void model_close(Model *m)
{
    for (int i = 0; i < 2; i++) {
        tape_close(m->tape[i]);
        net_release(m->net[i]);
        for (int k = 0; k < 2; k++) free(m->moment[i][k]);
    }
}

static void step(Model *m, const Pass *pass, int64_t t)
{
    static const int32_t labels[128];
    float nll[128];
    size_t features = (size_t)(m->batch * m->net[1]->input.c) * sizeof(float);
    net_forward(m->net[0], m->tape[0], m->batch, pass);
    memcpy(tape_input(m->tape[1]), tape_output(m->tape[0]), features);
    net_forward(m->net[1], m->tape[1], m->batch, pass);
    cross_entropy(nll, tape_output_grad(m->tape[1]), tape_output(m->tape[1]), labels, 1 / (float)m->batch, m->batch,
                  10);
    net_backward(m->net[1], m->tape[1], m->batch, pass, true);
    memcpy(tape_output_grad(m->tape[0]), tape_input_grad(m->tape[1]), features);
    net_backward(m->net[0], m->tape[0], m->batch, pass, false);
    for (int i = 0; i < 2; i++) {
        net_update_running(m->net[i], m->tape[i], m->batch);
        adam_step(m->net[i]->values, m->moment[i][0], m->moment[i][1], tape_grads(m->tape[i]), m->net[i]->trained, t,
                  1e-3f, 0);
    }
}

static void measure(size_t row, int threads, double seconds)
{
    Model m = model_open(row);
    Pool *pool = pool_open(threads, NULL);
    const Pass pass = {.mode = PASS_TRAIN, .pool = pool};
    int64_t steps = 1;
    step(&m, &pass, steps++); /* warms up */
    double start = clock_seconds(), wall = 0, cpu = (double)clock();
    while (steps < 3 || wall < seconds) {
        step(&m, &pass, steps++);
        wall = clock_seconds() - start;
    }
    cpu = ((double)clock() - cpu) / CLOCKS_PER_SEC;
    double images = (double)((steps - 2) * m.batch);
    printf("%-12s %6td %8d %10.1f %16.1f %10.1f\n", rows[row].name, m.batch, threads, images / wall, images / cpu,
           (double)tape_bytes(m.tape[0]) / 1e6);
    fflush(stdout);
    pool_close(pool);
    model_close(&m);
}

int main(int argc, char **argv)
{
    Err err = {0};
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    int only = argc > 2 ? atoi(argv[2]) : 0;
    const char *start = argc > 3 ? argv[3] : "";
    if (kernel_open(&err) != OK) die(&err);
    printf("%s, OpenBLAS %s\n%-12s %6s %8s %10s %16s %10s\n", kernel_isa(), kernel_blas_core(), "net", "batch",
           "threads", "images/s", "images/CPU-s", "tape MB");
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        if (strncmp(rows[row].name, start, strlen(start)) != 0) continue;
        for (int threads = only ? only : 1; threads <= (only ? only : 2); threads++) measure(row, threads, seconds);
    }
    return 0;
}
