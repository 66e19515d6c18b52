/* actions.c - what keys do outside the prompt: a table row a key. Main thread. */
#include "ui/face.h"

#include "plot/plottext.h"
#include "ui/term.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int bin_counts[] = {5, 10, 15, 20, 30};

/* ---- actions ---- */

static void set_layout(Face *f, const char *name)
{
    f->layout = layout_find(name);
    f->focus = 0;
    f->zoom = -1;
    f->was = NULL;
}

static void layout_train(Face *f, const Key *key)
{
    (void)key;
    set_layout(f, "train");
}

static void layout_calibration(Face *f, const Key *key)
{
    (void)key;
    set_layout(f, "calibration");
}

static void layout_compare(Face *f, const Key *key)
{
    (void)key;
    set_layout(f, "compare");
}

static void zoom(Face *f, const Key *key)
{
    (void)key;
    if (f->zoom >= 0)
        face_back(f);
    else
        f->zoom = f->focus;
}

static void back(Face *f, const Key *key)
{
    (void)key;
    face_back(f);
}

/* The whole screen for the log, where long answers are; and back. */
static void zoom_log(Face *f, const Key *key)
{
    (void)key;
    if (f->zoom >= 0 && f->zoom == layout_pane(f->layout, pane_log.name))
        face_back(f);
    else
        face_zoom_log(f);
}

static void next_pane(Face *f, const Key *key)
{
    (void)key;
    f->focus = (f->focus + 1) % layout_panes(f->layout);
    if (f->zoom >= 0) f->zoom = f->focus;
}

static void scrub_back(Face *f, const Key *key)
{
    (void)key;
    view_scrub(&f->view, -1);
}

static void scrub_on(Face *f, const Key *key)
{
    (void)key;
    view_scrub(&f->view, 1);
}

static void live(Face *f, const Key *key)
{
    (void)key;
    f->view.at = 0;
}

static void loss_axis(Face *f, const Key *key)
{
    (void)key;
    f->view.log_loss = !f->view.log_loss;
    face_say(f, "loss on a %s axis", f->view.log_loss ? "logarithmic" : "linear");
}

static void more_bins(Face *f, const Key *key)
{
    (void)key;
    size_t i = 0, n = sizeof bin_counts / sizeof *bin_counts;
    while (i < n && bin_counts[i] != f->view.bins) i++;
    f->view.bins = bin_counts[(i + 1) % n];
    face_say(f, "%d bins: the same predictions, another ECE", f->view.bins);
}

static void choose(Face *f, int step)
{
    int next = f->view.chosen + step;
    if (next < 0 || next >= f->view.runs) return;
    f->view.chosen = next;
    f->view.follow = next == f->view.runs - 1;
    f->view.at = 0;
}

static void run_above(Face *f, const Key *key)
{
    (void)key;
    choose(f, -1);
}

static void run_below(Face *f, const Key *key)
{
    (void)key;
    choose(f, 1);
}

/* Rows of a page of text, less one that stays. */
static int page(const Face *f)
{
    int rows = face_text_rows(f);
    return rows > 2 ? rows - 1 : 1;
}

static void scroll_back(Face *f, const Key *key)
{
    (void)key;
    face_scroll(f, -page(f));
}

static void scroll_on(Face *f, const Key *key)
{
    (void)key;
    face_scroll(f, page(f));
}

/* Where there is no prompt there is no Lua to print a page of help: what the tables say. */
static void help(Face *f, const Key *key)
{
    (void)key;
    if (f->prompt) {
        f->line = "help \"workbench\"";
        return;
    }
    char *text = face_keys();
    if (text) face_page(f, "keys", text);
    free(text);
}

static void redraw(Face *f, const Key *key)
{
    (void)f, (void)key;
    term_redraw();
}

static void interrupt(Face *f, const Key *key)
{
    (void)key;
    f->interrupt = true;
}

static void suspend(Face *f, const Key *key)
{
    (void)key;
    f->suspend = true;
}

static void quit(Face *f, const Key *key)
{
    (void)key;
    f->quit = true;
}

static void pause_replay(Face *f, const Key *key)
{
    (void)key;
    f->pause = true;
}

static void press(Face *f, const Key *key)
{
    f->grip = layout_grip(f->layout, &f->placed, key->x, key->y);
    f->dragged = false;
}

/* A border follows the mouse. */
static void drag(Face *f, const Key *key)
{
    f->dragged = true;
    if (f->zoom < 0) layout_pull(&f->shares[f->layout - layouts], f->layout, &f->placed, f->grip, key->x, key->y);
}

/* A click gives a pane the focus; a click on the pane that has it zooms. */
static void release(Face *f, const Key *key)
{
    int pane = f->grip.pane;
    f->grip = (Grip){GRIP_NONE, -1};
    if (f->dragged || pane < 0) return;
    if (pane == f->focus)
        zoom(f, key);
    else
        f->focus = pane;
}

/* The wheel scrolls the log where it is over it, and the epochs elsewhere. */
static void wheel(Face *f, const Key *key)
{
    int pane = layout_grip(f->layout, &f->placed, key->x, key->y).pane, step = key->type == KEY_WHEEL_UP ? 1 : -1;
    if (pane >= 0 && pane == layout_pane(f->layout, face_text(f)->name))
        face_scroll(f, -3 * step);
    else
        view_scrub(&f->view, -step);
}

/* ---- the table ---- */

/* When a key is the screen's and not the prompt's. */
typedef enum { ALWAYS, EMPTY, ALT, REPLAY, ZOOMED } When;

typedef struct {
    KeyType key;
    char byte; /* of KEY_BYTES */
    When when;
    void (*act)(Face *f, const Key *key);
    const char *name, *help; /* help NULL: a second key for the row above */
} Action;

#define CTRL(letter) ((letter)&0x1f)

static const Action actions[] = {
    {KEY_F1, 0, ALWAYS, help, "F1", "a page of help"},
    {KEY_F2, 0, ALWAYS, layout_train, "F2", "layout: watch a training"},
    {KEY_F3, 0, ALWAYS, layout_calibration, "F3", "layout: calibration"},
    {KEY_F4, 0, ALWAYS, layout_compare, "F4", "layout: compare runs"},
    {KEY_F5, 0, ALWAYS, zoom, "F5", "zoom the focused pane, and back"},
    {KEY_ESCAPE, 0, ZOOMED, back, "Esc", "from a page, a zoomed pane or a long answer back to all panes"},
    {KEY_F6, 0, ALWAYS, next_pane, "F6 Ctrl-O", "focus the next pane"},
    {KEY_BYTES, CTRL('o'), ALWAYS, next_pane, NULL, NULL},
    {KEY_F7, 0, ALWAYS, loss_axis, "F7", "loss: linear or logarithmic"},
    {KEY_F8, 0, ALWAYS, more_bins, "F8", "bins: 5, 10, 15, 20, 30"},
    {KEY_F9, 0, ALWAYS, zoom_log, "F9", "the log over the whole screen, and back"},
    {KEY_LEFT, 0, EMPTY, scrub_back, "Left Alt-Left", "look one evaluation back"},
    {KEY_LEFT, 0, ALT, scrub_back, NULL, NULL},
    {KEY_RIGHT, 0, EMPTY, scrub_on, "Right Alt-Right", "look one evaluation on"},
    {KEY_RIGHT, 0, ALT, scrub_on, NULL, NULL},
    {KEY_END, 0, EMPTY, live, "Space End", "back to the newest"},
    {KEY_END, 0, ALT, live, NULL, NULL},
    {KEY_BYTES, ' ', EMPTY, live, NULL, NULL},
    {KEY_UP, 0, ALT, run_above, "Alt-Up", "look at the run before"},
    {KEY_DOWN, 0, ALT, run_below, "Alt-Down", "look at the run after"},
    {KEY_PAGE_UP, 0, ALWAYS, scroll_back, "PgUp", "scroll the page, or the log, back"},
    {KEY_PAGE_DOWN, 0, ALWAYS, scroll_on, "PgDn", "scroll the page, or the log, on"},
    {KEY_MOUSE_DOWN, 0, ALWAYS, press, "mouse",
     "click: focus, then zoom; drag a border; wheel: scrub, or scroll the log"},
    {KEY_MOUSE_DRAG, 0, ALWAYS, drag, NULL, NULL},
    {KEY_MOUSE_UP, 0, ALWAYS, release, NULL, NULL},
    {KEY_WHEEL_UP, 0, ALWAYS, wheel, NULL, NULL},
    {KEY_WHEEL_DOWN, 0, ALWAYS, wheel, NULL, NULL},
    {KEY_BYTES, 'p', REPLAY, pause_replay, "p", "in a replay: pause, and go on"},
    {KEY_BYTES, 'q', REPLAY, quit, "q", "in a replay: quit"},
    {KEY_BYTES, CTRL('l'), ALWAYS, redraw, "Ctrl-L", "draw everything again"},
    {KEY_BYTES, CTRL('c'), ALWAYS, interrupt, "Ctrl-C", "drop the line, stop what it runs, then offer to stop the run"},
    {KEY_BYTES, CTRL('z'), ALWAYS, suspend, "Ctrl-Z", "back to the shell; fg returns"},
    {KEY_BYTES, CTRL('d'), EMPTY, quit, "Ctrl-D", "on an empty line: quit; runs are stopped with a checkpoint"},
};

enum { ACTIONS = sizeof actions / sizeof *actions };

static bool applies(const Face *f, const Action *a, const Key *key)
{
    bool empty = !f->prompt || prompt_empty();
    if (a->key != key->type) return false;
    if (a->key == KEY_BYTES && (key->alt || key->length != 1 || key->bytes[0] != a->byte)) return false;
    switch (a->when) {
    case EMPTY:
        return empty && !key->alt;
    case ALT:
        return key->alt;
    case REPLAY:
        return !f->prompt;
    case ZOOMED:
        return empty && f->zoom >= 0;
    default:
        return true;
    }
}

bool face_key(int i, const char **name, const char **does)
{
    for (int row = 0; row < ACTIONS; row++) {
        if (!actions[row].help || i-- > 0) continue;
        *name = actions[row].name;
        *does = actions[row].help;
        return true;
    }
    return false;
}

bool face_act(Face *f, const Key *key)
{
    for (int i = 0; i < ACTIONS; i++) {
        if (!applies(f, &actions[i], key)) continue;
        if (actions[i].act == live && f->prompt && f->view.at == 0) continue; /* a space that is only a space */
        actions[i].act(f, key);
        f->dirty = true;
        return true;
    }
    return false;
}

static void add_row(PlotText *text, const char *name, const char *help)
{
    char line[160];
    snprintf(line, sizeof line, "    %-16s %s\n", name, help);
    plottext_add(text, line);
}

char *face_keys(void)
{
    PlotText text = {0};
    const char *name, *does;
    const Pane *pane;
    plottext_add(&text, "keys\n");
    for (int i = 0; face_key(i, &name, &does); i++) add_row(&text, name, does);
    plottext_add(&text, "\nlayouts\n");
    for (const Layout *layout = layouts; layout->name; layout++) add_row(&text, layout->name, layout->help);
    plottext_add(&text, "\npanes\n");
    for (int i = 0; (pane = pane_nth(i)); i++) add_row(&text, pane->name, pane->help);
    return plottext_take(&text, NULL);
}
