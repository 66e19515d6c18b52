/* figure_table.c - a table as a figure, see figure.h. */
#include "plot/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROW = 20, NOTE_ROW = 16, COLUMN_GAP = 18, COLUMNS_MOST = 24 };

/* x (columns + 1): where the columns begin, and where the last ends. */
static void lay_out(Page *page, double *x, const Column *column, int columns, const char *const *cells, int rows)
{
    x[0] = PAGE_MARGIN;
    for (int k = 0; k < columns; k++) {
        double most = page_measure(page, column[k].header);
        for (int i = 0; i < rows; i++)
            if (cells[i * columns + k]) most = fmax(most, page_measure(page, cells[i * columns + k]));
        x[k + 1] = x[k] + most + COLUMN_GAP;
    }
}

static void put_row(Page *page, const double *x, const Column *column, int columns, const char *const *cells, double y)
{
    for (int k = 0; k < columns; k++) {
        const char *words = cells ? cells[k] : column[k].header;
        bool right = column[k].align == ALIGN_RIGHT;
        if (words) page_label(page, right ? x[k + 1] - COLUMN_GAP : x[k], y, right ? ANCHOR_END : ANCHOR_START, words);
    }
}

/* Returns how many lines; the longest's width goes to *most. y NaN: none is drawn. */
static int put_notes(Page *page, const char *notes, double y, double *most)
{
    int lines = 0;
    char line[256];
    for (const char *at = notes; at && *at; lines++) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (isfinite(y)) page_label(page, PAGE_MARGIN, y + NOTE_ROW * lines, ANCHOR_START, line);
        *most = fmax(*most, page_measure(page, line));
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return lines;
}

static void put_rule(Page *page, double right, double y)
{
    static const Stroke stroke = {.colour = BLACK, .width = 1};
    page_line(page, PAGE_MARGIN, y, right, y, &stroke);
}

Status figure_table(FigureFile *file, const Figure *figure, const Column *column, int columns, const char *const *cells,
                    int rows, const char *notes, Err *err)
{
    Page page;
    double x[COLUMNS_MOST + 1], most;
    if (columns < 1 || columns > COLUMNS_MOST)
        return err_set(err, ERR_USAGE, "a table of %d columns; 1 to %d can be drawn", columns, COLUMNS_MOST);
    TRY(page_open(&page, figure, err));
    most = page.paper.kind->measure(&page.paper, figure->title, PAPER_FONT + 2);
    lay_out(&page, x, column, columns, cells, rows);
    double right = x[columns] - COLUMN_GAP, wide = fmax(right, PAGE_MARGIN + most);
    int lines = put_notes(&page, notes, NAN, &most);
    wide = ceil(fmin(fmax(wide, PAGE_MARGIN + most) + PAGE_MARGIN, INT16_MAX));
    TRY(page_begin(&page, (int)wide, 32 + (rows + 2) * ROW + NOTE_ROW * lines + ROW / 2, err));
    double y = page.top;
    put_rule(&page, right, y);
    put_row(&page, x, column, columns, NULL, y + ROW - 6);
    put_rule(&page, right, y += ROW);
    for (int i = 0; i < rows; i++) put_row(&page, x, column, columns, cells + i * columns, y + ROW * (i + 1) - 6);
    put_rule(&page, right, y += ROW * rows);
    put_notes(&page, notes, y + ROW, &most);
    TRY(page_take(&page, file, err));
    page_close(&page);
    return OK;
fail:
    page_close(&page);
    return err->code;
}
