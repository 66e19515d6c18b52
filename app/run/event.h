/* event.h - what the worker tells the world: fixed-size facts about a run, and their form as a line of JSON.
 *
 * A run's story is its events in order of seq; everything that panes, progress lines, replays and comparisons
 * show is a fold over them. A line of events.jsonl has the keys seq, run, type, step, epoch, stage, then the
 * data; what depends on the clock or the machine lies under the one key "wall". Two runs are identical when their
 * lines are, without "wall". */
#ifndef TARE_RUN_EVENT_H
#define TARE_RUN_EVENT_H

#include "base/err.h"
#include "calib/bins.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    EVENT_STEP,   /* a training step, every log_every steps */
    EVENT_EPOCH,  /* an epoch of training has ended */
    EVENT_EVAL,   /* a split was evaluated */
    EVENT_BEST,   /* the last evaluation has the lowest validation NLL so far */
    EVENT_STAGE,  /* a stage begins: its name, length and expected cost */
    EVENT_STATE,  /* running, paused, stopped, or an option was set */
    EVENT_LOG,    /* a remark for people */
    EVENT_RESUME, /* the run goes on from a checkpoint: what came after its seq never happened */
    EVENT_DONE,   /* the run has ended, well or not: the last event */
    EVENT_TYPES
} EventType;

extern const char *const event_name[EVENT_TYPES]; /* "step", ... */

typedef enum {
    RUN_QUEUED,
    RUN_RUNNING,
    RUN_PAUSED,
    RUN_DONE,
    RUN_STOPPED,   /* on request; a checkpoint is kept and the run can be resumed */
    RUN_FAILED,    /* a file, an option, a parent */
    RUN_DIVERGED,  /* a loss or weight became NaN or infinite */
    RUN_CANCELLED, /* removed from the queue before it began */
    RUN_STATES
} RunState;

extern const char *const run_state_name[RUN_STATES]; /* "queued", ... */

/* True for a state that a run does not leave by itself. */
bool run_state_ended(RunState state);

enum { EVENT_TEXT_SIZE = 512, EVENT_NAME_SIZE = 48 };

/* ---- what an event of each type tells ---- */

typedef struct {
    double loss; /* mean of the objective over the steps since the last STEP: loss + kl_weight KL */
    double kl;   /* the KL part of it, unweighted and summed over Z; 0 unless V-TST */
    double lr;   /* of the step that the event follows */
} StepFacts;

typedef struct {
    double loss, accuracy; /* over the epoch's training images, as they were seen: with mixup, of mixed images,
                            * where an answer is right by its label's share */
    double lr;             /* of the epoch's last step */
} EpochFacts;

typedef struct {
    char split[8];      /* "valid", "test" */
    char checkpoint[8]; /* "now" while training; "best" or "last" at the end */
    double nll, brier, accuracy, confidence;
    FineBins bins;              /* count, right, sum of confidence in 60 bins */
    char file[EVENT_NAME_SIZE]; /* predictions in the run folder, "" when none were kept */
} EvalFacts;

typedef struct {
    double nll;
} BestFacts;

typedef struct {
    char name[EVENT_NAME_SIZE]; /* "stage 1", "TST", "V-TST" */
    int32_t steps, epochs;      /* planned; a stage may end sooner (patience) */
    int64_t parameters;         /* trained in this stage */
    char body[24];              /* fingerprint of the frozen body, hex; "" in stage 1 */
} StageFacts;

/* Of STATE, LOG and DONE. */
typedef struct {
    RunState state;             /* a remark for people has none of its own: 0 */
    char text[EVENT_TEXT_SIZE]; /* "set lr = 0.01", why it stopped, the reason of a failure, a remark; "" */
} RemarkFacts;

typedef struct {
    uint64_t from_seq;
} ResumeFacts;

/* What depends on the clock or the machine. */
typedef struct {
    double seconds;           /* since the run began, pauses included, earlier sessions included */
    double images_per_second; /* STEP: over the steps since the last STEP */
    double expected_seconds;  /* STAGE: what the run will take, from its beginning to its last step; 0 = unknown */
} EventWall;

/* The front of an event, and of whatever is kept of one (runlog.h).
 * seq: 1, 2, 3, ... within a run; RESUME repeats the seq it goes on from. A LOG that repeats the last seq is an aside
 *      about this session (how far a long pass is): shown, never recorded nor folded.
 * run: number of the run within this process; always 0 in a file.
 * step, epoch: optimiser steps and epochs done in this stage; stage: 1 or 2. */
#define EVENT_FRONT                                                                                                    \
    uint64_t seq;                                                                                                      \
    uint32_t run;                                                                                                      \
    EventType type;                                                                                                    \
    int32_t step, epoch, stage;                                                                                        \
    EventWall wall

typedef struct {
    EVENT_FRONT;
    union {
        StepFacts step;
        EpochFacts epoch;
        EvalFacts eval;
        BestFacts best;
        StageFacts stage;
        RemarkFacts state, log, done;
        ResumeFacts resume;
    } as;
} Event;

_Static_assert(sizeof(Event) <= 1280, "events stay small");

/* ---- the fields of an event, as tables ---- */

typedef enum {
    FIELD_INT,  /* any integer type of 4 or 8 bytes; no value is negative */
    FIELD_REAL, /* double; NaN is in every range */
    FIELD_TEXT, /* char[size] */
    FIELD_WORD, /* an enum, written as its name */
    FIELD_BINS, /* FineBins */
} FieldKind;

/* JSON, Lua values and the digest of a run are loops over these: a fact that is added to a type is one member and one
 * row. */
typedef struct {
    const char *key; /* NULL ends a table */
    FieldKind kind;
    size_t offset, size;      /* within Event, and within whatever begins like one */
    double least, most;       /* FIELD_INT, FIELD_REAL */
    const char *const *words; /* FIELD_WORD: `most` of them */
} EventField;

/* In the order of the keys in a line: seq, run, type; step, epoch, stage; a type's facts; and of the wall, what all
 * have and then a type's own. A type without a table has NULL. */
extern const EventField event_head[], event_place[], event_wall[];
extern const EventField *const event_facts[EVENT_TYPES], *const event_type_wall[EVENT_TYPES];

/* ---- JSON (event_json.c) ---- */

/* A new object (the caller owns it), or NULL for lack of memory. Numbers round-trip exactly; NaN and infinities, which
 * JSON lacks, are the strings "nan", "inf" and "-inf". Bytes of a text that are not UTF-8 become '?'. */
json_t *event_to_json(const Event *event);

/* A number, or "nan", "inf", "-inf". */
json_t *real_to_json(double value);

/* Checks every key, type and range: a line may have been torn or edited. ERR_FORMAT says which key. */
Status event_from_json(Event *event, const json_t *json, Err *err);

#endif
