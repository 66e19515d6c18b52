/* view.c - what the workbench looks at: the evaluation, scrubbing, the status line. Main thread. */
#include "ui/view.h"

#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const ViewRun *view_chosen(const View *view)
{
    return view->chosen >= 0 && view->chosen < view->runs ? &view->run[view->chosen] : NULL;
}

/* ---- evaluations ---- */

static bool is_valid(const EvalPoint *eval)
{
    return strcmp(eval->as.split, "valid") == 0;
}

static const EvalPoint *eval_with(const RunLog *log, uint64_t seq)
{
    for (ptrdiff_t i = 0; log && i < log->evals; i++)
        if (log->eval[i].seq == seq) return &log->eval[i];
    return NULL;
}

const EvalPoint *view_eval(const View *view)
{
    const ViewRun *run = view_chosen(view);
    if (!run) return NULL;
    const EvalPoint *at = view->at ? eval_with(view->at_parent ? run->parent : run->log, view->at) : NULL;
    return at ? at : runlog_eval(run->log, "valid", NULL);
}

double view_ece(const View *view, const EvalPoint *eval)
{
    return eval_ece(eval, view->bins);
}

static int count_valid(const RunLog *log)
{
    int count = 0;
    for (ptrdiff_t i = 0; log && i < log->evals; i++) count += is_valid(&log->eval[i]);
    return count;
}

/* The n-th (from 0) evaluation of split "valid", NULL past them. */
static const EvalPoint *nth_valid(const RunLog *log, int n)
{
    for (ptrdiff_t i = 0; log && i < log->evals; i++)
        if (is_valid(&log->eval[i]) && n-- == 0) return &log->eval[i];
    return NULL;
}

void view_scrub(View *view, int n)
{
    const ViewRun *run = view_chosen(view);
    if (!run) return;
    int before = count_valid(run->parent), own = count_valid(run->log);
    int live = own > 0 ? before + own - 1 : before, from = live;
    for (int i = 0; i < live && view->at; i++) {
        const EvalPoint *eval = i < before ? nth_valid(run->parent, i) : nth_valid(run->log, i - before);
        if (eval->seq == view->at && view->at_parent == (i < before)) from = i;
    }
    int to = n > live - from ? live : n < -from ? 0 : from + n;
    view->at = 0;
    view->at_parent = to < before;
    if (to < live) view->at = view->at_parent ? nth_valid(run->parent, to)->seq : nth_valid(run->log, to - before)->seq;
    if (!view->at) view->at_parent = false;
}

/* ---- the status line ---- */

/* Append to a text that is `used` bytes long; returns its new length, never more than size - 1. */
static size_t append(char *dst, size_t size, size_t used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static size_t append(char *dst, size_t size, size_t used, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int more = vsnprintf(dst + used, size - used, format, args);
    va_end(args);
    if (more < 0) return used;
    return used + (size_t)more < size ? used + (size_t)more : size - 1;
}

void view_status(char *dst, size_t size, const View *view)
{
    const ViewRun *run = view_chosen(view);
    char word[32];
    if (size == 0) return;
    if (!run) {
        text_copy(dst, size, "no run yet");
        return;
    }
    const RunLog *log = run->log;
    const EvalPoint *at = view->at ? view_eval(view) : NULL;
    size_t used = append(dst, size, 0, "[%s] %s", run_state_name[log->state], run->name);
    if (at && view->at_parent)
        used = append(dst, size, used, "  looking at stage 1, epoch %d, step %d", (int)at->epoch, (int)at->step);
    else if (at)
        used = append(dst, size, used, "  looking at epoch %d, step %d", (int)at->epoch, (int)at->step);
    if (log->stages > 0) {
        const StagePoint *stage = &log->stage[log->stages - 1];
        used = append(dst, size, used, "  %s", stage->as.name);
        if (stage->as.steps > 0) /* none in a network that was loaded */
            used = append(dst, size, used, ", step %d/%d", (int)log->now_step, (int)stage->as.steps);
    }
    if (log->state == RUN_RUNNING && log->steps > 0 && log->step[log->steps - 1].wall.images_per_second > 0) {
        text_count(word, sizeof word, llround(log->step[log->steps - 1].wall.images_per_second));
        used = append(dst, size, used, "  %s images/s", word);
    }
    if (log->state == RUN_RUNNING && runlog_seconds_left(log) >= 0)
        used = append(dst, size, used, "  %s left", text_duration(word, sizeof word, runlog_seconds_left(log)));
    if (run_state_ended(log->state))
        used = append(dst, size, used, "  %s", text_duration(word, sizeof word, log->seconds));
}
