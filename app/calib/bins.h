/* bins.h - reliability bins and what is read off them. Pure functions; any thread.
 *
 * Conventions (docs: `help "ece"`): equal-width bins (lo, hi] with edges i/B; confidence 0 falls in the first bin, 1 in
 * the last; nothing is dropped; sums in double; an empty bin is empty, never perfect. */
#ifndef TARE_CALIB_BINS_H
#define TARE_CALIB_BINS_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* How sure an answer was, and whether it was right. */
typedef struct {
    double confidence;
    uint8_t right;
} Answer;

/* All n answers by rising confidence; malloc'ed, NULL with ERR_MEMORY. */
Answer *answers_sorted(const double *confidence, const uint8_t *right, ptrdiff_t n, Err *err);

/* 60 fine bins hold all that an evaluation event needs: their edges nest exactly into 5, 6, 10, 12, 15, 20, 30, 60. */
enum { FINE_BINS = 60, BINS_MAX = 1000, PAPER_BINS = 10 /* of the paper's protocol */ };

typedef struct {
    uint32_t count[FINE_BINS], right[FINE_BINS];
    double confidence[FINE_BINS]; /* sums */
} FineBins;

void fine_bins_add(FineBins *bins, double confidence, int right);
void fine_bins_merge(FineBins *into, const FineBins *from);

typedef struct {
    double count, right, confidence; /* sums over the bin's samples */
    double lo, hi;
} Bin;

/* The bin, from 0, of `count` equal-width ones that a confidence in [0, 1] falls into. */
int bins_at(double confidence, int count);

/* bin (count) from fine bins; ERR_USAGE unless count divides 60. */
Status bins_from_fine(Bin *bin, int count, const FineBins *fine, Err *err);
/* bin (count) equal-width bins of n samples. ERR_USAGE: n < 1, count outside 1..BINS_MAX. */
Status bins_equal_width(Bin *bin, int count, const double *confidence, const uint8_t *right, ptrdiff_t n, Err *err);
/* Bins of equal mass, cut between values, so that ties stay together: bin (at most count); *made = how many. */
Status bins_equal_mass(Bin *bin, int count, int *made, const double *confidence, const uint8_t *right, ptrdiff_t n,
                       Err *err);

/* Each is NaN when all bins are empty. */
double bins_ece(const Bin *bin, int count);   /* sum n_b/n |mean confidence - accuracy| */
double bins_mce(const Bin *bin, int count);   /* max over non-empty bins */
double bins_avgce(const Bin *bin, int count); /* unweighted mean over non-empty bins */

#endif
