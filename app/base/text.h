/* text.h - strings for people: durations, counts, suggestions; and UTF-8. Pure functions; any thread. */
#ifndef TARE_BASE_TEXT_H
#define TARE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "0.4 s", "12 s", "2 min 10 s", "1 h 05 min" into dst; returns dst. */
char *text_duration(char *dst, size_t size, double seconds);

/* 60000 -> "60,000" into dst; returns dst. */
char *text_count(char *dst, size_t size, long long n);

/* A figure of `digits` decimals, of which a column can hold 8 characters whatever a run that diverges makes of it:
 * "0.412", "9999.000", "1.2e+17", "inf", "nan" (never "-nan"); returns dst. */
char *text_figure(char *dst, size_t size, double value, int digits);

/* Copy as much of src as fits, always ended by 0; false when it was cut. */
bool text_copy(char *dst, size_t size, const char *src);

/* The name nearest to `word` (optimal string alignment distance, at most a third of its length, at least 1) among
 * names[0 .. count-1], for "did you mean"; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *names, size_t count);

/* ---- UTF-8 ---- */

/* The character at s, which is not the end; *length = its bytes. '?', one byte long, for a byte that begins none: of
 * another encoding, too long a form, a surrogate, beyond U+10FFFF. */
uint32_t text_decode(const char *s, int *length);

/* The bytes of a character into dst; how many. */
int text_encode(char dst[4], uint32_t code);

/* A code that a terminal may obey: C0 but for tab and newline, DEL, C1 (which includes the one-byte CSI). */
bool text_is_control(uint32_t code);

/* Text from a file or from outside, before it goes to a terminal or a text file: every control and every broken byte
 * becomes '?', in place; returns s. Whole characters stay as they are. */
char *text_clean(char *s);
bool text_is_clean(const char *s); /* nothing of that kind is in it */

/* The greatest length up to `most` that does not end inside a character of s. */
size_t text_clip(const char *s, size_t most);

/* Bytes of the byte order mark that s begins with: 3 or 0. */
size_t text_mark(const char *s);

/* Terminal columns of a UTF-8 string: 0 for combining marks, 2 for wide characters, 1 for a broken byte. */
int text_width(const char *utf8);

#endif
