/* import.h - networks from files as runs (nn.load), and a run's network as a file (nn.save). */
#ifndef TARE_TRAIN_IMPORT_H
#define TARE_TRAIN_IMPORT_H

#include "run/task.h"

/* What nn.load is asked for. */
typedef struct {
    char file[OPTION_TEXT_SIZE];
    char names[OPTION_TEXT_SIZE];   /* of nn/weights.h, or "auto" */
    char padding[OPTION_TEXT_SIZE]; /* ModelSpec.padding; "": as the names or the file say */
    Normalise normalise;            /* no channels: as the file says, else the training images' own */
    double bn_momentum;
    int64_t seed, samples; /* of a V-TST head's draws; -1: as the file says, else --seed, 10 */
} LoadSpec;

extern const Option load_options[];                                                /* of LoadSpec */
extern const Option import_options[], import_tst_options[], import_vtst_options[]; /* of ImportSpec */

typedef struct {
    char names[OPTION_TEXT_SIZE];
} ExportSpec;

extern const Option save_options[]; /* of ExportSpec */

/* *job = the import of a file, to be judged on these images; its name is left empty. The file is read and checked
 * whole: ERR_FORMAT names the tensor that does not fit, ERR_USAGE what the images or options lack. */
Status import_job(Job *job, const LoadSpec *spec, const Dataset *data, int64_t seed, Err *err);

/* The job of such a run: copy the weights, predict. The file must still be what it was (ERR_STATE). Worker thread. */
Status import_run(const JobTask *task, Err *err);

/* Write the kept network of a finished run to path. ERR_USAGE: names that cannot be written. */
Status export_run(const char *runs, const Job *job, const char *path, const char *names, Err *err);

#endif
