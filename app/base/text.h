/* text.h - short strings for people: durations, counts, suggestions. */
#ifndef TARE_BASE_TEXT_H
#define TARE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* "0.4 s", "12 s", "2 min 10 s", "1 h 05 min" into dst; returns dst. */
char *text_duration(char *dst, size_t size, double seconds);

/* 60000 -> "60,000" into dst; returns dst. */
char *text_count(char *dst, size_t size, long long n);

/* Copy as much of src as fits, always ended by 0; false when it was cut. */
bool text_copy(char *dst, size_t size, const char *src);

/* The name nearest to `word` (optimal string alignment distance, at most a third of its length, at least 1) among
 * names[0 .. count-1], for "did you mean"; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *names, size_t count);

/* Terminal columns of a UTF-8 string: 0 for combining marks, 2 for wide characters, 1 for a broken byte. */
int text_width(const char *utf8);

#endif
