/* log.c - see log.h. Main thread. */
#include "ui/log.h"

#include "base/text.h"
#include "plot/plottext.h"
#include "ui/wrap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAB_STOP = 8, LINE_COST = 32 /* bytes of the ring and the heap, so that empty lines are bounded as well */ };

/* ---- lines ---- */

const char *log_line_at(const LogLines *log, int i)
{
    return log->line[(log->first + i) % log->room];
}

static size_t cost(const char *line)
{
    return strlen(line) + LINE_COST;
}

static void drop_oldest(LogLines *log)
{
    char *line = log->line[log->first];
    log->bytes -= cost(line);
    log->first = (log->first + 1) % log->room;
    log->lines--;
    free(line);
}

/* A ring of twice the room, its oldest line first. */
static bool grow(LogLines *log)
{
    int room = log->room ? 2 * log->room : 64;
    char **line = malloc((size_t)room * sizeof *line);
    if (!line) return false;
    for (int i = 0; i < log->lines; i++) line[i] = log->line[(log->first + i) % log->room];
    free(log->line);
    log->line = line;
    log->first = 0;
    log->room = room;
    return true;
}

/* The log's from now on; NULL: there was no memory for it. */
static void keep(LogLines *log, char *line)
{
    if (!line || (log->lines == log->room && !grow(log))) {
        free(line);
        return;
    }
    log->line[(log->first + log->lines++) % log->room] = line;
    log->added++;
    log->bytes += cost(line);
    while (log->bytes > LOG_BYTES && log->lines > 1) drop_oldest(log);
}

/* One line of `size` bytes. Tab stops count cells, so that a table stands straight whatever letters it has. */
static void add_line(LogLines *log, const char *utf8, size_t size)
{
    PlotText text = {0};
    int cells = 0, n;
    for (const char *c = utf8; c < utf8 + size; c += n) {
        char one[5] = {0};
        text_decode(c, &n);
        memcpy(one, c, (size_t)n);
        int wide = *c == '\t' ? TAB_STOP - cells % TAB_STOP : text_width(one);
        if (text.used + (size_t)(*c == '\t' ? wide : n) > LOG_LINE_MOST) {
            keep(log, plottext_take(&text, NULL));
            text = (PlotText){0};
            cells = 0;
        }
        if (*c == '\t')
            plottext_repeat(&text, " ", wide);
        else
            plottext_bytes(&text, c, (size_t)n);
        cells += wide;
    }
    keep(log, plottext_take(&text, NULL));
}

void log_add(LogLines *log, const char *utf8)
{
    do {
        size_t size = strcspn(utf8, "\n");
        add_line(log, utf8, size);
        utf8 += size + (utf8[size] == '\n');
    } while (*utf8);
}

void log_free(LogLines *log)
{
    while (log->lines > 0) drop_oldest(log);
    free(log->line);
    *log = (LogLines){0};
}

/* ---- where one looks ---- */

static int64_t oldest(const LogLines *log)
{
    return log->added - log->lines;
}

static int rows_of(const LogLines *log, int64_t line, const LogFrame *frame)
{
    return text_wrapped(NULL, 0, 0, frame->width, log_line_at(log, (int)(line - oldest(log))), INK_TEXT, frame->glyphs);
}

/* Rows back, down to the first there is. */
static LogTop rows_back(const LogLines *log, LogTop top, int rows, const LogFrame *frame)
{
    while (rows > top.row && top.line > oldest(log)) {
        rows -= top.row + 1;
        top.row = rows_of(log, --top.line, frame) - 1;
    }
    top.row = rows < top.row ? top.row - rows : 0;
    return top;
}

/* Rows on, up to the last row of the last line. */
static LogTop rows_on(const LogLines *log, LogTop top, int rows, const LogFrame *frame)
{
    int here = rows_of(log, top.line, frame);
    while (rows >= here - top.row && top.line < log->added - 1) {
        rows -= here - top.row;
        top.row = 0;
        here = rows_of(log, ++top.line, frame);
    }
    top.row = rows < here - top.row ? top.row + rows : here - 1;
    return top;
}

static bool before(LogTop a, LogTop b)
{
    return a.line < b.line || (a.line == b.line && a.row < b.row);
}

LogTop log_end(const LogLines *log, const LogFrame *frame)
{
    if (log->lines == 0) return (LogTop){0};
    LogTop last = {.line = log->added - 1};
    last.row = rows_of(log, last.line, frame) - 1;
    return rows_back(log, last, frame->height > 1 ? frame->height - 1 : 0, frame);
}

LogTop log_moved(const LogLines *log, LogTop top, int rows, const LogFrame *frame)
{
    if (log->lines == 0) return (LogTop){0};
    LogTop end = log_end(log, frame);
    if (!top.back) top = end;

    /* The line may have gone since, and be wrapped to fewer rows where the pane has become wider. */
    if (top.line < oldest(log)) top = (LogTop){.line = oldest(log)};
    if (top.line >= log->added) top = end;
    int wrapped = rows_of(log, top.line, frame);
    if (top.row >= wrapped) top.row = wrapped - 1;

    top = rows < 0 ? rows_back(log, top, -rows, frame) : rows_on(log, top, rows, frame);
    top.back = before(top, end);
    return top.back ? top : (LogTop){0};
}

LogTop log_answer(const LogLines *log, int lines, const LogFrame *frame)
{
    LogTop first = {.back = true, .line = log->added - lines};
    return log_moved(log, first, 0, frame);
}

void log_draw(Canvas *canvas, const LogLines *log, LogTop top, const Glyphs *glyphs)
{
    LogFrame frame = {canvas->width, canvas->height, glyphs};
    if (log->lines == 0) return;
    top = log_moved(log, top, 0, &frame);
    if (!top.back) top = log_end(log, &frame);
    int y = -top.row; /* it may be one of a wrapped line's further rows */
    for (int i = (int)(top.line - oldest(log)); i < log->lines && y < canvas->height; i++)
        y += text_wrapped(canvas, 0, y, canvas->width, log_line_at(log, i), INK_TEXT, glyphs);
}

void log_where(char *dst, size_t size, const LogLines *log, LogTop top)
{
    int64_t line = top.line < oldest(log) ? 0 : top.line - oldest(log);
    if (top.back)
        snprintf(dst, size, " - from line %d of %d (PgDn)", (int)line + 1, log->lines);
    else
        text_copy(dst, size, "");
}
