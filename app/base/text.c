/* text.c - see text.h. Pure functions; any thread. */
#include "base/text.h"

#include <stdint.h>
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

/* Decode one character at s; *length receives its bytes. A broken byte decodes as itself, one byte long. */
static wchar_t decode(const unsigned char *s, int *length)
{
    static const unsigned char mark[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int n = s[0] < 0x80 ? 1 : (s[0] & 0xE0) == 0xC0 ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : (s[0] & 0xF8) == 0xF0 ? 4 : 1;
    uint32_t c = n > 1 ? s[0] ^ mark[n] : s[0];
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *length = 1;
            return s[0];
        }
        c = c << 6 | (s[i] & 0x3F);
    }
    *length = n;
    return (wchar_t)c;
}

int text_width(const char *utf8)
{
    int columns = 0, length;
    for (const unsigned char *s = (const unsigned char *)utf8; *s; s += length) {
        wchar_t c = decode(s, &length);
        int width = c < 0x80 ? 1 : wcwidth(c);
        columns += width < 0 ? 1 : width;
    }
    return columns;
}
