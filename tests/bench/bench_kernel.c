/* bench_kernel.c - GFLOP/s of the convolutions on one thread, a chunk of 8 images a call: the best of a few
 * short runs. Usage: bench_kernel; TARE_ISA chooses the instruction set. */
#include "kernel/conv.h"
#include "kernel/isa.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { IMAGES = 8, RUNS = 7 };
static const double RUN_SECONDS = 0.02;

typedef struct {
    ConvShape shape;
    float *x, *y, *weights, *forward, *backward, *dw;
} Bench;

static float *floats(size_t count)
{
    float *p = aligned_alloc(64, (count * sizeof *p + 63) / 64 * 64);
    if (!p) abort();
    for (size_t i = 0; i < count; i++) p[i] = (float)(i * 7919 % 997) / 997 - 0.5f;
    return p;
}

static void run_forward(const Bench *b)
{
    conv_forward(b->y, b->x, b->forward, &b->shape, IMAGES);
}
static void run_data(const Bench *b)
{
    conv_backward_data(b->x, b->y, b->backward, &b->shape, IMAGES, false);
}
static void run_weights(const Bench *b)
{
    conv_backward_weights(b->dw, b->x, b->y, &b->shape, IMAGES, 0, conv_gradient_tiles(&b->shape));
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best of RUNS runs of at least RUN_SECONDS each. */
static double gflops(const Bench *b, void (*run)(const Bench *))
{
    double best = 0;
    for (int i = 0; i < RUNS; i++) {
        int calls = 0;
        double start = cpu_seconds(), seconds;
        do {
            run(b);
            calls++;
            seconds = cpu_seconds() - start;
        } while (seconds < RUN_SECONDS);
        double rate = conv_flops(&b->shape) * IMAGES * calls / seconds * 1e-9;
        if (rate > best) best = rate;
    }
    return best;
}

static void bench(ConvShape s)
{
    const size_t pixels = IMAGES * (size_t)(s.h + 2) * (size_t)(s.w + 2);
    Bench b = {.shape = s,
               .x = floats(pixels * (size_t)s.ci),
               .y = floats(pixels * (size_t)s.co),
               .weights = floats((size_t)(s.co * s.ci * s.k * s.k)),
               .forward = floats(conv_packed_size(&s)),
               .backward = floats(conv_packed_size(&s)),
               .dw = floats(conv_gradient_size(&s))};
    conv_pack_forward(b.forward, b.weights, &s);
    conv_pack_backward(b.backward, b.weights, &s);
    printf("%4td %4td %4td  %dx%d /%d %9.1f %9.1f %9.1f\n", s.ci, s.co, s.h, s.k, s.k, s.stride,
           gflops(&b, run_forward), gflops(&b, run_data), gflops(&b, run_weights));
    fflush(stdout);
    free(b.x);
    free(b.y);
    free(b.weights);
    free(b.forward);
    free(b.backward);
    free(b.dw);
}

int main(void)
{
    static const ConvShape shapes[] = {
        {32, 32, 16, 16, 3, 1, false}, {8, 8, 16, 16, 3, 1, false},     {32, 32, 32, 32, 3, 1, false},
        {16, 16, 32, 32, 3, 1, false}, {8, 8, 32, 32, 3, 1, false},     {32, 32, 64, 64, 3, 1, false},
        {16, 16, 64, 64, 3, 1, false}, {8, 8, 64, 64, 3, 1, false},     {16, 16, 128, 128, 3, 1, false},
        {8, 8, 160, 160, 3, 1, false}, {32, 32, 160, 160, 3, 1, false}, {8, 8, 640, 640, 3, 1, false},
        {32, 32, 3, 16, 3, 1, false},  {32, 32, 16, 32, 3, 2, false},   {16, 16, 32, 64, 3, 2, false},
        {32, 32, 16, 32, 1, 2, false}, {16, 16, 32, 64, 1, 2, false},   {32, 32, 64, 64, 1, 1, false},
    };
    Err err;
    if (kernel_open(&err) != OK) {
        fprintf(stderr, "bench_kernel: %s\n", err.msg);
        return 2;
    }
    printf("%s\n  ci   co    h   k  s   forward      data   weights  GFLOP/s\n", kernel_isa());
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) bench(shapes[i]);
    return 0;
}
