/* interrupts.h - signals of the interactive faces: a handler only flags and wakes. Main thread. */
#ifndef TARE_INTERRUPTS_H
#define TARE_INTERRUPTS_H

#include "base/err.h"
#include <stdbool.h>

/* From here on: SIGTERM and SIGHUP ask for an end, SIGINT is Ctrl-C, SIGWINCH and SIGCONT mean a new size; a crash
 * gives the terminal back before it kills. Before term_open. */
Status interrupts_open(Err *err);
int interrupts_fd(void);           /* readable when there was one */
bool interrupts_resized(void);     /* true once for each change */
bool interrupts_interrupted(void); /* true once for each SIGINT: the terminal was the shell's when Ctrl-C was typed */
int interrupts_ended(void);        /* the signal that asked for the end, or 0 */

/* The screen is gone, and what runs is being brought to its end: from here on the first SIGINT says so, the second
 * leaves at once. */
void interrupts_leave(void);

#endif
