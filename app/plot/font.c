/* font.c - the font of figures that are pictures, see font.h. Any thread. */
#include "plot/font.h"

#include "file/whole.h"
#include "base/text.h"
#include "plot/plottext.h"
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdlib.h>

enum { FONT_MOST = 256 << 20 }; /* bytes; the largest of them, with all of Chinese, have a tenth of it */

/* The best match of this configuration into path (PATH_SIZE); its number in the file into *index. */
static bool match(FcConfig *config, char *path, int *index)
{
    static const char *const family[] = {"Helvetica", "Arial", "sans-serif"};
    FcResult result;
    FcChar8 *file = NULL;
    FcPattern *wanted = FcPatternCreate();
    if (!wanted) return false;
    for (size_t i = 0; i < sizeof family / sizeof *family; i++)
        FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)family[i]);
    FcPatternAddBool(wanted, FC_OUTLINE, FcTrue);
    FcConfigSubstitute(config, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcPattern *found = FcFontMatch(config, wanted, &result);
    bool there = found && FcPatternGetString(found, FC_FILE, 0, &file) == FcResultMatch &&
                 text_copy(path, PATH_SIZE, (const char *)file);
    if (!there || FcPatternGetInteger(found, FC_INDEX, 0, index) != FcResultMatch) *index = 0;
    if (found) FcPatternDestroy(found);
    FcPatternDestroy(wanted);
    return there;
}

static Status find(char *path, int *index, Err *err)
{
    FcConfig *config = FcInitLoadConfigAndFonts();
    bool found = config && match(config, path, index);
    if (config) FcConfigDestroy(config);
    return found ? OK : err_set(err, ERR_IO, "none is installed");
}

Status font_open(Font *font, FT_Library library, Err *err)
{
    const char *named = getenv("TARE_FONT");
    char path[PATH_SIZE];
    size_t size;
    int index = 0;
    *font = (Font){0};
    if (!named || !*named)
        TRY(find(path, &index, err));
    else if (!text_copy(path, sizeof path, named))
        TRY(err_set(err, ERR_USAGE, "the path is too long"));
    TRY(file_read(path, FONT_MOST, false, &font->bytes, &size, err));
    if (FT_New_Memory_Face(library, font->bytes, (FT_Long)size, index & 0xFFFF, &font->face) || /* no named instance */
        !FT_IS_SCALABLE(font->face))
        TRY(err_set(err, ERR_FORMAT, "%s is not a font with outlines", path));
    return OK;
fail:
    font_close(font);
    if (named && *named) return err_prefix(err, "TARE_FONT has to name a font (a .ttf or .otf file), or be unset: ");
    return err_prefix(err, "no font for a .png figure; install one (Debian: fonts-dejavu-core), or name a file with "
                           "TARE_FONT=/path/to/font.ttf: ");
}

void font_close(Font *font)
{
    if (font->face) FT_Done_Face(font->face);
    free(font->bytes);
    *font = (Font){0};
}

Status font_load(const Font *font, const char **words, double size, Err *err)
{
    int length;
    uint32_t code = text_decode(*words, &length);
    FT_UInt glyph = FT_Get_Char_Index(font->face, code);
    *words += length;
    if (!glyph) glyph = FT_Get_Char_Index(font->face, '?'); /* 0, the font's sign for none, where that is missing */
    if (FT_Set_Char_Size(font->face, 0, lround(size * 64), 72, 72) ||
        FT_Load_Glyph(font->face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) ||
        font->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
        return err_set(err, ERR_FORMAT, "the font has no outline for character %u; name another with TARE_FONT", code);
    return OK;
}
