/* pane.h - what panes share: the run that is looked at, short texts. Main thread. */
#ifndef TARE_UI_PANE_H
#define TARE_UI_PANE_H

#include "plot/track.h"
#include "ui/view.h"

/* How plots see the chosen run; its log is NULL without one. */
RunView view_of_run(const View *view);

/* A text in rows of `width` cells, broken at blanks; controls and what the glyphs lack are '?'. y may be negative.
 * Returns the rows it takes, at least 1; a NULL canvas only counts. */
int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs);

/* How far back the log is scrolled (View.scroll) when the first of its newest `lines` lines is the topmost of a pane of
 * width x height; 0 when they all fit. */
int log_scroll_to(const LogLines *log, int lines, int width, int height, const Glyphs *glyphs);

/* A remark in the middle of an empty pane: what will be there, and what to type for it (NULL: nothing). */
void pane_say(Canvas *canvas, const View *view, const char *what, const char *type);

#endif
