/* api_result.c - methods of a run that need its result: they park the task until the run has ended. Main thread. */
#include "script/options.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/values.h"
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
    if (!run->ours && !ended(L, run))
        return luaL_error(L,
                          "run %s is not trained by this process; runs.resume \"%s\" goes on with it where it was torn",
                          run->job.name, run->job.name);
    return task_park(L, ended, run, k, context);
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
    if (run->log.state == RUN_FAILED || run->log.state == RUN_DIVERGED)
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
    snprintf(origin, sizeof origin, "%.60s %s of %s (%s, recipe %.60s, seed %lld, %s)", run->job.data.name,
             split_name[split], run->job.name, job_title(&run->job), run->job.train.recipe,
             (long long)run->job.train.seed, run->job.train.keep);
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
    {"run:temperature", "", "temperature scaling fitted on valid, applied to test: for runs.compare", "temperature",
     "print(base:temperature().t)", NULL, "temperature.of"},
    {"run:seconds", "", "how long it took so far", "runs", "print(base:seconds())", seconds, NULL},
    {0},
};
