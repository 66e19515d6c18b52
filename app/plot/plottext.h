/* plottext.h - a string that grows, in UTF-8. After a failed allocation it takes no more; plottext_take says so. */
#ifndef TARE_PLOT_PLOTTEXT_H
#define TARE_PLOT_PLOTTEXT_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts as {0}. */
typedef struct {
    char *bytes;
    size_t used, size;
    bool failed;
} PlotText;

void plottext_add(PlotText *text, const char *utf8);
void plottext_bytes(PlotText *text, const char *bytes, size_t count);
void plottext_format(PlotText *text, const char *format, ...) __attribute__((format(printf, 2, 3))); /* short */
void plottext_repeat(PlotText *text, const char *utf8, int times);
void plottext_code(PlotText *text, uint32_t code);
void plottext_trim(PlotText *text); /* spaces at the end go */

/* The string, malloc'ed, now the caller's. NULL with err set: ERR_MEMORY. */
char *plottext_take(PlotText *text, Err *err);

#endif
