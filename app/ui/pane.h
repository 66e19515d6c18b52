/* pane.h - what panes share: the run that is looked at, two stages on one axis, short texts. Main thread. */
#ifndef TARE_UI_PANE_H
#define TARE_UI_PANE_H

#include "plot/chart.h"
#include "ui/view.h"

/* The chosen run, NULL without any. */
const ViewRun *view_chosen(const View *view);

/* "stage 1", "stage 2 V-TST", or "" before the stage has begun. */
void stage_title(char *dst, size_t size, const RunLog *log);

/* Optimiser steps of a run's stage: planned while it runs, done once it has ended; at least 1. */
int stage_steps(const RunLog *log);

/* Samples of an evaluation. */
double eval_count(const EvalPoint *eval);

/* The x axis of a run: the parent's stage, a rule, its own stage. Each is as long as its steps, but at least a third
 * of the axis, so that a short stage 2 behind a long stage 1 can be seen. */
enum { TRACK_PARTS = 2, TRACK_TICKS = 5, TRACK_LABEL = 4 };

typedef struct {
    const RunLog *log[TRACK_PARTS]; /* parent or NULL, own */
    double steps[TRACK_PARTS];
    double split; /* x of the rule, in 0..1; 0 without a parent */
    char text[TRACK_TICKS][EVENT_NAME_SIZE + 8];
    Tick tick[TRACK_TICKS];
    int ticks;
} Track;

void track_open(Track *track, const ViewRun *run);
double track_x(const Track *track, int part, int step);

/* Points of one curve in one part, thinned by averaging neighbours until they fit. */
enum { TRACE_MOST = 400 };

typedef struct {
    double x[TRACE_MOST], y[TRACE_MOST];
    ptrdiff_t n;
} Trace;

/* The loss of training of a part. */
void trace_training(Trace *trace, const Track *track, int part);
/* What `value` reads off each evaluation of split "valid" while training. */
void trace_validation(Trace *trace, const Track *track, int part, const View *view,
                      double (*value)(const View *view, const EvalPoint *eval));

/* Marks of the kept best evaluation and of the one scrubbed to; mark (2), word (word_size) holds "best 6". Returns how
 * many. */
int track_marks(Mark *mark, char *word, size_t word_size, const Track *track, const View *view,
                double (*value)(const View *view, const EvalPoint *eval));

/* A text in rows of `width` cells, broken at blanks; controls and what the glyphs lack are '?'. y may be negative.
 * Returns the rows it takes, at least 1; a NULL canvas only counts. */
int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs);

/* How far back the log is scrolled (View.scroll) when the first of its newest `lines` lines is the topmost of a pane of
 * width x height; 0 when they all fit. */
int log_scroll_to(const LogLines *log, int lines, int width, int height, const Glyphs *glyphs);

/* A remark in the middle of an empty pane: what will be there, and what to type for it (NULL: nothing). */
void pane_say(Canvas *canvas, const View *view, const char *what, const char *type);

#endif
