/* pane.h - what panes share: the run that is looked at, a remark. Main thread. */
#ifndef TARE_UI_PANE_H
#define TARE_UI_PANE_H

#include "plot/track.h"
#include "ui/view.h"

/* How plots see the chosen run; its log is NULL without one. */
RunView view_of_run(const View *view);

/* A remark in the middle of an empty pane: what will be there, and what to type for it (NULL: nothing). */
void pane_say(Canvas *canvas, const View *view, const char *what, const char *type);

#endif
