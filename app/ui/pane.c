/* pane.c - what panes share: the run that is looked at, two stages on one axis, short texts. Main thread. */
#include "ui/pane.h"

#include "base/text.h"
#include "plot/plottext.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN_LEAST = 24 }; /* cells from which a remark keeps away from the border */

const ViewRun *view_chosen(const View *view)
{
    return view->chosen >= 0 && view->chosen < view->runs ? &view->run[view->chosen] : NULL;
}

static const StagePoint *stage_of(const RunLog *log)
{
    return log->stages > 0 ? &log->stage[log->stages - 1] : NULL;
}

void stage_title(char *dst, size_t size, const RunLog *log)
{
    const StagePoint *stage = stage_of(log);
    if (!stage)
        text_copy(dst, size, "");
    else if (stage->stage > 1)
        snprintf(dst, size, "stage %d %s", (int)stage->stage, stage->name);
    else
        text_copy(dst, size, stage->name);
}

int stage_steps(const RunLog *log)
{
    const StagePoint *stage = stage_of(log);
    int steps = log->now_step;
    if (stage && !run_state_ended(log->state) && stage->steps > steps) steps = stage->steps;
    return steps > 0 ? steps : 1;
}

double eval_count(const EvalPoint *eval)
{
    double count = 0;
    for (int b = 0; b < FINE_BINS; b++) count += eval->bins.count[b];
    return count;
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

void track_open(Track *track, const ViewRun *run)
{
    static const double least = 1. / 3;
    *track = (Track){.log = {run->parent, run->log}, .steps = {1, stage_steps(run->log)}};
    if (run->parent) {
        track->steps[0] = stage_steps(run->parent);
        track->split = track->steps[0] / (track->steps[0] + track->steps[1]);
        if (track->split < least) track->split = least;
        if (track->split > 1 - least) track->split = 1 - least;
    }
    add_tick(track, 0, "0");
    if (run->log->stages > 0) add_tick(track, 1, "%.0f", track->steps[1]);
    if (run->parent) add_tick(track, track->split, "%.0f", track->steps[0]);
    for (int part = 0; part < TRACK_PARTS; part++) {
        const StagePoint *stage = track->log[part] ? stage_of(track->log[part]) : NULL;
        double middle = part == 0 ? track->split / 2 : (1 + track->split) / 2;
        if (stage) add_tick(track, middle, "%s", stage->name);
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
        trace_add(trace, i, thinning(log->steps), track_x(track, part, log->step[i].step), log->step[i].loss);
}

/* An evaluation on the way, not one of the kept checkpoint at the end. */
static bool on_the_way(const EvalPoint *eval)
{
    return strcmp(eval->split, "valid") == 0 && strcmp(eval->checkpoint, "now") == 0;
}

void trace_validation(Trace *trace, const Track *track, int part, const View *view,
                      double (*value)(const View *view, const EvalPoint *eval))
{
    const RunLog *log = track->log[part];
    ptrdiff_t count = 0, seen = 0;
    trace->n = 0;
    for (ptrdiff_t i = 0; log && i < log->evals; i++) count += on_the_way(&log->eval[i]);
    for (ptrdiff_t i = 0; log && i < log->evals; i++) {
        const EvalPoint *eval = &log->eval[i];
        if (on_the_way(eval))
            trace_add(trace, seen++, thinning(count), track_x(track, part, eval->step), value(view, eval));
    }
}

int track_marks(Mark *mark, char *word, size_t word_size, const Track *track, const View *view,
                double (*value)(const View *view, const EvalPoint *eval))
{
    const EvalPoint *best = runlog_best(track->log[1]), *at = view->at ? view_eval(view) : NULL;
    int marks = 0;
    if (best) {
        snprintf(word, word_size, "best %d", (int)best->epoch);
        mark[marks++] = (Mark){track_x(track, 1, best->step), value(view, best), '*', INK_BEST, word};
    }
    if (at) {
        int part = view->at_parent ? 0 : 1;
        mark[marks++] = (Mark){track_x(track, part, at->step), value(view, at), view->glyphs->mark, INK_MARK, NULL};
    }
    return marks;
}

/* ---- texts ---- */

/* One character, as these glyphs can show it, into one (5); returns its bytes in s. */
static int next_shown(char *one, const char *s, const Glyphs *glyphs)
{
    int length;
    uint32_t code = plottext_decode(s, &length);
    bool lacking = code < ' ' || code == 0x7F || (code >= 0x80 && glyphs == glyphs_of(GLYPHS_ASCII));
    memset(one, 0, 5);
    memcpy(one, lacking ? "?" : s, lacking ? 1 : (size_t)length);
    return length;
}

/* Bytes of utf8 for one row: up to the last blank within width where there is one, at least one character. */
static int row_bytes(const char *utf8, int width, const Glyphs *glyphs)
{
    int bytes = 0, cells = 0, blank = 0;
    char one[5];
    while (utf8[bytes]) {
        int length = next_shown(one, utf8 + bytes, glyphs);
        cells += text_width(one);
        if (cells > width && bytes > 0) return blank > 0 && utf8[bytes] != ' ' ? blank : bytes;
        bytes += length;
        if (one[0] == ' ') blank = bytes;
    }
    return bytes;
}

int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs)
{
    int rows = 0;
    do {
        int bytes = row_bytes(utf8, width, glyphs), column = x, length;
        for (int i = 0; i < bytes; i += length) {
            char one[5];
            length = next_shown(one, utf8 + i, glyphs);
            if (canvas) column = canvas_text(canvas, column, y + rows, one, ink);
        }
        utf8 += bytes;
        while (*utf8 == ' ') utf8++;
        rows++;
    } while (*utf8);
    return rows;
}

void pane_say(Canvas *canvas, const View *view, const char *what, const char *type)
{
    int x = canvas->width >= MARGIN_LEAST, width = canvas->width - 2 * x;
    int rows = text_wrapped(NULL, x, 0, width, what, INK_DIM, view->glyphs);
    int typed = type ? text_wrapped(NULL, x, 0, width, type, INK_TEXT, view->glyphs) : 0;
    int y = (canvas->height - rows - typed) / 2;
    if (y < 0) y = 0;
    text_wrapped(canvas, x, y, width, what, INK_DIM, view->glyphs);
    if (type) text_wrapped(canvas, x, y + rows, width, type, INK_TEXT, view->glyphs);
}
