/* plottext.c - a string that grows, in UTF-8. Any thread. */
#include "plot/plottext.h"

#include <stdlib.h>
#include <string.h>

void plottext_bytes(PlotText *text, const char *bytes, size_t count)
{
    if (text->failed) return;
    if (text->used + count + 1 > text->size) {
        size_t size = 2 * (text->used + count) + 64;
        char *more = realloc(text->bytes, size);
        text->failed = !more;
        if (!more) return;
        text->bytes = more;
        text->size = size;
    }
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
    text->bytes[text->used] = 0;
}

void plottext_add(PlotText *text, const char *utf8)
{
    plottext_bytes(text, utf8, strlen(utf8));
}

void plottext_repeat(PlotText *text, const char *utf8, int times)
{
    for (int i = 0; i < times; i++) plottext_add(text, utf8);
}

void plottext_code(PlotText *text, uint32_t code)
{
    char bytes[4];
    size_t count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = count; i-- > 1; code >>= 6) bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(mark[count] | code);
    plottext_bytes(text, bytes, count);
}

void plottext_trim(PlotText *text)
{
    while (text->used > 0 && text->bytes[text->used - 1] == ' ') text->bytes[--text->used] = 0;
}

char *plottext_take(PlotText *text, Err *err)
{
    plottext_bytes(text, "", 0); /* so that nothing is "", not NULL */
    char *bytes = text->bytes;
    if (text->failed) {
        free(bytes);
        bytes = NULL;
        err_set(err, ERR_MEMORY, "no memory for a text of %zu bytes", text->used);
    }
    *text = (PlotText){0};
    return bytes;
}

uint32_t plottext_decode(const char *s, int *length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t bits[] = {0, 0, 0x1F, 0x0F, 0x07};
    uint8_t first = (uint8_t)s[0];
    int n = first >= 0xF0 && first < 0xF8   ? 4
            : first >= 0xE0 && first < 0xF0 ? 3
            : first >= 0xC0 && first < 0xE0 ? 2
                                            : 1;
    *length = 1;
    if (n == 1) return first < 0x80 ? first : '?';
    uint32_t code = first & bits[n];
    for (int i = 1; i < n; i++) {
        if (((uint8_t)s[i] & 0xC0) != 0x80) return '?';
        code = code << 6 | ((uint8_t)s[i] & 0x3F);
    }
    if (code < least[n] || code > 0x10FFFF) return '?';
    *length = n;
    return code;
}
