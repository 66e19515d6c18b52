/* test_train_step.c - one step, seen from inside: gradients, their norm, averages, mixed images, and what goes wrong
 * in them. */
#include "test_train_host.h"

#include "base/rng.h"
#include <math.h>

/* A training that is opened, not run: long, so that no event falls due. */
static void open_training(Session *s, Training *t, Job *j, const char *kind, const char *family, const char *options)
{
    static int number;
    Err err = {0};
    *j = job(kind, "");
    snprintf(j->name, sizeof j->name, "inside-%d", ++number);
    strcpy(j->model.family, family);
    option_defaults(family_find(family)->options, &j->model);
    set_options(j, "steps=1000 log_every=1000 schedule=constant eval_every=1000");
    set_options(j, options);
    session_open(s, "inside", j, NULL, false);
    if (training_open(t, &s->task, &err) != OK) fail_msg("%s", err.msg);
}

static void close_training(Session *s, Training *t)
{
    training_close(t);
    session_close(s);
}

/* Length of the way from `before` (size) to the net's weights, squared. */
static double way(const Net *net, const float *before)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < net->trained; i++) sum += pow((double)net->values[i] - (double)before[i], 2);
    return sum;
}

static float *copy_of(const Net *net)
{
    float *copy = malloc((size_t)net->size * sizeof *copy);
    assert_non_null(copy);
    return memcpy(copy, net->values, (size_t)net->size * sizeof *copy);
}

/* Plain SGD moves the weights by lr times the gradient: what is longer than `clip` comes out as long as it, body and
 * head together. */
static void long_gradients_are_clipped(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double length, want;
    } rows[] = {
        {"optimizer=sgd momentum=0 lr=0.1", 50, 5},
        {"optimizer=sgd momentum=0 lr=0.1 clip=2", 50, 0.2},
        {"optimizer=sgd momentum=0 lr=0.1 clip=2", 1.5, 0.15},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Training t;
        Job j;
        Err err = {0};
        open_training(&s, &t, &j, "stage1", "wrn", rows[i].options);
        ptrdiff_t all = t.body->trained + t.head->trained;
        float each = (float)(rows[i].length / sqrt((double)all)), *body = copy_of(t.body), *head = copy_of(t.head);
        for (ptrdiff_t k = 0; k < t.body->trained; k++) tape_grads(t.body_tape)[k] = each;
        for (ptrdiff_t k = 0; k < t.head->trained; k++) tape_grads(t.head_tape)[k] = -each;
        assert_int_equal(training_update(&t, 16, &err), OK);
        double got = sqrt(way(t.body, body) + way(t.head, head));
        if (fabs(got - rows[i].want) > 1e-4 * rows[i].want)
            fail_msg("%s: %g instead of %g", rows[i].options, got, rows[i].want);
        free(body);
        free(head);
        close_training(&s, &t);
    }
}

/* Without a gradient AdamW, and SGD with L2, only shrink by lr times weight_decay: kernels and matrices, never biases
 * or batch normalisation. */
static void decay_spares_biases(void **state)
{
    (void)state;
    static const char *const rows[] = {"optimizer=adamw lr=0.1 weight_decay=0.5",
                                       "optimizer=sgd momentum=0 lr=0.1 weight_decay=0.5"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Training t;
        Job j;
        Err err = {0};
        int spared = 0, decayed = 0;
        open_training(&s, &t, &j, "stage1", "wrn", rows[i]);
        float *before = copy_of(t.body);
        assert_int_equal(training_update(&t, 16, &err), OK); /* of the tape's first gradients, all 0 */
        for (const Param *p = t.body->param; p < t.body->param + t.body->params; p++)
            for (ptrdiff_t k = p->offset; p->trained && k < p->offset + p->size; k++) {
                bool kernel = p->dims > 1;
                float want = kernel ? before[k] * 0.95f : before[k];
                if (fabsf(t.body->values[k] - want) > 1e-6f) fail_msg("%s: %s", rows[i], p->name);
                kernel ? decayed++ : spared++;
            }
        assert_true(spared > 0 && decayed > 0);
        free(before);
        close_training(&s, &t);
    }
}

/* The averages against their definition in double, running statistics included; evaluations see them. */
static void averages_follow_the_weights(void **state)
{
    (void)state;
    Session s;
    Training t;
    Job j;
    Err err = {0};
    open_training(&s, &t, &j, "stage1", "wrn", "ema=0.3 lr=0.01");
    ptrdiff_t size = t.body->size;
    double *mean = malloc((size_t)size * sizeof *mean);
    for (ptrdiff_t i = 0; i < size; i++) mean[i] = (double)t.body->values[i];
    static const double keep[] = {0.1, 2.0 / 11, 0.25, 0.3, 0.3}; /* (1 + t) / (10 + t), at most .3 */
    for (int step = 0; step < 5; step++) {
        if (training_step(&t, &err) != OK) fail_msg("%s", err.msg);
        for (ptrdiff_t i = 0; i < size; i++)
            mean[i] = keep[step] * mean[i] + (1 - keep[step]) * (double)t.body->values[i];
    }
    double apart = 0;
    for (ptrdiff_t i = 0; i < size; i++) {
        if (fabs((double)t.shown_body->values[i] - mean[i]) > 1e-6 * (1 + fabs(mean[i]))) fail_msg("value %td", i);
        apart = fmax(apart, fabs(mean[i] - (double)t.body->values[i]));
    }
    assert_true(apart > 1e-3);
    free(mean);
    training_keep_best(&t);
    assert_memory_equal(t.best_body->values, t.shown_body->values, (size_t)size * sizeof(float));
    close_training(&s, &t);
}

static void mixup_follows_its_stream(void **state)
{
    (void)state;
    Session s;
    Training t;
    Job j;
    Err err = {0};
    open_training(&s, &t, &j, "stage1", "wrn", "mixup=0.7 augment=crop");
    ptrdiff_t floats = (images->h + 2) * (images->w + 2) * images->c;
    for (int step = 0; step < 3; step++) {
        int32_t partner[16];
        Rng stream = rng_stream(1, RNG_MIXUP, (uint32_t)step, 0);
        float share = (float)rng_beta(&stream, 0.7);
        for (int r = 0; r < 16; r++) partner[r] = r;
        rng_shuffle(&stream, partner, 16);
        double right = t.at.epoch_right;
        if (training_step(&t, &err) != OK) fail_msg("%s", err.msg);
        assert_true(t.share == share && t.at.epoch_right - right <= 16);
        assert_memory_equal(t.partner, partner, sizeof partner);
        for (int r = 0; r < 16; r++) {
            assert_int_equal(t.others[r], t.labels[partner[r]]);
            for (ptrdiff_t i = 0; i < floats; i++)
                assert_true(tape_input(t.body_tape)[r * floats + i] ==
                            share * t.unmixed[r * floats + i] + (1 - share) * t.unmixed[partner[r] * floats + i]);
        }
    }
    close_training(&s, &t);
}

/* ---- the objective ---- */

/* The objective of the coming step with one weight shifted; nothing moves. */
static double objective(Training *t, float *weight, float shift)
{
    const Position at = t->at;
    const float kept = *weight, *body = copy_of(t->body), *head = copy_of(t->head);
    Err err = {0};
    *weight = kept + shift;
    if (training_step(t, &err) != OK) fail_msg("%s", err.msg);
    double loss = t->at.window_loss - at.window_loss;
    memcpy(t->body->values, body, (size_t)t->body->size * sizeof(float));
    memcpy(t->head->values, head, (size_t)t->head->size * sizeof(float));
    free((void *)body);
    free((void *)head);
    *weight = kept;
    t->at = at;
    return loss;
}

/* What is told as the loss is what the gradient is of: central differences at a few weights of body and head. The body
 * is a perceptron, which has few kinks. */
static void gradients_are_of_the_objective(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *options;
    } rows[] = {
        {"stage1", ""},
        {"stage1", "mixup=0.5 smoothing=0.2 focal=2"},
        {"tst", "end_to_end=true focal=1"},
        {"vtst", "end_to_end=true kl_weight=0.05"},
        {"vtst", "end_to_end=true kl_weight=0.05 mixup=0.5 smoothing=0.1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Training t;
        Job j;
        open_training(&s, &t, &j, rows[i].kind, "mlp", rows[i].options);
        objective(&t, t.body->values, 0); /* leaves its gradients behind */
        Net *const nets[] = {t.body, t.head};
        Tape *const tapes[] = {t.body_tape, t.head_tape};
        for (int n = 0; n < 2; n++) {
            float *grads = malloc((size_t)nets[n]->trained * sizeof *grads), most = 0;
            memcpy(grads, tape_grads(tapes[n]), (size_t)nets[n]->trained * sizeof *grads);
            for (ptrdiff_t k = 0; k < nets[n]->trained; k++) most = fmaxf(most, fabsf(grads[k]));
            assert_true(most > 1e-3f);
            for (ptrdiff_t k = 0; k < nets[n]->trained; k += nets[n]->trained / 7) {
                const float step = 1e-3f;
                double up = objective(&t, &nets[n]->values[k], step), down = objective(&t, &nets[n]->values[k], -step);
                double want = (up - down) / (2 * (double)step);
                if (fabs(want - (double)grads[k]) > 0.01 * (double)most + 1e-4)
                    fail_msg("row %zu, %s weight %td: %g instead of %g", i, n ? "head" : "body", k, (double)grads[k],
                             want);
            }
            free(grads);
        }
        close_training(&s, &t);
    }
}

/* ---- what goes wrong ---- */

/* A gradient that is no number stops the run before it reaches the weights. */
static void bad_gradients_are_named(void **state)
{
    (void)state;
    static const struct {
        float bad;
        const char *says;
    } rows[] = {{NAN, "the gradient is NaN after step 0 (first bad gradient: init_conv.weight)"},
                {INFINITY, "the gradient is infinite after step 0 (first bad gradient: init_conv.weight)"}};
    Session s;
    Training t;
    Job j;
    Err err = {0};
    open_training(&s, &t, &j, "stage1", "wrn", "");
    for (int i = 0; i < 2; i++) {
        float *before = copy_of(t.body);
        tape_grads(t.body_tape)[net_param(t.body, "init_conv.weight")->offset + 3] = rows[i].bad;
        assert_int_equal(training_update(&t, 16, &err), ERR_DIVERGED);
        if (!strstr(err.msg, rows[i].says)) fail_msg("%s", err.msg);
        assert_true(way(t.body, before) == 0);
        free(before);
    }
    close_training(&s, &t);
}

static void bad_answers_are_named(void **state)
{
    (void)state;
    Session s;
    Training t;
    Job j;
    Event event;
    Err err = {0};
    open_training(&s, &t, &j, "stage1", "wrn", "");
    assert_int_equal(training_open_evaluator(&t, &err), OK);
    assert_int_equal(training_evaluate(&t, SPLIT_VALID, "now", &event, &err), OK);
    t.head->values[net_param(t.head, "logits.bias")->offset] = NAN;
    assert_int_equal(training_evaluate(&t, SPLIT_VALID, "now", &event, &err), ERR_DIVERGED);
    assert_non_null(strstr(err.msg, "the network's answers are NaN after step 0 (first bad weights: logits.bias)"));
    close_training(&s, &t);
}

static void a_body_that_was_changed_is_reported(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "features=faithful", "bn=batch"};
    make_base("tampered", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Training t;
        Err err = {0};
        Job j = job("tst", "");
        snprintf(j.name, sizeof j.name, "tampered-%zu", i);
        job_add_parent(&j, "base", NULL);
        set_options(&j, rows[i]);
        session_open(&s, "tampered", &j, NULL, false);
        if (training_open(&t, &s.task, &err) != OK) fail_msg("%s", err.msg);
        t.body->values[7] += 1e-6f;
        assert_int_equal(training_finish(&t, &err), ERR_STATE);
        assert_non_null(strstr(err.msg, "the frozen body changed during stage 2"));
        close_training(&s, &t);
    }
}

/* The parent is trained anew between a stop and a resume: what was begun on the old body is not ended on the new one.
 */
static void a_resume_wants_its_own_body(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "bn=batch"};
    char from[256], to[256];
    make_base("anew", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Session s;
        Err err = {0};
        Job j = job("tst", ""), other = job("stage1", "");
        snprintf(j.name, sizeof j.name, "child-%zu", i);
        job_add_parent(&j, "base", NULL);
        set_options(&j, rows[i]);
        session_open(&s, "anew", &j, NULL, false);
        session_train(&s, 3, ERR_INTERRUPTED);
        session_close(&s);
        snprintf(other.name, sizeof other.name, "other-%zu", i);
        other.train.epochs = 1;
        other.train.seed = 7 + (int64_t)i;
        session_open(&s, "anew", &other, NULL, false);
        session_train(&s, -1, OK);
        session_close(&s);
        snprintf(from, sizeof from, "%s/anew/%s/last.safetensors", folder, other.name);
        snprintf(to, sizeof to, "%s/anew/base/last.safetensors", folder);
        assert_int_equal(rename(from, to), 0);
        session_open(&s, "anew", &j, NULL, true);
        assert_int_equal(train(&s.task, &err), ERR_STATE);
        if (!strstr(err.msg, "no longer the one that this run began with: run base was changed"))
            fail_msg("%s", err.msg);
        session_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_gradients_are_clipped),     cmocka_unit_test(decay_spares_biases),
        cmocka_unit_test(averages_follow_the_weights),    cmocka_unit_test(mixup_follows_its_stream),
        cmocka_unit_test(gradients_are_of_the_objective), cmocka_unit_test(bad_gradients_are_named),
        cmocka_unit_test(bad_answers_are_named),          cmocka_unit_test(a_body_that_was_changed_is_reported),
        cmocka_unit_test(a_resume_wants_its_own_body),
    };
    return cmocka_run_group_tests_name("engine: a step", tests, open_lab, close_lab);
}
