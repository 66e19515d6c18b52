/* conv_vec.h - the two micro-kernels of convolution, for vectors of LANES floats; included by vector_*.c.
 *
 * Forward and backward-data: TILE pixels x GROUP channels of sums stay in registers while one strip of inputs
 * after another is multiplied in. Backward-weights: TILE rows x GROUP channels of a weight gradient stay in
 * registers while the outer products of a few rows of pixels are added. GROUP = VECS vectors. */
#include "kernel/vector.h"
#include "kernel/vector_types.h"

#define GROUP (VECS * LANES)

enum {
    MOST_DEPTH = 576,     /* weights of one block that are swept at once: 36 KB */
    STRIP_DEPTH = 384,    /* else this much of a strip at a time: 24 KB, inside L1 */
    GRADIENT_PIXELS = 64, /* pixels whose outer products are added before the next tile's turn */
};

/* y (pixels, GROUP) (+)= x's strips times w, rows of CONV_BLOCK. Only `lanes` channels exist in y. */
INLINE void sweep_tile(float *y, const float *x, const float *w, const ConvSweep *s, int pixels, ptrdiff_t lanes)
{
    Vec sum[TILE][VECS];
    for (int p = 0; p < pixels; p++)
        for (int v = 0; v < VECS; v++) sum[p][v] = (Vec){0};
    for (ptrdiff_t tap = 0; tap < s->taps; tap++) {
        const float *strip = x + tap * s->tap_step;
        for (ptrdiff_t i = 0; i < s->length; i++, w += CONV_BLOCK)
            for (int p = 0; p < pixels; p++)
                for (int v = 0; v < VECS; v++)
                    sum[p][v] += strip[p * s->in_pixel + i] * *(const VecInMemory *)(w + v * LANES);
    }
    for (int p = 0; p < pixels; p++)
        for (int v = 0; v < VECS; v++) {
            float *to = y + p * s->out_pixel + v * LANES;
            const ptrdiff_t left = lanes - v * LANES;
            vec_store(to, s->add ? sum[p][v] + vec_load(to, left) : sum[p][v], left);
        }
}

/* One block of 16 channels (or what is left of them) over all pixels. */
INLINE void sweep_pixels(float *y, const float *x, const float *w, const ConvSweep *s, ptrdiff_t channels)
{
    for (ptrdiff_t g = 0; g < channels; g += GROUP)
        for (ptrdiff_t r = 0; r < s->rows; r++) {
            float *to = y + r * s->out_row + g;
            const float *from = x + r * s->in_row;
            for (ptrdiff_t left = s->cols, step; left > 0; left -= step) {
                step = left >= TILE && left != 8 ? TILE : left >= 4 ? 4 : 1; /* 8 = 4 + 4 */
                if (step == TILE)
                    sweep_tile(to, from, w + g, s, TILE, channels - g);
                else if (step == 4)
                    sweep_tile(to, from, w + g, s, 4, channels - g);
                else
                    sweep_tile(to, from, w + g, s, 1, channels - g);
                to += step * s->out_pixel;
                from += step * s->in_pixel;
            }
        }
}

static void sweep_block(float *y, const float *x, const float *w, const ConvSweep *s, ptrdiff_t channels)
{
    if (channels == CONV_BLOCK) /* a constant, so that no store looks at it */
        sweep_pixels(y, x, w, s, CONV_BLOCK);
    else
        sweep_pixels(y, x, w, s, channels);
}

/* Weights that L1 cannot hold are swept in parts of a strip, each adding to y. */
static void sweep_parts(float *y, const float *x, const float *w, const ConvSweep *s, ptrdiff_t channels)
{
    ConvSweep part = *s;
    part.taps = 1;
    for (ptrdiff_t tap = 0; tap < s->taps; tap++)
        for (ptrdiff_t i = 0; i < s->length; i += part.length) {
            part.length = s->length - i < STRIP_DEPTH ? s->length - i : STRIP_DEPTH;
            sweep_block(y, x + tap * s->tap_step + i, w, &part, channels);
            w += part.length * CONV_BLOCK;
            part.add = true;
        }
}

static void conv_sweep(float *y, const float *x, const ConvSweep *s)
{
    const ptrdiff_t depth = s->taps * s->length;
    for (ptrdiff_t c = 0; c < s->channels; c += CONV_BLOCK) {
        const ptrdiff_t channels = s->channels - c < CONV_BLOCK ? s->channels - c : CONV_BLOCK;
        void (*const sweep)(float *, const float *, const float *, const ConvSweep *, ptrdiff_t) =
            depth > MOST_DEPTH ? sweep_parts : sweep_block;
        sweep(y + s->out_start + c, x + s->in_start, s->weights + c * depth, s, channels);
    }
}

/* dw (rows, GROUP) += sum over `height` rows of pixels of x's strip (rows) times dy (GROUP). */
INLINE void gradient_tile(float *dw, const float *x, const float *dy, const ConvSweep *s, ptrdiff_t height, int rows,
                          ptrdiff_t lanes)
{
    Vec sum[TILE][VECS];
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < VECS; v++) sum[r][v] = *(VecInMemory *)(dw + r * CONV_BLOCK + v * LANES);
    for (ptrdiff_t h = 0; h < height; h++) {
        const float *strip = x + h * s->in_row, *d = dy + h * s->out_row;
        for (ptrdiff_t p = 0; p < s->cols; p++, strip += s->in_pixel, d += s->out_pixel) {
            Vec g[VECS];
            for (int v = 0; v < VECS; v++) g[v] = vec_load(d + v * LANES, lanes - v * LANES);
            for (int r = 0; r < rows; r++)
                for (int v = 0; v < VECS; v++) sum[r][v] += strip[r] * g[v];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < VECS; v++) *(VecInMemory *)(dw + r * CONV_BLOCK + v * LANES) = sum[r][v];
}

/* All register tiles of one tile of the gradient: `rows` rows of k * ci, at most 16 channels. */
INLINE void gradient_rows(float *dw, const float *x, const float *dy, const ConvSweep *s, ptrdiff_t height,
                          ptrdiff_t rows, ptrdiff_t lanes)
{
    for (ptrdiff_t g = 0; g < CONV_BLOCK; g += GROUP) {
        ptrdiff_t r = 0;
        for (; r + TILE <= rows; r += TILE)
            gradient_tile(dw + r * CONV_BLOCK + g, x + r, dy + g, s, height, TILE, lanes - g);
        for (; r < rows; r++) gradient_tile(dw + r * CONV_BLOCK + g, x + r, dy + g, s, height, 1, lanes - g);
    }
}

/* One image. Rows of pixels come in groups; a tile adds each group's products in turn. */
static void conv_gradient(float *dw, const float *x, const float *dy, const ConvSweep *s, ptrdiff_t first_tile,
                          ptrdiff_t tiles)
{
    const ptrdiff_t per_tap = (s->length + CONV_TILE_ROWS - 1) / CONV_TILE_ROWS;
    const ptrdiff_t blocks = (s->channels + CONV_BLOCK - 1) / CONV_BLOCK;
    const ptrdiff_t most = s->cols < GRADIENT_PIXELS ? GRADIENT_PIXELS / s->cols : 1;
    for (ptrdiff_t row = 0; row < s->rows; row += most)
        for (ptrdiff_t t = first_tile; t < first_tile + tiles; t++) {
            const ptrdiff_t height = s->rows - row < most ? s->rows - row : most;
            /* blocks run fastest: one strip of x stays in L1 for all of them */
            const ptrdiff_t block = t % blocks, tap = t / blocks / per_tap;
            const ptrdiff_t strip = t / blocks % per_tap * CONV_TILE_ROWS, left = s->length - strip;
            const ptrdiff_t rows = left < CONV_TILE_ROWS ? left : CONV_TILE_ROWS;
            const ptrdiff_t channels = s->channels - block * CONV_BLOCK;
            const float *from = x + s->in_start + row * s->in_row + tap * s->tap_step + strip;
            const float *by = dy + s->out_start + row * s->out_row + block * CONV_BLOCK;
            if (channels >= CONV_BLOCK) /* a constant, so that no load looks at it */
                gradient_rows(dw + t * CONV_TILE, from, by, s, height, rows, CONV_BLOCK);
            else
                gradient_rows(dw + t * CONV_TILE, from, by, s, height, rows, channels);
        }
}
