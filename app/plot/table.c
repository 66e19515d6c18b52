/* table.c - a text table: a header line, a rule, rows. Pure functions; any thread. */
#include "plot/table.h"

#include "base/text.h"
#include "plot/plottext.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_COLUMN_LEAST = 6 };

static const char plus_minus[] = " \u00b1 ";

typedef struct {
    char **cell; /* (rows + 1, columns) as it is shown; row 0 holds the headers */
    int *width;  /* (columns) */
    int rows, columns, space;
} Layout;

/* `source` as these glyphs can show it, malloc'ed; NULL without memory. */
static char *shown(const char *source, bool tight, const Glyphs *glyphs)
{
    PlotText text = {0};
    int length;
    for (const char *s = source ? source : ""; *s; s += length) {
        uint32_t code = text_decode(s, &length);
        if (strncmp(s, plus_minus, sizeof plus_minus - 1) == 0) {
            length = (int)sizeof plus_minus - 1;
            if (!tight) plottext_add(&text, " ");
            plottext_add(&text, glyphs->plus_minus);
            if (!tight) plottext_add(&text, " ");
        } else if (code < ' ' || text_is_control(code) || (code >= 0x80 && glyphs->ascii))
            plottext_add(&text, "?");
        else
            plottext_code(&text, code);
    }
    return plottext_take(&text, NULL);
}

static void clear(Layout *t)
{
    for (int i = 0; t->cell && i < (t->rows + 1) * t->columns; i++) free(t->cell[i]);
    free(t->cell);
    free(t->width);
    *t = (Layout){0};
}

static Status fill(Layout *t, const Column *column, const char *const *cells, bool tight, const Glyphs *glyphs,
                   Err *err)
{
    t->cell = calloc((size_t)(t->rows + 1) * (size_t)t->columns, sizeof *t->cell);
    t->width = calloc((size_t)t->columns, sizeof *t->width);
    if (!t->cell || !t->width) return err_set(err, ERR_MEMORY, "no memory for a table of %d rows", t->rows);
    for (int i = 0; i < (t->rows + 1) * t->columns; i++) {
        int c = i % t->columns;
        t->cell[i] = shown(i < t->columns ? column[c].header : cells[i - t->columns], tight, glyphs);
        if (!t->cell[i]) return err_set(err, ERR_MEMORY, "no memory for a table of %d rows", t->rows);
        int width = text_width(t->cell[i]);
        if (width > t->width[c]) t->width[c] = width;
    }
    return OK;
}

static int total_width(const Layout *t)
{
    int total = t->space * (t->columns - 1);
    for (int c = 0; c < t->columns; c++) total += t->width[c];
    return total;
}

/* The columns of the character at s and its bytes: 0 and 0 at the end. */
static int next_width(const char *s, int *length)
{
    char one[5] = {0};
    *length = 0;
    if (!*s) return 0;
    text_decode(s, length);
    memcpy(one, s, (size_t)*length);
    return text_width(one);
}

/* The start of a cell that is wider than its column, and an ellipsis. */
static void add_cut(PlotText *text, const char *cell, int width, const Glyphs *glyphs)
{
    int room = width - 1, length;
    for (const char *s = cell; *s; s += length) {
        int wide = next_width(s, &length);
        if (wide > room) break;
        plottext_bytes(text, s, (size_t)length);
        room -= wide;
    }
    plottext_add(text, glyphs->ellipsis);
    plottext_repeat(text, " ", room); /* half a wide character may be left */
}

static void add_line(PlotText *text, const Layout *t, const Column *column, int row, const Glyphs *glyphs)
{
    for (int c = 0; c < t->columns; c++) {
        const char *cell = t->cell[row * t->columns + c];
        int pad = t->width[c] - text_width(cell);
        if (c > 0) plottext_repeat(text, " ", t->space);
        if (column[c].align == ALIGN_RIGHT) plottext_repeat(text, " ", pad);
        if (pad < 0)
            add_cut(text, cell, t->width[c], glyphs);
        else
            plottext_add(text, cell);
        if (column[c].align == ALIGN_LEFT) plottext_repeat(text, " ", pad);
    }
    plottext_trim(text);
    plottext_add(text, "\n");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The width that two cells of one start need to be told apart when both are cut: the start, a character, an ellipsis.
 */
static int telling_two(const char *a, const char *b)
{
    int width = 0, length, other, wide;
    for (;; a += length, b += length) {
        wide = next_width(a, &length);
        int wide_b = next_width(b, &other);
        if (wide_b > wide) wide = wide_b;
        if (length == 0 || length != other || memcmp(a, b, (size_t)length) != 0) break;
        width += wide;
    }
    return width + wide + 1;
}

/* The width at which no two different cells of the first column look alike. Of sorted cells, neighbours share the
 * longest start. */
static int telling_width(const Layout *t, Err *err)
{
    int width = 0;
    char **sorted = malloc(((size_t)t->rows + 1) * sizeof *sorted);
    if (!sorted) return err_set(err, ERR_MEMORY, "no memory for a table of %d rows", t->rows), -1;
    for (int r = 0; r < t->rows; r++) sorted[r] = t->cell[(r + 1) * t->columns];
    qsort(sorted, (size_t)t->rows, sizeof *sorted, by_text);
    for (int r = 1; r < t->rows; r++) {
        if (strcmp(sorted[r - 1], sorted[r]) == 0) continue;
        int two = telling_two(sorted[r - 1], sorted[r]);
        if (two > width) width = two;
    }
    free(sorted);
    return width;
}

char *table_text(const Column *column, int columns, const char *const *cells, int rows, int width, const Glyphs *glyphs,
                 Err *err)
{
    PlotText text = {0};
    Layout t = {.rows = rows, .columns = columns, .space = 2};
    char *string = NULL;
    if (columns < 1 || rows < 0) {
        err_set(err, ERR_USAGE, "a table of %d columns and %d rows", columns, rows);
        return NULL;
    }
    TRY(fill(&t, column, cells, false, glyphs, err));
    if (total_width(&t) > width) {
        clear(&t);
        t = (Layout){.rows = rows, .columns = columns, .space = 2};
        TRY(fill(&t, column, cells, true, glyphs, err));
    }
    if (total_width(&t) > width) t.space = 1;
    int room = t.width[0] - (total_width(&t) - width), least = t.width[0];
    if (least > FIRST_COLUMN_LEAST) least = FIRST_COLUMN_LEAST;
    if (room < t.width[0]) {
        int telling = telling_width(&t, err);
        if (telling < 0) goto fail;
        if (least < telling) least = telling < t.width[0] ? telling : t.width[0];
        t.width[0] = room > least ? room : least;
    }

    add_line(&text, &t, column, 0, glyphs);
    plottext_repeat(&text, glyphs->rule, total_width(&t));
    plottext_add(&text, "\n");
    for (int r = 1; r <= rows; r++) add_line(&text, &t, column, r, glyphs);
    string = plottext_take(&text, err);
fail:
    clear(&t);
    return string;
}
