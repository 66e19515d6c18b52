/* job.h - a job as data: everything that decides what a run computes, and its form as config.json. */
#ifndef TARE_RUN_JOB_H
#define TARE_RUN_JOB_H

#include "base/option.h"
#include "data/dataset.h"
#include "data/normalise.h"
#include "nn/net.h"
#include "run/event.h"
#include <jansson.h>

enum { RUN_NAME_SIZE = 49 };

/* The rows of train_kinds: what train.* can do, and nn.load. */
typedef struct {
    const char *name;                     /* "stage1": also the Lua function train.NAME and the default run name */
    const char *title, *end_to_end_title; /* "TST", "TST end to end" */
    const char *head;                     /* HeadSpec.kind */
    int stage;
    const Option *options; /* of TrainSpec */
    const char *help;
    bool imported; /* nothing is trained: the weights come from a file (import.c) */
} TrainKind;

extern const Option import_options[], import_tst_options[], import_vtst_options[]; /* import.c */
extern const TrainKind train_kinds[];                                              /* ends with name NULL */
const TrainKind *train_kind(const char *name);

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
    char file[OPTION_TEXT_SIZE], hash[OPTION_TEXT_SIZE], names[OPTION_TEXT_SIZE]; /* imported: whose weights */
} TrainSpec;

typedef struct {
    char name[RUN_NAME_SIZE];
    char from[RUN_NAME_SIZE]; /* the parent run, "" in stage 1 and end to end */
    const TrainKind *kind;
    DataSpec data;
    ModelSpec model;
    Normalise normalise; /* in stage 2 the parent's */
    TrainSpec train;
} Job;

/* The config.json of a job; the caller owns it. Job -> JSON -> Job is the identity. */
json_t *job_to_json(const Job *job);
Status job_from_json(Job *job, const json_t *json, Err *err);

/* What cannot be: options that exclude each other (bn = "batch" with cached features), a batch larger than the training
 * split, a warm-up longer than the run, an empty split, a network that does not fit the images. ERR_USAGE. */
Status job_check(const Job *job, const Dataset *data, Err *err);

int job_stage(const Job *job);                          /* 1: the body is trained; 2: it is frozen */
const char *job_title(const Job *job);                  /* "stage 1", "TST", "V-TST end to end" */
bool job_faithful(const Job *job);                      /* stage 2: the features cannot be computed once */
int64_t job_steps(const Job *job, const Dataset *data); /* its length in steps, when patience does not end it sooner */

/* The same computation: equal in everything but the name. */
bool job_same(const Job *a, const Job *b);

#endif
