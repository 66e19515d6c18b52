/* interrupts.h - signals of the interactive faces: a handler only flags and wakes. Main thread. */
#ifndef TARE_INTERRUPTS_H
#define TARE_INTERRUPTS_H

#include "base/err.h"
#include <stdbool.h>

/* From here on: SIGINT, SIGTERM, SIGHUP ask for an end, SIGWINCH and SIGCONT for a new size; a crash gives the terminal
 * back before it kills. Before term_open. */
Status interrupts_open(Err *err);
int interrupts_fd(void);       /* readable when there was one */
bool interrupts_resized(void); /* true once for each change */
int interrupts_ended(void);    /* the signal that asked for the end, or 0 */

#endif
