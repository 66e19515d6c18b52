/* blends.c - synthetic images whose posterior p*(y|x) is known for each of them. Any thread.
 *
 * First the image: windows of stripes, some of one class's direction and width and some of other classes', on a
 * smooth coloured ground, with pixel noise, rounded to bytes. Then, from those bytes alone, the evidence for each
 * class: how much its own stripes weigh anywhere in the image. Then p* = softmax(beta * evidence), and the label is a
 * draw from p*. So p* is exact by construction, whatever the image holds; colour and position say nothing, and beta
 * sets the Bayes error E[1 - max p*]. The evidence is not invariant to flips: a mirrored stripe leans the other way.
 *
 * The task (filters, beta) depends on classes, size, noise and bayes; the seed only draws images and
 * labels from it. */
#include "data/source.h"

#include "base/rng.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_CLASSES = 20,
    MAX_SIDE = 64,
    RGB = 3,
    RADIUS = 4, /* of a filter */
    TAPS = 2 * RADIUS + 1,
    REFERENCE = 2000, /* images that set beta */
    REFERENCE_SEED = 0,
};

/* Stripes of class k: direction pi k / classes, width by turns coarse and fine, so that a class and its
 * neighbours differ in both. fy, fx: angular frequency in radians a pixel. */
typedef struct {
    double fy, fx;
} Wave;

typedef struct {
    ptrdiff_t size, classes;
    double noise;
    Wave wave[MAX_CLASSES];
    float column[MAX_CLASSES][2][TAPS], row[MAX_CLASSES][2][TAPS]; /* real and imaginary part */
    double beta;
} Task;

static const double coarse = 4.5, fine = 2.8; /* period in pixels */
static const double window = 2.0;             /* sd of a filter's Gaussian window in pixels */

static Wave class_wave(ptrdiff_t k, ptrdiff_t classes)
{
    double frequency = 2 * M_PI / (k % 2 ? fine : coarse), angle = M_PI * (double)k / (double)classes;
    return (Wave){frequency * sin(angle), frequency * cos(angle)};
}

/* tap (2, TAPS) = Gaussian window times exp(i f t), t = -RADIUS .. RADIUS; the windows sum to 1. */
static void gabor_taps(float tap[2][TAPS], double f)
{
    double sum = 0;
    for (int t = -RADIUS; t <= RADIUS; t++) sum += exp(-t * t / (2 * window * window));
    for (int t = -RADIUS; t <= RADIUS; t++) {
        double g = exp(-t * t / (2 * window * window)) / sum;
        tap[0][t + RADIUS] = (float)(g * cos(f * t));
        tap[1][t + RADIUS] = (float)(g * sin(f * t));
    }
}

/* canvas (size, size, 3) = a colour and a gradient of each channel. */
static void draw_ground(const Task *t, double *canvas, Rng *rng)
{
    double base[RGB], gy[RGB], gx[RGB];
    for (int c = 0; c < RGB; c++) {
        base[c] = 80 + 96 * rng_uniform(rng);
        gy[c] = 40 * (rng_uniform(rng) - 0.5);
        gx[c] = 40 * (rng_uniform(rng) - 0.5);
    }
    for (ptrdiff_t y = 0; y < t->size; y++)
        for (ptrdiff_t x = 0; x < t->size; x++)
            for (int c = 0; c < RGB; c++)
                *canvas++ =
                    base[c] + gy[c] * ((double)y / (double)t->size - 0.5) + gx[c] * ((double)x / (double)t->size - 0.5);
}

/* wave (2, size) = Gaussian window of sd `spread` around `centre`, times exp(i (f (j - centre) + phase)). */
static void windowed_wave(double wave[2][MAX_SIDE], ptrdiff_t size, double centre, double spread, double f,
                          double phase)
{
    for (ptrdiff_t j = 0; j < size; j++) {
        double d = (double)j - centre, g = exp(-d * d / (2 * spread * spread));
        wave[0][j] = g * cos(f * d + phase);
        wave[1][j] = g * sin(f * d + phase);
    }
}

/* canvas += stripes of class k at a random place, phase and contrast, stronger in some channels than in others. */
static void draw_stripes(const Task *t, double *canvas, ptrdiff_t k, Rng *rng)
{
    double row[2][MAX_SIDE], column[2][MAX_SIDE], gain[RGB];
    double spread = 3 + 2 * rng_uniform(rng), contrast = 15 + 30 * rng_uniform(rng);
    double centre_y = (double)t->size * rng_uniform(rng), centre_x = (double)t->size * rng_uniform(rng);
    windowed_wave(column, t->size, centre_y, spread, t->wave[k].fy, 0);
    windowed_wave(row, t->size, centre_x, spread, t->wave[k].fx, 2 * M_PI * rng_uniform(rng));
    for (int c = 0; c < RGB; c++) gain[c] = contrast * (0.4 + 0.6 * rng_uniform(rng));
    for (ptrdiff_t y = 0; y < t->size; y++)
        for (ptrdiff_t x = 0; x < t->size; x++, canvas += RGB) {
            double v = column[0][y] * row[0][x] - column[1][y] * row[1][x];
            for (int c = 0; c < RGB; c++) canvas[c] += gain[c] * v;
        }
}

/* A number with mean 0 and sd 1 that is all but normal: the sum of a word's four bytes. */
static double byte_noise(Rng *rng)
{
    uint32_t w = rng_u32(rng);
    double sum = (double)((w & 255) + (w >> 8 & 255) + (w >> 16 & 255) + (w >> 24));
    return (sum - 4 * 127.5) / sqrt(4 * (65536.0 - 1) / 12);
}

/* image (size, size, 3): one window for every 160 pixels, three in five of one class, the others of any. */
static void draw_image(const Task *t, uint8_t *image, Rng *rng)
{
    double canvas[MAX_SIDE * MAX_SIDE * RGB];
    ptrdiff_t windows = t->size * t->size / 160 + 1, pixels = t->size * t->size * RGB;
    uint32_t classes = (uint32_t)t->classes, main_class = rng_below(rng, classes);
    draw_ground(t, canvas, rng);
    for (ptrdiff_t i = 0; i < windows; i++)
        draw_stripes(t, canvas, rng_uniform(rng) < 0.6 ? main_class : rng_below(rng, classes), rng);
    for (ptrdiff_t i = 0; i < pixels; i++) {
        double v = floor(canvas[i] + 255 * t->noise * byte_noise(rng) + 0.5);
        image[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
}

/* grey (size, size) = mean of the channels, less the image's own mean. */
static void grey_image(const Task *t, float *grey, const uint8_t *image)
{
    ptrdiff_t pixels = t->size * t->size;
    int64_t sum = 0;
    for (ptrdiff_t i = 0; i < pixels * RGB; i++) sum += image[i];
    float mean = (float)((double)sum / (double)(pixels * RGB));
    for (ptrdiff_t i = 0; i < pixels; i++)
        grey[i] = (float)(image[i * RGB] + image[i * RGB + 1] + image[i * RGB + 2]) / RGB - mean;
}

/* Four neighbouring floats at any address; gcc and clang compute on all at once. */
typedef float Quad __attribute__((vector_size(16), aligned(4), may_alias));

static Quad quad(const float *p)
{
    return *(const Quad *)p;
}

/* Mean energy of class k's Gabor filter over all places where it fits: |row filter, then column filter|^2. The image
 * is filtered as one long row; what wraps at the right edge falls in columns that are not counted. */
static double gabor_energy(const Task *t, const float *grey, ptrdiff_t k)
{
    float re[MAX_SIDE * MAX_SIDE] = {0}, im[MAX_SIDE * MAX_SIDE] = {0};
    ptrdiff_t s = t->size, fit = s - 2 * RADIUS;
    for (ptrdiff_t i = 0; i < s * s - 2 * RADIUS; i += 4) { /* a multiple of 4, as s is */
        Quad a = {0}, b = {0};
        for (int tap = 0; tap < TAPS; tap++) {
            a += t->row[k][0][tap] * quad(grey + i + tap);
            b += t->row[k][1][tap] * quad(grey + i + tap);
        }
        *(Quad *)(re + i) = a;
        *(Quad *)(im + i) = b;
    }
    double energy = 0;
    for (ptrdiff_t y = 0; y < fit; y++)
        for (ptrdiff_t x = 0; x < fit; x += 4) {
            Quad a = {0}, b = {0};
            for (int tap = 0; tap < TAPS; tap++) {
                Quad in_re = quad(re + (y + tap) * s + x), in_im = quad(im + (y + tap) * s + x);
                a += t->column[k][0][tap] * in_re - t->column[k][1][tap] * in_im;
                b += t->column[k][0][tap] * in_im + t->column[k][1][tap] * in_re;
            }
            Quad e = a * a + b * b;
            energy += (double)e[0] + (double)e[1] + (double)e[2] + (double)e[3];
        }
    return energy / (double)(fit * fit);
}

/* evidence (classes) = log(1 + energy) of each class's filter, the energy in grey levels squared. */
static void evidence_of(const Task *t, const uint8_t *image, double *evidence)
{
    float grey[MAX_SIDE * MAX_SIDE];
    grey_image(t, grey, image);
    for (ptrdiff_t k = 0; k < t->classes; k++) evidence[k] = log(1 + gabor_energy(t, grey, k));
}

/* p (classes) = softmax(beta * evidence) */
static void posterior_of(double *p, const double *evidence, ptrdiff_t classes, double beta)
{
    double most = evidence[0], sum = 0;
    for (ptrdiff_t k = 1; k < classes; k++) most = fmax(most, evidence[k]);
    for (ptrdiff_t k = 0; k < classes; k++) sum += p[k] = exp(beta * (evidence[k] - most));
    for (ptrdiff_t k = 0; k < classes; k++) p[k] /= sum;
}

/* E[1 - max p*] over evidence (n, classes) */
static double bayes_error(const double *evidence, ptrdiff_t n, ptrdiff_t classes, double beta)
{
    double sum = 0, p[MAX_CLASSES];
    for (ptrdiff_t i = 0; i < n; i++) {
        double most = 0;
        posterior_of(p, evidence + i * classes, classes, beta);
        for (ptrdiff_t k = 0; k < classes; k++) most = fmax(most, p[k]);
        sum += 1 - most;
    }
    return sum / (double)n;
}

/* The beta that gives the wanted Bayes error on reference images that no seed changes. The error falls as
 * beta grows, from 1 - 1/classes at beta = 0. */
static Status beta_set(Task *t, double bayes, Err *err)
{
    ptrdiff_t classes = t->classes;
    uint8_t image[MAX_SIDE * MAX_SIDE * RGB];
    double *evidence = calloc((size_t)(REFERENCE * classes), sizeof *evidence);
    if (!evidence) return err_set(err, ERR_MEMORY, "no memory for %d reference images", REFERENCE);
    for (ptrdiff_t i = 0; i < REFERENCE; i++) {
        Rng rng = rng_stream(REFERENCE_SEED, RNG_BLENDS, SPLITS, (uint32_t)i);
        draw_image(t, image, &rng);
        evidence_of(t, image, evidence + i * classes);
    }
    double low = 0, high = 1e3;
    for (int halving = 0; halving < 50; halving++) {
        double middle = (low + high) / 2;
        *(bayes_error(evidence, REFERENCE, classes, middle) > bayes ? &low : &high) = middle;
    }
    t->beta = (low + high) / 2;
    free(evidence);
    return OK;
}

static int32_t draw_label(const double *p, ptrdiff_t classes, Rng *rng)
{
    double u = rng_uniform(rng), sum = 0;
    for (ptrdiff_t k = 0; k + 1 < classes; k++)
        if (u < (sum += p[k])) return (int32_t)k;
    return (int32_t)(classes - 1);
}

/* Images 0 .. n-1 of a split. Each has its own stream, so no size changes another image. */
static Status draw_split(const Task *t, Dataset *d, SplitId id, ptrdiff_t n, Err *err)
{
    Split *s = &d->split[id];
    Status room = split_alloc(d, s, n, err);
    if (room != OK) return room;
    s->posterior = calloc((size_t)(n * d->classes), sizeof *s->posterior);
    if (!s->posterior) return err_set(err, ERR_MEMORY, "no memory for the posteriors of %td images", n);
    for (ptrdiff_t i = 0; i < n; i++) {
        double evidence[MAX_CLASSES], p[MAX_CLASSES];
        uint8_t *image = s->images + i * d->h * d->w * d->c;
        Rng rng = rng_stream((uint64_t)d->spec.seed, RNG_BLENDS, id, (uint32_t)i);
        draw_image(t, image, &rng);
        evidence_of(t, image, evidence);
        posterior_of(p, evidence, d->classes, t->beta);
        s->labels[i] = draw_label(p, d->classes, &rng);
        s->source[i] = (int32_t)i;
        for (ptrdiff_t k = 0; k < d->classes; k++) s->posterior[i * d->classes + k] = (float)p[k];
    }
    return OK;
}

static Status class_names(Dataset *d, Err *err)
{
    TRY(names_set(d, NULL, d->spec.classes, err));
    for (ptrdiff_t k = 0; k < d->classes; k++)
        snprintf(d->class_names[k], CLASS_NAME_SIZE, "%.0f deg %s", 180 * (double)k / (double)d->classes,
                 k % 2 ? "fine" : "coarse");
    return OK;
fail:
    return err->code;
}

Status blends_load(Dataset *d, Records *train, Records *test, Err *err)
{
    const DataSpec *spec = &d->spec;
    (void)train, (void)test; /* there are no files */
    if (spec->size % 4 != 0)
        return err_set(err, ERR_USAGE, "size = %lld: expected a multiple of 4", (long long)spec->size);
    if (spec->bayes >= 1 - 1 / (double)spec->classes)
        return err_set(err, ERR_USAGE, "bayes = %g: with %lld classes even guessing errs less; expected below %.3g",
                       spec->bayes, (long long)spec->classes, 1 - 1 / (double)spec->classes);
    Task t = {.size = spec->size, .classes = spec->classes, .noise = spec->noise};
    for (ptrdiff_t k = 0; k < t.classes; k++) {
        t.wave[k] = class_wave(k, t.classes);
        gabor_taps(t.column[k], t.wave[k].fy);
        gabor_taps(t.row[k], t.wave[k].fx);
    }
    d->h = d->w = t.size;
    d->c = RGB;
    TRY(beta_set(&t, spec->bayes, err));
    TRY(class_names(d, err));
    TRY(draw_split(&t, d, SPLIT_TRAIN, spec->train, err));
    TRY(draw_split(&t, d, SPLIT_VALID, spec->valid, err));
    TRY(draw_split(&t, d, SPLIT_TEST, spec->test, err));
    return OK;
fail:
    return err->code;
}
