/* clock.h - the two clocks: one that only goes forward, one that people read. */
#ifndef TARE_BASE_CLOCK_H
#define TARE_BASE_CLOCK_H

#include <stddef.h>

double clock_seconds(void);              /* monotonic */
char *clock_iso(char *dst, size_t size); /* now, UTC: "2026-11-23T17:00:49Z"; size >= 21; returns dst */

#endif
