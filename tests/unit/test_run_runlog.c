/* test_run_runlog.c - the fold of a run's events: order, resumes, what it finds, its digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/runlog.h"
#include <math.h>
#include <string.h>

/* Event number seq of a made-up run: 1 queued -> running, 2 a stage, then rounds of step, step, step,
 * epoch, eval, best. */
static Event story(uint64_t seq, double clock)
{
    static const EventType round[] = {EVENT_STEP, EVENT_STEP, EVENT_STEP, EVENT_EPOCH, EVENT_EVAL, EVENT_BEST};
    Event e;
    memset(&e, 0, sizeof e);
    e.seq = seq;
    e.type = seq == 1 ? EVENT_STATE : seq == 2 ? EVENT_STAGE : round[(seq - 3) % 6];
    e.step = (int32_t)seq * 10;
    e.epoch = (int32_t)(seq / 6);
    e.stage = 1;
    e.wall.seconds = clock;
    double value = 1.0 / (double)seq;
    if (e.type == EVENT_STATE) e.as.state.state = RUN_RUNNING;
    if (e.type == EVENT_STAGE) strcpy(e.as.stage.name, "stage 1");
    if (e.type == EVENT_STEP) e.as.step.loss = value;
    if (e.type == EVENT_EPOCH) e.as.epoch.loss = value;
    if (e.type == EVENT_BEST) e.as.best.nll = value;
    if (e.type == EVENT_EVAL) {
        strcpy(e.as.eval.split, "valid");
        strcpy(e.as.eval.checkpoint, "now");
        e.as.eval.nll = value;
        e.as.eval.bins.count[59] = (uint32_t)seq;
    }
    return e;
}

static void fold_ok(RunLog *log, const Event *e)
{
    Err err = {0};
    if (runlog_fold(log, e, &err) != OK) fail_msg("%s", err.msg);
}

static void fold_story(RunLog *log, uint64_t from, uint64_t to, double clock)
{
    for (uint64_t seq = from; seq <= to; seq++) {
        Event e = story(seq, clock + (double)seq);
        fold_ok(log, &e);
    }
}

static Event resume(uint64_t from_seq)
{
    Event e = {.seq = from_seq, .type = EVENT_RESUME, .step = (int32_t)from_seq * 10, .stage = 1};
    e.epoch = (int32_t)(from_seq / 6);
    e.wall.seconds = 1e6;
    e.as.resume.from_seq = from_seq;
    return e;
}

enum { WHOLE = 200 };

static void counts_and_fields(void **state)
{
    (void)state;
    RunLog log;
    runlog_init(&log);
    assert_int_equal(log.state, RUN_QUEUED);
    fold_story(&log, 1, WHOLE, 0);
    assert_int_equal(log.steps, 99);
    assert_int_equal(log.epochs, 33);
    assert_int_equal(log.evals, 33);
    assert_int_equal(log.stages, 1);
    assert_int_equal(log.remarks, 1);
    assert_int_equal(log.state, RUN_RUNNING);
    assert_int_equal(log.seq, WHOLE);
    assert_int_equal(log.now_step, WHOLE * 10);
    assert_true(log.seconds == WHOLE);
    assert_true(log.step[98].as.loss == 1.0 / (double)log.step[98].seq);
    assert_string_equal(log.stage[0].as.name, "stage 1");
    assert_int_equal(log.eval[0].best, 8);
    assert_ptr_equal(runlog_best(&log), &log.eval[32]);
    runlog_free(&log);
    assert_int_equal(log.steps, 0);
}

/* Killed after `torn`, resumed from the checkpoint at `from`: the same fold as a run that was never disturbed. */
static void resume_equals_uninterrupted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t from, torn;
    } rows[] = {
        {"nothing lost", 100, 100},
        {"a few lost", 100, 107},
        {"from the start", 0, 50},
        {"between eval and best", 103, 104},
        {"between epoch and eval", 102, 110},
        {"all but one", 1, 199},
    };
    RunLog whole;
    runlog_init(&whole);
    fold_story(&whole, 1, WHOLE, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        RunLog log, prefix;
        Event again = resume(rows[i].from);
        runlog_init(&log);
        runlog_init(&prefix);
        fold_story(&prefix, 1, rows[i].from, 0);
        fold_story(&log, 1, rows[i].torn, 50);
        fold_ok(&log, &again);
        assert_int_equal(log.state, RUN_RUNNING);
        assert_int_equal(log.seq, rows[i].from);
        assert_true(log.seconds == 1e6);
        if (rows[i].from > 0 && runlog_digest(&log) != runlog_digest(&prefix)) fail_msg("%s: the cut", rows[i].name);
        fold_ok(&log, &again); /* twice in a row: killed before its first event */
        fold_story(&log, rows[i].from + 1, WHOLE, 2e6);
        if (runlog_digest(&log) != runlog_digest(&whole)) fail_msg("%s: the end", rows[i].name);
        assert_int_equal(log.resumes, 2);
        runlog_free(&log);
        runlog_free(&prefix);
    }
    runlog_free(&whole);
}

static void best_is_forgotten_with_its_event(void **state)
{
    (void)state;
    RunLog log;
    runlog_init(&log);
    fold_story(&log, 1, 14, 0); /* evaluations 7 and 13, bests 8 and 14 */
    assert_ptr_equal(runlog_best(&log), &log.eval[1]);
    Event again = resume(13);
    fold_ok(&log, &again);
    assert_int_equal(log.evals, 2);
    assert_ptr_equal(runlog_best(&log), &log.eval[0]);
    runlog_free(&log);
}

static void ends_and_goes_on(void **state)
{
    (void)state;
    RunLog log;
    runlog_init(&log);
    fold_story(&log, 1, 20, 0);
    Event done = {.seq = 21, .type = EVENT_DONE, .step = 210, .stage = 1, .as.done = {RUN_STOPPED, "on request"}};
    fold_ok(&log, &done);
    assert_int_equal(log.state, RUN_STOPPED);
    assert_string_equal(log.remark[1].as.text, "on request");
    Event remark = {.seq = 22, .type = EVENT_LOG, .stage = 1, .as.log = {.text = "a remark"}};
    fold_ok(&log, &remark);
    assert_int_equal(log.state, RUN_STOPPED); /* a remark changes no state */
    Event again = resume(20);
    fold_ok(&log, &again);
    assert_int_equal(log.state, RUN_RUNNING);
    assert_int_equal(log.remarks, 1);
    runlog_free(&log);
}

/* A LOG that repeats the last seq is an aside: of this session, not of the run. */
static void asides_leave_no_trace(void **state)
{
    (void)state;
    RunLog log;
    runlog_init(&log);
    fold_story(&log, 1, 10, 0);
    uint64_t before = runlog_digest(&log);
    Event aside = {.seq = 10, .type = EVENT_LOG, .step = 7, .stage = 2, .as.log = {.text = "64 of 640"}};
    fold_ok(&log, &aside);
    assert_true(runlog_digest(&log) == before && log.remarks == 1 && log.seq == 10);
    fold_story(&log, 11, 14, 0);
    aside.seq = 10; /* of the last event only */
    assert_int_equal(runlog_fold(&log, &aside, NULL), ERR_FORMAT);
    runlog_free(&log);
}

static void wrong_order_is_refused(void **state)
{
    (void)state;
    RunLog log;
    Err err = {0};
    runlog_init(&log);
    Event e = story(2, 0), best = {.seq = 1, .type = EVENT_BEST, .stage = 1};
    assert_int_equal(runlog_fold(&log, &e, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "event 2 follows event 0"));
    assert_int_equal(runlog_fold(&log, &best, &err), ERR_FORMAT);
    assert_non_null(strstr(err.msg, "none came before"));
    fold_story(&log, 1, 10, 0);
    uint64_t before = runlog_digest(&log);
    static const uint64_t wrong[] = {0, 9, 10, 12};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        e = story(11, 0);
        e.seq = wrong[i];
        assert_int_equal(runlog_fold(&log, &e, &err), ERR_FORMAT);
    }
    Event later = resume(11), torn = resume(5);
    torn.seq = 6;
    assert_int_equal(runlog_fold(&log, &later, &err), ERR_FORMAT);
    assert_int_equal(runlog_fold(&log, &torn, &err), ERR_FORMAT);
    assert_true(runlog_digest(&log) == before);
    runlog_free(&log);
}

static void evaluations_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *split, *checkpoint;
    } sent[] = {{"valid", "now"}, {"valid", "now"}, {"valid", "best"}, {"test", "best"}, {"test", "last"}};
    static const struct {
        const char *split, *checkpoint;
        int found; /* index, -1 = none */
    } rows[] = {{"valid", NULL, 2}, {"valid", "now", 1}, {"test", "best", 3},
                {"test", NULL, 4},  {"test", "now", -1}, {"train", NULL, -1}};
    RunLog log;
    runlog_init(&log);
    assert_null(runlog_best(&log));
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        Event e = {.seq = i + 1, .type = EVENT_EVAL, .stage = 1};
        strcpy(e.as.eval.split, sent[i].split);
        strcpy(e.as.eval.checkpoint, sent[i].checkpoint);
        fold_ok(&log, &e);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const EvalPoint *want = rows[i].found < 0 ? NULL : &log.eval[rows[i].found];
        assert_ptr_equal(runlog_eval(&log, rows[i].split, rows[i].checkpoint), want);
    }
    runlog_free(&log);
}

/* The best is judged at the end of a run; its epoch is that of the evaluation which made it the best. */
static void the_epoch_of_the_best(void **state)
{
    (void)state;
    static const EventType type[] = {EVENT_EVAL, EVENT_BEST, EVENT_EVAL, EVENT_EVAL, EVENT_EVAL};
    static const char *const checkpoint[] = {"now", "", "now", "best", "last"};
    static const int32_t epoch[] = {38, 38, 63, 63, 63}, of[] = {38, 0, 63, 38, 63};
    RunLog log;
    runlog_init(&log);
    for (int i = 0; i < 5; i++) {
        Event e = {.seq = (uint64_t)i + 1, .type = type[i], .stage = 1, .epoch = epoch[i]};
        if (type[i] == EVENT_EVAL) strcpy(e.as.eval.checkpoint, checkpoint[i]);
        fold_ok(&log, &e);
        if (type[i] == EVENT_EVAL) assert_int_equal(runlog_epoch_of(&log, &log.eval[log.evals - 1]), of[i]);
    }
    runlog_free(&log);
}

/* Whatever a run computed is in the digest; what the clock said, and the sign of a NaN, are not. */
static void digest_sees_data_alone(void **state)
{
    (void)state;
    enum { SAME, OTHER };
    static const struct {
        const char *name;
        uint64_t seq;
        size_t offset; /* of a double in that event */
        double value;
        int want;
    } rows[] = {
        {"seconds", 3, offsetof(Event, wall.seconds), 77, SAME},
        {"speed", 4, offsetof(Event, wall.images_per_second), 77, SAME},
        {"expected", 2, offsetof(Event, wall.expected_seconds), 77, SAME},
        {"loss", 3, offsetof(Event, as.step.loss), 77, OTHER},
        {"lr", 9, offsetof(Event, as.step.lr), 77, OTHER},
        {"accuracy", 6, offsetof(Event, as.epoch.accuracy), 1, OTHER},
        {"nll", 7, offsetof(Event, as.eval.nll), 77, OTHER},
        {"bin", 13, offsetof(Event, as.eval.bins.confidence[30]), 77, OTHER},
    };
    RunLog plain;
    runlog_init(&plain);
    fold_story(&plain, 1, 14, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        RunLog log;
        runlog_init(&log);
        for (uint64_t seq = 1; seq <= 14; seq++) {
            Event e = story(seq, (double)seq);
            if (seq == rows[i].seq) memcpy((char *)&e + rows[i].offset, &rows[i].value, sizeof(double));
            fold_ok(&log, &e);
        }
        if ((runlog_digest(&log) != runlog_digest(&plain)) != rows[i].want) fail_msg("%s", rows[i].name);
        runlog_free(&log);
    }
    runlog_free(&plain);

    RunLog a, b;
    runlog_init(&a);
    runlog_init(&b);
    Event e = {.seq = 1, .type = EVENT_STEP, .stage = 1, .as.step = {.loss = NAN}};
    fold_ok(&a, &e);
    e.as.step.loss = -NAN;
    fold_ok(&b, &e);
    assert_true(runlog_digest(&a) == runlog_digest(&b));
    runlog_free(&a);
    runlog_free(&b);
}

/* One more in a field of an event, whatever its kind: a text grows, a word goes to the next, a bin counts one more. */
static void alter(Event *e, const EventField *field)
{
    char *at = (char *)e + field->offset;
    if (field->kind == FIELD_REAL)
        *(double *)at += 0.25;
    else if (field->kind == FIELD_TEXT)
        strcat(at, "x");
    else
        ++*at;
}

/* Every row of the tables: a fact is in the digest, and what the wall says is not. */
static void every_field_is_told_apart(void **state)
{
    (void)state;
    static const uint64_t of_type[] = {1, 2, 3, 6, 7}; /* in story(): state, stage, step, epoch, eval */
    RunLog plain;
    runlog_init(&plain);
    fold_story(&plain, 1, 8, 0);
    for (size_t i = 0; i < sizeof of_type / sizeof *of_type; i++) {
        EventType type = story(of_type[i], 0).type;
        const EventField *tables[] = {event_facts[type], event_wall, event_type_wall[type]};
        for (size_t t = 0; t < 3; t++)
            for (const EventField *field = tables[t]; field && field->key; field++) {
                RunLog log;
                runlog_init(&log);
                for (uint64_t seq = 1; seq <= 8; seq++) {
                    Event e = story(seq, (double)seq);
                    if (seq == of_type[i]) alter(&e, field);
                    fold_ok(&log, &e);
                }
                bool differs = runlog_digest(&log) != runlog_digest(&plain);
                if (differs != (t == 0)) fail_msg("%s.%s", event_name[type], field->key);
                runlog_free(&log);
            }
    }
    runlog_free(&plain);
}

/* Before the first step, what was expected less what has passed; then by the stage's own pace, which neither a wrong
 * expectation nor the time before the stage can spoil. */
static void time_left(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t steps, at;
        double expected, now, left; /* the stage is told at 2 s */
    } rows[] = {
        {"just told", 100, 0, 12, 2, 10},          {"told a while ago", 100, 0, 12, 5, 7},
        {"longer than expected", 100, 0, 3, 5, 0}, {"nothing was expected", 100, 0, 0, 5, -1},
        {"at its pace", 100, 25, 12, 7, 15},       {"at the last step", 100, 100, 12, 22, 0},
        {"nothing is trained", 0, 0, 12, 5, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        RunLog log;
        runlog_init(&log);
        if (runlog_seconds_left(&log) >= 0) fail_msg("%s: known before the stage", rows[i].name);
        Event stage = {.seq = 1, .type = EVENT_STAGE, .stage = 1, .as.stage.steps = rows[i].steps};
        stage.wall.seconds = 2;
        stage.wall.expected_seconds = rows[i].expected;
        fold_ok(&log, &stage);
        Event remark = {.seq = 2, .type = EVENT_LOG, .stage = 1, .step = rows[i].at, .as.log.text = "now"};
        remark.wall.seconds = rows[i].now;
        fold_ok(&log, &remark);
        double left = runlog_seconds_left(&log);
        if (fabs(left - rows[i].left) > 1e-12) fail_msg("%s: %g s left", rows[i].name, left);
        runlog_free(&log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_fields),
        cmocka_unit_test(resume_equals_uninterrupted),
        cmocka_unit_test(best_is_forgotten_with_its_event),
        cmocka_unit_test(ends_and_goes_on),
        cmocka_unit_test(asides_leave_no_trace),
        cmocka_unit_test(wrong_order_is_refused),
        cmocka_unit_test(evaluations_are_found),
        cmocka_unit_test(the_epoch_of_the_best),
        cmocka_unit_test(digest_sees_data_alone),
        cmocka_unit_test(every_field_is_told_apart),
        cmocka_unit_test(time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
