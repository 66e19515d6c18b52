/* wrap.c - see wrap.h. */
#include "ui/wrap.h"

#include "base/text.h"
#include <string.h>

/* One character, as these glyphs can show it, into one (5); returns its bytes in s. */
static int next_shown(char *one, const char *s, const Glyphs *glyphs)
{
    int length;
    uint32_t code = text_decode(s, &length);
    bool lacking = code < ' ' || code == 0x7F || (code >= 0x80 && glyphs->ascii);
    memset(one, 0, 5);
    memcpy(one, lacking ? "?" : s, lacking ? 1 : (size_t)length);
    return length;
}

/* Bytes of utf8 for one row: up to the last blank within width where there is one, at least one character. */
static int row_bytes(const char *utf8, int width, const Glyphs *glyphs)
{
    int bytes = 0, cells = 0, blank = 0;
    char one[5];
    while (utf8[bytes]) {
        int length = next_shown(one, utf8 + bytes, glyphs);
        cells += text_width(one);
        if (cells > width && bytes > 0) return blank > 0 && utf8[bytes] != ' ' ? blank : bytes;
        bytes += length;
        if (one[0] == ' ') blank = bytes;
    }
    return bytes;
}

int text_wrapped(Canvas *canvas, int x, int y, int width, const char *utf8, int ink, const Glyphs *glyphs)
{
    int rows = 0;
    do {
        int bytes = row_bytes(utf8, width, glyphs), column = x, length;
        for (int i = 0; i < bytes; i += length) {
            char one[5];
            length = next_shown(one, utf8 + i, glyphs);
            if (canvas) column = canvas_text(canvas, column, y + rows, one, ink);
        }
        utf8 += bytes;
        while (*utf8 == ' ') utf8++;
        rows++;
    } while (*utf8);
    return rows;
}
