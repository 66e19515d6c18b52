/* batch.c - the headless view, see batch.h. Reads the run logs, writes to stderr. Main thread. */
#include "batch.h"

#include "base/clock.h"
#include "base/text.h"
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ECE_BINS = 10, BAR_CELLS = 20, LINE_SIZE = 512, SHORT_EPOCHS = 5 };
enum { LINE_STEPS = 50, LINE_PARTS = 20 }; /* stage 2: a line every so many steps, or every so many parts if longer */

static const double draw_seconds = 0.1;

struct Batch {
    const Engine *engine;
    BatchTells tells;
    bool terminal;
    bool shown;               /* a bar stands on the terminal */
    double drawn;             /* when */
    const Run *run;           /* the one that runs */
    bool due;                 /* an epoch of it has ended whose line waits for the validation that may follow */
    int32_t line_step;        /* of its last line */
    const char *full, *empty; /* cells of the bar */
};

Batch *batch_open(const Engine *engine, BatchTells tells)
{
    Batch *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *term = getenv("TERM");
    *b = (Batch){.engine = engine,
                 .tells = tells,
                 .terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0,
                 .full = utf8 ? "\u2588" : "#",
                 .empty = utf8 ? "\u2591" : "-"};
    return b;
}

void batch_close(Batch *b)
{
    free(b);
}

void batch_clear(Batch *b)
{
    if (b->shown) fputs("\r\033[K", stderr);
    b->shown = false;
}

/* ---- what is known of a run, in words ---- */

typedef struct {
    char text[LINE_SIZE];
    size_t used;
} Line;

static void __attribute__((format(printf, 2, 3))) add(Line *l, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(l->text + l->used, sizeof l->text - l->used, fmt, args);
    va_end(args);
    if (n > 0) l->used += (size_t)n;
    if (l->used >= sizeof l->text) l->used = sizeof l->text - 1;
}

static void add_eval(Line *l, const EvalPoint *eval)
{
    Bin bin[ECE_BINS];
    Err err;
    char nll[16];
    add(l, "%s NLL %s, accuracy %.2f %%", eval->as.split, text_figure(nll, sizeof nll, eval->as.nll, 4),
        100 * eval->as.accuracy);
    if (bins_from_fine(bin, ECE_BINS, &eval->as.bins, &err) == OK)
        add(l, ", ECE %.2f %% (%d bins)", 100 * bins_ece(bin, ECE_BINS), ECE_BINS);
}

static const StagePoint *stage_of(const RunLog *log)
{
    return log->stages ? &log->stage[log->stages - 1] : NULL;
}

/* Stage 1 counts epochs; stage 2, whose epochs on cached features are short, steps. */
static void add_position(Line *l, const RunLog *log)
{
    const StagePoint *stage = stage_of(log);
    if (!stage) return;
    bool epochs = stage->stage == 1;
    if (stage->as.steps == 0) { /* nothing is trained */
        add(l, "%s", stage->as.name);
        return;
    }
    add(l, "%s, %s %d/%d", stage->as.name, epochs ? "epoch" : "step", (int)(epochs ? log->now_epoch : log->now_step),
        (int)(epochs ? stage->as.epochs : stage->as.steps));
}

static double share_done(const RunLog *log)
{
    const StagePoint *stage = stage_of(log);
    return stage && stage->as.steps > 0 ? (double)log->now_step / stage->as.steps : 0;
}

/* ", 40 s left" */
static void add_left(Line *l, const RunLog *log)
{
    char text[32];
    double left = runlog_seconds_left(log);
    if (left > 0) add(l, ", %s left", text_duration(text, sizeof text, left));
}

static void add_figures(Line *l, const RunLog *log)
{
    const EvalPoint *eval = runlog_eval(log, "valid", "now");
    const StepPoint *step = log->steps ? &log->step[log->steps - 1] : NULL;
    char speed[24], loss[16];
    if (step) add(l, ": loss %s", text_figure(loss, sizeof loss, step->as.loss, 4));
    if (eval) {
        add(l, step ? ", " : ": ");
        add_eval(l, eval);
    }
    if (step && step->wall.images_per_second > 0)
        add(l, ", %s images/s", text_count(speed, sizeof speed, (long long)step->wall.images_per_second));
    add_left(l, log);
}

/* ---- lines ---- */

/* Remarks and the ends of runs come from records, which others may have written. */
static void print_line(Batch *b, Line *l)
{
    batch_clear(b);
    fprintf(stderr, "%s\n", text_clean(l->text));
}

static void print_progress(Batch *b, const Run *run)
{
    Line l = {.text = ""};
    b->due = false;
    b->line_step = run->log.now_step;
    if (b->terminal || b->tells == BATCH_REMARKS) return; /* the bar says it, or the panes */
    add(&l, "%s: ", run->job.name);
    add_position(&l, &run->log);
    add_figures(&l, &run->log);
    print_line(b, &l);
}

/* "base: stage 1, 30 epochs, about 45 s (epochs = 5: 8 s)" */
static void print_stage(Batch *b, const Event *e, const Run *run)
{
    Line l = {.text = ""};
    char text[32];
    double cost = e->wall.expected_seconds;
    int32_t epochs = e->as.stage.epochs;
    b->run = run;
    b->line_step = 0;
    b->due = false;
    add(&l, "%s: %s", run->job.name, e->as.stage.name);
    if (e->stage == 1 && epochs > 0)
        add(&l, ", %d epoch%s", (int)epochs, epochs == 1 ? "" : "s");
    else if (e->as.stage.steps > 0)
        add(&l, ", %s steps", text_count(text, sizeof text, e->as.stage.steps));
    bool may_end_sooner = job_number(&run->job, "patience", 0) > 0;
    if (cost > 0)
        add(&l, ", %s %s", may_end_sooner ? "at most about" : "about", text_duration(text, sizeof text, cost));
    if (cost > 0 && e->stage == 1 && epochs > SHORT_EPOCHS)
        add(&l, " (epochs = %d: %s)", SHORT_EPOCHS, text_duration(text, sizeof text, cost * SHORT_EPOCHS / epochs));
    print_line(b, &l);
}

static void print_remark(Batch *b, const Run *run, const char *remark)
{
    Line l = {.text = ""};
    if (!*remark) return;
    add(&l, "%s: %s", run->job.name, remark);
    print_line(b, &l);
}

static void print_resume(Batch *b, const Event *e, const Run *run)
{
    Line l = {.text = ""};
    add(&l, "%s: goes on from step %d", run->job.name, (int)e->step);
    b->line_step = e->step;
    print_line(b, &l);
}

/* How it ended. What failed is said even when quiet. */
static void print_end(Batch *b, const Event *e, const Run *run)
{
    Line l = {.text = ""};
    char text[32];
    RunState state = e->as.done.state;
    bool bad = state == RUN_FAILED || state == RUN_DIVERGED;
    const EvalPoint *eval = runlog_eval(&run->log, "test", NULL);
    if (b->run == run) b->run = NULL;
    b->due = false;
    if (b->tells == BATCH_QUIET && !bad) return;
    if (state == RUN_STOPPED && *e->as.done.text) { /* which says it */
        print_remark(b, run, e->as.done.text);
        return;
    }
    add(&l, "%s%s: %s", bad ? "tare: " : "", run->job.name, run_state_name[state]);
    if (state == RUN_DONE) add(&l, " in %s", text_duration(text, sizeof text, e->wall.seconds));
    if (state == RUN_DONE && eval) {
        add(&l, ": ");
        add_eval(&l, eval);
    }
    if (*e->as.done.text) add(&l, ": %s", e->as.done.text);
    print_line(b, &l);
}

/* Stage 1: at the end of an epoch, behind the validation that may come with it. Stage 2: now and then. */
static void note_progress(Batch *b, const Event *e, const Run *run)
{
    const StagePoint *stage = stage_of(&run->log);
    if (!stage) return;
    if (stage->stage == 1) {
        bool more = e->type == EVENT_EPOCH || e->type == EVENT_EVAL || e->type == EVENT_BEST;
        if (b->due && !more) print_progress(b, run);
        b->due |= e->type == EVENT_EPOCH;
        return;
    }
    int32_t every = stage->as.steps / LINE_PARTS > LINE_STEPS ? stage->as.steps / LINE_PARTS : LINE_STEPS;
    if (e->type == EVENT_STEP && e->step - b->line_step >= every) print_progress(b, run);
}

void batch_event(Batch *b, const Event *event, const Run *run)
{
    if (event->type == EVENT_DONE) {
        if (b->due) print_progress(b, run);
        print_end(b, event, run);
        return;
    }
    if (b->tells == BATCH_QUIET) return;
    if (event->type == EVENT_STAGE) print_stage(b, event, run);
    if (event->type == EVENT_RESUME) print_resume(b, event, run);
    if (event->type == EVENT_LOG) print_remark(b, run, event->as.log.text);
    if (event->type == EVENT_STATE) print_remark(b, run, event->as.state.text);
    b->run = run;
    note_progress(b, event, run);
}

/* ---- the bar ---- */

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

/* "base ####---- stage 1, epoch 12/30: loss ...", cut to the terminal; the cursor goes back to the first column. */
void batch_draw(Batch *b)
{
    double now = clock_seconds();
    if (b->tells != BATCH_ALL || !b->terminal || !b->run || !stage_of(&b->run->log) || now - b->drawn < draw_seconds)
        return;
    const RunLog *log = &b->run->log;
    int cells = (int)(share_done(log) * BAR_CELLS + 0.5), room = terminal_columns() - 1;
    Line l = {.text = ""};
    add_position(&l, log);
    add_figures(&l, log);
    fprintf(stderr, "\r%.*s ", room, b->run->job.name);
    room -= (int)strlen(b->run->job.name) + 1;
    for (int i = 0; i < BAR_CELLS && room > 0; i++, room--) fputs(i < cells ? b->full : b->empty, stderr);
    fprintf(stderr, " %.*s\033[K\r", room > 1 ? room - 1 : 0, l.text);
    b->shown = true;
    b->drawn = now;
}
