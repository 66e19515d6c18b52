/* layout.c - where each pane lies: pure functions of the terminal's size. Main thread. */
#include "ui/layout.h"

#include <string.h>

enum {
    PANE_WIDTH = 24, /* cells below which panes are not put beside each other */
    PANE_HEIGHT = 4, /* rows below which they are not put above each other, the title's included */
    STATUS_LEAST = 6 /* rows beside the prompt that leave one for the status line */
};

/* ---- columns ---- */

typedef enum { COLUMN_LEFT, COLUMN_RIGHT, COLUMN_TOP } ColumnName;

/* A pane's column, and its share of the column's rows; in the order of the layout's panes. */
typedef struct {
    ColumnName column;
    int weight;
} Slot;

/* Share out the rows of `all` among the panes of one column (column < 0: all of them). */
static void stack(Rect *frame, int count, const Slot *slot, int column, Rect all)
{
    int total = 0, before = 0;
    for (int i = 0; i < count; i++)
        if (column < 0 || (int)slot[i].column == column) total += slot[i].weight;
    for (int i = 0; i < count; i++) {
        if (column >= 0 && (int)slot[i].column != column) continue;
        int top = (before * all.height + total / 2) / total;
        before += slot[i].weight;
        int below = (before * all.height + total / 2) / total;
        frame[i] = (Rect){all.x, all.y + top, all.width, below - top};
    }
}

static bool has(int count, const Slot *slot, ColumnName column)
{
    for (int i = 0; i < count; i++)
        if (slot[i].column == column) return true;
    return false;
}

/* Two columns under what goes across; one column where two are too narrow or only one has panes. */
static void place_columns(Rect *frame, int count, Rect all, const Slot *slot, int left_percent, int top_percent)
{
    bool left = has(count, slot, COLUMN_LEFT), right = has(count, slot, COLUMN_RIGHT);
    int left_width = all.width * left_percent / 100;
    if ((left && right) && (left_width < PANE_WIDTH || all.width - left_width < PANE_WIDTH)) {
        stack(frame, count, slot, -1, all);
        return;
    }
    Rect top = all;
    if (has(count, slot, COLUMN_TOP)) {
        top.height = left || right ? all.height * top_percent / 100 : all.height;
        stack(frame, count, slot, COLUMN_TOP, top);
        all.y += top.height;
        all.height -= top.height;
    }
    if (!right) left_width = all.width;
    if (!left) left_width = 0;
    stack(frame, count, slot, COLUMN_LEFT, (Rect){all.x, all.y, left_width, all.height});
    stack(frame, count, slot, COLUMN_RIGHT, (Rect){all.x + left_width, all.y, all.width - left_width, all.height});
}

/* ---- the layouts ---- */

static void place_train(Rect *frame, int count, Rect all)
{
    static const Slot slot[] = {
        {COLUMN_LEFT, 12}, {COLUMN_RIGHT, 12}, {COLUMN_LEFT, 9}, {COLUMN_RIGHT, 5}, {COLUMN_RIGHT, 4}};
    place_columns(frame, count, all, slot, 50, 0);
}

static void place_calibration(Rect *frame, int count, Rect all)
{
    static const Slot slot[] = {{COLUMN_LEFT, 1}, {COLUMN_RIGHT, 3}, {COLUMN_RIGHT, 2}, {COLUMN_RIGHT, 2}};
    place_columns(frame, count, all, slot, 60, 0);
}

static void place_compare(Rect *frame, int count, Rect all)
{
    static const Slot slot[] = {{COLUMN_TOP, 1}, {COLUMN_LEFT, 1}, {COLUMN_RIGHT, 1}};
    place_columns(frame, count, all, slot, 50, 40);
}

const Layout layouts[] = {
    {"train",
     "loss and ECE as they come, reliability, runs, log",
     {&pane_loss, &pane_reliability, &pane_ece, &pane_runs, &pane_log},
     place_train},
    {"calibration",
     "a large reliability diagram, ECE, runs, log",
     {&pane_reliability, &pane_ece, &pane_runs, &pane_log},
     place_calibration},
    {"compare",
     "all runs with their figures, the chosen one's diagram and loss",
     {&pane_runs, &pane_reliability, &pane_loss},
     place_compare},
    {.name = NULL},
};

const Layout *layout_find(const char *name)
{
    for (const Layout *layout = layouts; layout->name; layout++)
        if (strcmp(layout->name, name) == 0) return layout;
    return NULL;
}

/* ---- placing ---- */

/* True when each of several panes has room; one alone takes what there is. */
static bool roomy(const Rect *frame, int count)
{
    for (int i = 0; i < count && count > 1; i++)
        if (frame[i].width < PANE_WIDTH || frame[i].height < PANE_HEIGHT) return false;
    return true;
}

void layout_place(Placed *placed, const Layout *layout, int width, int height, int prompt_rows, int zoom)
{
    int prompt = prompt_rows < 1 ? 1 : prompt_rows > height ? height : prompt_rows;
    int status = height - prompt >= STATUS_LEAST, count = 0;
    Rect all = {0, 0, width, height - prompt - status};
    *placed = (Placed){.prompt = {0, height - prompt, width, prompt}, .status = {0, all.height, width, status}};
    while (count < LAYOUT_PANES && layout->pane[count]) count++;
    if (all.height < 1) return;
    if (zoom >= 0 && zoom < count) {
        placed->frame[zoom] = all;
        return;
    }
    do {
        memset(placed->frame, 0, sizeof placed->frame);
        layout->place(placed->frame, count, all);
    } while (!roomy(placed->frame, count) && --count > 0);
}
