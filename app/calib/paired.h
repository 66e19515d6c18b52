/* paired.h - is the difference of two methods more than luck? Pure functions; any thread.
 *
 * Two methods that are equally good read different figures for two reasons: which images happen to be in the test set,
 * and which seeds the networks happened to have. Both are sampled, and they are crossed: every network sees the same
 * images. So a difference is judged by both (paired.c has the algebra), and images that both methods find hard, or
 * seeds whose body is good for both, cancel. */
#ifndef TARE_CALIB_PAIRED_H
#define TARE_CALIB_PAIRED_H

#include "calib/measures.h"

/* One method: what its networks said of the same images, in order of their seeds. */
typedef struct {
    const Predictions *const *run;
    int runs; /* >= 1 */
} Method;

typedef struct {
    double difference; /* the mean over a's networks less the mean over b's */
    double error;      /* its standard error */
    double freedom;    /* degrees of freedom of Student's t; infinite where the images decide */
    double p;          /* two-sided: how often equally good methods are so far apart. 1 for a difference of 0 */
} Paired;

/* The difference of a and b by a measure of rows or of bins (`bins` of equal width). by_seed: network i of both has the
 * same seed, a pair (equal numbers of runs). With one network a side, seeds are no part of the noise: p speaks of these
 * two networks. The same input, the same bits.
 *
 * ERR_USAGE: other images (numbers, classes or labels differ), a measure of another kind, one that has no better side;
 * ERR_MEMORY. */
Status paired_compare(Paired *result, const Measure *measure, const Method *a, const Method *b, bool by_seed, int bins,
                      Err *err);

/* The share of Student's t with `freedom` > 0 degrees of freedom (INFINITY: normal) beyond +-t. */
double student_p(double t, double freedom);

#endif
