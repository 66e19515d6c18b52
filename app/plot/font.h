/* font.h - the font of figures that are pictures: found by fontconfig, read and outlined by FreeType.
 *
 * TARE_FONT=FILE names it; else it is what fontconfig has for Helvetica, Arial or sans-serif. Nothing is looked for
 * before the first picture. */
#ifndef TARE_PLOT_FONT_H
#define TARE_PLOT_FONT_H

#include "base/err.h"
#include <ft2build.h>
#include <freetype/freetype.h>

typedef struct {
    unsigned char *bytes; /* of the file: FreeType would map it, and a file that shrinks would end the program */
    FT_Face face;
} Font;

/* ERR_USAGE, ERR_IO with the remedy; the font is closed then. */
Status font_open(Font *font, FT_Library library, Err *err);
void font_close(Font *font);

/* The outline of the next character of *words, in pixels of `size` to the em (26.6, y up), now in the face's glyph
 * slot; *words moves on. A character that the font lacks is '?'; ERR_FORMAT when it cannot be read either. */
Status font_load(const Font *font, const char **words, double size, Err *err);

#endif
