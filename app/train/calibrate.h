/* calibrate.h - a calibrator as a run: fitted on its parent's validation predictions, applied to both splits. */
#ifndef TARE_TRAIN_CALIBRATE_H
#define TARE_TRAIN_CALIBRATE_H

#include "calib/calibrator.h"
#include "run/task.h"

extern const Option calibrate_options[]; /* of CalibrateSpec */

/* *job = the calibration of a run by a row of calib/calibrator.c; its name is left empty. ERR_USAGE. */
Status calibrate_job(Job *job, const char *method, const Job *parent, Err *err);

/* The rows of kinds. check: main thread; run: its lane's. */
Status calibrate_check(const Job *job, const Dataset *data, Err *err);
Status calibrate_run(const JobTask *task, Err *err);

/* What a run that is done has fitted, from its folder. */
Status calibrate_read(const char *runs, const Job *job, Fit *fit, Err *err);

#endif
