/* layout.h - where each pane lies: a pure function of the terminal's size. Main thread. */
#ifndef TARE_UI_LAYOUT_H
#define TARE_UI_LAYOUT_H

#include "plot/canvas.h"
#include "ui/view.h"

typedef struct {
    int x, y, width, height; /* cells; width or height 0: not shown */
} Rect;

enum { LAYOUT_PANES = 6 };

/* A row of the table of layouts: "train", "calibration", "compare". */
typedef struct {
    const char *name, *help;
    const Pane *pane[LAYOUT_PANES];                  /* NULL at the end */
    void (*place)(Rect *frame, int panes, Rect all); /* frames, borders included */
} Layout;

extern const Layout layouts[]; /* ends with name NULL */
const Layout *layout_find(const char *name);

typedef struct {
    Rect frame[LAYOUT_PANES]; /* of layout->pane[i], border included; a border is shared by neighbours or not drawn when
                                 small */
    Rect prompt;              /* `prompt_rows` rows at the bottom */
    Rect status;              /* one row; height 0 when the terminal is too low for it */
} Placed;

/* Frames never overlap and never leave width x height, from 1x1 up. The prompt comes first, then the status line, then
 * the panes; a pane that has no room is not shown, and the first panes of the layout are shown last to go. zoom: index
 * of the one pane that takes all, or -1. */
void layout_place(Placed *placed, const Layout *layout, int width, int height, int prompt_rows, int zoom);

/* The whole screen: panes with frames and titles (the focused one marked), status line, the prompt's rows. */
void screen_draw(Canvas *screen, const Layout *layout, const Placed *placed, const View *view, int focus);

#endif
