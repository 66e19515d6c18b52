/* complete.h - what the prompt asks of the script: candidates for Tab, a hint, whether a line is whole. Main thread.
 *
 * Nothing of the user's runs: values are looked at raw, no metamethod and no finaliser is called, no error leaves. */
#ifndef TARE_SCRIPT_COMPLETE_H
#define TARE_SCRIPT_COMPLETE_H

#include "script/script.h"
#include <stddef.h>

enum { CANDIDATES_MOST = 500 };

/* Candidates for what ends at byte `end` of the line: add(list, word) is called with each, a whole word that replaces
 * line[*start .. end-1]; at most CANDIDATES_MOST. */
void script_complete(Script *s, const char *line, int end, int *start, void (*add)(void *list, const char *word),
                     void *list);

/* One line about the innermost open call: its options with their defaults; inside an option, what that is and takes.
 * "" when there is none. */
void script_hint(Script *s, const char *line, int end, char *dst, size_t size);

/* False when the text is the begin of a statement or an expression whose rest is still to be typed. */
bool script_whole(Script *s, const char *text);

#endif
