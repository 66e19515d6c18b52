/* measures.c - the measures and their table. Pure functions; any thread. */
#include "calib/measures.h"

#include <math.h>
#include <string.h>

const char *const measure_source_name[MEASURE_SOURCES] = {"rows", "confidences", "bins", "mass bins"};

/* ---- of rows: each adds what one image counts ----
 *
 * The sum runs through them all in double, so that a figure does not depend on how the images are cut into blocks. */

static double accuracy(const PredictionRow *row, double sum)
{
    return sum + row->right;
}

static double confidence(const PredictionRow *row, double sum)
{
    return sum + row->confidence;
}

static double gap(const PredictionRow *row, double sum)
{
    return sum + (row->confidence - row->right);
}

bool measure_clips(const PredictionRow *row)
{
    return row->stated && row->p[row->label] < LEAST_PROBABILITY;
}

/* -log p_y. A stated probability of 0 would make every mean infinite: it counts as 1e-15, as in most libraries. */
static double nll(const PredictionRow *row, double sum)
{
    return sum + (measure_clips(row) ? -log(LEAST_PROBABILITY) : row->nll);
}

/* sum_k (p_k - [k = y])^2, Brier 1950. */
static double brier(const PredictionRow *row, double sum)
{
    for (ptrdiff_t k = 0; k < row->classes; k++) {
        double miss = row->p[k] - (k == row->label);
        sum += miss * miss;
    }
    return sum;
}

/* ---- of confidences ---- */

/* The end of the run of equal confidences that begins at `first`: the order within it must not matter. */
static ptrdiff_t tie_end(const Answer *answer, ptrdiff_t first, ptrdiff_t n)
{
    ptrdiff_t end = first + 1;
    while (end < n && answer[end].confidence == answer[first].confidence) end++;
    return end;
}

/* The distance of Kolmogorov and Smirnov between the running sums of confidence and of right answers, in order of
 * confidence, a share of n: max_j |sum_{i <= j} (a_i - c_i)| / n (Gupta et al. 2021, eq. 6). No bins. */
static double ks(const Answer *answer, ptrdiff_t n)
{
    double apart = 0, most = 0;
    for (ptrdiff_t first = 0, end; first < n; first = end) {
        end = tie_end(answer, first, n);
        for (ptrdiff_t i = first; i < end; i++) apart += answer[i].right - answer[i].confidence;
        most = fmax(most, fabs(apart));
    }
    return most / (double)n;
}

/* The area under risk and coverage (Geifman et al. 2019): the mean over k = 1 .. n of the share wrong among the k most
 * confident answers. Within ties errors are taken to lie evenly. */
static double aurc(const Answer *answer, ptrdiff_t n)
{
    double area = 0, wrong = 0;
    for (ptrdiff_t last = n, first; last > 0; last = first) {
        double tied = 0;
        for (first = last; first > 0 && answer[first - 1].confidence == answer[last - 1].confidence; first--)
            tied += !answer[first - 1].right;
        for (ptrdiff_t i = 1; i <= last - first; i++)
            area += (wrong + tied * (double)i / (double)(last - first)) / (double)(n - last + i);
        wrong += tied;
    }
    return area / (double)n;
}

/* ---- the table ---- */

#define OF_ROWS(f)        MEASURE_ROWS, .row = f
#define OF_CONFIDENCES(f) MEASURE_CONFIDENCES, .confidences = f
#define OF_BINS(f)        MEASURE_BINS, .bins = f
#define OF_MASS_BINS(f)   MEASURE_MASS_BINS, .bins = f
#define PERCENT(digits)   .scale = 100, .format = "%." #digits "f", .unit = "%"
#define PLAIN(digits)     .scale = 1, .format = "%." #digits "f", .unit = ""

const Measure measures[] = {
    {"accuracy", "accuracy", OF_ROWS(accuracy), .better = BETTER_HIGHER, .column = true, PERCENT(2),
     .help = "share of images whose top label is right"},
    {"ece", "ECE", OF_BINS(bins_ece), .better = BETTER_LOWER, .column = true, PERCENT(2),
     .help = "gap of confidence and accuracy, mean over bins by count"},
    {"mce", "MCE", OF_BINS(bins_mce), .better = BETTER_LOWER, .column = true, PERCENT(1),
     .help = "largest gap of a bin that is not empty"},
    {"nll", "NLL", OF_ROWS(nll), .better = BETTER_LOWER, .column = true, PLAIN(3),
     .help = "mean -log p of the label, nats; a proper score"},
    {"brier", "Brier", OF_ROWS(brier), .better = BETTER_LOWER, .column = true, PLAIN(3),
     .help = "mean squared distance to the label, 0..2; a proper score"},
    {"gap", "gap", OF_ROWS(gap), .better = BETTER_NEITHER, .column = true, .scale = 100, .format = "%+.1f", .unit = "%",
     .help = "mean confidence - accuracy; above 0 is over-confident"},
    {"confidence", "confidence", OF_ROWS(confidence), .better = BETTER_NEITHER, PERCENT(2),
     .help = "mean probability of the top label"},
    {"avgce", "avgCE", OF_BINS(bins_avgce), .better = BETTER_LOWER, PERCENT(2),
     .help = "plain mean of the gaps of bins that are not empty"},
    {"ece_em", "ECE, equal mass", OF_MASS_BINS(bins_ece), .better = BETTER_LOWER, PERCENT(2),
     .help = "as ece, by bins of equally many images; ties stay together"},
    {"ks", "KS", OF_CONFIDENCES(ks), .better = BETTER_LOWER, PERCENT(2),
     .help = "largest gap of the running sums of both; needs no bins"},
    {"aurc", "AURC", OF_CONFIDENCES(aurc), .better = BETTER_LOWER, PERCENT(2),
     .help = "mean share wrong of the most confident; judges the order"},
    {.name = NULL},
};

_Static_assert(sizeof measures / sizeof *measures <= MEASURES_MOST + 1, "scores have room for every measure");

const Measure *measure_find(const char *name)
{
    for (const Measure *m = measures; m->name; m++)
        if (strcmp(m->name, name) == 0) return m;
    return NULL;
}
