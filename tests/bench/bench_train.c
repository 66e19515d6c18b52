/* bench_train.c - images a second of a whole training step (forward, backward, Adam, running statistics) on
 * noise. bench_train [seconds for each row, default 2] [threads, default 1 and 2]. Compare figures of one run
 * only. */
#include "base/clock.h"
#include "kernel/isa.h"
#include "support/nets.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    int64_t depth, width;
    ptrdiff_t batch;
} rows[] = {{10, 1, 32}, {10, 1, 128}, {16, 1, 128}, {16, 2, 128}, {16, 4, 128}, {28, 10, 8}};

/* Images a second; *bytes = work memory of the body. */
static double images_per_second(size_t i, Pool *pool, double seconds, size_t *bytes)
{
    Err err = {0};
    ModelSpec spec = {.family = "wrn", .depth = rows[i].depth, .width = rows[i].width};
    HeadSpec linear = {.kind = "linear"};
    const Pass pass = {.mode = PASS_TRAIN, .pool = pool};
    int32_t labels[128] = {0};
    ptrdiff_t batch = rows[i].batch, steps = 0;
    Net *body = net_body(&spec, (Shape){32, 32, 3}, &err);
    Net *head = body ? net_head(&linear, body->output.c, 10, &err) : NULL;
    if (!head) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    net_init(body, 1, 0);
    net_init(head, 1, 1);
    Model m = model_open(body, head, batch, true);
    model_noise(&m, 1);
    *bytes = tape_bytes(m.body_tape);
    double start = 0, now = 0;
    for (steps = -1; steps < 1 || now - start < seconds; steps++) {
        if (steps == 0) start = clock_seconds(); /* the first step warms up */
        model_forward(&m, batch, &pass);
        model_backward(&m, batch, labels, &pass);
        model_adam(&m, 1e-3f);
        now = clock_seconds();
    }
    model_close(&m);
    return (double)(steps * batch) / (now - start);
}

int main(int argc, char **argv)
{
    Err err = {0};
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    int only = argc > 2 ? atoi(argv[2]) : 0;
    if (kernel_open(&err) != OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    printf("%s, OpenBLAS %s\n%-12s %6s %8s %10s %10s\n", kernel_isa(), kernel_blas_core(), "net", "batch",
           "threads", "images/s", "MB");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int threads = only ? only : 1; threads <= (only ? only : 2); threads++) {
            size_t bytes;
            char name[32];
            Pool *pool = pool_open(threads, NULL);
            double speed = images_per_second(i, pool, seconds, &bytes);
            snprintf(name, sizeof name, "wrn-%d-%d", (int)rows[i].depth, (int)rows[i].width);
            printf("%-12s %6td %8d %10.1f %10.1f\n", name, rows[i].batch, threads, speed,
                   (double)bytes / 1e6);
            fflush(stdout);
            pool_close(pool);
        }
    return 0;
}
