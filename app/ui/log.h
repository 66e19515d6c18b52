/* log.h - what was printed and remarked: whole lines, bounded in bytes, and where in them one looks. Main thread. */
#ifndef TARE_UI_LOG_H
#define TARE_UI_LOG_H

#include "plot/canvas.h"
#include "plot/glyph.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOG_BYTES = 4 << 20,      /* of all lines; then the oldest go */
    LOG_LINE_MOST = 64 << 10, /* bytes of a line; what is longer goes on in another */
};

/* The newest last: a ring of lines. Starts as {0}. */
typedef struct {
    char **line;
    int first, lines, room;
    size_t bytes;
    int64_t added; /* lines ever */
} LogLines;

/* Cut at newlines; tabs become blanks. Without memory a line is lost. */
void log_add(LogLines *log, const char *utf8);
void log_free(LogLines *log);
const char *log_line_at(const LogLines *log, int i); /* the i-th that is there, from 0 */

/* The cells that a log is looked at through. */
typedef struct {
    int width, height;
    const Glyphs *glyphs;
} LogFrame;

/* The first row that is seen. {0}: the newest line is at the bottom, and stays there. */
typedef struct {
    bool back;    /* scrolled back */
    int64_t line; /* of all that were ever added, from 0: what is looked at stays when more come */
    int row;      /* of that line, where it is wrapped */
} LogTop;

/* Where one looks after `rows` rows back (below 0) or on; as far as there are some. rows = 0: `top` as it can be seen
 * in this frame now, its line not gone, its row there. */
LogTop log_moved(const LogLines *log, LogTop top, int rows, const LogFrame *frame);

/* The row on top when the end is seen; not `back`, though line and row are filled. */
LogTop log_end(const LogLines *log, const LogFrame *frame);

/* Draw from that row on, as far as the canvas goes. */
void log_draw(Canvas *canvas, const LogLines *log, LogTop top, const Glyphs *glyphs);
/* " - from line 12 of 40 (PgDn)" into dst, for a title; "" when the end is seen. */
void log_where(char *dst, size_t size, const LogLines *log, LogTop top);

/* The first of the newest `lines` lines on top; {0} when all of them are seen at the end. */
LogTop log_answer(const LogLines *log, int lines, const LogFrame *frame);

#endif
