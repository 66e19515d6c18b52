/* picture_reliability.c - the reliability diagram of the evaluation looked at, over the parent's. Pure functions; any
 * thread. */
#include "plot/picture.h"

#include "plot/diagram.h"
#include "plot/runfigure.h"
#include <stdio.h>

enum { HEADLINE_LEAST = 16 }; /* rows from which a line of figures stands above the diagram */

static const EvalPoint *parent_eval(const RunView *view)
{
    return view->parent ? runlog_eval(view->parent, "valid", NULL) : NULL;
}

static void title(char *dst, size_t size, const RunView *view)
{
    bool at_parent = view->at && view->at_parent; /* stage 1 is not behind itself */
    eval_title(dst, size, picture_eval(view), at_parent ? NULL : parent_eval(view), view->bins);
}

static bool draw(Canvas *canvas, const RunView *view, char remark[REMARK_SIZE])
{
    const EvalPoint *eval = picture_eval(view), *was = parent_eval(view);
    Bin bin[FINE_BINS], ghost[FINE_BINS];
    char line[160];
    if (!eval || bins_from_fine(bin, view->bins, &eval->as.bins, NULL) != OK) {
        snprintf(remark, REMARK_SIZE, "no evaluation yet");
        if (was)
            snprintf(remark, REMARK_SIZE, "no evaluation yet; stage 1 ended at ECE %.1f%%",
                     eval_ece_percent(was, view->bins));
        return false;
    }
    bool at_parent = view->at && view->at_parent;
    if (was && bins_from_fine(ghost, view->bins, &was->as.bins, NULL) != OK) was = NULL;
    if (at_parent) was = NULL;
    eval_headline(line, sizeof line, at_parent ? view->parent : view->log, eval, at_parent);
    diagram_draw_ghost(canvas, bin, was ? ghost : NULL, view->bins, canvas->height >= HEADLINE_LEAST ? line : NULL,
                       view->glyphs);
    return true;
}

static Status paper(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err)
{
    RunReliability r;
    Status known = run_reliability(&r, view, name, err);
    if (known != OK) return known;
    Figure titled = *figure;
    titled.title = r.title;
    titled.note = r.note;
    return figure_diagram(file, &titled, r.bin, r.ghosts ? r.ghost : NULL, r.ghost_name, view->bins, err);
}

static char *text(const RunView *view, const char *name, int width, int height, Err *err)
{
    RunReliability r;
    return run_reliability(&r, view, name, err) == OK ? run_reliability_text(&r, view, width, height, err) : NULL;
}

static char *csv(const RunView *view, Err *err)
{
    RunReliability r;
    if (run_reliability(&r, view, "", err) != OK) return NULL;
    return bins_csv(r.bin, r.ghosts ? r.ghost : NULL, view->bins, err);
}

const Picture picture_reliability = {
    "reliability",
    "accuracy against confidence, and how many in each bin",
    "confidence against accuracy, bin by bin",
    "try: help \"tst\"",
    title,
    draw,
    paper,
    text,
    csv,
};
