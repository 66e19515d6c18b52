/* test_train_options.c - every optimiser, schedule, loss and average: the same bits after a stop at any step and for
 * any number of threads; what they do to weights and gradients; how they diverge. */
#include "test_train_host.h"

#include <math.h>

/* WRN has batch statistics, ViT draws what it drops; both take their time. */
enum { MLP, WRN, VIT, CNN };

static const struct {
    const char *name, *kind;
    int body;
    const char *options;
} settings[] = {
    {"plain", "stage1", MLP, ""},
    {"adamw", "stage1", MLP, "optimizer=adamw weight_decay=0.1 schedule=step step_every=3 step_gamma=0.5"},
    {"sgd", "stage1", MLP, "optimizer=sgd lr=0.05 clip=0.5 weight_decay=0.001 warmup=3"},
    {"nesterov", "stage1", MLP, "optimizer=nesterov lr=0.05 schedule=onecycle augment=crop-flip"},
    {"smoothed", "stage1", MLP, "smoothing=0.1 schedule=onecycle warmup=2 ema=0.9"},
    {"focal", "stage1", MLP, "focal=2 keep=best schedule=step"},
    {"mixup", "stage1", MLP, "mixup=0.4 augment=crop clip=1 ema=0.5 keep=best"},
    {"all", "stage1", WRN,
     "mixup=1 smoothing=0.1 focal=1 ema=0.9 clip=1 optimizer=adamw weight_decay=0.01 augment=flip"},
    {"vit", "stage1", VIT, "optimizer=adamw weight_decay=0.05 warmup=2 smoothing=0.1"},
    {"cnn", "stage1", CNN, "optimizer=sgd lr=0.02 clip=1 ema=0.7 augment=crop"},
    {"tst", "tst", WRN, "ema=0.9 clip=0.1 smoothing=0.05 schedule=cosine"},
    {"vtst", "vtst", WRN, "focal=1 optimizer=nesterov warmup=2 ema=0.8 samples=3"},
    {"faithful", "vtst", WRN, "bn=batch bn_momentum=0.05 mixup=0.4 augment=crop ema=0.9 samples=2"},
    {"end to end", "tst", WRN, "end_to_end=true mixup=0.4 ema=0.9 clip=1 keep=last"},
    {"end to end, V-TST", "vtst", MLP, "end_to_end=true optimizer=adamw weight_decay=0.05 samples=2"},
};
enum { SETTINGS = sizeof settings / sizeof *settings, STEPS = 7 };

static const char *const files[] = {"last.safetensors", "best.safetensors", "valid.safetensors", "test.safetensors"};
enum { FILES = sizeof files / sizeof *files };

/* Seven steps, of which the fifth ends an epoch; evaluations after steps 3, 6 and 7. */
static Job setting(size_t i, const char *name)
{
    Job j = job(settings[i].kind, name);
    set_options(&j, "steps=7 eval_every=3 log_every=2 checkpoint_every=4");
    set_options(&j, settings[i].options);
    if (job_stage(&j) == 2) job_add_parent(&j, "base", NULL);
    static const char *const family[] = {[MLP] = "mlp", [WRN] = "wrn", [VIT] = "vit", [CNN] = "cnn"};
    if (settings[i].body == WRN) return j;
    strcpy(j.model.family, family[settings[i].body]);
    option_defaults(family_find(j.model.family)->options, &j.model);
    j.model.hidden = 8;
    if (settings[i].body != VIT) return j;
    j.model.dim = 16;
    j.model.depth = j.model.heads = 2;
    j.model.dropout = 0.2;
    j.model.drop_path = 0.5;
    return j;
}

static void expect_same_files(const char *runs, const char *name, const char *whole_runs, const char *whole)
{
    for (int f = 0; f < FILES; f++)
        if (file_print(runs, name, files[f]) != file_print(whole_runs, whole, files[f]))
            fail_msg("%s/%s and %s/%s differ in %s", runs, name, whole_runs, whole, files[f]);
}

static void a_stop_at_any_step_leaves_no_trace(void **state)
{
    (void)state;
    make_base("cut", 2);
    Pool *pool = pool_open(2, NULL);
    for (size_t i = 0; i < SETTINGS; i++) {
        char name[32];
        Session s;
        snprintf(name, sizeof name, "whole-%zu", i);
        Job whole = setting(i, name);
        session_open(&s, "cut", &whole, pool, false);
        uint64_t want = session_train(&s, -1, OK);
        session_close(&s);
        bool slow = settings[i].body != MLP; /* at every other step, odd and even ones by turns */
        for (int cut = slow ? (int)(i % 2) : 0; cut < STEPS; cut += slow ? 2 : 1) {
            char again[32];
            snprintf(again, sizeof again, "cut-%zu-%d", i, cut);
            Job j = setting(i, again);
            session_open(&s, "cut", &j, pool, false);
            session_train(&s, cut, ERR_INTERRUPTED);
            session_close(&s);
            session_open(&s, "cut", &j, pool, true);
            if (session_train(&s, -1, OK) != want) fail_msg("%s, cut at step %d: other events", settings[i].name, cut);
            session_close(&s);
            expect_same_files("cut", again, "cut", name);
        }
    }
    pool_close(pool);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    uint64_t want[SETTINGS];
    for (int k = 0; k < 4; k++) {
        char runs[16];
        snprintf(runs, sizeof runs, "pool%d", threads[k]);
        make_base(runs, threads[k]);
        Pool *pool = pool_open(threads[k], NULL);
        for (size_t i = 0; i < SETTINGS; i++) {
            char name[32];
            Session s;
            snprintf(name, sizeof name, "run-%zu", i);
            Job j = setting(i, name);
            session_open(&s, runs, &j, pool, false);
            uint64_t got = session_train(&s, -1, OK);
            session_close(&s);
            if (k == 0) want[i] = got;
            if (got != want[i]) fail_msg("%s: other events with %d threads", settings[i].name, threads[k]);
            expect_same_files(runs, name, "pool1", name);
        }
        pool_close(pool);
    }
    for (size_t i = 0; i < SETTINGS; i++) /* each setting does something */
        for (size_t other = 0; other < i; other++) assert_int_not_equal(want[i], want[other]);
}

static void mixup_says_what_its_accuracy_is(void **state)
{
    (void)state;
    Session s;
    Job j = job("stage1", "says");
    set_options(&j, "mixup=0.4 epochs=1");
    session_open(&s, "inside", &j, NULL, false);
    session_train(&s, -1, OK);
    bool said = false;
    for (ptrdiff_t i = 0; i < s.log.remarks; i++) said |= strstr(s.log.remark[i].as.text, "of mixed images") != NULL;
    assert_true(said);
    double scaled = s.log.epoch[0].as.accuracy * 72;
    assert_true(scaled > 0 && scaled < 72 && scaled != floor(scaled)); /* shares, not counts */
    session_close(&s);
}

static void validations_come_every_k_steps(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        int32_t at[8];
    } rows[] = {{"epochs=2", {5, 10}}, {"epochs=2 eval_every=4", {4, 8, 10}}, {"steps=6 eval_every=2", {2, 4, 6}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Job j = job("stage1", "");
        snprintf(j.name, sizeof j.name, "every-%zu", i);
        set_options(&j, rows[i].options);
        session_open(&s, "inside", &j, NULL, false);
        session_train(&s, -1, OK);
        ptrdiff_t now = 0;
        while (now < s.log.evals && strcmp(s.log.eval[now].as.checkpoint, "now") == 0) now++;
        for (ptrdiff_t k = 0; k < now; k++) assert_int_equal(s.log.eval[k].step, rows[i].at[k]);
        assert_int_equal(rows[i].at[now], 0);
        assert_int_equal(s.log.evals, now + 2); /* and valid and test at the end */
        session_close(&s);
    }
}

/* ---- end to end ---- */

static void end_to_end_trains_everything(void **state)
{
    (void)state;
    Engine *e = engine("whole", 2);
    Err err = {0};
    Job base = job("stage1", "base"), j = job("vtst", "whole"), k = job("tst", "frozen");
    base.train.epochs = 1;
    set_options(&j, "end_to_end=true steps=0 epochs=2 eval_every=0 lr=0.002 samples=4");
    Run *one = submit(e, &base, NULL), *run = submit(e, &j, NULL), *child = submit(e, &k, run);
    finish_well(e, run);
    finish_well(e, one);
    assert_int_equal(run->log.stage[0].stage, 1);
    assert_string_equal(run->log.stage[0].as.name, "V-TST end to end");
    assert_string_equal(run->log.stage[0].as.body, "");
    assert_true(run->log.stage[0].as.parameters > one->log.stage[0].as.parameters);
    assert_true(run->log.step[run->log.steps - 1].as.kl > 0);
    assert_int_equal(run->log.epochs, 2);
    Predictions *pred = engine_predictions(e, run, SPLIT_TEST, &err);
    assert_non_null(pred);
    assert_int_equal(pred->n, 40);
    finish_well(e, child); /* its body can be frozen like any other */
    assert_int_equal(child->log.stage[0].stage, 2);
    engine_close(e);
}

/* ---- what goes wrong ---- */

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *from, *options, *says;
    } rows[] = {
        {"stage1", "", "warmup=15", "warmup = 15 leaves nothing of the run's 15 steps"},
        {"tst", "base", "end_to_end=true", "`from` has no meaning"},
        {"tst", "", "end_to_end=true checkpoint=best", "`checkpoint` has no meaning"},
        {"tst", "", "end_to_end=true bn=batch", "`bn` has no meaning"},
        {"tst", "", "end_to_end=true features=cached", "`features` has no meaning"},
        {"tst", "base", "features=cached mixup=0.2", "cannot go with mixup"},
        {"tst", "", "", "needs `from`"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Job j = job(rows[i].kind, "never");
        Err err = {0};
        if (*rows[i].from) job_add_parent(&j, rows[i].from, NULL);
        set_options(&j, rows[i].options);
        assert_int_equal(job_check(&j, images, &err), ERR_USAGE);
        if (!strstr(err.msg, rows[i].says)) fail_msg("row %zu: %s", i, err.msg);
    }
}

static void every_loss_diverges_with_a_clear_error(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "mixup=0.4",
                                       "focal=2",
                                       "smoothing=0.1",
                                       "ema=0.9",
                                       "optimizer=nesterov",
                                       "mixup=0.4 focal=0.5 smoothing=0.1"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Err err = {0};
        Job j = job("stage1", "");
        snprintf(j.name, sizeof j.name, "wild-%zu", i);
        set_options(&j, "optimizer=sgd schedule=constant lr=1000 momentum=0.99 epochs=200 checkpoint_every=1");
        set_options(&j, rows[i]);
        session_open(&s, "wild", &j, NULL, false);
        if (train(&s.task, &err) != ERR_DIVERGED) fail_msg("\"%s\" does not diverge: %s", rows[i], err.msg);
        bool where = strstr(err.msg, "(first bad ") || strstr(err.msg, "(weights and gradients are finite)");
        if (!where || !strstr(err.msg, " after step ") || !strstr(err.msg, "the last good checkpoint is of step ") ||
            !strstr(err.msg, "; lower lr (now 1000)"))
            fail_msg("\"%s\": %s", rows[i], err.msg);
        session_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_at_any_step_leaves_no_trace),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(mixup_says_what_its_accuracy_is),
        cmocka_unit_test(validations_come_every_k_steps),
        cmocka_unit_test(end_to_end_trains_everything),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(every_loss_diverges_with_a_clear_error),
    };
    return cmocka_run_group_tests_name("engine: options", tests, open_lab, close_lab);
}
