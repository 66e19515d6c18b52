/* pane_runs.c - the runs as a table, the chosen one marked. Main thread. */
#include "base/text.h"
#include "ui/pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_SIZE = 64 };

/* ---- columns ---- */

typedef void CellText(char *dst, const View *view, const ViewRun *run); /* dst (CELL_SIZE) */

static void name(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    text_copy(dst, CELL_SIZE, run->name);
}

static void state(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    text_copy(dst, CELL_SIZE, run_state_name[run->log->state]);
}

static void position(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    if (run->log->stages > 0 && run->log->stage[run->log->stages - 1].as.epochs > 0)
        snprintf(dst, CELL_SIZE, "%d/%d", (int)run->log->now_epoch,
                 (int)run->log->stage[run->log->stages - 1].as.epochs);
}

static void stage(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    if (run->log->stages > 0) text_copy(dst, CELL_SIZE, run->log->stage[run->log->stages - 1].as.name);
}

static void nll(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    const EvalPoint *eval = runlog_eval(run->log, "valid", NULL);
    if (eval) text_figure(dst, CELL_SIZE, eval->as.nll, 3);
}

static void ece(char *dst, const View *view, const ViewRun *run)
{
    const EvalPoint *eval = runlog_eval(run->log, "valid", NULL);
    if (eval) snprintf(dst, CELL_SIZE, "%.1f", 100 * view_ece(view, eval));
}

static void accuracy(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    const EvalPoint *eval = runlog_eval(run->log, "valid", NULL);
    if (eval) snprintf(dst, CELL_SIZE, "%.1f", 100 * eval->as.accuracy);
}

/* "12 s", "2:10", "99:59", "2h05": never wider than the column, which would move all others. */
static void seconds(char *dst, const View *view, const ViewRun *run)
{
    (void)view;
    long long s = llround(run->log->seconds);
    if (run->log->seq == 0) return;
    if (s < 60)
        text_duration(dst, CELL_SIZE, run->log->seconds);
    else if (s < 6000)
        snprintf(dst, CELL_SIZE, "%lld:%02lld", s / 60, s % 60);
    else
        snprintf(dst, CELL_SIZE, "%lldh%02lld", s / 3600, s / 60 % 60);
}

/* In their order from the left; a table that is too narrow loses those with the greatest `rank` first. */
static const struct {
    const char *header;
    CellText *text;
    int rank, least; /* cells at least */
    bool right;
} column[] = {
    {"run", name, 0, 6, false},      {"state", state, 4, 7, false}, {"stage", stage, 7, 7, false},
    {"epoch", position, 5, 5, true}, {"nll", nll, 2, 5, true},      {"ECE%", ece, 1, 4, true},
    {"acc%", accuracy, 3, 4, true},  {"time", seconds, 6, 5, true},
};
enum { COLUMNS = sizeof column / sizeof *column };

/* ---- the table ---- */

/* width (COLUMNS) = cells of each column, 0 for one that has no room; names have at most two fifths of it. Returns the
 * blanks between columns: 1, or 2. */
static int measure(int width[COLUMNS], const View *view, int room)
{
    char cell[CELL_SIZE];
    int total = 1; /* the mark's; each column has a blank before it */
    for (int c = 0; c < COLUMNS; c++) {
        width[c] = column[c].least;
        for (int r = 0; r < view->runs; r++) {
            cell[0] = 0;
            column[c].text(cell, view, &view->run[r]);
            if (text_width(cell) > width[c]) width[c] = text_width(cell);
        }
        if (column[c].rank == 0 && width[c] > room * 2 / 5) width[c] = room * 2 / 5 > 6 ? room * 2 / 5 : 6;
        total += width[c] + 1;
    }
    for (int rank = COLUMNS - 1; rank > 0 && total > room; rank--)
        for (int c = 0; c < COLUMNS; c++) {
            if (column[c].rank != rank) continue;
            total -= width[c] + 1;
            width[c] = 0;
        }
    return total + COLUMNS <= room ? 2 : 1;
}

static void draw_row(Canvas *canvas, int y, const int width[COLUMNS], int gap, const View *view, const ViewRun *run,
                     int ink)
{
    int x = 2;
    for (int c = 0; c < COLUMNS; c++) {
        char cell[CELL_SIZE] = "";
        if (width[c] == 0) continue;
        if (run)
            column[c].text(cell, view, run);
        else
            text_copy(cell, sizeof cell, column[c].header);
        if (text_width(cell) > width[c]) snprintf(cell + width[c] - 1, 4, "%s", view->glyphs->ellipsis); /* a name */
        canvas_text(canvas, column[c].right ? x + width[c] - text_width(cell) : x, y, cell, ink);
        x += width[c] + gap;
    }
}

static const int state_ink[RUN_STATES] = {
    [RUN_QUEUED] = INK_DIM,  [RUN_RUNNING] = INK_TEXT, [RUN_PAUSED] = INK_TEXT,  [RUN_DONE] = INK_GOOD,
    [RUN_STOPPED] = INK_DIM, [RUN_FAILED] = INK_BAD,   [RUN_DIVERGED] = INK_BAD, [RUN_CANCELLED] = INK_DIM,
};

static void title(char *dst, size_t size, const View *view)
{
    if (view->runs > 0)
        snprintf(dst, size, "runs - valid, %d bins", view->bins);
    else
        snprintf(dst, size, "runs");
}

/* When not all runs fit, those around the chosen one. */
static void draw(Canvas *canvas, const View *view)
{
    int width[COLUMNS], header = canvas->height >= 3, rows = canvas->height - header;
    if (view->runs == 0) {
        pane_say(canvas, view, "every run of this session", "try: runs.list()");
        return;
    }
    int gap = measure(width, view, canvas->width), first = view->runs - rows;
    if (first > view->chosen - rows / 2) first = view->chosen - rows / 2;
    if (first < 0) first = 0;
    if (header) draw_row(canvas, 0, width, gap, view, NULL, INK_HEADER);
    for (int i = 0; i < rows && first + i < view->runs; i++) {
        const ViewRun *run = &view->run[first + i];
        bool chosen = first + i == view->chosen;
        for (int x = 0; chosen && x < canvas->width; x++) canvas_put(canvas, x, header + i, ' ', INK_CHOSEN);
        draw_row(canvas, header + i, width, gap, view, run, chosen ? INK_CHOSEN : state_ink[run->log->state]);
        if (chosen) canvas_put(canvas, 0, header + i, '>', INK_CHOSEN);
    }
}

const Pane pane_runs = {"runs", "all runs with their newest figures", NULL, title, draw};
