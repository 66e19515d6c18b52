/* bins.c - reliability bins and what is read off them (ECE, MCE). Pure functions; any thread. */
#include "calib/bins.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bin (lo, hi] of confidence c in [0, 1] among `count` with edges i/count. The product c * count may round across
 * an edge, so it is only a guess that the edges themselves correct. i/count is the double nearest to the fraction,
 * hence 4/60 and 1/15 are the same edge and coarse bins nest exactly in fine ones. */
int bins_at(double c, int count)
{
    int b = (int)ceil(c * count) - 1;
    if (b < 0) b = 0;
    if (b >= count) b = count - 1;
    while (b > 0 && c <= (double)b / count) b--;
    while (b < count - 1 && c > (double)(b + 1) / count) b++;
    return b;
}

void fine_bins_add(FineBins *bins, double confidence, int right)
{
    assert(confidence >= 0 && confidence <= 1);
    int b = bins_at(confidence, FINE_BINS);
    bins->count[b]++;
    bins->right[b] += right != 0;
    bins->confidence[b] += confidence;
}

void fine_bins_merge(FineBins *into, const FineBins *from)
{
    for (int b = 0; b < FINE_BINS; b++) {
        into->count[b] += from->count[b];
        into->right[b] += from->right[b];
        into->confidence[b] += from->confidence[b];
    }
}

/* bin (count) = empty equal-width bins. */
static void clear(Bin *bin, int count)
{
    for (int b = 0; b < count; b++) bin[b] = (Bin){.lo = (double)b / count, .hi = (double)(b + 1) / count};
}

static void add(Bin *bin, double confidence, int right)
{
    bin->count++;
    bin->right += right != 0;
    bin->confidence += confidence;
}

Status bins_from_fine(Bin *bin, int count, const FineBins *fine, Err *err)
{
    if (count < 1 || FINE_BINS % count != 0)
        return err_set(err, ERR_USAGE, "%d bins cannot be made of %d fine ones; take 5, 6, 10, 12, 15, 20, 30 or 60",
                       count, FINE_BINS);
    clear(bin, count);
    for (int b = 0; b < FINE_BINS; b++) {
        Bin *to = &bin[b / (FINE_BINS / count)];
        to->count += fine->count[b];
        to->right += fine->right[b];
        to->confidence += fine->confidence[b];
    }
    return OK;
}

static Status check(int count, const double *confidence, ptrdiff_t n, Err *err)
{
    if (count < 1 || count > BINS_MAX) return err_set(err, ERR_USAGE, "%d bins; take 1 to %d", count, BINS_MAX);
    if (n < 1) return err_set(err, ERR_USAGE, "no samples: nothing can be said of their calibration");
    for (ptrdiff_t i = 0; i < n; i++)
        if (!(confidence[i] >= 0 && confidence[i] <= 1)) /* NaN fails too */
            return err_set(err, ERR_FORMAT, "row %td: confidence %g is outside [0, 1]", i + 1, confidence[i]);
    return OK;
}

Status bins_equal_width(Bin *bin, int count, const double *confidence, const uint8_t *right, ptrdiff_t n, Err *err)
{
    Status status = check(count, confidence, n, err);
    if (status != OK) return status;
    clear(bin, count);
    for (ptrdiff_t i = 0; i < n; i++) add(&bin[bins_at(confidence[i], count)], confidence[i], right[i]);
    return OK;
}

static int by_confidence(const void *a, const void *b)
{
    double x = ((const Answer *)a)->confidence, y = ((const Answer *)b)->confidence;
    return (x > y) - (x < y);
}

Answer *answers_sorted(const double *confidence, const uint8_t *right, ptrdiff_t n, Err *err)
{
    Answer *answer = malloc((size_t)n * sizeof *answer);
    if (!answer) {
        err_set(err, ERR_MEMORY, "no memory to sort %td confidences", n);
        return NULL;
    }
    for (ptrdiff_t i = 0; i < n; i++) answer[i] = (Answer){confidence[i], right[i]};
    qsort(answer, (size_t)n, sizeof *answer, by_confidence);
    return answer;
}

/* The cuts lie between values, not between rows: ties stay in one bin, and the order of the rows cannot matter. */
Status bins_equal_mass(Bin *bin, int count, int *made, const double *confidence, const uint8_t *right, ptrdiff_t n,
                       Err *err)
{
    Status status = check(count, confidence, n, err);
    if (status != OK) return status;
    Answer *answer = answers_sorted(confidence, right, n, err);
    if (!answer) return ERR_MEMORY;

    ptrdiff_t groups = count < n ? count : n, end = 0;
    int bins = 0;
    for (ptrdiff_t g = 0; g < groups; g++) {
        end += n / groups + (g < n % groups); /* the longer groups first */
        double hi = end == n ? 1 : (answer[end - 1].confidence + answer[end].confidence) / 2;
        double lo = bins > 0 ? bin[bins - 1].hi : 0;
        if (bins == 0 || hi > lo) bin[bins++] = (Bin){.lo = lo, .hi = hi}; /* equal cuts merge */
    }
    for (ptrdiff_t i = 0, b = 0; i < n; i++) {
        while (answer[i].confidence > bin[b].hi) b++;
        add(&bin[b], answer[i].confidence, answer[i].right);
    }
    free(answer);
    *made = bins;
    return OK;
}

/* |mean confidence - accuracy| of a bin that is not empty. */
static double bin_gap(const Bin *bin)
{
    return fabs(bin->confidence - bin->right) / bin->count;
}

double bins_ece(const Bin *bin, int count)
{
    double n = 0, sum = 0;
    for (int b = 0; b < count; b++) {
        n += bin[b].count;
        sum += fabs(bin[b].confidence - bin[b].right); /* = count * gap */
    }
    return n > 0 ? sum / n : NAN;
}

double bins_mce(const Bin *bin, int count)
{
    double most = NAN;
    for (int b = 0; b < count; b++)
        if (bin[b].count > 0) most = fmax(most, bin_gap(&bin[b])); /* fmax passes over NaN */
    return most;
}

double bins_avgce(const Bin *bin, int count)
{
    double sum = 0;
    int filled = 0;
    for (int b = 0; b < count; b++)
        if (bin[b].count > 0) {
            sum += bin_gap(&bin[b]);
            filled++;
        }
    return filled ? sum / filled : NAN;
}
