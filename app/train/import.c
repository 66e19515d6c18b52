/* import.c - a run that trains nothing: weights of other software are copied into its folder and judged. See
 * import.h. import_job: main thread; import_run: worker thread. */
#include "train/import.h"

#include "base/text.h"
#include "nn/weights.h"
#include "train/training.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ---- */

#define AT(field) offsetof(ImportSpec, field)

const Option load_options[] = {
    {"names", OPTION_CHOICE, AT(names), "auto", 0, 0, WEIGHT_NAMES, "whose names the tensors have; auto finds out"},
    {"padding", OPTION_CHOICE, AT(padding), "", 0, 0, "|same|one",
     "of a wrn's 3x3 convolutions of stride 2; \"\" = as the file or its names say"},
    {"bn_momentum", OPTION_REAL, AT(bn_momentum), "0.1", 0, 1, NULL, "of a stage 2 made from it with bn = \"batch\""},
    {"samples", OPTION_INT, AT(samples), "-1", -1, 10000, NULL,
     "draws of z of a V-TST head; -1 = as the file says, else 10"},
    {"seed", OPTION_INT, AT(seed), "-1", -1, 0x1p53, NULL, "of those draws; -1 = as the file says, else --seed"},
    {0},
};
#undef AT

#define AT(field) offsetof(TrainSpec, field)

const Option import_options[] = {
    {"recipe", OPTION_TEXT, AT(recipe), "imported", 0, 0, NULL, "always imported"},
    {"seed", OPTION_INT, AT(seed), "1", 0, 0x1p53, NULL, "of draws"},
    {"file", OPTION_TEXT, AT(file), "", 0, 0, NULL, "where the weights came from"},
    {"hash", OPTION_TEXT, AT(hash), "", 0, 0, NULL, "XXH3 of that file, 64 bits (xxhsum -H3)"},
    {"names", OPTION_TEXT, AT(names), "", 0, 0, NULL, "whose names its tensors have"},
    {"keep", OPTION_CHOICE, AT(keep), "best", 0, 0, "best", "there is one network, in best.safetensors"},
    {"bn_momentum", OPTION_REAL, AT(bn_momentum), "0.1", 0, 1, NULL, "of a stage 2 with bn = \"batch\""},
    {0},
};

const Option import_tst_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, import_options, NULL},
    {"z", OPTION_INT, AT(z), "128", 1, 65536, NULL, "units of the last hidden layer"},
    {0},
};

const Option import_vtst_options[] = {
    {"", OPTION_GROUP, 0, NULL, 0, 0, import_tst_options, NULL},
    {"samples", OPTION_INT, AT(samples), "10", 0, 10000, NULL, "draws of z in a prediction (M); 0 = z is its mean"},
    {0},
};
#undef AT

/* ---- the file ---- */

static Status hash_file(const char *path, char hash[OPTION_TEXT_SIZE], Err *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    Status done = file_read(path, PTRDIFF_MAX, false, &bytes, &size, err);
    if (done != OK) return done;
    snprintf(hash, OPTION_TEXT_SIZE, "%016llx", (unsigned long long)fingerprint(bytes, size, 0));
    free(bytes);
    return OK;
}

/* Both nets of a job for these images, with the file's weights. */
static Status open_nets(const Job *job, const Dataset *data, const Weights *w, Net **body, Net **head, Err *err)
{
    HeadSpec spec = {.z = job->train.z};
    snprintf(spec.kind, sizeof spec.kind, "%s", job->kind->head);
    if (w->info.classes != data->classes)
        return err_set(err, ERR_USAGE, "%s: the network tells %td classes apart, and the images of %s have %td",
                       job->train.file, w->info.classes, data->spec.name, data->classes);
    *body = net_body(&job->model, (Shape){data->h, data->w, data->c}, err);
    if (!*body) return ERR_USAGE;
    *head = net_head(&spec, (*body)->output.c, data->classes, err);
    if (!*head) return ERR_USAGE;
    (*body)->bn_momentum = (float)job->train.bn_momentum;
    return weights_load(w, job->train.file, *body, *head, err);
}

/* ---- the job ---- */

static const TrainKind *kind_of(const char *head)
{
    for (const TrainKind *k = train_kinds; k->name; k++)
        if (k->imported && strcmp(k->head, head) == 0) return k;
    return NULL;
}

_Static_assert((int)WEIGHTS_CHANNELS_MOST == (int)DATA_MAX_CHANNELS, "a file's mean and sd have room");

static Normalise normalise_from(const ImportSpec *spec, const WeightsInfo *info)
{
    Normalise n = {.channels = info->channels};
    if (spec->normalise.channels) return spec->normalise;
    memcpy(n.mean, info->mean, sizeof n.mean);
    memcpy(n.sd, info->sd, sizeof n.sd);
    return n;
}

static void fill_job(Job *job, const ImportSpec *spec, const Weights *w, const Dataset *data, int64_t seed)
{
    const WeightsInfo *info = &w->info;
    *job = (Job){.kind = kind_of(info->head.kind), .data = data->spec, .model = info->model};
    TrainSpec *train = &job->train;
    option_defaults(job->kind->options, train);
    text_copy(train->file, sizeof train->file, spec->file);
    text_copy(train->names, sizeof train->names, w->map->name);
    if (spec->padding[0]) text_copy(job->model.padding, sizeof job->model.padding, spec->padding);
    job->normalise = normalise_from(spec, info);
    train->bn_momentum = spec->bn_momentum;
    train->seed = spec->seed >= 0 ? spec->seed : info->seed >= 0 ? info->seed : seed;
    train->z = info->head.z;
    if (spec->samples >= 0 || info->samples >= 0) train->samples = spec->samples >= 0 ? spec->samples : info->samples;
}

Status import_job(Job *job, const ImportSpec *spec, const Dataset *data, int64_t seed, Err *err)
{
    Net *body = NULL, *head = NULL;
    Weights w;
    Status done = weights_open(&w, spec->file, spec->names, err);
    if (done != OK) return done;
    fill_job(job, spec, &w, data, seed);
    TRY(done = job_check(job, data, err));
    TRY(done = open_nets(job, data, &w, &body, &head, err));
    TRY(done = hash_file(spec->file, job->train.hash, err));
fail:
    net_release(body);
    net_release(head);
    weights_close(&w);
    return done;
}

/* ---- the run ---- */

static Status load(Training *t, Err *err)
{
    char hash[OPTION_TEXT_SIZE];
    const char *path = t->spec->file;
    Weights w;
    TRY(hash_file(path, hash, err));
    if (strcmp(hash, t->spec->hash) != 0)
        return err_set(err, ERR_STATE,
                       "%s has changed since this run was asked for (its hash was %s, and is %s); load "
                       "it anew",
                       path, t->spec->hash, hash);
    TRY(weights_open(&w, path, t->spec->names, err));
    Status done = open_nets(t->job, t->data, &w, &t->body, &t->head, err);
    weights_close(&w);
    return done;
fail:
    return err ? err->code : ERR_IO;
}

static Status open_import(Training *t, const TrainTask *task, Err *err)
{
    *t = (Training){.task = task,
                    .job = task->job,
                    .spec = &task->job->train,
                    .data = task->data,
                    .pool = task->pool,
                    .stage2 = task->job->kind->stage == 2,
                    .faithful = true, /* nothing is cached */
                    .n = task->data->split[SPLIT_TRAIN].n,
                    .classes = task->data->classes,
                    .steps_per_epoch = 1,
                    .saved_step = -1};
    TRY(load(t, err));
    t->shown_body = net_retain(t->body);
    t->shown_head = net_retain(t->head);
    t->frozen = training_frozen(t);
    if (!(t->best_head = net_copy(t->head, err))) goto fail;
    return training_open_evaluator(t, err);
fail:
    return err ? err->code : ERR_MEMORY;
}

/* A resumed import begins anew: it has no checkpoint to go on from. */
static Status begin(Training *t, Err *err)
{
    Event resume = training_event(t, EVENT_RESUME), state = training_event(t, EVENT_STATE),
          stage = training_event(t, EVENT_STAGE);
    if (t->task->resume) {
        *t->task->host->seq = 0;
        TRY(training_emit(t, &resume, err));
    }
    state.as.state.state = RUN_RUNNING;
    TRY(training_emit(t, &state, err));
    snprintf(stage.as.stage.name, sizeof stage.as.stage.name, "%s", t->job->kind->title);
    if (t->stage2) snprintf(stage.as.stage.body, sizeof stage.as.stage.body, "%016llx", (unsigned long long)t->frozen);
    return training_emit(t, &stage, err);
fail:
    return err ? err->code : ERR_IO;
}

Status import_run(const TrainTask *task, Err *err)
{
    Training t;
    Status done = open_import(&t, task, err);
    if (done == OK) done = begin(&t, err);
    if (done == OK) done = training_finish(&t, err);
    training_close(&t);
    return done;
}
