/* api_result.c - methods of a run that need its result: they park the task until the run has ended. Main thread. */
#include "script/options.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
#include "train/calibrate.h"
#include <lauxlib.h>
#include <stdio.h>

static bool ended(lua_State *L, void *run)
{
    (void)L;
    return run_state_ended(((const Run *)run)->log.state);
}

/* Go on at k(context) when the run at index 1 has ended. */
static int after(lua_State *L, lua_KFunction k, lua_KContext context)
{
    Run *run = to_run(L, 1);
    const Run *told = task_told(L); /* the run that waits for this callback */
    if (told && engine_waits_for(script_engine(L), run, told))
        return luaL_error(L, "on_epoch of %s cannot wait for run %s, which ends only after the callback has returned",
                          told->job.name, run->job.name);
    return task_park(L, ended, run, k, context); /* one of another process is followed to its end */
}

static const char *reason(const RunLog *log)
{
    for (ptrdiff_t i = log->remarks - 1; i >= 0; i--)
        if (log->remark[i].type == EVENT_DONE) return log->remark[i].as.text;
    return "";
}

/* Raise when the run at index 1 has come to harm. */
static Run *whole(lua_State *L)
{
    Run *run = to_run(L, 1);
    if (run->log.state != RUN_FAILED && run->log.state != RUN_DIVERGED) return run;
    run->told = true;
    luaL_error(L, "run %s %s: %s", run->job.name, run_state_name[run->log.state], reason(&run->log));
    return run;
}

static int waited(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    whole(L);
    lua_pushvalue(L, 1);
    return 1;
}

static int wait_run(lua_State *L)
{
    lua_settop(L, 1);
    return after(L, waited, 0);
}

/* Leaves the predictions on the split named at index 2 on the stack. */
static Predictions *push_result(lua_State *L)
{
    Err err;
    char origin[EVENT_TEXT_SIZE];
    Run *run = whole(L);
    SplitId split = to_split(L, 2, SPLIT_TEST);
    Predictions *pred = engine_predictions(script_engine(L), run, split, &err);
    if (!pred) raise_err(L, &err);
    char recipe[OPTION_TEXT_SIZE], keep[OPTION_TEXT_SIZE];
    snprintf(origin, sizeof origin, "%.60s %s of %s (%s, recipe %.60s, seed %.0f, %s)", run->job.data.name,
             split_name[split], run->job.name, job_title(&run->job), job_text(&run->job, "recipe", recipe),
             job_number(&run->job, "seed", 0), job_text(&run->job, "keep", keep));
    Predictions **handle = push_predictions(L, origin);
    *handle = predictions_retain(pred);
    return pred;
}

static int predicted(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    push_result(L);
    return 1;
}

static int predict(lua_State *L)
{
    lua_settop(L, 2);
    to_split(L, 2, SPLIT_TEST); /* a wrong name is told before the wait */
    return after(L, predicted, 0);
}

typedef struct {
    int64_t bins;
} EvaluateSpec;

static const Option evaluate_options[] = {
    {"bins", OPTION_INT, offsetof(EvaluateSpec, bins), "10", 1, BINS_MAX, NULL, "equal-width bins of the confidence"},
    {0},
};

static int evaluated(lua_State *L, int status, lua_KContext bins)
{
    (void)status;
    Err err;
    Scores scores;
    if (scores_of(&scores, push_result(L), (int)bins, &err) != OK) return raise_err(L, &err);
    push_scores(L, &scores, predictions_origin(L, -1));
    return 1;
}

static int evaluate(lua_State *L)
{
    EvaluateSpec spec;
    lua_settop(L, 3);
    to_split(L, 2, SPLIT_TEST);
    option_defaults(evaluate_options, &spec);
    options_read(L, 3, evaluate_options, &spec, NULL);
    return after(L, evaluated, (lua_KContext)spec.bins);
}

/* ---- calibrators: runs made from a run ---- */

/* The calibration of the run at index 1 by a method: the run that there is, or a new one in the queue. */
static int calibrate_by(lua_State *L, const char *method)
{
    Err err;
    Job job;
    char stem[RUN_NAME_SIZE + OPTION_TEXT_SIZE];
    const Run *parent = to_run(L, 1);
    if (calibrate_job(&job, method, &parent->job, &err) != OK) return raise_err(L, &err);
    snprintf(stem, sizeof stem, "%s-%s", parent->job.name, method);
    Run *run = engine_obtain(script_engine(L), &job, stem, &err);
    if (!run) return raise_err(L, &err);
    push_run(L, run);
    return 1;
}

static int temperature(lua_State *L)
{
    return calibrate_by(L, "temperature");
}

static int calibrate(lua_State *L)
{
    return calibrate_by(L, luaL_checkstring(L, 2));
}

/* The run at index 1 has ended. */
static int fitted(lua_State *L, int status, lua_KContext field)
{
    (void)status;
    Err err;
    Fit fit;
    const Run *run = whole(L);
    if (calibrate_read(engine_runs(script_engine(L)), &run->job, &fit, &err) != OK) return raise_err(L, &err);
    push_fit(L, &fit);
    fit_free(&fit);
    if (field) lua_getfield(L, -1, (const char *)field);
    return 1;
}

static int after_fit(lua_State *L, const char *field)
{
    const Run *run = to_run(L, 1);
    if (run->job.kind->run != calibrate_run)
        return luaL_error(L, "run %s is no calibrator; %s:temperature() makes one of it", run->job.name, run->job.name);
    lua_settop(L, 1);
    return after(L, fitted, (lua_KContext)field);
}

static int calibrator(lua_State *L)
{
    return after_fit(L, NULL);
}

static int t(lua_State *L)
{
    return after_fit(L, "t");
}

static int seconds(lua_State *L)
{
    lua_pushnumber(L, to_run(L, 1)->log.seconds);
    return 1;
}

const ApiRow api_result[] = {
    {"run:wait", "", "wait until it has ended; raises when it failed or diverged", "runs", "print(base:wait().state)",
     wait_run, NULL},
    {"run:predict", "[split]", "its predictions on \"valid\" or \"test\"", "runs", "print(base:predict \"valid\")",
     predict, NULL},
    {"run:evaluate", "[split, { bins = }]", "all scores on \"valid\" or \"test\"", "ece",
     "print(base:evaluate(\"test\", { bins = 15 }).ece)", evaluate, evaluate_options},
    {"run:temperature", "", "temperature scaling of it, fitted on valid: a run of its own, made once", "temperature",
     "print(base:temperature().t)", temperature, NULL},
    {"run:calibrate", "\"method\"", "a calibrator of it, fitted on valid: a run of its own, made once", "temperature",
     "print(base:calibrate(\"temperature\"):wait())", calibrate, NULL},
    {"run.calibrator", NULL, "what a calibrator has fitted: method, at_bound, and its numbers by name", "temperature",
     "print(base:temperature().calibrator.at_bound)", calibrator, NULL},
    {"run.t", NULL, "the temperature of a temperature scaling", "temperature", "print(base:temperature().t)", t, NULL},
    {"run:seconds", "", "how long it took so far", "runs", "print(base:seconds())", seconds, NULL},
    {0},
};
