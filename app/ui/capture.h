/* capture.h - what is written to fds 1 and 2 while the workbench draws: pipes whose lines go to the log pane. Main
 * thread. */
#ifndef TARE_UI_CAPTURE_H
#define TARE_UI_CAPTURE_H

#include "base/err.h"
#include <stddef.h>

/* Point fds 1 and 2 at a pipe and fd 0 at /dev/null; the terminal's own descriptor was opened before. */
Status capture_open(Err *err);
/* Put them back, and write what was captured since `capture_lines` last took it to the real fds. */
void capture_close(void);

int capture_fd(void); /* readable when something was written */

/* Call `line` with each whole line (and with a rest that has waited 100 ms). A writer is never blocked for long: the
 * pipe is large and drained every turn. */
void capture_lines(void (*line)(void *arg, const char *utf8), void *arg);

#endif
