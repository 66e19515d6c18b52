/* eval.h - what plots and tables say of one evaluation. Pure functions; any thread. */
#ifndef TARE_PLOT_EVAL_H
#define TARE_PLOT_EVAL_H

#include "run/runlog.h"

/* Samples of an evaluation. */
double eval_count(const EvalPoint *eval);

/* A figure of an evaluation; `bins` (which divides 60, else NaN) is for those that need bins. */
typedef double EvalValue(const EvalPoint *eval, int bins);
EvalValue eval_nll, eval_ece, eval_ece_percent;

/* An evaluation on the way, on the images for validation: not one of the kept checkpoint at the end. */
bool eval_on_the_way(const EvalPoint *eval);

/* "epoch 30 (best), valid n = 400: acc 66.5%, conf 34.2%", of an evaluation in the log; stage_1: it is one of the
 * parent's. */
void eval_headline(char *dst, size_t size, const RunLog *log, const EvalPoint *eval, bool stage_1);

/* "reliability - ECE 2.5% (was 8.1%)"; NULL: none. */
void eval_title(char *dst, size_t size, const EvalPoint *eval, const EvalPoint *was, int bins);

#endif
