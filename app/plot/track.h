/* track.h - a run's story along its steps: two stages on one axis, and the curves on it. Pure functions; any thread. */
#ifndef TARE_PLOT_TRACK_H
#define TARE_PLOT_TRACK_H

#include "plot/chart.h"
#include "plot/eval.h"

/* The stage that a run is in, NULL before it has begun. */
const StagePoint *stage_of(const RunLog *log);

/* Optimiser steps of a run's stage: planned while it runs, done once it has ended; at least 1. */
int stage_steps(const RunLog *log);

/* The x axis of a run, 0 .. 1: the parent's stage, a rule, its own stage. Each is as long as its steps, but at least a
 * third of the axis, so that a short stage 2 behind a long stage 1 can be seen. */
enum { TRACK_PARTS = 2, TRACK_TICKS = 5, TRACK_LABEL = 4 };

typedef struct {
    const RunLog *log[TRACK_PARTS]; /* parent or NULL, own */
    double steps[TRACK_PARTS];
    double split; /* x of the rule, in 0..1; 0 without a parent */
    char text[TRACK_TICKS][EVENT_NAME_SIZE + 8];
    Tick tick[TRACK_TICKS];
    int ticks;
} Track;

void track_open(Track *track, const RunLog *log, const RunLog *parent);
double track_x(const Track *track, int part, int step);

/* Points of one curve in one part, thinned by averaging neighbours until they fit. */
enum { TRACE_MOST = 400 };

typedef struct {
    double x[TRACE_MOST], y[TRACE_MOST];
    ptrdiff_t n;
} Trace;

/* The loss of training of a part. */
void trace_training(Trace *trace, const Track *track, int part);
/* `value` of each evaluation on the way. */
void trace_validation(Trace *trace, const Track *track, int part, int bins, EvalValue *value);

/* ---- the charts of a run ---- */

/* What of a run is drawn, and how. */
typedef struct {
    const RunLog *log, *parent; /* parent may be NULL */
    int bins;                   /* of every ECE */
    bool log_loss;              /* loss on a logarithmic axis */
    const EvalPoint *at;        /* the evaluation looked at; NULL: the newest, without a mark */
    bool at_parent;             /* it is one of the parent's */
    const Glyphs *glyphs;
} RunView;

enum { CURVES_MOST = 4, MARKS_MOST = 2 };

/* A chart and all that it points to: filled in its place, not to be copied. The curves of the parent come first. */
typedef struct {
    Chart chart;
    Track track;
    Trace trace[CURVES_MOST];
    Series series[CURVES_MOST];
    Mark mark[MARKS_MOST]; /* the kept best evaluation, the one looked at */
    char word[32], newest[32];
    ptrdiff_t points; /* of all curves */
} RunChart;

/* Training loss and validation NLL; the ECE of each evaluation in %. */
void runchart_loss(RunChart *c, const RunView *view);
void runchart_ece(RunChart *c, const RunView *view);

#endif
