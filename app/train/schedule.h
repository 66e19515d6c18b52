/* schedule.h - the learning rate as a function of the position in a run. Pure functions; any thread. */
#ifndef TARE_TRAIN_SCHEDULE_H
#define TARE_TRAIN_SCHEDULE_H

#include "run/job.h"

/* The rows of the option `schedule`. */
typedef struct {
    const char *name;
    double (*factor)(const TrainSpec *spec, double step, double steps); /* before step + 1 of steps, without warm-up */
} Schedule;

extern const Schedule schedules[]; /* ends with name NULL */

/* What the base learning rate is multiplied with in the step that follows `step` (0 .. steps - 1) done ones.
 *
 *     constant  1
 *     cosine    (1 + cos(pi s / S)) / 2 (Loshchilov & Hutter 2017, one cycle)
 *     step      step_gamma ^ floor(s / step_every)
 *     onecycle  Smith & Topin 2018 as PyTorch's OneCycleLR has it by default: `lr` is the peak; cosines lead from 1/25
 * to 1 in the first 30 % of the steps, and on to 1/250,000 in the last one; the momentum stays as it is
 *
 * With `warmup` = w > 0, the first w steps rise in equal parts to the schedule's own beginning, (s + 1) / (w + 1) of it
 * (Goyal et al. 2017, section 2.2), and the schedule runs over the S = steps - w that are left. */
double schedule_factor(const TrainSpec *spec, double step, double steps);

#endif
