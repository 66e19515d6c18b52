/* interrupts.h - signals of the interactive faces: a handler only flags and wakes. Main thread. */
#ifndef TARE_INTERRUPTS_H
#define TARE_INTERRUPTS_H

#include "base/err.h"
#include <stdbool.h>

/* From here on: SIGTERM, SIGHUP and all that would kill by themselves ask for an end, SIGTSTP for a stop, SIGINT is
 * Ctrl-C, SIGWINCH and SIGCONT mean a new size; a crash gives the terminal back before it kills. The third signal to
 * end leaves at once: what is on disk is whole. Before term_open. */
Status interrupts_open(Err *err);
int interrupts_fd(void);           /* readable when there was one */
bool interrupts_resized(void);     /* true once for each change */
bool interrupts_interrupted(void); /* true once for each SIGINT: the terminal was the shell's when Ctrl-C was typed */
bool interrupts_stopped(void);     /* true once for each SIGTSTP: give the terminal back, then stop */
int interrupts_ended(void);        /* the signal that asked for the end, or 0 */

/* The screen is gone, and what runs is being brought to its end: from here on the first SIGINT says so, the second
 * leaves at once. */
void interrupts_leave(void);

#endif
