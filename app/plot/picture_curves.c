/* picture_curves.c - the story of a run as curves: its loss, its ECE, both. Pure functions; any thread. */
#include "plot/picture.h"

#include "plot/runfigure.h"
#include <stdio.h>

/* "stage 2 V-TST", "stage 1" */
static void stage_title(char *dst, size_t size, const StagePoint *stage)
{
    if (stage->stage > 1)
        snprintf(dst, size, "stage %d %.*s", (int)stage->stage, EVENT_NAME_SIZE, stage->as.name);
    else
        snprintf(dst, size, "%.*s", EVENT_NAME_SIZE, stage->as.name);
}

/* ---- the loss ---- */

static void loss_title(char *dst, size_t size, const RunView *view)
{
    const char *axis = view->log_loss ? "loss (log)" : "loss";
    const StagePoint *stage = view->log ? stage_of(view->log) : NULL;
    char name[EVENT_NAME_SIZE + 32];
    if (!stage) {
        snprintf(dst, size, "%s", axis);
        return;
    }
    stage_title(name, sizeof name, stage);
    if (stage->as.epochs > 0)
        snprintf(dst, size, "%s - %s - epoch %d/%d", axis, name, (int)view->log->now_epoch, (int)stage->as.epochs);
    else
        snprintf(dst, size, "%s - %s", axis, name);
}

/* Four curves: two of the parent, dim, and two of the run, on one axis. */
static bool loss_draw(Canvas *canvas, const RunView *view, char remark[REMARK_SIZE])
{
    RunChart c;
    runchart_loss(&c, view);
    bool over = run_state_ended(view->log->state);
    snprintf(remark, REMARK_SIZE, "%s",
             over ? "no step was made here" : "no step yet: the loss comes with the first ones");
    if (c.points > 0) chart_draw(canvas, &c.chart, view->glyphs);
    return c.points > 0;
}

static Status loss_paper(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err)
{
    (void)name;
    return runfigure_curves(file, figure, view, CURVES_LOSS, err);
}

static char *loss_text(const RunView *view, const char *name, int width, int height, Err *err)
{
    return runfigure_curves_text(view, CURVES_LOSS, name, width, height, err);
}

static char *loss_csv(const RunView *view, Err *err)
{
    return runfigure_curves_csv(view, CURVES_LOSS, err);
}

const Picture picture_loss = {
    "loss",
    "training loss and validation NLL by step",
    "training and validation loss, step by step",
    "try: train.stage1{ data = data.load \"fashion\", model = nn.wrn{ depth = 10, width = 1 } }",
    loss_title,
    loss_draw,
    loss_paper,
    loss_text,
    loss_csv,
};

/* ---- the ECE ---- */

static void ece_title(char *dst, size_t size, const RunView *view)
{
    const EvalPoint *eval = picture_eval(view);
    if (eval)
        snprintf(dst, size, "ECE - %d bins, n = %.0f - %.1f%%", view->bins, eval_count(eval),
                 eval_ece_percent(eval, view->bins));
    else
        snprintf(dst, size, "ECE - %d bins", view->bins);
}

static bool ece_draw(Canvas *canvas, const RunView *view, char remark[REMARK_SIZE])
{
    RunChart c;
    runchart_ece(&c, view);
    snprintf(remark, REMARK_SIZE, "no evaluation yet");
    if (c.points > 0) chart_draw(canvas, &c.chart, view->glyphs);
    return c.points > 0;
}

static Status ece_paper(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err)
{
    (void)name;
    return runfigure_curves(file, figure, view, CURVES_ECE, err);
}

static char *ece_text(const RunView *view, const char *name, int width, int height, Err *err)
{
    return runfigure_curves_text(view, CURVES_ECE, name, width, height, err);
}

static char *ece_csv(const RunView *view, Err *err)
{
    return runfigure_curves_csv(view, CURVES_ECE, err);
}

const Picture picture_ece = {
    "ece",
    "expected calibration error by evaluation",
    "the calibration error of each evaluation",
    "try: help \"ece\"",
    ece_title,
    ece_draw,
    ece_paper,
    ece_text,
    ece_csv,
};

/* ---- both: for files alone, since panes stand beside each other ---- */

static Status both_paper(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err)
{
    (void)name;
    return runfigure_curves(file, figure, view, CURVES_BOTH, err);
}

static char *both_text(const RunView *view, const char *name, int width, int height, Err *err)
{
    return runfigure_curves_text(view, CURVES_BOTH, name, width, height, err);
}

static char *both_csv(const RunView *view, Err *err)
{
    return runfigure_curves_csv(view, CURVES_BOTH, err);
}

const Picture picture_curves = {
    .name = "curves",
    .help = "the loss above the ECE",
    .paper = both_paper,
    .text = both_text,
    .csv = both_csv,
};
