/* face.h - the interactive screen as a whole: terminal, keys, panes, prompt. Main thread; one a process.
 *
 * Whoever owns the loop reads the terminal through face_read, gives it runs to show, and looks at what
 * was asked for. */
#ifndef TARE_UI_FACE_H
#define TARE_UI_FACE_H

#include "ui/keys.h"
#include "ui/layout.h"
#include "ui/prompt.h"
#include "ui/view.h"

enum { FACE_MESSAGE = 200 };

typedef struct {
    View view;
    LogLines log;
    Page page;
    const Layout *layout;
    Placed placed; /* as last drawn: what a mouse click meant */
    int focus;     /* index of a pane of the layout */
    int zoom;      /* index of the pane that has the screen, or -1 */
    Shares shares[LAYOUTS];
    Grip grip;         /* of the mouse, while its button is down */
    bool dragged;      /* and has moved */
    const Layout *was; /* where Esc goes back to from a log or a page that took the screen; NULL: nowhere */
    int was_focus, was_zoom;
    bool prompt; /* there is a prompt: the workbench, not a replay */
    int fd;      /* of the terminal */
    KeyDecoder keys;
    double last_byte;           /* when the terminal last said something */
    char message[FACE_MESSAGE]; /* instead of the status line, until message_end */
    double message_end, drawn;
    bool dirty, pasting;
    /* What was asked for; the owner clears it. */
    bool interrupt, quit, suspend, pause;
    const char *line; /* a line of Lua that a key stands for, or NULL */
} Face;

/* Take the terminal. prompt may be NULL: a replay. ERR_USAGE: no terminal to draw on. */
Status face_open(Face *f, const PromptOptions *prompt, Err *err);
void face_close(Face *f); /* twice is fine */

/* Read what was typed and act on it. False at the end of input: the terminal is gone. */
bool face_read(Face *f);

/* Say something on the status line for 4 seconds. */
void face_say(Face *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What to look at, by name; "" leaves a thing as it is. */
typedef struct {
    const char *layout, *pane, *run;
    int bins;
    bool zoom, log_loss;
} FaceWish;

/* ERR_USAGE: what there is instead. */
Status face_show(Face *f, const FaceWish *wish, Err *err);

/* The pane of text that keys scroll: the page where it is on the screen, else the log. Its rows (0 when it is not on
 * the screen either), and moving it by rows, back (below 0) or on. */
const Pane *face_text(const Face *f);
int face_text_rows(const Face *f);
void face_scroll(Face *f, int rows);

/* A text has the screen from its first line on, until Esc. Copied. */
void face_page(Face *f, const char *title, const char *text);
/* The log is on the screen, and has the rows for a text. */
bool face_fits(const Face *f, const char *text);

/* The newest `lines` lines of the log are one answer. Where the log pane shows its end only, the log takes the screen,
 * from the answer's first line; Esc goes back. While something is typed it only says so. */
void face_answer(Face *f, int lines);
void face_zoom_log(Face *f);
void face_back(Face *f); /* all panes again, the newest line at the log's end */

/* Draw when something changed, at most 30 times a second. The runs are borrowed for the call. */
void face_draw(Face *f, const ViewRun *run, int runs);

/* Milliseconds until it wants to be called again; -1 when it waits for nothing. */
int face_wait(const Face *f);

void face_resized(Face *f);
void face_stop(Face *f); /* Ctrl-Z: give the terminal back, stop, take it again */

/* actions.c: do what the key stands for; false when it means nothing here (then it is the prompt's). */
bool face_act(Face *f, const Key *key);

/* Key i of those that have a help, in the table's order: its name and what it does; false behind the last. */
bool face_key(int i, const char **name, const char **does);

/* The rows of all keys, layouts and panes with what they do or show, a line each, malloc'ed; NULL without memory. */
char *face_keys(void);

#endif
