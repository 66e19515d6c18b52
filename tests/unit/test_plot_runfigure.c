/* test_plot_runfigure.c - the panes of a run as files, on a stored run and on runs with holes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/runfigure.h"
#include "run/record.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static RunLog base, vtst;
static const Figure figure = {&paper_svg, "vtst, V-TST", NULL, "seed 1", 480, 480};

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(record_fold("tests/gold/run", "base", &base, NULL), OK);
    assert_int_equal(record_fold("tests/gold/run", "vtst", &vtst, NULL), OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    runlog_free(&base);
    runlog_free(&vtst);
    return 0;
}

static RunView view_of(const RunLog *log, const RunLog *parent)
{
    return (RunView){.log = log, .parent = parent, .bins = 10, .glyphs = glyphs_of(GLYPHS_ASCII)};
}

static void holds(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("no %s in\n%s", part, text);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

static char *drawn(const RunView *view, Curves curves)
{
    Err err = {.msg = ""};
    FigureFile file = {0};
    if (runfigure_curves(&file, &figure, view, curves, &err) != OK) fail_msg("%s", err.msg);
    if (strstr(file.bytes, "nan")) fail_msg("a number is none in\n%s", file.bytes);
    return file.bytes;
}

/* Three curves of each stage, those of stage 1 in tints, left of a rule. */
static void two_stages(void **state)
{
    (void)state;
    RunView view = view_of(&vtst, &base);
    char *svg = drawn(&view, CURVES_BOTH);
    assert_int_equal(count_of(svg, "<polyline"), 6);
    assert_int_equal(count_of(svg, "stroke=\"#80B9D9\""), 1);
    assert_int_equal(count_of(svg, "stroke=\"#F3CF80\""), 2);
    holds(svg, ">stage 1, step</text>");
    holds(svg, ">V-TST, step</text>");
    holds(svg, ">features freeze</text>");
    assert_int_equal(count_of(svg, ">best, epoch 30</text>"), 2);
    free(svg);
    view.parent = NULL;
    svg = drawn(&view, CURVES_BOTH);
    assert_int_equal(count_of(svg, "<polyline"), 3);
    assert_int_equal(count_of(svg, "features freeze"), 0);
    free(svg);
}

static void one_pane(void **state)
{
    (void)state;
    RunView view = view_of(&vtst, &base);
    view.log_loss = true;
    char *svg = drawn(&view, CURVES_LOSS);
    assert_int_equal(count_of(svg, "<polyline"), 4);
    holds(svg, ">loss (log)</text>");
    assert_null(strstr(svg, "ECE"));
    free(svg);
    svg = drawn(&view, CURVES_ECE);
    assert_int_equal(count_of(svg, "<polyline"), 2);
    holds(svg, ">ECE %</text>");
    free(svg);
}

/* The evaluation looked at has a mark of its own. */
static void looked_at(void **state)
{
    (void)state;
    RunView view = view_of(&vtst, &base);
    view.at = &base.eval[2];
    view.at_parent = true;
    char *svg = drawn(&view, CURVES_ECE);
    holds(svg, ">stage 1, epoch 3</text>");
    assert_int_equal(count_of(svg, "width=\"7.00\""), 4); /* two marks, each also in the legend */
    free(svg);
}

static void numbers(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    char line[64];
    RunView view = view_of(&vtst, &base);
    char *csv = runfigure_curves_csv(&view, CURVES_BOTH, &err);
    assert_non_null(csv);
    assert_int_equal(count_of(csv, "\nloss (train),"), vtst.steps);
    assert_int_equal(count_of(csv, "\nstage 1 loss (train),"), base.steps);
    snprintf(line, sizeof line, "\nloss (train),%d,%.10g\n", (int)vtst.step[0].step, vtst.step[0].as.loss);
    holds(csv, line);
    snprintf(line, sizeof line, "\nstage 1 NLL (valid),%d,%.10g\n", (int)base.eval[0].step, base.eval[0].as.nll);
    holds(csv, line);
    free(csv);
    csv = runfigure_curves_csv(&view, CURVES_ECE, &err);
    assert_int_equal(count_of(csv, "loss"), 0);
    free(csv);
    char *text = runfigure_curves_text(&view, CURVES_BOTH, "vtst", 60, 32, &err);
    assert_int_equal(count_of(text, "\n"), 32);
    holds(text, "best 30");
    free(text);
    text = runfigure_curves_text(&view, CURVES_BOTH, "vtst", 1, 1, &err);
    assert_int_equal(count_of(text, "\n"), 2);
    free(text);
}

static void reliability(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    RunReliability r;
    char title[96];
    RunView view = view_of(&vtst, &base);
    const EvalPoint *now = runlog_eval(&vtst, "valid", NULL), *was = runlog_eval(&base, "valid", NULL);
    assert_int_equal(run_reliability(&r, &view, "vtst", &err), OK);
    snprintf(title, sizeof title, "vtst: ECE %.2f %% (was %.2f %%)", eval_ece_percent(now, 10),
             eval_ece_percent(was, 10));
    assert_string_equal(r.title, title);
    assert_string_equal(r.note, "epoch 30 (best), valid n = 400: acc 66.5%, conf 34.2%");
    assert_string_equal(r.ghost_name, "stage 1");
    assert_true(r.ghosts);
    double images = 0, before = 0;
    for (int b = 0; b < 10; b++) {
        images += r.bin[b].count;
        before += r.ghost[b].right;
    }
    assert_true(images == 400);
    assert_true(fabs(before / 400 - was->as.accuracy) < 1e-9);
    char *text = run_reliability_text(&r, &view, 60, 16, &err);
    holds(text, r.title);
    holds(text, r.note);
    free(text);
    view.at = &base.eval[0];
    view.at_parent = true;
    assert_int_equal(run_reliability(&r, &view, "vtst", &err), OK);
    assert_false(r.ghosts); /* stage 1 is not behind itself */
    holds(r.note, "stage 1, epoch 1, ");
    view.bins = 7;
    assert_int_equal(run_reliability(&r, &view, "vtst", &err), ERR_USAGE);
}

/* A run that has not begun, or whose loss is no number, has a figure too; a diagram asks for an evaluation. */
static void holes(void **state)
{
    (void)state;
    Err err = {.msg = ""};
    RunReliability r;
    RunLog none = {0}, broken = {0};
    StepPoint step[] = {{.step = 1, .as.loss = NAN}, {.step = 2, .as.loss = INFINITY}, {.step = 3, .as.loss = 1}};
    EvalPoint eval = {.step = 2, .as.nll = NAN, .as.split = "valid", .as.checkpoint = "now"};
    broken.step = step;
    broken.steps = broken.now_step = 3;
    broken.eval = &eval;
    broken.evals = 1;
    for (int log_y = 0; log_y < 2; log_y++) {
        RunView view = view_of(&none, log_y ? &broken : NULL);
        view.log_loss = log_y;
        free(drawn(&view, CURVES_BOTH));
        view = view_of(&broken, &none);
        view.log_loss = log_y;
        char *svg = drawn(&view, CURVES_BOTH);
        holds(svg, ">3</text>");
        free(svg);
    }
    RunView view = view_of(&none, &base);
    assert_int_equal(run_reliability(&r, &view, "early", &err), ERR_STATE);
    holds(err.msg, "run early has no evaluation yet");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_stages), cmocka_unit_test(one_pane),    cmocka_unit_test(looked_at),
        cmocka_unit_test(numbers),    cmocka_unit_test(reliability), cmocka_unit_test(holes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
