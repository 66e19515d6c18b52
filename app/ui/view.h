/* view.h - what the workbench looks at, and the panes that show it. Main thread.
 *
 * A pane is a pure function from a View to a Canvas: drawing never changes data. Only actions change the View. */
#ifndef TARE_UI_VIEW_H
#define TARE_UI_VIEW_H

#include "plot/canvas.h"
#include "plot/glyph.h"
#include "plot/picture.h"
#include "run/runlog.h"
#include "ui/log.h"
#include <stdbool.h>

/* A run as a view needs it. Borrowed; valid for one frame. */
typedef struct {
    const char *name;
    const RunLog *log;
    const RunLog *parent;    /* the run whose body it freezes: drawn as ghosts; NULL in stage 1 */
    const char *parent_name; /* or NULL */
} ViewRun;

/* A text that is read by pages. */
typedef struct {
    char title[64];
    LogLines lines;
    LogTop top;
} Page;

typedef struct {
    const ViewRun *run;
    int runs;
    int chosen;     /* index of the run that is looked at; runs = 0: none */
    bool follow;    /* the run that trains is chosen as soon as it begins */
    uint64_t at;    /* scrubbing: the seq of the evaluation looked at; 0 = live, the newest */
    bool at_parent; /* that seq is one of the parent's events */
    int bins;       /* of the reliability diagram and of every ECE: 5, 6, 10, 12, 15, 20 or 30 */
    bool log_loss;  /* loss on a logarithmic axis */
    LogTop top;     /* what of the log is looked at */
    bool zoomed;    /* one pane has the screen */
    const LogLines *log;
    const Page *page; /* or NULL */
    const Glyphs *glyphs;
} View;

/* The chosen run, NULL without any. */
const ViewRun *view_chosen(const View *view);
/* The evaluation that is looked at: the one with seq view->at, else the newest of split "valid"; NULL without any. */
const EvalPoint *view_eval(const View *view);
/* The ECE of an evaluation with view->bins bins. */
double view_ece(const View *view, const EvalPoint *eval);
/* Move `at` by n evaluations of split "valid" through the parent's and then the run's own; past the newest is live. */
void view_scrub(View *view, int n);

/* A picture of the chosen run (plot/picture.h), or else with functions of its own. */
typedef struct {
    const char *name;       /* "loss": in layouts, keys and Lua */
    const char *help;       /* one line */
    const Picture *picture; /* or NULL */
    void (*title)(char *dst, size_t size, const View *view);
    void (*draw)(Canvas *canvas, const View *view);
} Pane;

extern const Pane pane_runs, pane_log, pane_page;
const Pane *pane_nth(int i); /* all panes, from 0; NULL behind the last */
const Pane *pane_find(const char *name);

/* What stands in the pane's frame: "loss - stage 2 V-TST - epoch 7/40". */
void pane_title(char *dst, size_t size, const Pane *pane, const View *view);
/* The whole canvas, whatever its size, from 1x1. */
void pane_draw(Canvas *canvas, const Pane *pane, const View *view);

/* "[running] vtst-1  V-TST, step 120/1500  9,979 images/s  34 s left": the status line, cut to `size`. */
void view_status(char *dst, size_t size, const View *view);

#endif
