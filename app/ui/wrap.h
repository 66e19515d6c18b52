/* wrap.h - a text in as many rows as it needs. Pure function; any thread. */
#ifndef TARE_UI_WRAP_H
#define TARE_UI_WRAP_H

#include "plot/canvas.h"
#include "plot/glyph.h"

/* A text in rows of `width` cells, broken at blanks; controls and what the glyphs lack are '?'. y may be negative.
 * Returns the rows it takes, at least 1; a NULL canvas only counts. */
int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs);

#endif
