/* layout.c - where each pane lies: pure functions of the terminal's size and of how it is shared out. Main thread. */
#include "ui/layout.h"

#include <string.h>

enum {
    PANE_WIDTH = 24,   /* cells below which panes are not put beside each other */
    PANE_HEIGHT = 4,   /* rows below which they are not put above each other, the title's included */
    STATUS_LEAST = 6,  /* rows beside the prompt that leave one for the status line */
    BORDER_LEAST = 40, /* columns from which panes have borders at their sides */
    TITLE_LEAST = 3,   /* rows from which a pane has a title */
};

/* ---- the layouts ---- */

const Layout layouts[] = {
    {"train",
     "loss and ECE as they come, reliability, runs, log",
     {"loss", "reliability", "ece", "runs", "log"},
     {PART_LEFT, PART_RIGHT, PART_LEFT, PART_RIGHT, PART_BOTTOM},
     {.left = 50, .bottom = 24, .weight = {11, 11, 7, 7, 6}}},
    {"calibration",
     "a large reliability diagram, who was how sure, ECE, runs, log",
     {"reliability", "confidence", "ece", "runs", "log"},
     {PART_LEFT, PART_RIGHT, PART_RIGHT, PART_RIGHT, PART_RIGHT},
     {.left = 60, .weight = {1, 3, 3, 2, 2}}},
    {"compare",
     "all runs with their figures, the chosen one's diagram and loss",
     {"runs", "reliability", "loss"},
     {PART_TOP, PART_LEFT, PART_RIGHT},
     {.left = 50, .top = 40, .weight = {1, 1, 1}}},
    {"page", "a text over the whole screen: help", {"page"}, {PART_LEFT}, {.left = 100, .weight = {1}}},
    {.name = NULL},
};

const Layout *layout_find(const char *name)
{
    for (const Layout *layout = layouts; layout->name; layout++)
        if (strcmp(layout->name, name) == 0) return layout;
    return NULL;
}

int layout_panes(const Layout *layout)
{
    int n = 0;
    while (n < LAYOUT_PANES && layout->pane[n]) n++;
    return n;
}

int layout_pane(const Layout *layout, const char *name)
{
    for (int i = 0; i < layout_panes(layout); i++)
        if (strcmp(layout->pane[i], name) == 0) return i;
    return -1;
}

/* ---- placing ---- */

/* The frames of the first `count` panes. */
typedef struct {
    Rect *frame;
    int count;
    const Part *part;
    const int *weight;
} Frames;

/* Share out the rows of `all` among the panes of one part (part < 0: all of them), by their weights, but none gets less
 * than it needs where there is enough for all. */
static void stack(const Frames *f, int part, Rect all)
{
    int of[LAYOUT_PANES], edge[LAYOUT_PANES + 1] = {0}, n = 0, total = 0;
    for (int i = 0; i < f->count; i++)
        if (part < 0 || (int)f->part[i] == part) of[n++] = i;
    for (int i = 0; i < n; i++) total += f->weight[of[i]];
    for (int i = 0, before = 0; i < n; i++) {
        before += f->weight[of[i]];
        edge[i + 1] = (before * all.height + total / 2) / total;
    }
    int least = n > 0 && all.height / n < PANE_HEIGHT ? all.height / n : PANE_HEIGHT;
    for (int i = 1; i < n; i++)
        if (edge[i] < edge[i - 1] + least) edge[i] = edge[i - 1] + least;
    for (int i = n - 1; i > 0; i--)
        if (edge[i] > edge[i + 1] - least) edge[i] = edge[i + 1] - least;
    for (int i = 0; i < n; i++) f->frame[of[i]] = (Rect){all.x, all.y + edge[i], all.width, edge[i + 1] - edge[i]};
}

static bool has(const Frames *f, Part part)
{
    for (int i = 0; i < f->count; i++)
        if (f->part[i] == part) return true;
    return false;
}

/* Take what goes across, above or below, from `all`. */
static void place_across(const Frames *f, Part part, int percent, Rect *all)
{
    if (!has(f, part)) return;
    Rect across = *all;
    if (has(f, PART_LEFT) || has(f, PART_RIGHT)) across.height = (all->height * percent + 50) / 100;
    if (part == PART_BOTTOM) across.y += all->height - across.height;
    if (part == PART_TOP) all->y += across.height;
    all->height -= across.height;
    stack(f, part, across);
}

/* Two columns between what goes across; all panes in one where two are too narrow. */
static void place(const Frames *f, const Shares *shares, Rect all)
{
    bool left = has(f, PART_LEFT), right = has(f, PART_RIGHT);
    int left_width = (all.width * shares->left + 50) / 100;
    if (left && right && (left_width < PANE_WIDTH || all.width - left_width < PANE_WIDTH)) left_width = all.width / 2;
    if (left && right && left_width < PANE_WIDTH) {
        stack(f, -1, all);
        return;
    }
    place_across(f, PART_TOP, shares->top, &all);
    place_across(f, PART_BOTTOM, shares->bottom, &all);
    if (!right) left_width = all.width;
    if (!left) left_width = 0;
    stack(f, PART_LEFT, (Rect){all.x, all.y, left_width, all.height});
    stack(f, PART_RIGHT, (Rect){all.x + left_width, all.y, all.width - left_width, all.height});
}

/* True when each of several panes has room; one alone takes what there is. */
static bool roomy(const Frames *f)
{
    for (int i = 0; i < f->count && f->count > 1; i++)
        if (f->frame[i].width < PANE_WIDTH || f->frame[i].height < PANE_HEIGHT) return false;
    return true;
}

void layout_place(Placed *placed, const Layout *layout, const Shares *shares, int width, int height, int prompt_rows,
                  int zoom)
{
    int prompt = prompt_rows < 0 ? 0 : prompt_rows > height ? height : prompt_rows;
    int status = height - prompt >= STATUS_LEAST, count = layout_panes(layout);
    Rect all = {0, 0, width, height - prompt - status};
    *placed = (Placed){.prompt = {0, height - prompt, width, prompt}, .status = {0, all.height, width, status}};
    if (all.height < 1) return;
    if (zoom >= 0 && zoom < count) {
        placed->frame[zoom] = all;
        return;
    }
    Frames frames = {placed->frame, count, layout->part, shares->weight};
    do {
        memset(placed->frame, 0, sizeof placed->frame);
        place(&frames, shares, all);
    } while (!roomy(&frames) && --frames.count > 0);
}

/* ---- borders ---- */

bool layout_sides(int screen_width)
{
    return screen_width >= BORDER_LEAST;
}

bool layout_titled(Rect frame)
{
    return frame.height >= TITLE_LEAST;
}

Rect layout_inside(int screen_width, Rect frame)
{
    if (layout_titled(frame)) {
        frame.y++;
        frame.height--;
    }
    if (layout_sides(screen_width)) {
        frame.width -= 1 + (frame.x + frame.width == screen_width);
        frame.x++;
    }
    return frame;
}

/* ---- dragging ---- */

static bool shown(Rect r)
{
    return r.width > 0 && r.height > 0;
}

/* The shown pane just above another, in the same part; -1: none. */
static int pane_above(const Layout *layout, const Placed *placed, int pane)
{
    const Rect *below = &placed->frame[pane];
    for (int i = 0; i < layout_panes(layout); i++) {
        const Rect *r = &placed->frame[i];
        if (i != pane && shown(*r) && layout->part[i] == layout->part[pane] && r->y + r->height == below->y) return i;
    }
    return -1;
}

Grip layout_grip(const Layout *layout, const Placed *placed, int x, int y)
{
    for (int i = 0; i < layout_panes(layout); i++) {
        Rect r = placed->frame[i];
        if (!shown(r) || x < r.x || x >= r.x + r.width || y < r.y || y >= r.y + r.height) continue;
        if (x == r.x && r.x > 0) return (Grip){GRIP_LEFT, i};
        if (y != r.y || y == 0) return (Grip){GRIP_NONE, i};
        if (pane_above(layout, placed, i) >= 0) return (Grip){GRIP_ROW, i};
        return (Grip){layout->part[i] == PART_BOTTOM ? GRIP_BOTTOM : GRIP_TOP, i};
    }
    return (Grip){GRIP_NONE, -1};
}

static int clamped(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

/* The rows of the two panes at the border become their weights, and those of all others in their part. */
static void pull_row(Shares *shares, const Layout *layout, const Placed *placed, int pane, int y)
{
    int above = pane_above(layout, placed, pane);
    if (above < 0) return;
    const Rect *a = &placed->frame[above], *b = &placed->frame[pane];
    int to = clamped(y, a->y + PANE_HEIGHT, b->y + b->height - PANE_HEIGHT);
    if (a->height + b->height < 2 * PANE_HEIGHT) return;
    for (int i = 0; i < layout_panes(layout); i++)
        if (layout->part[i] == layout->part[pane] && shown(placed->frame[i]))
            shares->weight[i] = placed->frame[i].height;
    shares->weight[above] = to - a->y;
    shares->weight[pane] = b->y + b->height - to;
}

/* Rows that the panes of the columns need at least. */
static int rows_needed(const Layout *layout, const Placed *placed)
{
    int rows[2] = {0, 0};
    for (int i = 0; i < layout_panes(layout); i++)
        if (shown(placed->frame[i]) && layout->part[i] <= PART_RIGHT) rows[layout->part[i]] += PANE_HEIGHT;
    return rows[0] > rows[1] ? rows[0] : rows[1];
}

void layout_pull(Shares *shares, const Layout *layout, const Placed *placed, Grip grip, int x, int y)
{
    int width = placed->prompt.width, height = placed->prompt.y - placed->status.height;
    int needed = rows_needed(layout, placed);
    if (grip.kind == GRIP_LEFT && width >= 2 * PANE_WIDTH)
        shares->left = (100 * clamped(x, PANE_WIDTH, width - PANE_WIDTH) + width / 2) / width;
    if (grip.kind == GRIP_TOP && height >= PANE_HEIGHT + needed)
        shares->top = (100 * clamped(y, PANE_HEIGHT, height - needed) + height / 2) / height;
    if (grip.kind == GRIP_BOTTOM && height >= PANE_HEIGHT + needed)
        shares->bottom = (100 * clamped(height - y, PANE_HEIGHT, height - needed) + height / 2) / height;
    if (grip.kind == GRIP_ROW) pull_row(shares, layout, placed, grip.pane, y);
}
