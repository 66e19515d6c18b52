/* eval.c - what plots and tables say of one evaluation. Pure functions; any thread. */
#include "plot/eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double eval_count(const EvalPoint *eval)
{
    double count = 0;
    for (int b = 0; b < FINE_BINS; b++) count += eval->as.bins.count[b];
    return count;
}

double eval_nll(const EvalPoint *eval, int bins)
{
    (void)bins;
    return eval->as.nll;
}

double eval_ece(const EvalPoint *eval, int bins)
{
    Bin bin[FINE_BINS];
    return bins_from_fine(bin, bins, &eval->as.bins, NULL) == OK ? bins_ece(bin, bins) : NAN;
}

double eval_ece_percent(const EvalPoint *eval, int bins)
{
    return 100 * eval_ece(eval, bins);
}

bool eval_on_the_way(const EvalPoint *eval)
{
    return strcmp(eval->as.split, "valid") == 0 && strcmp(eval->as.checkpoint, "now") == 0;
}

void eval_headline(char *dst, size_t size, const RunLog *log, const EvalPoint *eval, bool stage_1)
{
    bool now = strcmp(eval->as.checkpoint, "now") == 0;
    snprintf(dst, size, "%sepoch %d%s%s%s, %s n = %.0f: acc %.1f%%, conf %.1f%%", stage_1 ? "stage 1, " : "",
             (int)runlog_epoch_of(log, eval), now ? "" : " (", now ? "" : eval->as.checkpoint, now ? "" : ")",
             eval->as.split, eval_count(eval), 100 * eval->as.accuracy, 100 * eval->as.confidence);
}

void eval_title(char *dst, size_t size, const EvalPoint *eval, const EvalPoint *was, int bins)
{
    if (!eval)
        snprintf(dst, size, "reliability");
    else if (was)
        snprintf(dst, size, "reliability - ECE %.1f%% (was %.1f%%)", eval_ece_percent(eval, bins),
                 eval_ece_percent(was, bins));
    else
        snprintf(dst, size, "reliability - ECE %.1f%%", eval_ece_percent(eval, bins));
}
