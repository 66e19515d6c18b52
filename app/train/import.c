/* import.c - a run that trains nothing: weights of other software are copied into its folder and judged. See
 * import.h. import_job: main thread; import_run: worker thread. */
#include "train/import.h"

#include "base/text.h"
#include "nn/weights.h"
#include "train/evaluate.h"
#include "train/result.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ---- */

#define AT(field) offsetof(LoadSpec, field)

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

#define AT(field) offsetof(ImportSpec, field)

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
    HeadSpec spec = {.z = job->import.z};
    snprintf(spec.kind, sizeof spec.kind, "%s", job->kind->head);
    if (w->info.classes != data->classes)
        return err_set(err, ERR_USAGE, "%s: the network tells %td classes apart, and the images of %s have %td",
                       job->import.file, w->info.classes, data->spec.name, data->classes);
    *body = net_body(&job->model, (Shape){data->h, data->w, data->c}, err);
    if (!*body) return ERR_USAGE;
    *head = net_head(&spec, (*body)->output.c, data->classes, err);
    if (!*head) return ERR_USAGE;
    (*body)->bn_momentum = (float)job->import.bn_momentum;
    return weights_load(w, job->import.file, *body, *head, err);
}

/* ---- the job ---- */

static const JobKind *kind_of(const char *head)
{
    for (const JobKind *k = job_kinds; k->name; k++)
        if (k->run == import_run && strcmp(k->head, head) == 0) return k;
    return NULL;
}

_Static_assert((int)WEIGHTS_CHANNELS_MOST == (int)DATA_MAX_CHANNELS, "a file's mean and sd have room");

static Normalise normalise_from(const LoadSpec *spec, const WeightsInfo *info)
{
    Normalise n = {.channels = info->channels};
    if (spec->normalise.channels) return spec->normalise;
    memcpy(n.mean, info->mean, sizeof n.mean);
    memcpy(n.sd, info->sd, sizeof n.sd);
    return n;
}

static void fill_job(Job *job, const LoadSpec *spec, const Weights *w, const Dataset *data, int64_t seed)
{
    const WeightsInfo *info = &w->info;
    *job = (Job){.kind = kind_of(info->head.kind), .data = data->spec, .model = info->model};
    ImportSpec *import = &job->import;
    option_defaults(job->kind->options, import);
    text_copy(import->file, sizeof import->file, spec->file);
    text_copy(import->names, sizeof import->names, w->map->name);
    if (spec->padding[0]) text_copy(job->model.padding, sizeof job->model.padding, spec->padding);
    job->normalise = normalise_from(spec, info);
    import->bn_momentum = spec->bn_momentum;
    import->seed = spec->seed >= 0 ? spec->seed : info->seed >= 0 ? info->seed : seed;
    import->z = info->head.z;
    if (spec->samples >= 0 || info->samples >= 0) import->samples = spec->samples >= 0 ? spec->samples : info->samples;
}

Status import_job(Job *job, const LoadSpec *spec, const Dataset *data, int64_t seed, Err *err)
{
    Net *body = NULL, *head = NULL;
    Weights w;
    Status done = weights_open(&w, spec->file, spec->names, err);
    if (done != OK) return done;
    fill_job(job, spec, &w, data, seed);
    TRY(done = job_check(job, data, err));
    TRY(done = open_nets(job, data, &w, &body, &head, err));
    TRY(done = hash_file(spec->file, job->import.hash, err));
fail:
    net_release(body);
    net_release(head);
    weights_close(&w);
    return done;
}

/* ---- the run ---- */

/* An import at work. */
typedef struct {
    const JobTask *task;
    const ImportSpec *spec;
    Net *body, *head;
    Evaluator eval;
    float *logits, *logp; /* (valid or test, classes) */
} Import;

static bool stopping(void *arg)
{
    const Import *m = arg;
    return m->task->host->stopping(m->task->host->arg);
}

static void no_progress(void *arg, SplitId split, ptrdiff_t done, ptrdiff_t n)
{
    (void)arg, (void)split, (void)done, (void)n;
}

static Status load(Import *m, Err *err)
{
    char hash[OPTION_TEXT_SIZE];
    const char *path = m->spec->file;
    Weights w;
    TRY(hash_file(path, hash, err));
    if (strcmp(hash, m->spec->hash) != 0)
        return err_set(err, ERR_STATE,
                       "%s has changed since this run was asked for (its hash was %s, and is %s); load "
                       "it anew",
                       path, m->spec->hash, hash);
    TRY(weights_open(&w, path, m->spec->names, err));
    Status done = open_nets(m->task->job, m->task->data, &w, &m->body, &m->head, err);
    weights_close(&w);
    return done;
fail:
    return err ? err->code : ERR_IO;
}

static Status open_import(Import *m, Err *err)
{
    const Dataset *data = m->task->data;
    ptrdiff_t most = 1;
    TRY(load(m, err));
    m->eval = (Evaluator){.body = m->body,
                          .head = m->head,
                          .pool = m->task->pool,
                          .seed = (uint64_t)m->spec->seed,
                          .draws = (int)m->spec->samples,
                          .stopping = stopping,
                          .progress = no_progress,
                          .arg = m};
    for (int s = SPLIT_VALID; s < SPLITS; s++)
        if (data->split[s].n > most) most = data->split[s].n;
    m->logits = malloc((size_t)(most * data->classes) * sizeof *m->logits);
    m->logp = malloc((size_t)(most * data->classes) * sizeof *m->logp);
    if (!m->logits || !m->logp) return err_set(err, ERR_MEMORY, "no memory for the predictions on %td images", most);
    return evaluator_open(&m->eval, err);
fail:
    return err ? err->code : ERR_MEMORY;
}

static void close_import(Import *m)
{
    evaluator_close(&m->eval);
    net_release(m->body);
    net_release(m->head);
    free(m->logits);
    free(m->logp);
}

static Status begin(const Import *m, Err *err)
{
    Event stage;
    TRY(task_begin(m->task, &stage, err));
    if (m->task->job->kind->stage == 2)
        snprintf(stage.as.stage.body, sizeof stage.as.stage.body, "%016llx",
                 (unsigned long long)net_fingerprint(m->body));
    return task_emit(m->task, &stage, err);
fail:
    return err ? err->code : ERR_IO;
}

/* Its numbers are finite, or its answers would not have been asked for; still those need not be: a variance below 0, an
 * overflow, images normalised by something tiny. */
static Status refuse_nan(const Import *m, Err *err)
{
    const char *name = NULL;
    net_finite(m->body, &name);
    if (!name) net_finite(m->head, &name);
    return err_set(err, ERR_FORMAT, "%s: the network answers NaN (%s%s); check its running variances and `normalise`",
                   m->spec->file, name ? "not finite: " : "its own numbers are finite", name ? name : "");
}

static Status judge(Import *m, Result *result, SplitId split, Err *err)
{
    const Dataset *data = m->task->data;
    const Split *s = &data->split[split];
    TRY(evaluator_predict(&m->eval, data, split, NULL, m->logits, m->logp, err));
    const Predictions answers = {
        .n = s->n, .classes = data->classes, .form = SAID_LOGP, .values = m->logp, .labels = s->labels};
    Predictions kept = answers; /* logits, but where the answer is a mean over draws, which has none */
    if (!evaluator_averages(&m->eval)) {
        kept.form = SAID_LOGITS;
        kept.values = m->logits;
    }
    Event event = task_event(m->task, EVENT_EVAL);
    Status known = result_figures(&event, &answers, split, m->spec->keep, err);
    if (known == ERR_DIVERGED) return refuse_nan(m, err);
    TRY(known);
    return result_add(result, split, &event, &answers, &kept, err);
fail:
    return err ? err->code : ERR_IO;
}

Status import_run(const JobTask *task, Err *err)
{
    Import m = {.task = task, .spec = &task->job->import};
    Result result = {.task = task};
    Status done = open_import(&m, err);
    if (done == OK) done = begin(&m, err);
    if (done == OK) done = result_network(task, m.body, m.head, 0, err);
    if (done == OK) done = judge(&m, &result, SPLIT_VALID, err);
    if (done == OK) done = judge(&m, &result, SPLIT_TEST, err);
    if (done == OK) done = result_write(&result, json_object(), err);
    result_free(&result);
    close_import(&m);
    return done;
}
