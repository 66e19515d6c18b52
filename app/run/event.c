/* event.c - the names of events, and one table of fields a type. Data; any thread. */
#include "run/event.h"

#include <math.h>
#include <stddef.h>

const char *const event_name[EVENT_TYPES] = {"step",  "epoch", "eval",   "best", "stage",
                                             "state", "log",   "resume", "done"};
const char *const run_state_name[RUN_STATES] = {"queued",  "running", "paused",   "done",
                                                "stopped", "failed",  "diverged", "cancelled"};

bool run_state_ended(RunState state)
{
    return state >= RUN_DONE && state < RUN_STATES;
}

/* Rows of a table, from the key on. */
#define AT(member)                      offsetof(Event, member), sizeof(((Event *)0)->member)
#define INT(key, member)                key, FIELD_INT, AT(member), 0, INT32_MAX, NULL
#define LONG(key, member)               key, FIELD_INT, AT(member), 0, 0x1p63, NULL
#define REAL(key, member)               key, FIELD_REAL, AT(member), -INFINITY, INFINITY, NULL
#define ABOVE(key, member)              key, FIELD_REAL, AT(member), 0, INFINITY, NULL
#define SHARE(key, member)              key, FIELD_REAL, AT(member), 0, 1, NULL
#define TEXT(key, member)               key, FIELD_TEXT, AT(member), 0, 0, NULL
#define WORD(key, member, words, count) key, FIELD_WORD, AT(member), 0, count, words

/* Tables in the order of the keys in a line. */
const EventField event_head[] = {
    {LONG("seq", seq)},
    {"run", FIELD_INT, AT(run), 0, UINT32_MAX, NULL},
    {WORD("type", type, event_name, EVENT_TYPES)},
    {0},
};

const EventField event_place[] = {
    {INT("step", step)},
    {INT("epoch", epoch)},
    {"stage", FIELD_INT, AT(stage), 1, 2, NULL},
    {0},
};

const EventField *const event_facts[EVENT_TYPES] = {
    [EVENT_STEP] =
        (const EventField[]){{REAL("loss", as.step.loss)}, {REAL("kl", as.step.kl)}, {ABOVE("lr", as.step.lr)}, {0}},
    [EVENT_EPOCH] =
        (const EventField[]){
            {REAL("loss", as.epoch.loss)}, {SHARE("accuracy", as.epoch.accuracy)}, {ABOVE("lr", as.epoch.lr)}, {0}},
    [EVENT_EVAL] = (const EventField[]){{TEXT("split", as.eval.split)},
                                        {TEXT("checkpoint", as.eval.checkpoint)},
                                        {REAL("nll", as.eval.nll)},
                                        {ABOVE("brier", as.eval.brier)},
                                        {SHARE("accuracy", as.eval.accuracy)},
                                        {SHARE("confidence", as.eval.confidence)},
                                        {"bins", FIELD_BINS, AT(as.eval.bins), 0, 0, NULL},
                                        {TEXT("file", as.eval.file)},
                                        {0}},
    [EVENT_BEST] = (const EventField[]){{REAL("nll", as.best.nll)}, {0}},
    [EVENT_STAGE] = (const EventField[]){{TEXT("name", as.stage.name)},
                                         {INT("steps", as.stage.steps)},
                                         {INT("epochs", as.stage.epochs)},
                                         {LONG("parameters", as.stage.parameters)},
                                         {TEXT("body", as.stage.body)},
                                         {0}},
    [EVENT_STATE] = (const EventField[]){{WORD("state", as.state.state, run_state_name, RUN_STATES)},
                                         {TEXT("what", as.state.text)},
                                         {0}},
    [EVENT_LOG] = (const EventField[]){{TEXT("text", as.log.text)}, {0}},
    [EVENT_RESUME] = (const EventField[]){{LONG("from_seq", as.resume.from_seq)}, {0}},
    [EVENT_DONE] = (const EventField[]){{WORD("state", as.done.state, run_state_name, RUN_STATES)},
                                        {TEXT("what", as.done.text)},
                                        {0}},
};

/* The part that depends on the clock: every event has the seconds, two types have something more. */
const EventField event_wall[] = {{ABOVE("seconds", wall.seconds)}, {0}};
const EventField *const event_type_wall[EVENT_TYPES] = {
    [EVENT_STEP] = (const EventField[]){{ABOVE("images_per_second", wall.images_per_second)}, {0}},
    [EVENT_STAGE] = (const EventField[]){{ABOVE("expected_seconds", wall.expected_seconds)}, {0}},
};
