/* table.h - a text table: a header line, a rule, rows. Pure functions; any thread. */
#ifndef TARE_PLOT_TABLE_H
#define TARE_PLOT_TABLE_H

#include "base/err.h"
#include "plot/glyph.h"

typedef enum { ALIGN_LEFT, ALIGN_RIGHT } Align;

typedef struct {
    const char *header;
    Align align;
} Column;

/* The table as lines of text, malloc'ed; cells (rows, columns) are UTF-8, NULL is an empty one. " ± " in a cell is
 * written as the glyphs have it, and what ASCII lacks as '?'. Where `width` columns do not suffice, first the space
 * around ± goes, then half of that between columns, then the end of the first column (never its first 6 characters,
 * nor what tells two of its cells apart); what is still too wide stays so. NULL with err set: ERR_USAGE without columns, ERR_MEMORY. */
char *table_text(const Column *column, int columns, const char *const *cells, int rows, int width, const Glyphs *glyphs,
                 Err *err);

#endif
