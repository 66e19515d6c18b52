/* paired.c - see paired.h. Pure functions; any thread.
 *
 * For a measure that is a mean over images (NLL, Brier, accuracy) let d[s][i] be the difference of the methods on image
 * i with seed s, of S seeds and n images. Seeds and images are crossed random effects:
 *
 *     d[s][i] = delta + seed[s] + image[i] + rest[s][i],       Var(mean d) = V_s / S + V_i / n + V_r / (S n)
 *
 * The spread of the S seed means holds V_s / S + V_r / (S n), that of the n image means V_i / n + V_r / (S n), and what
 * neither explains V_r / (S n). The variance of the mean is therefore
 *
 *     seeds + images - rest
 *
 * (the denominator of a quasi-F: Clark 1973; Winer 1971, 5.15), with degrees of freedom after Satterthwaite (1946). The
 * difference of estimates can come out too small: it is kept at two thirds of `images`, which lies between the bias of
 * a floor at the whole (claims between equals in 2-4 of 100) and of none (6-8 with two seeds).
 *
 * An ECE is no mean over images: the size of a bin's gap bends at 0, and near 0 a linear error says far too much. So
 * the images' part comes from the hypothesis itself. If the methods are alike, an image's two answers may be exchanged:
 * with a coin for each image, the same for all seeds, the difference of the exchanged sets is a draw from what luck
 * does. Its variance over many tosses, of the mean over the seeds and of each seed alone, gives `images` and `rest`;
 * with one network a side the tosses are themselves the test (Fisher; exact). */
#include "calib/paired.h"

#include "base/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOSSES = 499 };

/* Variances of the mean difference, and the degrees of freedom of each. */
typedef struct {
    double seeds, images, rest;
    double seeds_freedom, images_freedom, rest_freedom;
} Parts;

/* ---- Student's t ---- */

/* The continued fraction of the incomplete beta function (Abramowitz & Stegun 1964, 26.5.8) by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), h;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    h = d;
    for (int m = 1; m <= 1000; m++) {
        /* the even and the odd coefficient */
        const double k[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                             -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        double change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + k[i] * d;
            c = 1 + k[i] / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            change = c * d;
            h *= change;
        }
        if (fabs(change - 1) < 1e-15) break;
    }
    return h;
}

/* I_x(a, b), regularised; the fraction converges fast on the side of the mean that x lies on. */
static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_p(double t, double freedom)
{
    if (isnan(t)) return NAN;
    if (freedom > 1e7) return erfc(fabs(t) / sqrt(2)); /* normal to all digits shown */
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

/* ---- from parts to a verdict ---- */

static double share(double part, double freedom)
{
    return freedom > 0 ? part * part / freedom : 0;
}

static void judge(Paired *result, const Parts *v)
{
    double variance = v->seeds + v->images - v->rest, least = v->images * 2 / 3;
    if (variance < least) variance = least;
    double spread =
        share(v->seeds, v->seeds_freedom) + share(v->images, v->images_freedom) + share(v->rest, v->rest_freedom);
    result->error = sqrt(variance);
    result->freedom = spread > 0 ? variance * variance / spread : INFINITY;
    if (result->freedom < 1) result->freedom = 1;
    if (result->difference == 0)
        result->p = 1;
    else
        result->p = variance > 0 ? student_p(result->difference / result->error, result->freedom) : 0;
}

static double mean_of(const double *x, ptrdiff_t n)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

/* The variance of the mean of n values: their own, n - 1 in the denominator, over n. 0 of one. */
static double variance_of_mean(const double *x, ptrdiff_t n)
{
    double mean = mean_of(x, n), sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sum / (double)(n - 1) / (double)n : 0;
}

/* ---- measures of rows ---- */

/* x (runs, n) = what each image adds to the measure. */
static void images_of(double *x, const Measure *measure, const Method *m, double *p)
{
    for (int s = 0; s < m->runs; s++)
        for (ptrdiff_t i = 0; i < m->run[s]->n; i++) {
            const PredictionRow row = predictions_row(m->run[s], i, p);
            *x++ = measure->row(&row, 0);
        }
}

/* The parts that come with the seeds of x (runs, n): into seeds and rest. mean (runs) and column (n) = the means
 * over the images and over the runs. */
static void add_seeds(Parts *v, double *mean, double *column, const double *x, int runs, ptrdiff_t n)
{
    double all, squares = 0;
    for (ptrdiff_t i = 0; i < n; i++) column[i] = 0;
    for (int s = 0; s < runs; s++) {
        mean[s] = mean_of(x + s * n, n);
        for (ptrdiff_t i = 0; i < n; i++) column[i] += x[s * n + i] / runs;
    }
    if (runs < 2) return;
    all = mean_of(mean, runs);
    for (int s = 0; s < runs; s++)
        for (ptrdiff_t i = 0; i < n; i++) {
            double left = x[s * n + i] - mean[s] - column[i] + all;
            squares += left * left;
        }
    double seeds = variance_of_mean(mean, runs), rest_freedom = (double)(runs - 1) * (double)(n - 1);
    double rest = rest_freedom > 0 ? squares / rest_freedom / runs / (double)n : 0;
    /* two methods with seeds of their own: variances add, and degrees of freedom after Welch */
    double before = share(v->seeds, v->seeds_freedom) + share(seeds, runs - 1);
    double rest_before = share(v->rest, v->rest_freedom) + share(rest, rest_freedom);
    v->seeds += seeds;
    v->rest += rest;
    v->seeds_freedom = before > 0 ? v->seeds * v->seeds / before : runs - 1;
    v->rest_freedom = rest_before > 0 ? v->rest * v->rest / rest_before : rest_freedom;
}

static Status compare_rows(Paired *result, const Measure *measure, const Method *a, const Method *b, bool by_seed,
                           Err *err)
{
    ptrdiff_t n = a->run[0]->n;
    size_t most = (size_t)(a->runs > b->runs ? a->runs : b->runs);
    size_t room = (size_t)(a->runs + b->runs + 2) * (size_t)n + (size_t)a->run[0]->classes + most;
    double *x = malloc(room * sizeof *x);
    if (!x) return err_set(err, ERR_MEMORY, "no memory to compare %d networks on %td images", a->runs + b->runs, n);
    double *y = x + a->runs * n, *left = y + b->runs * n, *right = left + n, *mean = right + n, *p = mean + most;
    Parts v = {.images_freedom = (double)(n - 1)};
    images_of(x, measure, a, p);
    images_of(y, measure, b, p);

    /* paired seeds: one matrix of differences; else each method's own matrix brings its own seeds */
    if (by_seed) {
        for (ptrdiff_t i = 0; i < a->runs * n; i++) x[i] -= y[i];
        add_seeds(&v, mean, left, x, a->runs, n);
    } else {
        add_seeds(&v, mean, left, x, a->runs, n);
        add_seeds(&v, mean, right, y, b->runs, n);
        for (ptrdiff_t i = 0; i < n; i++) left[i] -= right[i];
    }
    v.images = variance_of_mean(left, n);
    result->difference = mean_of(left, n);
    judge(result, &v);
    free(x);
    return OK;
}

/* ---- measures of bins ---- */

/* An image's answers by two networks, as they fall into bins. */
typedef struct {
    double confidence[2];
    uint16_t bin[2];
    uint8_t right[2];
} Pair;

/* Move what an answer counts from one network's bins to the other's. */
static void exchange(Bin *from, Bin *to, double confidence, uint8_t right)
{
    from->count--;
    from->confidence -= confidence;
    from->right -= right;
    to->count++;
    to->confidence += confidence;
    to->right += right;
}

/* value[2] = the measure of both sets with the images exchanged whose coin says so. work (2, bins). */
static void exchanged(double value[2], const Measure *measure, const Pair *pair, ptrdiff_t n, const Bin *whole,
                      Bin *work, int bins, const uint32_t *coin)
{
    memcpy(work, whole, 2 * (size_t)bins * sizeof *work);
    for (ptrdiff_t i = 0; i < n; i++) {
        if (!(coin[i / 32] >> i % 32 & 1)) continue;
        const Pair *q = &pair[i];
        exchange(&work[q->bin[0]], &work[bins + q->bin[0]], q->confidence[0], q->right[0]);
        exchange(&work[bins + q->bin[1]], &work[q->bin[1]], q->confidence[1], q->right[1]);
    }
    value[0] = measure->bins(work, bins);
    value[1] = measure->bins(work + bins, bins);
}

/* All that the tosses of pairs of networks need. */
typedef struct {
    const Measure *measure;
    int pairs, bins;
    int runs[2]; /* of each method; the first of them are in pairs of their own */
    ptrdiff_t n;
    Pair *pair;     /* (pairs, n) */
    Bin *whole;     /* (pairs, 2, bins) */
    Bin *work;      /* (2, bins) */
    uint32_t *coin; /* (n / 32 + 1) */
    double *confidence;
    uint8_t *right; /* (n), while pairs are made */
    double *value;  /* (pairs): what each network reads */
} Tosses;

static void tosses_close(Tosses *t)
{
    free(t->pair);
    free(t->whole);
    free(t->work);
    free(t->coin);
    free(t->confidence);
    free(t->right);
    free(t->value);
}

static Status tosses_open(Tosses *t, Err *err)
{
    size_t n = (size_t)t->n, bins = (size_t)t->bins, pairs = (size_t)t->pairs;
    t->pair = malloc(pairs * n * sizeof *t->pair);
    t->whole = malloc(2 * pairs * bins * sizeof *t->whole);
    t->work = malloc(2 * bins * sizeof *t->work);
    t->coin = malloc((n / 32 + 1) * sizeof *t->coin);
    t->confidence = malloc(n * sizeof *t->confidence);
    t->right = malloc(n);
    t->value = malloc(pairs * sizeof *t->value);
    if (t->pair && t->whole && t->work && t->coin && t->confidence && t->right && t->value) return OK;
    tosses_close(t);
    return err_set(err, ERR_MEMORY, "no memory to compare %d pairs of networks on %td images", t->pairs, t->n);
}

/* Side 0 or 1 of a pair of networks. */
static Status fill_side(Tosses *t, int pair, int side, const Predictions *pred, Err *err)
{
    Bin *whole = t->whole + (2 * pair + side) * t->bins;
    predictions_top(pred, t->confidence, t->right);
    Status done = bins_equal_width(whole, t->bins, t->confidence, t->right, t->n, err);
    if (done != OK) return done;
    for (ptrdiff_t i = 0; i < t->n; i++) {
        Pair *q = &t->pair[pair * t->n + i];
        q->confidence[side] = t->confidence[i];
        q->right[side] = t->right[i];
        q->bin[side] = (uint16_t)bins_at(t->confidence[i], t->bins);
    }
    return OK;
}

/* The part of `images` that the networks' own chance has, and their seeds' spread contains as well, from the variance
 * of one pair and that of the mean. With R each network's own part and D what is alike for all seeds, a pair has D + 2
 * R. Of `most` networks against `least`, an exchanged image brings the mean of the one side's pairs instead of the
 * other's: D + k R with k = (3 / most + 5 / least) / 4, which is 2 / S of S against S. A network alone has no spread:
 * its R stays. */
static double rest_of(const Tosses *t, double pair, double images)
{
    double most = t->runs[0], least = t->runs[1];
    if (t->pairs == 1) return 0;
    if (least > most) most = t->runs[1], least = t->runs[0];
    double k = (3 / most + 5 / least) / 4, own = (pair - images) / (2 - k);
    return own > 0 ? own * (least > 1 ? k : k - 1) : 0;
}

/* *images, *rest = the variances over the tosses; *beyond = how many tosses were as far from 0 as `seen`. Each method's
 * mean is over as many sets as it has networks, so that the chance of few is not averaged away. */
static void toss(const Tosses *t, double seen, double *images, double *rest, int *beyond)
{
    double of_mean = 0, of_pair = 0;
    *beyond = 0;
    for (int k = 0; k < TOSSES; k++) {
        Rng stream = rng_stream(0, RNG_EXCHANGE, (uint32_t)k, 0);
        double mean = 0, value[2];
        for (ptrdiff_t i = 0; i <= t->n / 32; i++) t->coin[i] = rng_u32(&stream);
        for (int s = 0; s < t->pairs; s++) {
            exchanged(value, t->measure, t->pair + s * t->n, t->n, t->whole + 2 * s * t->bins, t->work, t->bins,
                      t->coin);
            of_pair += (value[0] - value[1]) * (value[0] - value[1]) / t->pairs;
            if (s < t->runs[0]) mean += value[0] / t->runs[0];
            if (s < t->runs[1]) mean -= value[1] / t->runs[1];
        }
        of_mean += mean * mean;
        *beyond += fabs(mean) >= fabs(seen) * (1 - 1e-9);
    }
    *images = of_mean / TOSSES;
    *rest = rest_of(t, of_pair / TOSSES, *images);
}

/* What each network reads, and the seeds' part of its method. */
static double method_mean(Parts *v, const Tosses *t, int side, int runs)
{
    double before = share(v->seeds, v->seeds_freedom);
    for (int s = 0; s < runs; s++) t->value[s] = t->measure->bins(t->whole + (2 * s + side) * t->bins, t->bins);
    double seeds = variance_of_mean(t->value, runs);
    before += share(seeds, runs - 1);
    v->seeds += seeds;
    v->seeds_freedom = before > 0 ? v->seeds * v->seeds / before : runs - 1;
    return mean_of(t->value, runs);
}

static double paired_mean(Parts *v, const Tosses *t)
{
    for (int s = 0; s < t->pairs; s++)
        t->value[s] = t->measure->bins(t->whole + 2 * s * t->bins, t->bins) -
                      t->measure->bins(t->whole + (2 * s + 1) * t->bins, t->bins);
    v->seeds = variance_of_mean(t->value, t->pairs);
    v->seeds_freedom = t->pairs - 1;
    return mean_of(t->value, t->pairs);
}

/* Where seeds are no pairs and one method has fewer networks, its networks take turns: network s goes with network s
 * modulo their number. */
static Status compare_bins(Paired *result, const Measure *measure, const Method *a, const Method *b, bool by_seed,
                           int bins, Err *err)
{
    Tosses t = {.measure = measure, .bins = bins, .n = a->run[0]->n, .runs = {a->runs, b->runs}};
    t.pairs = a->runs > b->runs ? a->runs : b->runs;
    Parts v = {0};
    int beyond;
    Status done = tosses_open(&t, err);
    if (done != OK) return done;
    for (int s = 0; s < t.pairs && done == OK; s++) {
        done = fill_side(&t, s, 0, a->run[s % a->runs], err);
        if (done == OK) done = fill_side(&t, s, 1, b->run[s % b->runs], err);
    }
    if (done == OK) {
        result->difference =
            by_seed ? paired_mean(&v, &t) : method_mean(&v, &t, 0, a->runs) - method_mean(&v, &t, 1, b->runs);
        toss(&t, result->difference, &v.images, &v.rest, &beyond);
        v.rest_freedom = v.images_freedom = TOSSES;
        judge(result, &v);
        if (t.pairs == 1 && result->difference != 0) result->p = (1.0 + beyond) / (1 + TOSSES);
    }
    tosses_close(&t);
    return done;
}

/* ---- any measure ---- */

static Status check(const Measure *measure, const Method *a, const Method *b, bool by_seed, int bins, Err *err)
{
    const Predictions *first = a->run[0];
    if (measure->of != MEASURE_ROWS && measure->of != MEASURE_BINS)
        return err_set(err, ERR_USAGE, "%s cannot be compared pair by pair: it is of %s", measure->title,
                       measure_source_name[measure->of]);
    if (measure->better == BETTER_NEITHER) return err_set(err, ERR_USAGE, "%s has no better side", measure->title);
    if (by_seed && a->runs != b->runs)
        return err_set(err, ERR_USAGE, "%d and %d networks are no pairs by seed", a->runs, b->runs);
    if (bins < 1 || bins > BINS_MAX) return err_set(err, ERR_USAGE, "bins = %d is outside 1 to %d", bins, BINS_MAX);
    for (int i = 0; i < a->runs + b->runs; i++) {
        const Predictions *p = i < a->runs ? a->run[i] : b->run[i - a->runs];
        if (p->n != first->n || p->classes != first->classes ||
            memcmp(p->labels, first->labels, (size_t)p->n * sizeof *p->labels) != 0)
            return err_set(err, ERR_USAGE,
                           "the predictions are of other images; only those of the same can be compared");
    }
    return OK;
}

Status paired_compare(Paired *result, const Measure *measure, const Method *a, const Method *b, bool by_seed, int bins,
                      Err *err)
{
    Status fine = check(measure, a, b, by_seed, bins, err);
    if (fine != OK) return fine;
    if (measure->of == MEASURE_ROWS) return compare_rows(result, measure, a, b, by_seed, err);
    return compare_bins(result, measure, a, b, by_seed, bins, err);
}
