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

static double percent(const View *view, const EvalPoint *eval)
{
    return 100 * view_ece(view, eval);
}

static void draw(Canvas *canvas, const View *view)
{
    static const int ink[] = {INK_GHOST, INK_SERIES + 1};
    const ViewRun *run = view_chosen(view);
    Trace trace[TRACK_PARTS];
    Series series[TRACK_PARTS];
    Track track;
    Mark mark[2];
    char word[32], newest[32] = "     "; /* behind the curve, as wide as "train" and "valid" of the loss above */
    if (!run) {
        pane_say(canvas, view, "the calibration error of each evaluation", "try: help \"ece\"");
        return;
    }
    track_open(&track, run);
    for (int part = 0; part < TRACK_PARTS; part++) {
        trace_validation(&trace[part], &track, part, view, percent);
        series[part] = (Series){part == 1 ? newest : NULL, trace[part].x, trace[part].y, trace[part].n};
    }
    if (trace[1].n > 0) snprintf(newest, sizeof newest, "%-5.3g", trace[1].y[trace[1].n - 1]);
    if (trace[0].n + trace[1].n == 0) {
        pane_say(canvas, view, "no evaluation yet", NULL);
        return;
    }
    int marks = track_marks(mark, word, sizeof word, &track, view, percent);
    chart_draw(canvas,
               &(Chart){.series = series,
                        .ink = ink,
                        .count = TRACK_PARTS,
                        .mark = mark,
                        .marks = marks,
                        .tick = track.tick,
                        .ticks = track.ticks,
                        .round_y = true,
                        .from_zero = true,
                        .clip_y = true,
                        .span_x = true,
                        .x_hi = 1,
                        .name_x = "step",
                        .label_least = TRACK_LABEL,
                        .rule = run->parent ? &track.split : NULL,
                        .unit = "%"},
               view->glyphs);
}

const Pane pane_ece = {"ece", "expected calibration error by evaluation", title, draw};
