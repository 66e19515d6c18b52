/* job.c - the option tables of training, and what cannot be together. Pure functions; any thread. */
#include "run/job.h"

#include "base/text.h"
#include "calib/calibrator.h"
#include "kernel/loss.h"
#include <string.h>

/* The defaults are those of the recipe `small` (lua/recipes.lua), so that the tables alone make a sensible run. */

#define AT(field) offsetof(TrainSpec, field)

/* Of every training. */
static const Option course_options[] = {
    {"recipe", OPTION_TEXT, AT(recipe), "small", 0, 0, NULL, "named set of options; printed with every result"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 0x1p53, NULL, "of weights, order, augmentation and draws"},
    {"epochs", OPTION_INT, AT(epochs), "30", 1, 1e6, NULL, "passes over the training images"},
    {"steps", OPTION_INT, AT(steps), "0", 0, 1e9, NULL, "length in optimiser steps instead; 0 = by epochs"},
    {"batch", OPTION_INT, AT(batch), "32", 2, 65536, NULL, "images a step"},
    {"lr", OPTION_REAL, AT(lr), "2e-3", 1e-12, 1e3, NULL, "learning rate"},

    {"schedule", OPTION_CHOICE, AT(schedule), "cosine", 0, 0, "constant|cosine|step|onecycle",
     "of the learning rate over the run; cosine and onecycle end near 0"},
    {"warmup", OPTION_INT, AT(warmup), "0", 0, 1e9, NULL, "steps of linear warm-up before the schedule"},
    {"step_every", OPTION_INT, AT(step_every), "0", 0, 1e9, NULL,
     "of schedule \"step\": steps between two drops; 0 = a third of the run"},
    {"step_gamma", OPTION_REAL, AT(step_gamma), "0.1", 0, 1, NULL, "of schedule \"step\": factor of each drop"},

    {"optimizer", OPTION_CHOICE, AT(optimizer), "adam", 0, 0, "adam|adamw|sgd|nesterov",
     "Adam, AdamW, SGD with momentum, or with Nesterov's"},
    {"momentum", OPTION_REAL, AT(momentum), "0.9", 0, 0.9999, NULL, "of sgd and nesterov"},
    {"weight_decay", OPTION_REAL, AT(weight_decay), "0", 0, 1, NULL,
     "of kernels and matrices only: L2, added to the gradient; adamw: decoupled"},
    {"clip", OPTION_REAL, AT(clip), "0", 0, 1e9, NULL, "largest norm of the whole gradient; 0 = any"},
    {"ema", OPTION_REAL, AT(ema), "0", 0, 0.999999, NULL,
     "decay of the averaged weights that are evaluated and kept; 0 = no averages"},

    {"loss", OPTION_CHOICE, AT(loss), "cross-entropy", 0, 0, LOSS_NAMES,
     "what is minimised on the training images; of vtst the part beside the KL"},
    {"smoothing", OPTION_REAL, AT(smoothing), "0", 0, 0.9999, NULL,
     "label smoothing: the share of the target spread over all classes"},
    {"focal", OPTION_REAL, AT(focal), "0", 0, 100, NULL, "gamma of the focal loss; 0 = plain cross-entropy"},
    {"mixup", OPTION_REAL, AT(mixup), "0", 0, 100, NULL,
     "alpha: pairs of images are mixed with shares from Beta(alpha, alpha); 0 = no mixing"},
    {"augment", OPTION_CHOICE, AT(augment), "none", 0, 0, "none|crop|flip|crop-flip",
     "random crop after padding by 4, and horizontal flip"},

    {"log_every", OPTION_INT, AT(log_every), "10", 1, 1e6, NULL, "steps between STEP events"},
    {"checkpoint_every", OPTION_INT, AT(checkpoint_every), "0", 0, 1e9, NULL,
     "steps between checkpoints; 0 = every evaluation"},
    {"patience", OPTION_INT, AT(patience), "0", 0, 1e9, NULL,
     "stop after so many steps without a lower validation NLL; 0 = never"},
    {"eval_every", OPTION_INT, AT(eval_every), "0", 0, 1e9, NULL, "steps between validations; 0 = every epoch"},
    {"keep", OPTION_CHOICE, AT(keep), "last", 0, 0, "best|last",
     "whose predictions are the result: lowest validation NLL, or last step"},
    {0},
};

const Option stage1_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, course_options, NULL},
    {"bn_momentum", OPTION_REAL, AT(bn_momentum), "0.1", 0, 1, NULL, "running statistics = (1 - m) running + m batch"},
    {0},
};

const Option tst_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, course_options, NULL},
    {"epochs", OPTION_USUAL, .initial = "40"},
    {"steps", OPTION_USUAL, .initial = "1500", .help = "most optimiser steps; 0 = by epochs"},
    {"batch", OPTION_USUAL, .initial = "256"},
    {"lr", OPTION_USUAL, .initial = "1e-4"},
    {"schedule", OPTION_USUAL, .initial = "constant"},
    {"patience", OPTION_USUAL, .initial = "200"},
    {"eval_every", OPTION_USUAL, .initial = "10"},
    {"keep", OPTION_USUAL, .initial = "best"},
    {"checkpoint", OPTION_CHOICE, AT(checkpoint), "", 0, 0, "|best|last",
     "the parent's network to freeze; \"\" = the one it keeps"},
    {"bn", OPTION_CHOICE, AT(bn), "frozen", 0, 0, "frozen|batch",
     "batch normalisation of the body: running statistics, or each batch's own"},
    {"bn_momentum", OPTION_REAL, AT(bn_momentum), "0", 0, 1, NULL,
     "running statistics = (1 - m) running + m batch; 0 = the parent's, end to end 0.1"},
    {"end_to_end", OPTION_BOOL, AT(end_to_end), "false", 0, 0, NULL,
     "freeze nothing: train body and classifier together, from scratch"},
    {"features", OPTION_CHOICE, AT(features), "auto", 0, 0, "auto|cached|faithful",
     "compute the features once, or through the body at every step"},
    {"z", OPTION_INT, AT(z), "128", 1, 65536, NULL, "units of the last hidden layer"},
    {0},
};

const Option vtst_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, tst_options, NULL},
    {"samples", OPTION_INT, AT(samples), "10", 0, 10000, NULL, "draws of z in a prediction (M); 0 = z is its mean"},
    {"kl_weight", OPTION_REAL, AT(kl_weight), "0.00078125", 0, 1e6, NULL,
     "of the KL summed over Z (default 0.1 / 128)"},
    {0},
};

/* ---- what is known of a job of any kind ---- */

const JobKind *job_kind(const char *name)
{
    for (const JobKind *k = job_kinds; k->name; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

Status job_add_parent(Job *job, const char *name, Err *err)
{
    if (job->parents == PARENTS_MOST)
        return err_set(err, ERR_USAGE, "a run is made from at most %d others", PARENTS_MOST);
    text_copy(job->parent[job->parents++], RUN_NAME_SIZE, name);
    return OK;
}

const char *job_from(const Job *job)
{
    return job->parents > 0 ? job->parent[0] : "";
}

const char *job_text(const Job *job, const char *option, char dst[OPTION_TEXT_SIZE])
{
    const Option *o = option_find(job->kind->options, option);
    if (!o) return "";
    return option_text(o, job_spec(job), dst, OPTION_TEXT_SIZE);
}

double job_number(const Job *job, const char *option, double missing)
{
    const Option *o = option_find(job->kind->options, option);
    return o && o->kind < OPTION_TEXT ? option_number(o, job_spec(job)) : missing;
}

bool job_end_to_end(const Job *job)
{
    return job_number(job, "end_to_end", 0) != 0;
}

int job_stage(const Job *job)
{
    return job_end_to_end(job) ? 1 : job->kind->stage;
}

const char *job_title(const Job *job)
{
    if (job_end_to_end(job)) return job->kind->end_to_end_title;
    const Calibrator *c = job->kind->title ? NULL : calibrator_find(job->calibrate.method, NULL);
    return c ? c->title : job->kind->title ? job->kind->title : job->kind->name;
}

const char *job_method(const Job *job)
{
    if (job_end_to_end(job)) return job->kind->end_to_end_title;
    return job->kind->method ? job->kind->method : job->calibrate.method;
}

int job_rank(const Job *job)
{
    enum { RANKS = 16 };
    return job->kind->rank + (job_end_to_end(job) ? RANKS : 0);
}

/* ---- checks ---- */

static int64_t steps_per_epoch(const TrainSpec *t, const Dataset *data)
{
    return (data->split[SPLIT_TRAIN].n + t->batch - 1) / t->batch;
}

int64_t job_steps(const Job *job, const Dataset *data)
{
    return job->train.steps > 0 ? job->train.steps : job->train.epochs * steps_per_epoch(&job->train, data);
}

bool job_faithful(const Job *job)
{
    const TrainSpec *t = &job->train;
    return job_stage(job) == 2 && (strcmp(t->features, "faithful") == 0 || strcmp(t->bn, "batch") == 0 ||
                                   strcmp(t->augment, "none") != 0 || t->mixup > 0);
}

static Status check_length(const Job *job, const Dataset *data, Err *err)
{
    const TrainSpec *t = &job->train;
    if (t->batch > data->split[SPLIT_TRAIN].n)
        return err_set(err, ERR_USAGE, "batch = %lld exceeds the %td training images; lower batch", (long long)t->batch,
                       data->split[SPLIT_TRAIN].n);
    int64_t most = INT32_MAX / steps_per_epoch(t, data);
    if (t->steps == 0 && t->epochs > most)
        return err_set(err, ERR_USAGE, "epochs = %lld: at most %d steps in all, which are %lld epochs here",
                       (long long)t->epochs, INT32_MAX, (long long)most);
    if (t->warmup >= job_steps(job, data) && t->warmup > 0)
        return err_set(err, ERR_USAGE, "warmup = %lld leaves nothing of the run's %lld steps; lower warmup",
                       (long long)t->warmup, (long long)job_steps(job, data));
    return OK;
}

/* Options of the loss that it does not read. */
static Status check_loss(const TrainSpec *t, Err *err)
{
    const Loss *loss = loss_find(t->loss);
    const struct {
        const char *name;
        double value;
    } option[] = {{"smoothing", t->smoothing}, {"focal", t->focal}, {"mixup", t->mixup}};
    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (option[i].value > 0 && !loss_reads(loss, option[i].name))
            return err_set(err, ERR_USAGE,
                           "%s = %g cannot go with loss = \"%s\", which is %s and has no place for it; leave one out",
                           option[i].name, option[i].value, loss->name, loss->formula);
    return OK;
}

Status job_check_network(const Job *job, const Dataset *data, Err *err)
{
    const Family *family = family_find(job->model.family);
    if (!family) return err_set(err, ERR_USAGE, "'%.60s' is no family of networks", job->model.family);
    if (normalise_check(&job->normalise, data, err) != OK) return ERR_USAGE;
    for (int s = SPLIT_VALID; s < SPLITS; s++)
        if (data->split[s].n < 1)
            return err_set(err, ERR_USAGE, "no %s images; set %s when loading the data", split_name[s], split_name[s]);
    return family->check(&job->model, (Shape){data->h, data->w, data->c}, err);
}

/* What of stage 2 makes no sense without a frozen body; NULL when all is well. */
static const char *frozen_only(const Job *job)
{
    const TrainSpec *t = &job->train;
    if (job->parents > 0) return "from";
    if (t->checkpoint[0]) return "checkpoint";
    if (strcmp(t->bn, "frozen") != 0) return "bn";
    if (strcmp(t->features, "auto") != 0) return "features";
    return NULL;
}

/* "augmentation": what changes the features at every step. */
static const char *feature_changer(const TrainSpec *t)
{
    if (strcmp(t->augment, "none") != 0) return "augmentation";
    if (t->mixup > 0) return "mixup";
    return strcmp(t->bn, "batch") == 0 ? "bn = \"batch\"" : NULL;
}

Status job_check_training(const Job *job, const Dataset *data, Err *err)
{
    const TrainSpec *t = &job->train;
    bool stage2 = job_stage(job) == 2;
    const char *changer = stage2 ? feature_changer(t) : NULL, *frozen = t->end_to_end ? frozen_only(job) : NULL;
    if (frozen)
        return err_set(err, ERR_USAGE, "end_to_end freezes no body, so that `%s` has no meaning; leave it out", frozen);
    if (stage2 && job->parents == 0)
        return err_set(err, ERR_USAGE,
                       "%s needs `from`, the run whose body it freezes (or end_to_end = true with `data`)",
                       job->kind->name);
    if (changer && strcmp(t->features, "cached") == 0)
        return err_set(err, ERR_USAGE,
                       "features = \"cached\" cannot go with %s, which changes the features at every step; "
                       "use features = \"faithful\"",
                       changer);
    Status fits = check_loss(t, err);
    if (fits == OK) fits = check_length(job, data, err);
    return fits == OK ? job_check_network(job, data, err) : fits;
}

Status job_check(const Job *job, const Dataset *data, Err *err)
{
    const JobKind *kind = job->kind;
    if (job->parents < kind->parents_least || job->parents > kind->parents_most)
        return err_set(err, ERR_USAGE, "%s is made from %d to %d runs, not from %d", kind->name, kind->parents_least,
                       kind->parents_most, job->parents);
    return kind->check(job, data, err);
}
