/* batch.c - see batch.h. Pure functions; any thread. */
#include "data/batch.h"

#include "base/rng.h"

/* level[c][p] = the float of pixel value p in channel c. */
typedef float Levels[DATA_MAX_CHANNELS][256];

static void fill_levels(Levels level, const Dataset *d)
{
    for (ptrdiff_t c = 0; c < d->c; c++)
        for (int p = 0; p < 256; p++) level[c][p] = ((float)p / 255.0f - d->mean[c]) / d->sd[c];
}

/* Where output pixel (y, x) of a row comes from: image pixel (y + dy, flip ? w-1-x : x, then + dx). */
typedef struct {
    ptrdiff_t dy, dx;
    bool flip;
} Shift;

/* The draws come in one order whatever is switched on, so that turning flips off leaves the crops as they were. */
static Shift draw_shift(const Augment *a, ptrdiff_t row)
{
    if (!a) return (Shift){0};
    Rng rng = rng_stream(a->seed, RNG_AUGMENT, a->step, (uint32_t)row);
    uint32_t span = 2 * (uint32_t)a->crop + 1;
    ptrdiff_t dy = (ptrdiff_t)rng_below(&rng, span) - a->crop, dx = (ptrdiff_t)rng_below(&rng, span) - a->crop;
    return (Shift){dy, dx, a->flip && rng_below(&rng, 2)};
}

/* dst (h+2, w+2, c), its border left as it is, = src (h, w, c), shifted over black and normalised. */
static void copy_image(float *dst, const uint8_t *src, const Dataset *d, Shift shift, const Levels level)
{
    ptrdiff_t h = d->h, w = d->w, c = d->c;
    for (ptrdiff_t y = 0; y < h; y++) {
        float *out = dst + ((y + 1) * (w + 2) + 1) * c;
        ptrdiff_t from_y = y + shift.dy;
        for (ptrdiff_t x = 0; x < w; x++, out += c) {
            ptrdiff_t from_x = (shift.flip ? w - 1 - x : x) + shift.dx;
            bool inside = from_y >= 0 && from_y < h && from_x >= 0 && from_x < w;
            const uint8_t *in = inside ? src + (from_y * w + from_x) * c : NULL;
            for (ptrdiff_t k = 0; k < c; k++) out[k] = level[k][in ? in[k] : 0];
        }
    }
}

enum { CHUNK = 8 }; /* images that one thread fills at a time */

typedef struct {
    float *dst;
    const Dataset *d;
    const uint8_t *images;
    const int32_t *index; /* NULL: row r is image r */
    ptrdiff_t first, rows;
    const Augment *augment;
    Levels level;
} Fill;

static void fill_chunk(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const Fill *f = work;
    const Dataset *d = f->d;
    ptrdiff_t in = d->h * d->w * d->c, out = (d->h + 2) * (d->w + 2) * d->c;
    for (ptrdiff_t r = chunk * CHUNK; r < f->rows && r < (chunk + 1) * CHUNK; r++) {
        ptrdiff_t row = f->first + r, image = f->index ? f->index[row] : row;
        copy_image(f->dst + r * out, f->images + image * in, d, draw_shift(f->augment, row), f->level);
    }
}

void batch_images(float *dst, const Dataset *d, SplitId split, const int32_t *index, ptrdiff_t first, ptrdiff_t rows,
                  const Augment *augment, Pool *pool)
{
    Fill fill = {dst, d, d->split[split].images, index, first, rows, augment, {{0}}};
    fill_levels(fill.level, d);
    pool_run(pool, (rows + CHUNK - 1) / CHUNK, fill_chunk, &fill);
}

typedef struct {
    float *dst;
    const float *src;
    const int32_t *partner;
    float share;
    ptrdiff_t rows, floats;
} Mix;

static void mix_chunk(void *work, ptrdiff_t chunk, int thread)
{
    (void)thread;
    const Mix *m = work;
    for (ptrdiff_t r = chunk * CHUNK; r < m->rows && r < (chunk + 1) * CHUNK; r++) {
        const float *a = m->src + r * m->floats, *b = m->src + m->partner[r] * m->floats;
        float *dst = m->dst + r * m->floats;
        for (ptrdiff_t i = 0; i < m->floats; i++) dst[i] = m->share * a[i] + (1 - m->share) * b[i];
    }
}

void batch_mix(float *dst, const float *src, const int32_t *partner, float share, ptrdiff_t rows, ptrdiff_t floats,
               Pool *pool)
{
    Mix mix = {dst, src, partner, share, rows, floats};
    pool_run(pool, (rows + CHUNK - 1) / CHUNK, mix_chunk, &mix);
}

void batch_labels(int32_t *labels, const Dataset *d, SplitId split, const int32_t *index, ptrdiff_t first,
                  ptrdiff_t rows)
{
    for (ptrdiff_t r = 0; r < rows; r++) labels[r] = d->split[split].labels[index[first + r]];
}

void batch_order(int32_t *order, ptrdiff_t n, uint64_t seed, uint32_t epoch)
{
    for (ptrdiff_t i = 0; i < n; i++) order[i] = (int32_t)i;
    Rng rng = rng_stream(seed, RNG_SHUFFLE, epoch, 0);
    rng_shuffle(&rng, order, n);
}
