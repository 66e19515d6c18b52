/* job.h - a job as data: everything that decides what a run computes, and its form as config.json. */
#ifndef TARE_RUN_JOB_H
#define TARE_RUN_JOB_H

#include "base/option.h"
#include "data/dataset.h"
#include "data/normalise.h"
#include "nn/net.h"
#include "run/event.h"
#include <jansson.h>

enum { RUN_NAME_SIZE = 49, PARENTS_MOST = 64 };

/* Who does the work: training takes its turn at all of the machine's threads; what reads results alone need not wait
 * for a training that goes on, and has a thread of its own. */
typedef enum { LANE_WORKER, LANE_ANALYST, LANES } LaneId;

typedef struct Job Job;
struct JobTask;

/* A kind of work. The table stands in engine/kinds.c, where all that a row names is known: a new kind is a file with
 * its functions and options, and a row. */
typedef struct {
    const char *name;                     /* "stage1": in config.json, and the stem of a run's name */
    const char *title, *end_to_end_title; /* "TST", "TST end to end"; title NULL: its calibrator's */
    const char *method;                   /* its row in a comparison; NULL: its calibrator */
    int rank;                             /* of that row among the others */
    LaneId lane;
    int parents_least, parents_most; /* runs that it is made from */
    bool images;                     /* it needs its data set, not only the parents' results */
    const char *part;                /* of config.json, where its options are */
    const Option *options;           /* of Job.spec */
    const char *head;                /* HeadSpec.kind of the network that it makes; "" for none */
    int stage;                       /* 1: it makes a whole network; 2: it is made from one */
    Status (*check)(const Job *job, const Dataset *data, Err *err); /* what cannot be; main thread */
    Status (*run)(const struct JobTask *task, Err *err);            /* the work; its lane's thread */
} JobKind;

extern const JobKind job_kinds[]; /* ends with name NULL */
const JobKind *job_kind(const char *name);

/* Options of training; which of them a kind takes is said by its table. */
typedef struct {
    char recipe[OPTION_TEXT_SIZE]; /* the name printed with every result */
    int64_t seed;
    int64_t epochs, steps; /* length: steps where > 0, else epochs */
    int64_t batch;
    double lr;
    char schedule[OPTION_TEXT_SIZE]; /* a row of schedule.c */
    int64_t warmup, step_every;      /* steps */
    double step_gamma;
    char optimizer[OPTION_TEXT_SIZE];         /* a row of kernel/optimiser.c */
    double momentum, weight_decay, clip, ema; /* clip, ema: 0 = off */
    char loss[OPTION_TEXT_SIZE];              /* a row of kernel/loss.c */
    double smoothing, focal, mixup;           /* 0 = off */
    char augment[OPTION_TEXT_SIZE];
    int64_t log_every, eval_every, checkpoint_every; /* steps; 0 = every epoch */
    int64_t patience;                                /* steps without a better validation NLL; 0 = never stop early */
    char keep[OPTION_TEXT_SIZE];                     /* "best" | "last": whose predictions are the run's result */
    double bn_momentum;                              /* stage 2: 0 = the parent's */
    bool end_to_end;                                 /* tst, vtst: there is no parent; the body is trained too */
    char checkpoint[OPTION_TEXT_SIZE]; /* stage 2: the parent's "best" | "last"; "" = what the parent keeps */
    char bn[OPTION_TEXT_SIZE];         /* stage 2: "frozen" | "batch" */
    char features[OPTION_TEXT_SIZE];   /* stage 2: "auto" | "cached" | "faithful" */
    int64_t z, samples;                /* stage 2; samples: V-TST */
    double kl_weight;                  /* V-TST: of the KL summed over Z */
} TrainSpec;

extern const Option stage1_options[], tst_options[], vtst_options[]; /* of TrainSpec */

/* Of an import (train/import.c). */
typedef struct {
    char recipe[OPTION_TEXT_SIZE], keep[OPTION_TEXT_SIZE]; /* always the same: "imported", "best" */
    char file[OPTION_TEXT_SIZE], hash[OPTION_TEXT_SIZE], names[OPTION_TEXT_SIZE]; /* whose weights */
    int64_t seed, z, samples;
    double bn_momentum; /* of a stage 2 made from it */
} ImportSpec;

/* Of a calibrator (train/calibrate.c). */
typedef struct {
    char method[OPTION_TEXT_SIZE];                         /* a row of calib/calibrator.c */
    char recipe[OPTION_TEXT_SIZE], keep[OPTION_TEXT_SIZE]; /* the parent's */
    int64_t seed;
} CalibrateSpec;

struct Job {
    char name[RUN_NAME_SIZE];
    int parents; /* runs that it is made from, by name */
    char parent[PARENTS_MOST][RUN_NAME_SIZE];
    const JobKind *kind;
    DataSpec data;
    ModelSpec model;
    Normalise normalise; /* of a job with parents: the first one's */
    union {              /* kind->options are those of one of them */
        TrainSpec train;
        ImportSpec import;
        CalibrateSpec calibrate;
    };
};

/* Its options, as kind->options take them. */
static inline const void *job_spec(const Job *job)
{
    return &job->train;
}

/* The config.json of a job; the caller owns it. Job -> JSON -> Job is the identity. */
json_t *job_to_json(const Job *job);
Status job_from_json(Job *job, const json_t *json, Err *err);

/* What cannot be, and what the kind refuses: options that exclude each other (bn = "batch" with cached features), a
 * batch larger than the training split, a network that does not fit the images. data may be NULL where the kind needs
 * none. ERR_USAGE. */
Status job_check(const Job *job, const Dataset *data, Err *err);

/* The checks of kinds: of a training, and of a network that is only judged on the images. */
Status job_check_training(const Job *job, const Dataset *data, Err *err);
Status job_check_network(const Job *job, const Dataset *data, Err *err);

Status job_add_parent(Job *job, const char *name, Err *err); /* ERR_USAGE: too many */
const char *job_from(const Job *job);                        /* the first parent, "" for none */
int job_stage(const Job *job);                               /* 1: the body is trained; 2: it is frozen */
bool job_end_to_end(const Job *job);                         /* of a kind of stage 2, but trained as a whole */
const char *job_title(const Job *job);                       /* "stage 1", "TST", "V-TST end to end" */
const char *job_method(const Job *job);                      /* its row in a comparison: "base", "TST", "temperature" */
int job_rank(const Job *job);                                /* the place of that row among the others */
bool job_faithful(const Job *job);                           /* stage 2: the features cannot be computed once */
int64_t job_steps(const Job *job, const Dataset *data); /* its length in steps, when patience does not end it sooner */

/* An option of whatever kind as text into dst, and as a number; "" and `missing` where the kind has no such option. */
const char *job_text(const Job *job, const char *option, char dst[OPTION_TEXT_SIZE]);
double job_number(const Job *job, const char *option, double missing);

/* The same computation: equal in everything but the name. */
bool job_same(const Job *a, const Job *b);

/* "epochs = 6, lr = 0.1 (it has epochs = 3, lr = 0.002)": in what a job differs from one that is there, as far as there
 * is room in dst; "" where they are the same. */
char *job_difference(char *dst, size_t size, const Job *wanted, const Job *there);

#endif
