/* pane_loss.c - training loss and validation NLL by step, over the parent's stage and the run's own. Main thread. */
#include "ui/pane.h"

#include <stdio.h>

static const StagePoint *last_stage(const RunLog *log)
{
    return log->stages > 0 ? &log->stage[log->stages - 1] : NULL;
}

static void title(char *dst, size_t size, const View *view)
{
    const ViewRun *run = view_chosen(view);
    const char *axis = view->log_loss ? "loss (log)" : "loss";
    char name[EVENT_NAME_SIZE + 16];
    if (!run || !last_stage(run->log)) {
        snprintf(dst, size, "%s", axis);
        return;
    }
    stage_title(name, sizeof name, run->log);
    snprintf(dst, size, "%s - %s - epoch %d/%d", axis, name, (int)run->log->now_epoch,
             (int)last_stage(run->log)->epochs);
}

static double nll(const View *view, const EvalPoint *eval)
{
    (void)view;
    return eval->nll;
}

/* Four curves: two of the parent, dim, and two of the run, on one axis. */
static void draw(Canvas *canvas, const View *view)
{
    static const int ink[] = {INK_GHOST, INK_GHOST, INK_SERIES, INK_SERIES + 1};
    const ViewRun *run = view_chosen(view);
    Trace trace[2 * TRACK_PARTS];
    Series series[2 * TRACK_PARTS];
    Track track;
    Mark mark[2];
    char word[32];
    ptrdiff_t points = 0;
    if (!run) {
        pane_say(canvas, view, "training and validation loss, step by step",
                 "try: train.stage1{ data = data.load \"fashion\", model = nn.wrn{ depth = 10, width = 1 } }");
        return;
    }
    track_open(&track, run);
    for (int part = 0; part < TRACK_PARTS; part++) {
        trace_training(&trace[2 * part], &track, part);
        trace_validation(&trace[2 * part + 1], &track, part, view, nll);
    }
    for (int i = 0; i < 2 * TRACK_PARTS; i++) {
        const char *name = i < TRACK_PARTS ? NULL : i % 2 == 0 ? "train" : "valid";
        series[i] = (Series){name, trace[i].x, trace[i].y, trace[i].n};
        points += trace[i].n;
    }
    if (points == 0) {
        pane_say(canvas, view, "no step yet: the loss comes with the first ones", NULL);
        return;
    }
    int marks = track_marks(mark, word, sizeof word, &track, view, nll);
    chart_draw(canvas,
               &(Chart){.series = series,
                        .ink = ink,
                        .count = 2 * TRACK_PARTS,
                        .mark = mark,
                        .marks = marks,
                        .tick = track.tick,
                        .ticks = track.ticks,
                        .log_y = view->log_loss,
                        .round_y = true,
                        .clip_y = true,
                        .span_x = true,
                        .x_hi = 1,
                        .name_x = "step",
                        .label_least = TRACK_LABEL,
                        .rule = run->parent ? &track.split : NULL},
               view->glyphs);
}

const Pane pane_loss = {"loss", "training loss and validation NLL by step", title, draw};
