/* track.c - a run's story along its steps, see track.h. Pure functions; any thread. */
#include "plot/track.h"

#include <stdarg.h>
#include <stdio.h>

const StagePoint *stage_of(const RunLog *log)
{
    return log->stages > 0 ? &log->stage[log->stages - 1] : NULL;
}

int stage_steps(const RunLog *log)
{
    const StagePoint *stage = stage_of(log);
    int steps = log->now_step;
    if (stage && !run_state_ended(log->state) && stage->as.steps > steps) steps = stage->as.steps;
    return steps > 0 ? steps : 1;
}

/* ---- the axis ---- */

static void add_tick(Track *track, double x, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add_tick(Track *track, double x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(track->text[track->ticks], sizeof *track->text, format, args);
    va_end(args);
    track->tick[track->ticks] = (Tick){x, track->text[track->ticks]};
    track->ticks++;
}

void track_open(Track *track, const RunLog *log, const RunLog *parent)
{
    static const double least = 1. / 3;
    *track = (Track){.log = {parent, log}, .steps = {1, stage_steps(log)}};
    if (parent) {
        track->steps[0] = stage_steps(parent);
        track->split = track->steps[0] / (track->steps[0] + track->steps[1]);
        if (track->split < least) track->split = least;
        if (track->split > 1 - least) track->split = 1 - least;
    }
    add_tick(track, 0, "0");
    if (log->stages > 0) add_tick(track, 1, "%.0f", track->steps[1]);
    if (parent) add_tick(track, track->split, "%.0f", track->steps[0]);
    for (int part = 0; part < TRACK_PARTS; part++) {
        const StagePoint *stage = track->log[part] ? stage_of(track->log[part]) : NULL;
        double middle = part == 0 ? track->split / 2 : (1 + track->split) / 2;
        if (stage) add_tick(track, middle, "%s", stage->as.name);
    }
}

double track_x(const Track *track, int part, int step)
{
    double share = step / track->steps[part];
    return part == 0 ? share * track->split : track->split + share * (1 - track->split);
}

/* ---- curves and marks ---- */

/* How many neighbours make one point of a trace. */
static ptrdiff_t thinning(ptrdiff_t n)
{
    return (n + TRACE_MOST - 1) / TRACE_MOST;
}

/* The i-th value, at x, with `group` of them to a point. */
static void trace_add(Trace *trace, ptrdiff_t i, ptrdiff_t group, double x, double y)
{
    ptrdiff_t p = i / group, inside = i % group;
    if (inside == 0) {
        trace->x[p] = trace->y[p] = 0;
        trace->n = p + 1;
    }
    trace->x[p] += (x - trace->x[p]) / (double)(inside + 1);
    trace->y[p] += (y - trace->y[p]) / (double)(inside + 1);
}

void trace_training(Trace *trace, const Track *track, int part)
{
    const RunLog *log = track->log[part];
    trace->n = 0;
    for (ptrdiff_t i = 0; log && i < log->steps; i++)
        trace_add(trace, i, thinning(log->steps), track_x(track, part, log->step[i].step), log->step[i].as.loss);
}

void trace_validation(Trace *trace, const Track *track, int part, int bins, EvalValue *value)
{
    const RunLog *log = track->log[part];
    ptrdiff_t count = 0, seen = 0;
    trace->n = 0;
    for (ptrdiff_t i = 0; log && i < log->evals; i++) count += eval_on_the_way(&log->eval[i]);
    for (ptrdiff_t i = 0; log && i < log->evals; i++) {
        const EvalPoint *eval = &log->eval[i];
        if (eval_on_the_way(eval))
            trace_add(trace, seen++, thinning(count), track_x(track, part, eval->step), value(eval, bins));
    }
}

/* ---- the charts of a run ---- */

/* All that the two charts share; their curves are traced. */
static void begin(RunChart *c, const RunView *view, const int *ink, int curves)
{
    track_open(&c->track, view->log, view->parent);
    c->points = 0;
    c->chart = (Chart){.series = c->series,
                       .ink = ink,
                       .count = curves,
                       .mark = c->mark,
                       .tick = c->track.tick,
                       .ticks = c->track.ticks,
                       .round_y = true,
                       .clip_y = true,
                       .span_x = true,
                       .x_hi = 1,
                       .name_x = "step",
                       .label_least = TRACK_LABEL,
                       .rule = view->parent ? &c->track.split : NULL};
}

static void add_series(RunChart *c, int i, const char *name)
{
    c->series[i] = (Series){name, c->trace[i].x, c->trace[i].y, c->trace[i].n};
    c->points += c->trace[i].n;
}

/* The kept best evaluation, and the one looked at. */
static void add_marks(RunChart *c, const RunView *view, EvalValue *value)
{
    const EvalPoint *best = runlog_best(view->log), *at = view->at;
    int marks = 0;
    if (best) {
        snprintf(c->word, sizeof c->word, "best %d", (int)best->epoch);
        c->mark[marks++] = (Mark){track_x(&c->track, 1, best->step), value(best, view->bins), '*', INK_BEST, c->word};
    }
    if (at) {
        double x = track_x(&c->track, view->at_parent ? 0 : 1, at->step);
        c->mark[marks++] = (Mark){x, value(at, view->bins), view->glyphs->mark, INK_MARK, NULL};
    }
    c->chart.marks = marks;
}

void runchart_loss(RunChart *c, const RunView *view)
{
    static const int ink[] = {INK_GHOST, INK_GHOST, INK_SERIES, INK_SERIES + 1};
    begin(c, view, ink, 2 * TRACK_PARTS);
    c->chart.log_y = view->log_loss;
    for (int part = 0; part < TRACK_PARTS; part++) {
        trace_training(&c->trace[2 * part], &c->track, part);
        trace_validation(&c->trace[2 * part + 1], &c->track, part, view->bins, eval_nll);
        add_series(c, 2 * part, part == 0 ? NULL : "train");
        add_series(c, 2 * part + 1, part == 0 ? NULL : "valid");
    }
    add_marks(c, view, eval_nll);
}

void runchart_ece(RunChart *c, const RunView *view)
{
    static const int ink[] = {INK_GHOST, INK_SERIES + 1};
    begin(c, view, ink, TRACK_PARTS);
    c->chart.from_zero = true;
    c->chart.unit = "%";
    for (int part = 0; part < TRACK_PARTS; part++) {
        trace_validation(&c->trace[part], &c->track, part, view->bins, eval_ece_percent);
        add_series(c, part, part == 0 ? NULL : c->newest);
    }
    snprintf(c->newest, sizeof c->newest, "     "); /* as wide as "train" and "valid" of the loss above */
    if (c->trace[1].n > 0) snprintf(c->newest, sizeof c->newest, "%-5.3g", c->trace[1].y[c->trace[1].n - 1]);
    add_marks(c, view, eval_ece_percent);
}
