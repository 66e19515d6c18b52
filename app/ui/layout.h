/* layout.h - where each pane lies: a pure function of the terminal's size. Main thread. */
#ifndef TARE_UI_LAYOUT_H
#define TARE_UI_LAYOUT_H

#include "plot/canvas.h"
#include "ui/view.h"

typedef struct {
    int x, y, width, height; /* cells; width or height 0: not shown */
} Rect;

enum { LAYOUT_PANES = 6 };

/* Which part of the screen a pane lies in: two columns, between what goes across above and below them. */
typedef enum { PART_LEFT, PART_RIGHT, PART_TOP, PART_BOTTOM } Part;

/* How the screen is shared out; dragging a border changes it. */
typedef struct {
    int left, top, bottom;    /* the left column in percent of the width; the parts across, of the height */
    int weight[LAYOUT_PANES]; /* a pane's share of the rows of its part */
} Shares;

/* A row of the table of layouts: "train", "calibration", "compare", "page". */
typedef struct {
    const char *name, *help;
    const char *pane[LAYOUT_PANES]; /* names; NULL at the end */
    Part part[LAYOUT_PANES];
    Shares shares; /* at first */
} Layout;

extern const Layout layouts[]; /* ends with name NULL */
enum { LAYOUTS = 4 };
const Layout *layout_find(const char *name);
int layout_panes(const Layout *layout);
int layout_pane(const Layout *layout, const char *name); /* its index, or -1 */

typedef struct {
    Rect frame[LAYOUT_PANES]; /* of layout->pane[i], border included; a border is shared by neighbours or not drawn when
                                 small */
    Rect prompt;              /* `prompt_rows` rows at the bottom */
    Rect status;              /* one row; height 0 when the terminal is too low for it */
} Placed;

/* Frames never overlap and never leave width x height, from 1x1 up. The prompt comes first, then the status line, then
 * the panes; a pane that has no room is not shown, and the first panes of the layout are shown last to go. zoom: index
 * of the one pane that takes all, or -1. */
void layout_place(Placed *placed, const Layout *layout, const Shares *shares, int width, int height, int prompt_rows,
                  int zoom);

/* A border that can be dragged. */
typedef enum { GRIP_NONE, GRIP_LEFT, GRIP_TOP, GRIP_BOTTOM, GRIP_ROW } GripKind;
typedef struct {
    GripKind kind;
    int pane; /* GRIP_ROW: the one below the border */
} Grip;

/* The border at (x, y). */
Grip layout_grip(const Layout *layout, const Placed *placed, int x, int y);
/* Move it to (x, y), or as far as leaves every pane its room. */
void layout_pull(Shares *shares, const Layout *layout, const Placed *placed, Grip grip, int x, int y);

/* What is inside a frame's borders, on a screen of that width. */
Rect layout_inside(int screen_width, Rect frame);
bool layout_titled(Rect frame); /* it has room for its title */
bool layout_sides(int screen_width);

/* The whole screen: panes with frames and titles (the focused one marked), status line, the prompt's rows. */
void screen_draw(Canvas *screen, const Layout *layout, const Placed *placed, const View *view, int focus);

#endif
