/* panes.c - the panes there are: each picture of a run, and what is no picture, the runs, the log and a page of text.
 * Main thread. */
#include "ui/pane.h"

#include "plot/picture.h"
#include <string.h>

static const Pane *const others[] = {&pane_runs, &pane_log, &pane_page};

enum { OTHERS = sizeof others / sizeof *others, PANES_MOST = 32 };

/* The pictures that can be drawn on a screen, as panes; made at the first call. */
static int pictured(Pane pane[PANES_MOST])
{
    int n = 0;
    for (int i = 0; pictures[i] && n < PANES_MOST; i++)
        if (pictures[i]->draw)
            pane[n++] = (Pane){.name = pictures[i]->name, .help = pictures[i]->help, .picture = pictures[i]};
    return n;
}

const Pane *pane_nth(int i)
{
    static Pane pane[PANES_MOST];
    static int count;
    if (count == 0) count = pictured(pane);
    if (i < count) return &pane[i];
    return i - count < OTHERS ? others[i - count] : NULL;
}

const Pane *pane_find(const char *name)
{
    for (int i = 0; pane_nth(i); i++)
        if (strcmp(pane_nth(i)->name, name) == 0) return pane_nth(i);
    return NULL;
}

void pane_title(char *dst, size_t size, const Pane *pane, const View *view)
{
    RunView run = view_of_run(view);
    if (pane->picture)
        pane->picture->title(dst, size, &run);
    else
        pane->title(dst, size, view);
}

void pane_draw(Canvas *canvas, const Pane *pane, const View *view)
{
    char remark[REMARK_SIZE];
    RunView run = view_of_run(view);
    if (!pane->picture)
        pane->draw(canvas, view);
    else if (!run.log)
        pane_say(canvas, view, pane->picture->about, pane->picture->to_try);
    else if (!pane->picture->draw(canvas, &run, remark))
        pane_say(canvas, view, remark, NULL);
}
