/* runfigure.h - the panes of a run as files: pure functions of its RunLog. Any thread. */
#ifndef TARE_PLOT_RUNFIGURE_H
#define TARE_PLOT_RUNFIGURE_H

#include "plot/figure.h"
#include "plot/track.h"

/* Which curves: the loss above the ECE, or one of them. */
typedef enum { CURVES_BOTH, CURVES_LOSS, CURVES_ECE } Curves;

/* figure->title is that of the run. view->bins divides 60. */
Status runfigure_curves(FigureFile *file, const Figure *figure, const RunView *view, Curves curves, Err *err);
char *runfigure_curves_text(const RunView *view, Curves curves, const char *title, int width, int height, Err *err);
/* Every point, with a header line: curve, step, value. */
char *runfigure_curves_csv(const RunView *view, Curves curves, Err *err);

/* A reliability diagram's numbers: those of the evaluation looked at, else the newest on the images for validation, and
 * behind it the newest of the parent. */
typedef struct {
    Bin bin[FINE_BINS], ghost[FINE_BINS];
    bool ghosts;
    const char *ghost_name;                          /* the parent's stage */
    char title[96 + 2 * EVENT_NAME_SIZE], note[160]; /* "vtst, V-TST: ECE 2.10 % (was 8.31 %)", the headline */
} RunReliability;

/* name: of the run, for the title. ERR_STATE before the first evaluation; ERR_USAGE unless view->bins divides 60. */
Status run_reliability(RunReliability *r, const RunView *view, const char *name, Err *err);

/* Bins as lines of csv, malloc'ed, with the accuracies of ghost (count); NULL: none. */
char *bins_csv(const Bin *bin, const Bin *ghost, int count, Err *err);

/* As lines of text, malloc'ed; NULL with err set. */
char *run_reliability_text(const RunReliability *r, const RunView *view, int width, int height, Err *err);

#endif
