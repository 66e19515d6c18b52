/* conv.c - see conv.h. Turns a shape into sweeps (vector.h) and lays out weights for them; the arithmetic is
 * in conv_vec.h. Any thread. */
#include "kernel/conv.h"
#include "kernel/vector.h"

#include <assert.h>

static ptrdiff_t blocks(ptrdiff_t channels)
{
    return (channels + CONV_BLOCK - 1) / CONV_BLOCK;
}

/* Pixels of padding left and top: "SAME" at stride 2 has none (conv.h). */
static int padding(const ConvShape *s)
{
    return s->k == 3 && (s->stride == 1 || s->pad_one);
}

/* Along one axis: which kernel positions reach an input pixel of this parity (input index mod stride), and from where
 * in the bordered output. Output o reaches input stride o + position - padding; positions go down as o goes up. */
typedef struct {
    int last, count; /* positions last, last - stride, ... */
    ptrdiff_t first; /* bordered output index of position `last` for the first input pixel of the parity */
} Reach;

static Reach reach(const ConvShape *s, int parity)
{
    int last = s->k - 1;
    while (last >= 0 && (parity + padding(s) - last) % s->stride != 0) last--;
    if (last < 0) return (Reach){0};
    return (Reach){last, last / s->stride + 1, (parity + padding(s) - last) / s->stride + 1};
}

size_t conv_packed_size(const ConvShape *s)
{
    ptrdiff_t forward = blocks(s->co) * s->ci, backward = blocks(s->ci) * s->co;
    return (size_t)((forward > backward ? forward : backward) * CONV_BLOCK * s->k * s->k);
}

/* packed (co / 16, ky, kx, ci, 16) */
void conv_pack_forward(float *packed, const float *weights, const ConvShape *s)
{
    const ptrdiff_t area = (ptrdiff_t)s->k * s->k;
    for (ptrdiff_t b = 0; b < blocks(s->co); b++)
        for (ptrdiff_t tap = 0; tap < area; tap++)
            for (ptrdiff_t c = 0; c < s->ci; c++)
                for (ptrdiff_t o = b * CONV_BLOCK; o < (b + 1) * CONV_BLOCK; o++)
                    *packed++ = o < s->co ? weights[(o * s->ci + c) * area + tap] : 0;
}

/* The sweep of one parity of rows and columns: packed (ci / 16, ky down, kx down, co, 16); returns its end. */
static float *pack_parity(float *packed, const float *weights, const ConvShape *s, Reach rows, Reach cols)
{
    for (ptrdiff_t b = 0; b < blocks(s->ci); b++)
        for (int i = 0; i < rows.count; i++)
            for (int j = 0; j < cols.count; j++) {
                const ptrdiff_t ky = rows.last - i * s->stride, kx = cols.last - j * s->stride;
                for (ptrdiff_t o = 0; o < s->co; o++)
                    for (ptrdiff_t c = b * CONV_BLOCK; c < (b + 1) * CONV_BLOCK; c++)
                        *packed++ = c < s->ci ? weights[((o * s->ci + c) * s->k + ky) * s->k + kx] : 0;
            }
    return packed;
}

void conv_pack_backward(float *packed, const float *weights, const ConvShape *s)
{
    for (int py = 0; py < s->stride; py++)
        for (int px = 0; px < s->stride; px++) packed = pack_parity(packed, weights, s, reach(s, py), reach(s, px));
}

static ConvSweep forward_sweep(const ConvShape *s)
{
    const ptrdiff_t in_row = (s->w + 2) * s->ci, out_row = (s->w / s->stride + 2) * s->co, start = 1 - padding(s);
    return (ConvSweep){
        .rows = s->h / s->stride,
        .cols = s->w / s->stride,
        .in_start = start * (in_row + s->ci),
        .in_row = s->stride * in_row,
        .in_pixel = s->stride * s->ci,
        .out_start = out_row + s->co,
        .out_row = out_row,
        .out_pixel = s->co,
        .taps = s->k,
        .tap_step = in_row,
        .length = s->k * s->ci,
        .channels = s->co,
    };
}

void conv_forward(float *y, const float *x, const float *packed, const ConvShape *s, ptrdiff_t n)
{
    const ptrdiff_t in = (s->h + 2) * (s->w + 2) * s->ci;
    const ptrdiff_t out = (s->h / s->stride + 2) * (s->w / s->stride + 2) * s->co;
    assert(s->h % s->stride == 0 && s->w % s->stride == 0);
    ConvSweep sweep = forward_sweep(s);
    sweep.weights = packed;
    for (ptrdiff_t i = 0; i < n; i++) vector_kernels()->conv_sweep(y + i * out, x + i * in, &sweep);
}

/* From dy to the pixels of dx whose row and column have these parities. */
static ConvSweep backward_sweep(const ConvShape *s, int py, int px)
{
    const ptrdiff_t in_row = (s->w / s->stride + 2) * s->co, out_row = (s->w + 2) * s->ci;
    const Reach rows = reach(s, py), cols = reach(s, px);
    return (ConvSweep){
        .rows = s->h / s->stride,
        .cols = s->w / s->stride,
        .in_start = rows.first * in_row + cols.first * s->co,
        .in_row = in_row,
        .in_pixel = s->co,
        .out_start = (py + 1) * out_row + (px + 1) * s->ci,
        .out_row = s->stride * out_row,
        .out_pixel = s->stride * s->ci,
        .taps = rows.count,
        .tap_step = in_row,
        .length = cols.count * s->co,
        .channels = s->ci,
    };
}

void conv_backward_data(float *dx, const float *dy, const float *packed, const ConvShape *s, ptrdiff_t n, bool add)
{
    const ptrdiff_t in = (s->h + 2) * (s->w + 2) * s->ci;
    const ptrdiff_t out = (s->h / s->stride + 2) * (s->w / s->stride + 2) * s->co;
    ConvSweep sweep[4]; /* stride^2 */
    int sweeps = 0;
    for (int py = 0; py < s->stride; py++)
        for (int px = 0; px < s->stride; px++) {
            ConvSweep *p = &sweep[sweeps++];
            *p = backward_sweep(s, py, px);
            p->weights = packed;
            p->add = add;
            packed += blocks(s->ci) * CONV_BLOCK * p->taps * p->length;
        }
    for (ptrdiff_t i = 0; i < n; i++)
        for (int j = 0; j < sweeps; j++) vector_kernels()->conv_sweep(dx + i * in, dy + i * out, &sweep[j]);
}

/* Tiles of one ky: its k * ci rows in groups of CONV_TILE_ROWS. */
static ptrdiff_t tiles_per_tap(const ConvShape *s)
{
    return (s->k * s->ci + CONV_TILE_ROWS - 1) / CONV_TILE_ROWS;
}

ptrdiff_t conv_gradient_tiles(const ConvShape *s)
{
    return blocks(s->co) * s->k * tiles_per_tap(s);
}

size_t conv_gradient_size(const ConvShape *s)
{
    return (size_t)(conv_gradient_tiles(s) * CONV_TILE);
}

void conv_backward_weights(float *dw, const float *x, const float *dy, const ConvShape *s, ptrdiff_t n,
                           ptrdiff_t first_tile, ptrdiff_t tiles)
{
    const ptrdiff_t in = (s->h + 2) * (s->w + 2) * s->ci;
    const ptrdiff_t out = (s->h / s->stride + 2) * (s->w / s->stride + 2) * s->co;
    const ConvSweep sweep = forward_sweep(s);
    for (ptrdiff_t i = 0; i < n; i++)
        vector_kernels()->conv_gradient(dw, x + i * in, dy + i * out, &sweep, first_tile, tiles);
}

void conv_unpack_gradient(float *grad, const float *dw, const ConvShape *s)
{
    const ptrdiff_t per_tap = tiles_per_tap(s);
    for (ptrdiff_t o = 0; o < s->co; o++)
        for (ptrdiff_t c = 0; c < s->ci; c++)
            for (ptrdiff_t ky = 0; ky < s->k; ky++)
                for (ptrdiff_t kx = 0; kx < s->k; kx++) {
                    ptrdiff_t row = kx * s->ci + c;
                    ptrdiff_t tile = (ky * per_tap + row / CONV_TILE_ROWS) * blocks(s->co) + o / CONV_BLOCK;
                    *grad++ = dw[tile * CONV_TILE + row % CONV_TILE_ROWS * CONV_BLOCK + o % CONV_BLOCK];
                }
}

double conv_flops(const ConvShape *s)
{
    return 2.0 * (double)(s->h / s->stride * (s->w / s->stride) * s->ci * s->co * s->k * s->k);
}
