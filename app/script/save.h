/* save.h - what the parts of plot.save share: a figure in the making. Main thread. */
#ifndef TARE_SCRIPT_SAVE_H
#define TARE_SCRIPT_SAVE_H

#include "base/option.h"
#include "engine/engine.h"
#include "plot/figure.h"
#include "plot/track.h"
#include <lua.h>

typedef struct {
    int64_t bins, width, height;
    char pane[OPTION_TEXT_SIZE]; /* "curves": loss above ECE */
    bool log;
} SaveSpec;

/* Makers may push what they need. */
typedef struct {
    const char *format;     /* "svg", "png", "txt", "csv" */
    const PaperKind *paper; /* NULL: a text */
    bool csv;               /* of the texts */
    SaveSpec spec;
    const char *recipe; /* what was measured and how; on the stack */
    bool told;          /* the text says its recipe itself */
    char **text;        /* the file, malloc'ed; freed by its holder */
    size_t size;        /* its bytes */
} Save;

/* The figure as it was asked for; `usual` cells where a text was not told its size. */
Figure save_figure_of(const Save *save, const char *title, const char *note);
int save_or(int64_t value, int usual);

/* Take what a maker made, or raise its error. */
void save_take(lua_State *L, Save *save, Status made, const FigureFile *file, const Err *err);
void save_take_text(lua_State *L, Save *save, char *text, const Err *err);

/* A picture of a run (plot/picture.h). seq: of the evaluation looked at, one of the parent's where
 * at_parent is true; 0 = the newest. */
void save_pane(lua_State *L, Save *save, const Run *run, const char *pane, uint64_t seq, bool at_parent);

/* The table at index: a comparison or a list of runs. */
void save_table(lua_State *L, Save *save, int index);

#endif
