/* pane_loss.c - training loss and validation NLL by step, over the parent's stage and the run's own. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static void title(char *dst, size_t size, const View *view)
{
    const ViewRun *run = view_chosen(view);
    const char *axis = view->log_loss ? "loss (log)" : "loss";
    char name[EVENT_NAME_SIZE + 16];
    if (!run || !stage_of(run->log)) {
        snprintf(dst, size, "%s", axis);
        return;
    }
    stage_title(name, sizeof name, run->log);
    int epochs = (int)stage_of(run->log)->as.epochs;
    if (epochs > 0)
        snprintf(dst, size, "%s - %s - epoch %d/%d", axis, name, (int)run->log->now_epoch, epochs);
    else
        snprintf(dst, size, "%s - %s", axis, name);
}

/* Four curves: two of the parent, dim, and two of the run, on one axis. */
static void draw(Canvas *canvas, const View *view)
{
    RunChart c;
    if (!view_chosen(view)) {
        pane_say(canvas, view, "training and validation loss, step by step",
                 "try: train.stage1{ data = data.load \"fashion\", model = nn.wrn{ depth = 10, width = 1 } }");
        return;
    }
    RunView run = view_of_run(view);
    runchart_loss(&c, &run);
    bool over = run_state_ended(run.log->state);
    if (c.points == 0)
        pane_say(canvas, view, over ? "no step was made here" : "no step yet: the loss comes with the first ones",
                 NULL);
    else
        chart_draw(canvas, &c.chart, view->glyphs);
}

const Pane pane_loss = {"loss", "training loss and validation NLL by step", title, draw};
