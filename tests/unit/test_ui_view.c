/* test_ui_view.c - the evaluation looked at, scrubbing, the status line; on a stored run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "run/record.h"
#include "ui/pane.h"
#include "ui/wrap.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static RunLog base, vtst, empty;
static ViewRun run[3];

static void assert_near(double value, double wanted, double most)
{
    if (!(fabs(value - wanted) <= most)) fail_msg("%.9g, not %.9g", value, wanted);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(record_fold("tests/gold/run", "base", &base, NULL), OK);
    assert_int_equal(record_fold("tests/gold/run", "vtst", &vtst, NULL), OK);
    run[0] = (ViewRun){"base", &base, NULL, NULL};
    run[1] = (ViewRun){"vtst", &vtst, &base, "base"};
    run[2] = (ViewRun){"tst", &empty, &base, "base"};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    runlog_free(&base);
    runlog_free(&vtst);
    return 0;
}

static View view_of(int chosen)
{
    return (View){.run = run, .runs = 3, .chosen = chosen, .bins = 10};
}

/* base has evaluations of "valid" at 4, 8, 11, 16, 20, 24, 29, 34, 37; vtst at 5, 10, 15, ..., 60, 63. */
static void scrubbing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int chosen, steps[3];
        uint64_t at;
        bool at_parent;
        double nll; /* of what is looked at then; 0: nothing */
    } row[] = {
        {"live is the kept checkpoint", 1, {0}, 0, false, 1.2962623214655382},
        {"one back", 1, {-1}, 60, false, 1.2962623214655382},
        {"two back", 1, {-1, -1}, 55, false, 1.3646085001403276},
        {"back and forth", 1, {-3, 2}, 60, false, 1.2962623214655382},
        {"past the newest is live", 1, {-3, 99}, 0, false, 1.2962623214655382},
        {"the first of its own", 1, {-12}, 5, false, 2.216117500773106},
        {"the last of the parent", 1, {-13}, 37, true, 1.0537099793222406},
        {"a seq that both have", 1, {-17}, 20, true, 1.1893692357031518},
        {"the same seq of its own", 1, {-9}, 20, false, 1.9575313291655347},
        {"from the parent into its own", 1, {-17, 8}, 20, false, 1.9575313291655347},
        {"not before the first", 1, {-99, -1}, 4, true, 1.9715212286098884},
        {"extreme", 1, {-2147483647, 2147483647, -1}, 60, false, 1.2962623214655382},
        {"stage 1 alone", 0, {-8}, 4, false, 1.9715212286098884},
        {"no evaluation of its own", 2, {0}, 0, false, 0},
        {"then the parent's", 2, {-1}, 37, true, 1.0537099793222406},
        {"and live again", 2, {-1, 1}, 0, false, 0},
        {"no such run", 7, {-1}, 0, false, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        View view = view_of(row[i].chosen);
        for (int s = 0; s < 3; s++) view_scrub(&view, row[i].steps[s]);
        const EvalPoint *eval = view_eval(&view);
        if (view.at != row[i].at || view.at_parent != row[i].at_parent)
            fail_msg("%s: at %d of the %s", row[i].name, (int)view.at, view.at_parent ? "parent" : "run");
        if (row[i].nll == 0) assert_null(eval);
        if (row[i].nll > 0 && (!eval || fabs(eval->as.nll - row[i].nll) > 1e-12))
            fail_msg("%s: wrong nll", row[i].name);
    }
}

/* What is no longer there (a resume forgot it) is the newest. */
static void forgotten(void **state)
{
    (void)state;
    View view = view_of(1);
    view.at = 1000;
    assert_int_equal(view_eval(&view)->seq, 63);
    view_scrub(&view, -1);
    assert_int_equal(view.at, 60);
}

/* Against the bins of events.jsonl, summed by hand. */
static void ece_of_bins(void **state)
{
    (void)state;
    static const struct {
        int chosen, bins;
        double ece;
    } row[] = {{1, 5, .3225}, {1, 10, .3225}, {1, 15, .3245}, {0, 10, .2893}, {0, 30, .2893}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        View view = view_of(row[i].chosen);
        view.bins = row[i].bins;
        double ece = view_ece(&view, view_eval(&view));
        if (row[i].bins < 30) assert_true(fabs(ece - row[i].ece) < 5e-5);
        if (row[i].bins == 30) assert_true(ece >= row[i].ece - 5e-5); /* finer bins never read less */
        assert_near(eval_count(view_eval(&view)), 400, 0);
    }
    View view = view_of(1);
    view.bins = 7;
    assert_true(isnan(view_ece(&view, view_eval(&view))));
}

static void status_line(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int chosen, scrub;
        size_t size;
        const char *text;
    } row[] = {
        {"done", 1, 0, 200, "[done] vtst  V-TST, step 120/120  1.2 s"},
        {"scrubbed", 1, -8, 200, "[done] vtst  looking at epoch 12, step 50  V-TST, step 120/120  1.2 s"},
        {"scrubbed to the parent", 1, -99, 200,
         "[done] vtst  looking at stage 1, epoch 1, step 13  V-TST, step 120/120  1.2 s"},
        {"queued", 2, 0, 200, "[queued] tst"},
        {"none", 3, 0, 200, "no run yet"},
        {"cut", 1, 0, 10, "[done] vt"},
        {"cut within the stage", 1, 0, 20, "[done] vtst  V-TST,"},
        {"no room", 1, 0, 1, ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        View view = view_of(row[i].chosen);
        char text[200];
        view_scrub(&view, row[i].scrub);
        view_status(text, row[i].size, &view);
        if (strcmp(text, row[i].text)) fail_msg("%s: %s", row[i].name, text);
    }
}

/* A run that is half-way: its speed, and what is left: 60 steps took 0.7 s since the stage began. */
static void status_while_running(void **state)
{
    (void)state;
    RunLog log = vtst;
    ViewRun half = {"vtst", &log, &base, "base"};
    View view = {.run = &half, .runs = 1, .bins = 10};
    char text[200];
    log.state = RUN_RUNNING;
    log.now_step = 60;
    log.steps = 3; /* the third step event: 60, 21,290 images/s */
    log.seconds = log.stage[0].wall.seconds + .7;
    view_status(text, sizeof text, &view);
    assert_string_equal(text, "[running] vtst  V-TST, step 60/120  21,290 images/s  0.7 s left");
    log.now_step = log.now_epoch = 0;
    log.seconds = 0; /* of the 0.3 s that were expected */
    log.steps = 0;
    view_status(text, sizeof text, &view);
    assert_string_equal(text, "[running] vtst  V-TST, step 0/120  0.3 s left");
}

static void wrapped_texts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int width, rows;
        const char *drawn;
    } row[] = {
        {"fits", "one two", 7, 1, "one two\n\n\n"},
        {"at a blank", "one two", 6, 2, "one\ntwo\n\n"},
        {"a word too long", "abcdefgh", 3, 3, "abc\ndef\ngh\n"},
        {"indented", "  ab cd", 4, 2, "  ab\ncd\n\n"},
        {"nothing", "", 4, 1, "\n\n\n"},
        {"controls", "a\033[1m", 9, 1, "a?[1m\n\n\n"},
        {"wide", "\u4e2d\u6587", 3, 2, "\u4e2d\n\u6587\n\n"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const Glyphs *glyphs = glyphs_of(GLYPHS_BRAILLE);
        Canvas canvas;
        assert_int_equal(canvas_open(&canvas, row[i].width, 3, NULL), OK);
        assert_int_equal(text_wrapped(NULL, 0, 0, row[i].width, row[i].text, INK_TEXT, glyphs), row[i].rows);
        text_wrapped(&canvas, 0, 0, row[i].width, row[i].text, INK_TEXT, glyphs);
        char *drawn = canvas_string(&canvas, NULL);
        if (strcmp(drawn, row[i].drawn)) fail_msg("%s:\n%s", row[i].name, drawn);
        free(drawn);
        canvas_close(&canvas);
    }
}

/* A short stage 2 behind a long stage 1 still has a third of the axis. */
static void the_track(void **state)
{
    (void)state;
    Track track;
    track_open(&track, &vtst, &base);
    assert_near(track.split, 104. / 224, 1e-12);
    assert_near(track_x(&track, 0, 52), track.split / 2, 1e-12);
    assert_near(track_x(&track, 1, 0), track.split, 1e-12);
    assert_near(track_x(&track, 1, 120), 1, 1e-12);
    RunLog quick = vtst;
    quick.now_step = 7;
    track_open(&track, &quick, &base);
    assert_near(track.split, 2. / 3, 1e-12);
    quick.state = RUN_RUNNING; /* planned: 120 steps */
    track_open(&track, &quick, &base);
    assert_near(track.split, 104. / 224, 1e-12);
    track_open(&track, &base, NULL);
    assert_near(track.split, 0, 0);
    assert_near(track_x(&track, 1, 52), .5, 1e-12);
}

/* More points than a trace holds are averaged, none is lost. */
static void thinned_traces(void **state)
{
    (void)state;
    static StepPoint point[1000];
    RunLog log = base;
    static Trace trace;
    Track track;
    for (int i = 0; i < 1000; i++) point[i] = (StepPoint){.step = i, .as.loss = i};
    log.step = point;
    log.steps = 1000;
    track_open(&track, &log, NULL);
    trace_training(&trace, &track, 1);
    assert_int_equal(trace.n, 334); /* three to a point */
    assert_near(trace.y[0], 1, 1e-12);
    assert_near(trace.y[332], 997, 1e-9);
    assert_near(trace.y[333], 999, 1e-9);
    trace_training(&trace, &track, 0);
    assert_int_equal(trace.n, 0);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrubbing),
        cmocka_unit_test(forgotten),
        cmocka_unit_test(ece_of_bins),
        cmocka_unit_test(status_line),
        cmocka_unit_test(status_while_running),
        cmocka_unit_test(wrapped_texts),
        cmocka_unit_test(the_track),
        cmocka_unit_test(thinned_traces),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
