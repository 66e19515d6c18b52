/* pane_ece.c - the calibration error of each evaluation, stage 1 | stage 2. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static void title(char *dst, size_t size, const View *view)
{
    const EvalPoint *eval = view_eval(view);
    if (eval)
        snprintf(dst, size, "ECE - %d bins, n = %.0f - %.1f%%", view->bins, eval_count(eval),
                 100 * view_ece(view, eval));
    else
        snprintf(dst, size, "ECE - %d bins", view->bins);
}

static void draw(Canvas *canvas, const View *view)
{
    RunChart c;
    if (!view_chosen(view)) {
        pane_say(canvas, view, "the calibration error of each evaluation", "try: help \"ece\"");
        return;
    }
    RunView run = view_of_run(view);
    runchart_ece(&c, &run);
    if (c.points == 0)
        pane_say(canvas, view, "no evaluation yet", NULL);
    else
        chart_draw(canvas, &c.chart, view->glyphs);
}

const Pane pane_ece = {"ece", "expected calibration error by evaluation", title, draw};
