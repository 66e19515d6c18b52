/* pane_reliability.c - the reliability diagram of the evaluation looked at, over the parent's. Main thread. */
#include "plot/diagram.h"
#include "ui/pane.h"

#include <stdio.h>

enum { HEADLINE_LEAST = 16 }; /* rows from which a line of figures stands above the diagram */

static const EvalPoint *parent_eval(const View *view)
{
    const ViewRun *run = view_chosen(view);
    return run && run->parent ? runlog_eval(run->parent, "valid", NULL) : NULL;
}

static void title(char *dst, size_t size, const View *view)
{
    eval_title(dst, size, view_eval(view), view->at && view->at_parent ? NULL : parent_eval(view), view->bins);
}

static void draw(Canvas *canvas, const View *view)
{
    const EvalPoint *eval = view_eval(view), *was = parent_eval(view);
    Bin bin[FINE_BINS], ghost[FINE_BINS];
    char line[160];
    if (!view_chosen(view)) {
        pane_say(canvas, view, "confidence against accuracy, bin by bin", "try: help \"tst\"");
        return;
    }
    if (!eval || bins_from_fine(bin, view->bins, &eval->as.bins, NULL) != OK) {
        if (was)
            snprintf(line, sizeof line, "no evaluation yet; stage 1 ended at ECE %.1f%%", 100 * view_ece(view, was));
        else
            snprintf(line, sizeof line, "no evaluation yet");
        pane_say(canvas, view, line, NULL);
        return;
    }
    bool at_parent = view->at && view->at_parent;
    if (was && bins_from_fine(ghost, view->bins, &was->as.bins, NULL) != OK) was = NULL;
    if (at_parent) was = NULL; /* stage 1 is not behind itself */
    const ViewRun *run = view_chosen(view);
    eval_headline(line, sizeof line, at_parent ? run->parent : run->log, eval, at_parent);
    diagram_draw_ghost(canvas, bin, was ? ghost : NULL, view->bins, canvas->height >= HEADLINE_LEAST ? line : NULL,
                       view->glyphs);
}

const Pane pane_reliability = {"reliability", "accuracy against confidence, and how many in each bin", title, draw};
