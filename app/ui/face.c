/* face.c - see face.h. Main thread. */
#include "ui/face.h"

#include "base/clock.h"
#include "ui/capture.h"
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
    f->view = (View){.bins = 10, .follow = true, .log = &f->log};
    f->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
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

int face_log_rows(const Face *f)
{
    for (int i = 0; i < LAYOUT_PANES && f->layout->pane[i]; i++)
        if (f->layout->pane[i] == &pane_log && f->placed.frame[i].height > 1) return f->placed.frame[i].height - 1;
    return 0;
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

static void draw(Face *f)
{
    int width, height, x, y;
    Canvas screen;
    term_size(&width, &height);
    if (canvas_open(&screen, width, height, NULL) != OK) return;
    int rows = f->prompt ? prompt_rows(width, height / 2 > 1 ? height / 2 : 1) : 0;
    layout_place(&f->placed, f->layout, width, height, rows, f->zoom);
    screen_draw(&screen, f->layout, &f->placed, &f->view, f->focus);
    draw_message(f, &screen);
    draw_prompt(f, &screen, &x, &y);
    term_show(&screen, x, y);
    canvas_close(&screen);
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
    draw(f);
    f->dirty = false;
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
