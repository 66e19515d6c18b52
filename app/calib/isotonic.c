/* isotonic.c - isotonic regression, one class against the rest (Zadrozny & Elkan, KDD 2002). Pure functions; any
 * thread.
 *
 * For each class k the share of images of that class is fitted as a rising function g_k of what the network says of k:
 *
 *     g_k = arg min over rising g of sum_i (g(p_ik) - [y_i = k])^2
 *
 * by pooling adjacent violators (Ayer et al. 1955): where a block of neighbours has a mean no greater than the one to
 * its left, both become one block. g_k is flat over a block, straight between blocks, and goes on flat outside. A row
 * of g_k(p_k) is divided by its sum; 1e-15 stands for 0, so that a class which no image of the fit had at such a p does
 * not make the NLL infinite. Unlike a temperature it may change which class is on top, and it has as many numbers as
 * the data ask for: with few images a class, it learns their noise. */
#include "calib/calibrator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the network says of the class, and whether it is the image's. */
typedef struct {
    double p, is;
} Sample;

/* Neighbours from p = lo to hi with one value, sum / n. */
typedef struct {
    double lo, hi, sum, n;
} Block;

static int by_p(const void *a, const void *b)
{
    double x = ((const Sample *)a)->p, y = ((const Sample *)b)->p;
    return (x > y) - (x < y);
}

/* Pool the sorted samples (n) into block (at most n), means rising; returns how many. */
static ptrdiff_t pool(Block *block, const Sample *sample, ptrdiff_t n)
{
    ptrdiff_t blocks = 0;
    for (ptrdiff_t i = 0; i < n;) {
        Block new = {sample[i].p, sample[i].p, 0, 0};
        for (; i < n && sample[i].p == new.hi; i++) { /* ties are one point: g is a function of p */
            new.sum += sample[i].is;
            new.n++;
        }
        while (blocks > 0 && block[blocks - 1].sum * new.n >= new.sum * block[blocks - 1].n) {
            const Block *left = &block[--blocks];
            new = (Block){left->lo, new.hi, left->sum + new.sum, left->n + new.n};
        }
        block[blocks++] = new;
    }
    return blocks;
}

/* The corners of all classes' functions: those of class k are start[k] .. start[k + 1] - 1. */
typedef struct {
    double *p, *g;
    ptrdiff_t corners, room;
} Corners;

static bool add_corner(Corners *c, double p, double g)
{
    if (c->corners == c->room) {
        ptrdiff_t room = c->room ? 2 * c->room : 256;
        double *more_p = realloc(c->p, (size_t)room * sizeof *more_p);
        if (more_p) c->p = more_p;
        double *more_g = realloc(c->g, (size_t)room * sizeof *more_g);
        if (more_g) c->g = more_g;
        if (!more_p || !more_g) return false;
        c->room = room;
    }
    c->p[c->corners] = p;
    c->g[c->corners++] = g;
    return true;
}

/* Two corners a block, where it is wider than a point. */
static bool add_blocks(Corners *c, const Block *block, ptrdiff_t blocks)
{
    for (const Block *b = block; b < block + blocks; b++) {
        if (!add_corner(c, b->lo, b->sum / b->n)) return false;
        if (b->hi > b->lo && !add_corner(c, b->hi, b->sum / b->n)) return false;
    }
    return true;
}

static Status keep_corners(Fit *fit, const Corners *c, Err *err)
{
    double *p = fit_add(fit, "p", c->corners, err), *g = p ? fit_add(fit, "g", c->corners, err) : NULL;
    if (!g) return ERR_MEMORY;
    for (ptrdiff_t i = 0; i < c->corners; i++) {
        p[i] = c->p[i];
        g[i] = c->g[i];
    }
    return OK;
}

/* all (classes, n) = the samples of each class. */
static void take_samples(Sample *all, const Predictions *pred, double *p)
{
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        predictions_row(pred, i, p);
        for (ptrdiff_t k = 0; k < pred->classes; k++) all[k * pred->n + i] = (Sample){p[k], pred->labels[i] == k};
    }
}

static Status fit_isotonic(Fit *fit, const Predictions *pred, Err *err)
{
    ptrdiff_t n = pred->n, classes = pred->classes;
    Sample *all = malloc((size_t)(n * classes) * sizeof *all);
    Block *block = malloc((size_t)n * sizeof *block);
    double *p = malloc((size_t)classes * sizeof *p), *start = fit_add(fit, "start", classes + 1, err);
    Corners corners = {0};
    bool room = all && block && p && start;

    if (room) take_samples(all, pred, p);
    for (ptrdiff_t k = 0; room && k < classes; k++) {
        qsort(all + k * n, (size_t)n, sizeof *all, by_p);
        room = add_blocks(&corners, block, pool(block, all + k * n, n));
        start[k + 1] = (double)corners.corners;
    }
    Status done = room ? keep_corners(fit, &corners, err)
                       : err_set(err, ERR_MEMORY, "no memory for the isotonic functions of %td classes", classes);
    free(corners.p);
    free(corners.g);
    free(all);
    free(block);
    free(p);
    return done;
}

/* The function through the corners p, g (n >= 1) at x: straight between two, flat outside. */
static double value_at(const double *p, const double *g, ptrdiff_t n, double x)
{
    ptrdiff_t lo = 0, hi = n - 1;
    if (x <= p[0]) return g[0];
    if (x >= p[hi]) return g[hi];
    while (hi - lo > 1) { /* p[lo] <= x < p[hi] */
        ptrdiff_t middle = (lo + hi) / 2;
        if (p[middle] <= x)
            lo = middle;
        else
            hi = middle;
    }
    return g[lo] + (x - p[lo]) / (p[hi] - p[lo]) * (g[hi] - g[lo]);
}

/* A fit may come from a file or a script: every class has corners, within what there is. */
static Status check(const double *start, const double *p, const double *g, ptrdiff_t classes, ptrdiff_t corners,
                    Err *err)
{
    for (ptrdiff_t k = 0; k < classes; k++)
        if (!(start[k] >= 0 && start[k] + 1 <= start[k + 1] && start[k + 1] <= (double)corners))
            return err_set(err, ERR_USAGE, "an isotonic fit's class %td has no corners; fit it anew", k + 1);
    for (ptrdiff_t i = 0; i < corners; i++)
        if (!isfinite(p[i]) || !(g[i] >= 0 && g[i] <= 1))
            return err_set(err, ERR_USAGE, "an isotonic fit's corner %td is (%g, %g), no probability; fit it anew",
                           i + 1, p[i], g[i]);
    return OK;
}

static Predictions *apply_isotonic(const Fit *fit, const Predictions *pred, Err *err)
{
    ptrdiff_t classes = pred->classes, corners = 0;
    const double *start = fit_array(fit, "start", classes + 1, NULL, err);
    const double *p = start ? fit_array(fit, "p", -1, &corners, err) : NULL;
    const double *g = p ? fit_array(fit, "g", corners, NULL, err) : NULL;
    if (!g || check(start, p, g, classes, corners, err) != OK) return NULL;

    double *out = malloc((size_t)(pred->n * classes) * sizeof *out);
    if (!out) {
        err_set(err, ERR_MEMORY, "no memory for %td calibrated predictions", pred->n);
        return NULL;
    }
    for (ptrdiff_t i = 0; i < pred->n; i++) {
        double *row = out + i * classes, sum = 0;
        predictions_row(pred, i, row);
        for (ptrdiff_t k = 0; k < classes; k++) {
            ptrdiff_t first = (ptrdiff_t)start[k];
            double share = value_at(p + first, g + first, (ptrdiff_t)start[k + 1] - first, row[k]);
            sum += row[k] = fmax(share, LEAST_PROBABILITY);
        }
        for (ptrdiff_t k = 0; k < classes; k++) row[k] /= sum;
    }
    Predictions *made = predictions_new(SAID_P, true, pred->n, classes, out, pred->labels, err);
    free(out);
    return made;
}

static void tell_isotonic(const Fit *fit, char *dst, size_t size)
{
    ptrdiff_t corners = 0, starts = 1;
    fit_array(fit, "p", -1, &corners, NULL);
    fit_array(fit, "start", -1, &starts, NULL);
    snprintf(dst, size, "%td corners for %td classes", corners, starts - 1);
}

const Calibrator isotonic = {"isotonic", "isotonic regression", fit_isotonic, apply_isotonic, tell_isotonic};
