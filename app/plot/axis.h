/* axis.h - round numbers along an axis. Pure functions; any thread. */
#ifndef TARE_PLOT_AXIS_H
#define TARE_PLOT_AXIS_H

enum { AXIS_TICKS = 12 };

/* tick (AXIS_TICKS) = about `wanted` multiples of 1, 2 or 5 times a power of ten within lo < hi; returns how many. */
int axis_ticks(double *tick, double lo, double hi, int wanted);

/* The same for a logarithmic axis, 0 < lo < hi: powers of ten, with 2 and 5 times them where they are few. */
int axis_log_ticks(double *tick, double lo, double hi, int wanted);

#endif
