/* course.h - one job from its first step to its last checkpoint: stage 1, TST and V-TST. Worker thread. */
#ifndef TARE_TRAIN_COURSE_H
#define TARE_TRAIN_COURSE_H

#include "data/dataset.h"
#include "run/command.h"
#include "run/job.h"
#include "run/record.h"
#include "train/features.h"

/* What a training asks of whoever runs it. */
typedef struct {
    void *arg;
    /* Record and send an event; seq, run and wall.seconds are filled in. Fails when it cannot be recorded. */
    Status (*emit)(void *arg, Event *event, Err *err);
    /* Show a remark that concerns this session alone, such as how far a long pass is: it is not recorded, so that the
     * record does not depend on what was in a cache. */
    void (*aside)(void *arg, const char *text);
    /* The next command, waiting for one with `wait`; false when there is none. */
    bool (*command)(void *arg, Command *command, bool wait);
    bool (*stopping)(void *arg); /* a stop is waiting among the commands */
    /* Wait until the epoch's callbacks have returned, where the run has any. */
    void (*epoch_end)(void *arg, int32_t epoch);
    uint64_t *seq; /* of the last event; a checkpoint holds it, and a resume sets it back */
} TrainHost;

typedef struct {
    const Job *job;
    const Dataset *data;
    const char *runs; /* folder of the runs: the parent's checkpoint is read there */
    const Record *record;
    Pool *pool;
    FeatureCache *cache;
    const TrainHost *host;
    bool resume; /* go on from last.safetensors, or from the start where there is none */
} TrainTask;

/* Train to the end. OK: done. ERR_INTERRUPTED: stopped on request, a checkpoint is kept. ERR_DIVERGED: says step,
 * parameter and the last good checkpoint. Anything else: failed, with what was written kept. */
Status train(const TrainTask *task, Err *err);

#endif
