/* picture.h - the pictures of a run: what panes show and plot.save writes. Pure functions; any thread.
 *
 * A picture is a file and a row of pictures[]: from there its pane, the choices of plot.save, Lua, completion and help
 * know it by its name. */
#ifndef TARE_PLOT_PICTURE_H
#define TARE_PLOT_PICTURE_H

#include "plot/canvas.h"
#include "plot/figure.h"
#include "plot/track.h"

enum { REMARK_SIZE = 160 };

typedef struct {
    const char *name;   /* "confidence" */
    const char *help;   /* one line */
    const char *about;  /* what will be seen, in a pane without a run */
    const char *to_try; /* what to type for one */

    /* Of the pane's frame; view->log is NULL without a run. */
    void (*title)(char *dst, size_t size, const RunView *view);
    /* The whole canvas, whatever its size, from 1x1. False: there is nothing to see yet, and why. */
    bool (*draw)(Canvas *canvas, const RunView *view, char remark[REMARK_SIZE]);
    /* As a figure, as lines of text, and its numbers with a line of names; name: of the run, for the title. The texts
     * are malloc'ed. ERR_STATE: nothing to see yet. */
    Status (*paper)(FigureFile *file, const Figure *figure, const RunView *view, const char *name, Err *err);
    char *(*text)(const RunView *view, const char *name, int width, int height, Err *err);
    char *(*csv)(const RunView *view, Err *err);
} Picture;

extern const Picture picture_curves, picture_loss, picture_ece, picture_reliability, picture_confidence;
extern const Picture *const pictures[]; /* NULL at the end */
const Picture *picture_find(const char *name);

/* "curves|loss|...", for a table of options; filled by pictures_open. */
extern char picture_choices[128];
void pictures_open(void);

/* The evaluation that a picture shows: the one looked at, else the newest of split "valid"; NULL without any. */
const EvalPoint *picture_eval(const RunView *view);

#endif
