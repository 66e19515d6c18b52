/* course.h - one job from its first step to its last checkpoint: stage 1, TST and V-TST. Worker thread. */
#ifndef TARE_TRAIN_COURSE_H
#define TARE_TRAIN_COURSE_H

#include "run/task.h"

/* Train to the end. OK: done. ERR_INTERRUPTED: stopped on request, a checkpoint is kept. ERR_DIVERGED: says step,
 * parameter and the last good checkpoint. Anything else: failed, with what was written kept. */
Status train(const JobTask *task, Err *err);

#endif
