/* face.c - see face.h. Main thread. */
#include "ui/face.h"

#include "base/clock.h"
#include "base/text.h"
#include "ui/capture.h"
#include "ui/pane.h"
#include "ui/term.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double frame_seconds = 1.0 / 30, message_seconds = 4, escape_seconds = 0.025;

/* ---- life ---- */

Status face_open(Face *f, const PromptOptions *prompt, Err *err)
{
    *f = (Face){.fd = -1, .zoom = -1, .prompt = prompt != NULL, .dirty = true};
    f->layout = layout_find("train");
    for (int i = 0; i < LAYOUTS; i++) f->shares[i] = layouts[i].shares;
    f->view = (View){.bins = 10, .follow = true, .log = &f->log, .page = &f->page};
    f->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0) return err_set(err, ERR_USAGE, "there is no terminal to draw on; use tare run FILE or tare -e CODE");
    TRY(term_open(f->fd, err));
    f->view.glyphs = glyphs_of(term_glyphs());
    if (prompt) TRY(prompt_open(prompt, err));
    TRY(capture_open(err));
    face_resized(f);
    return OK;
fail:
    face_close(f);
    return err ? err->code : ERR_IO;
}

void face_close(Face *f)
{
    log_free(&f->log);
    log_free(&f->page.lines);
    if (f->fd < 0) return;
    if (f->prompt) prompt_close();
    term_close();
    capture_close();
    close(f->fd);
    f->fd = -1;
}

void face_resized(Face *f)
{
    int width, height;
    term_size(&width, &height);
    term_resize(width, height);
    if (f->prompt) prompt_resize(width, height);
    f->dirty = true;
}

void face_stop(Face *f)
{
    term_suspend();
    raise(SIGSTOP);
    term_resume();
    face_resized(f);
}

/* ---- input ---- */

static void take_keys(Face *f, bool late)
{
    Key key;
    while (keys_next(&f->keys, late, &key)) {
        if (key.type == KEY_PASTE_BEGIN || key.type == KEY_PASTE_END) f->pasting = key.type == KEY_PASTE_BEGIN;
        if (!f->pasting && face_act(f, &key)) continue; /* what is pasted is text, control characters too */
        if (f->prompt && key.length > 0) prompt_feed(key.bytes, key.length);
        f->dirty = true;
    }
}

bool face_read(Face *f)
{
    char bytes[sizeof f->keys.bytes];
    ssize_t n = read(f->fd, bytes, sizeof bytes - (size_t)f->keys.used); /* take_keys always leaves room */
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return false;
    if (n > 0) {
        keys_feed(&f->keys, bytes, (size_t)n);
        f->last_byte = clock_seconds();
        take_keys(f, false);
    }
    return true;
}

/* ---- output ---- */

void face_say(Face *f, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(f->message, sizeof f->message, fmt, args);
    va_end(args);
    f->message_end = clock_seconds() + message_seconds;
    f->dirty = true;
}

/* The cells of a pane of text, as last drawn; none where it is not on the screen. */
static LogFrame text_frame(const Face *f, const Pane *pane)
{
    int i = layout_pane(f->layout, pane->name);
    if (i < 0 || f->placed.frame[i].height < 1) return (LogFrame){.glyphs = f->view.glyphs};
    Rect r = layout_inside(f->placed.prompt.width, f->placed.frame[i]);
    return (LogFrame){r.width, r.height, f->view.glyphs};
}

const Pane *face_text(const Face *f)
{
    return layout_pane(f->layout, pane_page.name) >= 0 ? &pane_page : &pane_log;
}

int face_text_rows(const Face *f)
{
    return text_frame(f, face_text(f)).height;
}

void face_scroll(Face *f, int rows)
{
    bool page = face_text(f) == &pane_page;
    LogTop *top = page ? &f->page.top : &f->view.top;
    LogFrame frame = text_frame(f, face_text(f));
    if (frame.height > 0) *top = log_moved(page ? &f->page.lines : &f->log, *top, rows, &frame);
}

bool face_fits(const Face *f, const char *text)
{
    LogLines lines = {0};
    LogFrame frame = text_frame(f, &pane_log);
    log_add(&lines, text);
    bool fits = frame.height > 0 && !log_answer(&lines, lines.lines, &frame).back;
    log_free(&lines);
    return fits;
}

/* Lay the panes out on a screen of that size. */
static void place_in(Face *f, int width, int height)
{
    int rows = f->prompt ? prompt_rows(width, height / 2 > 1 ? height / 2 : 1) : 0;
    layout_place(&f->placed, f->layout, &f->shares[f->layout - layouts], width, height, rows, f->zoom);
}

static void place(Face *f)
{
    int width, height;
    term_size(&width, &height);
    place_in(f, width, height);
}

/* "train, calibration, compare": for messages. */
static void list_names(char *dst, size_t size, const Layout *panes_of)
{
    size_t used = 0;
    dst[0] = 0;
    for (int i = 0; panes_of ? i < layout_panes(panes_of) : layouts[i].name != NULL; i++) {
        const char *name = panes_of ? panes_of->pane[i] : layouts[i].name;
        used += (size_t)snprintf(dst + used, size - used, "%s%s", i ? ", " : "", name);
        if (used >= size) return;
    }
}

static int run_named(const View *view, const char *name)
{
    for (int i = view->runs - 1; i >= 0; i--)
        if (strcmp(view->run[i].name, name) == 0) return i;
    return -1;
}

Status face_show(Face *f, const FaceWish *wish, Err *err)
{
    char names[128];
    const Layout *to = *wish->layout ? layout_find(wish->layout) : f->layout;
    if (!to) {
        list_names(names, sizeof names, NULL);
        return err_set(err, ERR_USAGE, "no layout '%.40s'; there are %s", wish->layout, names);
    }
    int focus = *wish->pane ? layout_pane(to, wish->pane) : to == f->layout ? f->focus : 0;
    if (focus < 0) {
        list_names(names, sizeof names, to);
        return err_set(err, ERR_USAGE, "no pane '%.40s' in layout %s; there are %s", wish->pane, to->name, names);
    }
    int chosen = *wish->run ? run_named(&f->view, wish->run) : f->view.chosen;
    if (chosen < 0) return err_set(err, ERR_USAGE, "run '%.60s' is none of this session's", wish->run);
    if (wish->bins < 1 || FINE_BINS % wish->bins != 0)
        return err_set(err, ERR_USAGE, "bins = %d does not divide %d; take 5, 6, 10, 12, 15, 20 or 30", wish->bins,
                       FINE_BINS);
    if (chosen != f->view.chosen) {
        f->view.at = 0;
        f->view.follow = chosen == f->view.runs - 1;
    }
    f->layout = to;
    f->focus = focus;
    f->zoom = wish->zoom ? focus : -1;
    f->was = NULL;
    f->view.chosen = chosen;
    f->view.bins = wish->bins;
    f->view.log_loss = wish->log_loss;
    f->dirty = true;
    return OK;
}

/* What is shown now is where Esc goes back to; a page on a page leads back to what was before both. */
static void keep_way_back(Face *f)
{
    if (face_text(f) == &pane_page) face_back(f);
    f->was = f->layout;
    f->was_focus = f->focus;
    f->was_zoom = f->zoom;
}

/* One pane of a layout has the screen. */
static void take_screen(Face *f, const Layout *layout, const Pane *pane)
{
    f->layout = layout;
    f->zoom = f->focus = layout_pane(layout, pane->name);
    f->dirty = true;
    place(f);
}

void face_zoom_log(Face *f)
{
    int log = layout_pane(f->layout, pane_log.name);
    if (log < 0 || f->zoom != log) keep_way_back(f);
    f->view.top = (LogTop){0};
    take_screen(f, layout_pane(f->layout, pane_log.name) < 0 ? layout_find("train") : f->layout, &pane_log);
}

void face_page(Face *f, const char *title, const char *text)
{
    keep_way_back(f);
    log_free(&f->page.lines);
    log_add(&f->page.lines, text);
    text_copy(f->page.title, sizeof f->page.title, title);
    text_clean(f->page.title);
    take_screen(f, layout_find(pane_page.name), &pane_page);
    LogFrame frame = text_frame(f, &pane_page);
    f->page.top = (LogTop){0};
    if (frame.height > 0) f->page.top = log_answer(&f->page.lines, f->page.lines.lines, &frame);
}

void face_answer(Face *f, int lines)
{
    if (lines < 1) return;
    place(f); /* a line may have changed the layout */
    LogFrame frame = text_frame(f, &pane_log);
    f->view.top = (LogTop){0};
    if (frame.height > 0 && !log_answer(&f->log, lines, &frame).back) return;
    if (!prompt_empty()) {
        face_say(f, "F9 shows the whole of a long answer");
        return;
    }
    if (lines == 1 && frame.height == 0 && f->placed.status.height > 0) { /* a word does not take the screen */
        face_say(f, "%s", log_line_at(&f->log, f->log.lines - 1));
        return;
    }
    face_zoom_log(f);
    frame = text_frame(f, &pane_log); /* not even now on a screen of a row or two */
    if (frame.height > 0) f->view.top = log_answer(&f->log, lines, &frame);
}

void face_back(Face *f)
{
    if (f->was) {
        f->layout = f->was;
        f->focus = f->was_focus;
        f->zoom = f->was_zoom;
    } else {
        f->zoom = -1;
    }
    if (!f->was && face_text(f) == &pane_page) f->layout = layout_find("train"); /* ui.show led to it */
    f->was = NULL;
    f->view.top = (LogTop){0};
}

static void keep_in_range(View *view, const ViewRun *run, int runs)
{
    view->run = run;
    view->runs = runs;
    for (int i = runs - 1; i >= 0 && view->follow && view->at == 0; i--) {
        if (run[i].log->state != RUN_RUNNING && run[i].log->state != RUN_PAUSED) continue;
        view->chosen = i;
        break;
    }
    if (view->chosen >= runs) view->chosen = runs - 1;
    if (view->chosen < 0) view->chosen = 0;
}

static void draw_prompt(Face *f, Canvas *screen, int *x, int *y)
{
    const Rect *r = &f->placed.prompt;
    Canvas canvas;
    *x = *y = -1;
    if (!f->prompt || r->width < 1 || r->height < 1 || canvas_open(&canvas, r->width, r->height, NULL) != OK) return;
    prompt_draw(&canvas, x, y);
    canvas_blit(screen, r->x, r->y, &canvas);
    canvas_close(&canvas);
    *x += r->x;
    *y += r->y;
}

/* A message, or the hint for what is typed, in the place of the status line. */
static void draw_message(const Face *f, Canvas *screen)
{
    const Rect *r = &f->placed.status;
    const char *text = clock_seconds() < f->message_end ? f->message : f->prompt ? prompt_hint() : "";
    if (r->height < 1 || !*text) return;
    for (int x = 0; x < r->width; x++) canvas_put(screen, r->x + x, r->y, ' ', INK_STATUS);
    canvas_text(screen, r->x, r->y, text, INK_STATUS);
}

/* False when it is to be drawn again. */
static bool draw(Face *f)
{
    int width, height, x, y;
    Canvas screen;
    term_size(&width, &height); /* once a frame: the window may change between two looks */
    if (canvas_open(&screen, width, height, NULL) != OK) return true;
    place_in(f, width, height);
    f->view.zoomed = f->zoom >= 0;
    screen_draw(&screen, f->layout, &f->placed, &f->view, f->focus);
    draw_message(f, &screen);
    draw_prompt(f, &screen, &x, &y);
    bool done = term_show(&screen, x, y);
    canvas_close(&screen);
    return done;
}

void face_draw(Face *f, const ViewRun *run, int runs)
{
    double now = clock_seconds();
    if (keys_waiting(&f->keys) && now - f->last_byte >= escape_seconds) take_keys(f, true);
    if (f->message_end > 0 && now >= f->message_end) {
        f->message_end = 0;
        f->dirty = true;
    }
    if (!f->dirty || now - f->drawn < frame_seconds) return;
    keep_in_range(&f->view, run, runs);
    f->dirty = !draw(f);
    f->drawn = now;
}

/* Milliseconds from now until `when`, at least 0. */
static int until(double when, double now)
{
    return when <= now ? 0 : (int)((when - now) * 1000) + 1;
}

int face_wait(const Face *f)
{
    double now = clock_seconds();
    int wait = -1;
    if (f->message_end > 0) wait = until(f->message_end, now);
    if (keys_waiting(&f->keys) && (wait < 0 || until(f->last_byte + escape_seconds, now) < wait))
        wait = until(f->last_byte + escape_seconds, now);
    if (f->dirty && (wait < 0 || until(f->drawn + frame_seconds, now) < wait))
        wait = until(f->drawn + frame_seconds, now);
    return wait;
}
