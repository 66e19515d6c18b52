/* plottext.c - a string that grows, in UTF-8. Any thread. */
#include "plot/plottext.h"

#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
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

void plottext_format(PlotText *text, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    plottext_add(text, line);
}

void plottext_repeat(PlotText *text, const char *utf8, int times)
{
    for (int i = 0; i < times; i++) plottext_add(text, utf8);
}

void plottext_code(PlotText *text, uint32_t code)
{
    char bytes[4];
    plottext_bytes(text, bytes, (size_t)text_encode(bytes, code));
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
