/* term.h - the terminal: the only user of curses. Main thread; one terminal a process. */
#ifndef TARE_UI_TERM_H
#define TARE_UI_TERM_H

#include "base/err.h"
#include "plot/canvas.h"
#include "plot/glyph.h"
#include <stddef.h>

/* Take the terminal at `fd` (a descriptor of its own, /dev/tty, so that fds 0, 1 and 2 may point elsewhere): alternate
 * screen, raw keys, mouse, bracketed paste. ERR_USAGE: no terminal, TERM unknown or too dumb; ERR_IO. */
Status term_open(int fd, Err *err);
/* Put everything back as it was; safe to call twice. */
void term_close(void);

void term_size(int *width, int *height); /* as the kernel says it now, at most 1,000 each */

/* Show the canvas, changed cells only, in at most one write; the cursor goes to (x, y), or is hidden where x < 0. */
void term_show(const Canvas *canvas, int x, int y);
void term_redraw(void); /* the next term_show draws everything (Ctrl-L, after a stop) */
void term_resize(int width, int height);

/* For a job-control stop: leave the terminal as term_close does, and take it again. */
void term_suspend(void);
void term_resume(void);

/* What this terminal can show: by locale, TERM and NO_COLOR. */
GlyphSet term_glyphs(void);
int term_colors(void); /* 256, 16, 8, or 0 for none */

size_t term_bytes(void); /* written since term_open: for the bench */

/* Give the terminal back, from a signal handler of a crash: async-signal-safe. */
void term_rescue(void);

#endif
