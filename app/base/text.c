/* text.c - see text.h. Pure functions; any thread. */
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

char *text_duration(char *dst, size_t size, double seconds)
{
    if (!(seconds >= 0)) seconds = 0;
    if (seconds < 9.95) {
        snprintf(dst, size, "%.1f s", seconds);
    } else if (seconds < 59.5) {
        snprintf(dst, size, "%.0f s", seconds);
    } else if (seconds < 3599.5) {
        long whole = (long)(seconds + 0.5);
        snprintf(dst, size, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
        long minutes = (long)(seconds / 60 + 0.5);
        snprintf(dst, size, "%ld h %02ld min", minutes / 60, minutes % 60);
    }
    return dst;
}

char *text_count(char *dst, size_t size, long long n)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", n < 0 ? -n : n);
    size_t used = 0;
    if (n < 0 && used + 1 < size) dst[used++] = '-';
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && used + 1 < size) dst[used++] = ',';
        if (used + 1 < size) dst[used++] = digits[i];
    }
    if (size) dst[used] = 0;
    return dst;
}

char *text_figure(char *dst, size_t size, double value, int digits)
{
    if (isnan(value))
        snprintf(dst, size, "nan");
    else
        snprintf(dst, size, fabs(value) < 1e4 || isinf(value) ? "%.*f" : "%.*e", fabs(value) < 1e4 ? digits : 1, value);
    return dst;
}

bool text_copy(char *dst, size_t size, const char *src)
{
    size_t length = strlen(src), fits = size && length >= size ? size - 1 : length;
    if (size) {
        memcpy(dst, src, fits);
        dst[fits] = 0;
    }
    return fits == length;
}

enum { WORD_MOST = 63 };

/* Optimal string alignment distance: insert, delete, replace, swap neighbours, each 1. */
static int distance(const char *a, const char *b)
{
    int la = (int)strlen(a), lb = (int)strlen(b);
    int row[3][WORD_MOST + 1]; /* the last two rows and the one being filled */
    for (int j = 0; j <= lb; j++) row[0][j] = j;
    for (int i = 1; i <= la; i++) {
        int *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= lb; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[la % 3][lb];
}

const char *text_nearest(const char *word, const char *const *names, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MOST) return NULL;
    int least = (int)(length / 3 > 1 ? length / 3 : 1) + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) > WORD_MOST) continue;
        int d = distance(word, names[i]);
        if (d < least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}

/* ---- UTF-8 ---- */

uint32_t text_decode(const char *s, int *length)
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
    for (int i = 1; i < n; i++) { /* a 0 ends it as well */
        if (((uint8_t)s[i] & 0xC0) != 0x80) return '?';
        code = code << 6 | ((uint8_t)s[i] & 0x3F);
    }
    if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return '?';
    *length = n;
    return code;
}

int text_encode(char dst[4], uint32_t code)
{
    static const uint8_t mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = count; i-- > 1; code >>= 6) dst[i] = (char)(0x80 | (code & 0x3F));
    dst[0] = (char)(mark[count] | code);
    return count;
}

bool text_is_control(uint32_t code)
{
    return (code < ' ' && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0);
}

/* What stands for the character at s, of *length bytes: itself, or '?'. */
static uint32_t harmless(const char *s, int *length)
{
    uint32_t code = text_decode(s, length);
    return text_is_control(code) ? '?' : code;
}

char *text_clean(char *s)
{
    char *to = s;
    int length;
    for (const char *from = s; *from; from += length) to += text_encode(to, harmless(from, &length));
    *to = 0;
    return s;
}

bool text_is_clean(const char *s)
{
    int length;
    for (; *s; s += length)
        if (harmless(s, &length) == '?' && *s != '?') return false;
    return true;
}

size_t text_clip(const char *s, size_t most)
{
    size_t length = strnlen(s, most + 1);
    if (length <= most) return length;
    for (length = most; length > 0 && ((uint8_t)s[length] & 0xC0) == 0x80;) length--;
    return length;
}

size_t text_mark(const char *s)
{
    return strncmp(s, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

int text_width(const char *utf8)
{
    int columns = 0, length;
    for (const char *s = utf8; *s; s += length) {
        uint32_t code = text_decode(s, &length);
        int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);
        columns += width < 0 ? 1 : width;
    }
    return columns;
}
