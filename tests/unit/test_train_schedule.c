/* test_train_schedule.c - learning rates by hand, warm-up before every schedule, and the options that name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kernel/optimiser.h"
#include "train/schedule.h"
#include <math.h>
#include <string.h>

static TrainSpec spec_of(const char *schedule, int64_t warmup)
{
    TrainSpec spec = {0};
    option_defaults(job_kind("stage1")->options, &spec);
    strcpy(spec.schedule, schedule);
    spec.warmup = warmup;
    return spec;
}

static void values_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *schedule;
        int64_t warmup, every;
        double gamma, steps, step, want;
    } rows[] = {
        {"constant", 0, 0, 0.1, 10, 0, 1},
        {"constant", 0, 0, 0.1, 10, 9, 1},
        {"cosine", 0, 0, 0.1, 12, 0, 1},
        {"cosine", 0, 0, 0.1, 12, 4, 0.75}, /* cos 60 degrees is 1/2 */
        {"cosine", 0, 0, 0.1, 12, 6, 0.5},
        {"cosine", 0, 0, 0.1, 12, 8, 0.25},
        {"step", 0, 4, 0.5, 100, 3, 1},
        {"step", 0, 4, 0.5, 100, 4, 0.5},
        {"step", 0, 4, 0.5, 100, 12, 0.125},
        {"step", 0, 0, 0.1, 30, 9, 1}, /* a third of the run */
        {"step", 0, 0, 0.1, 30, 10, 0.1},
        {"step", 0, 0, 0.1, 31, 30, 0.01}, /* two drops, never a third */
        {"step", 0, 0, 0, 30, 10, 0},
        {"onecycle", 0, 0, 0.1, 20, 0, 0.04}, /* peak in the 6th step, end in the 20th */
        {"onecycle", 0, 0, 0.1, 20, 2.5, 0.52},
        {"onecycle", 0, 0, 0.1, 20, 5, 1},
        {"onecycle", 0, 0, 0.1, 20, 12, 0.500002},
        {"onecycle", 0, 0, 0.1, 20, 19, 4e-6},
        {"onecycle", 0, 0, 0.1, 1, 0, 4e-6}, /* a run of one step is at its end */
        {"constant", 4, 0, 0.1, 10, 0, 0.2},
        {"constant", 4, 0, 0.1, 10, 3, 0.8},
        {"constant", 4, 0, 0.1, 10, 4, 1},
        {"cosine", 4, 0, 0.1, 16, 3, 0.8},
        {"cosine", 4, 0, 0.1, 16, 4, 1}, /* the schedule runs over the 12 that are left */
        {"cosine", 4, 0, 0.1, 16, 8, 0.75},
        {"step", 4, 4, 0.5, 100, 8, 0.5},
        {"onecycle", 1, 0, 0.1, 21, 0, 0.02}, /* to its own beginning */
        {"onecycle", 1, 0, 0.1, 21, 6, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        TrainSpec spec = spec_of(rows[i].schedule, rows[i].warmup);
        spec.step_every = rows[i].every;
        spec.step_gamma = rows[i].gamma;
        double got = schedule_factor(&spec, rows[i].step, rows[i].steps);
        if (fabs(got - rows[i].want) > 1e-12)
            fail_msg("%s, row %zu: %.15g instead of %g", rows[i].schedule, i, got, rows[i].want);
    }
}

/* Every schedule: rising warm-up that meets its beginning, factors in [0, 1] for every length. */
static void factors_are_shares(void **state)
{
    (void)state;
    for (const Schedule *s = schedules; s->name; s++)
        for (int64_t warmup = 0; warmup <= 3; warmup++)
            for (int64_t steps = warmup + 1; steps < 40; steps++) {
                TrainSpec spec = spec_of(s->name, warmup);
                double before = 0;
                for (int64_t i = 0; i < steps; i++) {
                    double f = schedule_factor(&spec, (double)i, (double)steps);
                    assert_true(f >= 0 && f <= 1);
                    if (i <= warmup) assert_true(f > before);
                    before = f;
                }
            }
}

/* The options' choices are the rows of the tables. */
static void choices_are_rows(void **state)
{
    (void)state;
    char schedule_rows[128] = "", optimiser_rows[128] = "";
    for (const Schedule *s = schedules; s->name; s++) strcat(strcat(schedule_rows, s == schedules ? "" : "|"), s->name);
    for (const Optimiser *o = optimisers; o->name; o++)
        strcat(strcat(optimiser_rows, o == optimisers ? "" : "|"), o->name);
    for (const JobKind *k = job_kinds; k->name; k++) {
        if (!option_find(k->options, "schedule")) continue; /* nothing is trained */
        assert_string_equal(option_find(k->options, "schedule")->choices, schedule_rows);
        assert_string_equal(option_find(k->options, "optimizer")->choices, optimiser_rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_hand),
        cmocka_unit_test(factors_are_shares),
        cmocka_unit_test(choices_are_rows),
    };
    return cmocka_run_group_tests_name("engine: schedules", tests, NULL, NULL);
}
