/* test_run_stored.c - a run stored by an earlier build is still read, and says what it said then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calib/scores.h"
#include "run/job.h"
#include "run/record.h"
#include <math.h>
#include <string.h>

static const char *const runs = "tests/gold/run";

typedef struct {
    const char *name, *stage;
    uint64_t digest;
    ptrdiff_t steps, epochs, evals;
    int32_t best_step;
    double test_nll, test_ece;
} Stored;

static const Stored stored[] = {
    {"base", "stage 1", 0xb43bb70146832034, 11, 8, 10, 104, 1.0872289726, 0.2574170586},
    {"vtst", "V-TST", 0x52fe76e3a02eb81d, 6, 30, 14, 120, 1.3293993120, 0.3381366217},
};

static void the_fold_is_what_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        const Stored *s = &stored[i];
        RunLog log;
        Err err = {0};
        runlog_init(&log);
        if (record_fold(runs, s->name, &log, &err) != OK) fail_msg("%s", err.msg);
        assert_int_equal(log.state, RUN_DONE);
        assert_string_equal(log.stage[0].as.name, s->stage);
        assert_int_equal(log.steps, s->steps);
        assert_int_equal(log.epochs, s->epochs);
        assert_int_equal(log.evals, s->evals);
        assert_int_equal(runlog_best(&log)->step, s->best_step);
        assert_int_equal(runlog_digest(&log), s->digest);
        runlog_free(&log);
    }
}

static void predictions_and_events_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        const Stored *s = &stored[i];
        RunLog log;
        Scores scores;
        Err err = {0};
        Predictions *pred = record_predictions(runs, s->name, "test.safetensors", &err);
        if (!pred) fail_msg("%s", err.msg);
        assert_int_equal(scores_of(&scores, pred, 10, &err), OK);
        assert_true(fabs(score(&scores, "nll") - s->test_nll) < 1e-6);
        assert_true(fabs(score(&scores, "ece") - s->test_ece) < 1e-6);
        runlog_init(&log);
        assert_int_equal(record_fold(runs, s->name, &log, &err), OK);
        const EvalPoint *eval = runlog_eval(&log, "test", NULL);
        assert_true(fabs(eval->as.nll - score(&scores, "nll")) < 1e-12);
        runlog_free(&log);
        predictions_release(pred);
    }
}

static void the_job_can_be_run_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        Err err = {0};
        Job job;
        json_t *config = record_read_json(runs, stored[i].name, "config.json", &err);
        assert_non_null(config);
        if (job_from_json(&job, config, &err) != OK) fail_msg("%s", err.msg);
        assert_string_equal(job.kind->title, stored[i].stage);
        assert_string_equal(job_from(&job), i ? "base" : "");
        assert_int_equal(job.data.train, 400);
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fold_is_what_it_was),
        cmocka_unit_test(predictions_and_events_agree),
        cmocka_unit_test(the_job_can_be_run_again),
    };
    return cmocka_run_group_tests_name("engine: a stored run", tests, NULL, NULL);
}
