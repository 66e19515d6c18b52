/* pane.c - what panes share: the run that is looked at, a remark. Main thread. */
#include "ui/pane.h"

#include "ui/wrap.h"

enum { MARGIN_LEAST = 24 }; /* cells from which a remark keeps away from the border */

RunView view_of_run(const View *view)
{
    const ViewRun *run = view_chosen(view);
    return (RunView){.log = run ? run->log : NULL,
                     .parent = run ? run->parent : NULL,
                     .bins = view->bins,
                     .log_loss = view->log_loss,
                     .at = view->at ? view_eval(view) : NULL,
                     .at_parent = view->at_parent,
                     .glyphs = view->glyphs};
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
