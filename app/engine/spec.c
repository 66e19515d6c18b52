/* spec.c - the option tables of training, and jobs to and from JSON. Pure functions; any thread. */
#include "engine/spec.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* The defaults are those of the recipe `small` (lua/recipes.lua), so that the tables alone make a sensible run. */

#define AT(field) offsetof(TrainSpec, field)

#define ROW_RECIPE                                                                                                     \
    {                                                                                                                  \
        "recipe", OPTION_TEXT, AT(recipe), "small", 0, 0, NULL, "named set of options; printed with every result"      \
    }
#define ROW_SEED                                                                                                       \
    {                                                                                                                  \
        "seed", OPTION_INT, AT(seed), "1", 0, 0x1p53, NULL, "of weights, order, augmentation and draws"                \
    }
#define ROW_OPTIMISER                                                                                                  \
    {"optimizer", OPTION_CHOICE, AT(optimizer), "adam", 0, 0, "adam|sgd", "Adam, or SGD with momentum"},               \
        {"momentum", OPTION_REAL, AT(momentum), "0.9", 0, 0.9999, NULL, "of SGD"},                                     \
        {"weight_decay",                                                                                               \
         OPTION_REAL,                                                                                                  \
         AT(weight_decay),                                                                                             \
         "0",                                                                                                          \
         0,                                                                                                            \
         1,                                                                                                            \
         NULL,                                                                                                         \
         "L2, on kernels and matrices only: added to the gradient"},                                                   \
    {                                                                                                                  \
        "augment", OPTION_CHOICE, AT(augment), "none", 0, 0, "none|crop|flip|crop-flip",                               \
            "random crop after padding by 4, and horizontal flip"                                                      \
    }
#define ROW_CADENCE(patience_steps)                                                                                    \
    {"log_every", OPTION_INT, AT(log_every), "10", 1, 1e6, NULL, "steps between STEP events"},                         \
        {"checkpoint_every",                                                                                           \
         OPTION_INT,                                                                                                   \
         AT(checkpoint_every),                                                                                         \
         "0",                                                                                                          \
         0,                                                                                                            \
         1e9,                                                                                                          \
         NULL,                                                                                                         \
         "steps between checkpoints; 0 = every evaluation"},                                                           \
    {                                                                                                                  \
        "patience", OPTION_INT, AT(patience), patience_steps, 0, 1e9, NULL,                                            \
            "stop after so many steps without a lower validation NLL; 0 = never"                                       \
    }

static const Option stage1_options[] = {
    ROW_RECIPE,
    ROW_SEED,
    {"epochs", OPTION_INT, AT(epochs), "30", 1, 1e6, NULL, "passes over the training images"},
    {"steps", OPTION_INT, AT(steps), "0", 0, 1e9, NULL, "length in optimiser steps instead; 0 = by epochs"},
    {"batch", OPTION_INT, AT(batch), "32", 2, 65536, NULL, "images a step"},
    {"lr", OPTION_REAL, AT(lr), "2e-3", 1e-12, 1e3, NULL, "learning rate"},
    {"schedule", OPTION_CHOICE, AT(schedule), "cosine", 0, 0, "constant|cosine",
     "of the learning rate; cosine ends at 0"},
    ROW_OPTIMISER,
    ROW_CADENCE("0"),
    {"eval_every", OPTION_INT, AT(eval_every), "0", 0, 1e9, NULL, "steps between validations; 0 = every epoch"},
    {"keep", OPTION_CHOICE, AT(keep), "last", 0, 0, "best|last",
     "whose predictions are the result: lowest validation NLL, or last step"},
    {"bn_momentum", OPTION_REAL, AT(bn_momentum), "0.1", 0, 1, NULL, "running statistics = (1 - m) running + m batch"},
    {0},
};

#define ROWS_STAGE2                                                                                                    \
    ROW_RECIPE, ROW_SEED, {"epochs", OPTION_INT, AT(epochs), "40", 1, 1e6, NULL, "passes over the training images"},   \
        {"steps", OPTION_INT, AT(steps), "1500", 0, 1e9, NULL, "most optimiser steps; 0 = by epochs"},                 \
        {"batch", OPTION_INT, AT(batch), "256", 2, 65536, NULL, "images a step"},                                      \
        {"lr", OPTION_REAL, AT(lr), "1e-4", 1e-12, 1e3, NULL, "learning rate"},                                        \
        {"schedule",                                                                                                   \
         OPTION_CHOICE,                                                                                                \
         AT(schedule),                                                                                                 \
         "constant",                                                                                                   \
         0,                                                                                                            \
         0,                                                                                                            \
         "constant|cosine",                                                                                            \
         "of the learning rate; cosine ends at 0"},                                                                    \
        ROW_OPTIMISER, ROW_CADENCE("200"),                                                                             \
        {"eval_every", OPTION_INT, AT(eval_every), "10", 0, 1e9, NULL, "steps between validations; 0 = every epoch"},  \
        {"keep",      OPTION_CHOICE,                                                                                   \
         AT(keep),    "best",                                                                                          \
         0,           0,                                                                                               \
         "best|last", "whose predictions are the result: lowest validation NLL, or last step"},                        \
        {"checkpoint",                                                                                                 \
         OPTION_CHOICE,                                                                                                \
         AT(checkpoint),                                                                                               \
         "",                                                                                                           \
         0,                                                                                                            \
         0,                                                                                                            \
         "|best|last",                                                                                                 \
         "the parent's network to freeze; \"\" = the one it keeps"},                                                   \
        {"bn",                                                                                                         \
         OPTION_CHOICE,                                                                                                \
         AT(bn),                                                                                                       \
         "frozen",                                                                                                     \
         0,                                                                                                            \
         0,                                                                                                            \
         "frozen|batch",                                                                                               \
         "batch normalisation of the body: running statistics, or each batch's own"},                                  \
        {"features",                                                                                                   \
         OPTION_CHOICE,                                                                                                \
         AT(features),                                                                                                 \
         "auto",                                                                                                       \
         0,                                                                                                            \
         0,                                                                                                            \
         "auto|cached|faithful",                                                                                       \
         "compute the features once, or through the body at every step"},                                              \
    {                                                                                                                  \
        "z", OPTION_INT, AT(z), "128", 1, 65536, NULL, "units of the last hidden layer"                                \
    }

static const Option tst_options[] = {ROWS_STAGE2, {0}};

static const Option vtst_options[] = {
    ROWS_STAGE2,
    {"samples", OPTION_INT, AT(samples), "10", 0, 10000, NULL, "draws of z in a prediction (M); 0 = z is its mean"},
    {"kl_weight", OPTION_REAL, AT(kl_weight), "0.00078125", 0, 1e6, NULL,
     "of the KL summed over Z (default 0.1 / 128)"},
    {0},
};

const TrainKind train_kinds[] = {
    {"stage1", "stage 1", "linear", 1, stage1_options, "train a whole network with cross-entropy", false},
    {"tst", "TST", "tst", 2, tst_options, "freeze a network's body and train a fresh classifier on its features",
     false},
    {"vtst", "V-TST", "vtst", 2, vtst_options, "as tst, with a Gaussian last hidden layer and the ELBO as objective",
     false},
    {"import", "imported", "linear", 1, import_options, "a network from a file", true},
    {"import_tst", "imported TST", "tst", 2, import_tst_options, "a network of two stages from a file", true},
    {"import_vtst", "imported V-TST", "vtst", 2, import_vtst_options, "a variational one from a file", true},
    {0},
};

const TrainKind *train_kind(const char *name)
{
    for (const TrainKind *k = train_kinds; k->name; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

/* ---- JSON ---- */

static json_t *spec_to_json(const Option *table, const void *spec)
{
    json_t *object = json_object();
    for (const Option *o = table; o->name; o++) {
        char text[OPTION_TEXT_SIZE];
        json_t *value;
        switch (o->kind) {
        case OPTION_INT:
            value = json_integer((json_int_t)option_number(o, spec));
            break;
        case OPTION_REAL:
            value = json_real(option_number(o, spec));
            break;
        case OPTION_BOOL:
            value = json_boolean(option_number(o, spec) != 0);
            break;
        default:
            value = json_string(option_text(o, spec, text, sizeof text));
        }
        json_object_set_new(object, o->name, value);
    }
    return object;
}

/* The options that every config.json of format 1 has. One that is not named here came later: where it is missing, the
 * run was stored before there was a choice, and what was done then is the option's default. */
static const struct {
    const char *part, *names;
} first_options[] = {
    {"data", " name dir train valid test share seed classes size noise bayes "},
    {"model", " depth width hidden layers "},
    {"train",
     " recipe seed epochs steps batch lr optimizer schedule augment momentum weight_decay log_every eval_every "
     "checkpoint_every patience keep bn_momentum checkpoint bn features z samples kl_weight "},
};

static bool came_later(const char *part, const char *option)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", option);
    for (size_t i = 0; i < sizeof first_options / sizeof *first_options; i++)
        if (strcmp(first_options[i].part, part) == 0) return !strstr(first_options[i].names, word);
    return true;
}

/* Every option must be there, but for those that came later, and nothing else: a config.json with holes would run
 * something else than it says. */
static Status spec_from_json(const Option *table, void *spec, const json_t *json, const char *part, Err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(json)) return err_set(err, ERR_FORMAT, "config.json: no object \"%s\"", part);
    json_object_foreach((json_t *)json, key, value) if (!option_find(table, key)) return err_set(
        err, ERR_FORMAT, "config.json: unknown option \"%s.%s\"", part, key);
    option_defaults(table, spec);
    for (const Option *o = table; o->name; o++) {
        Status set;
        value = json_object_get(json, o->name);
        if (!value && came_later(part, o->name)) continue;
        if (json_is_number(value))
            set = option_set_number(o, spec, json_number_value(value), err);
        else if (json_is_boolean(value))
            set = option_set_bool(o, spec, json_is_true(value), err);
        else if (json_is_string(value))
            set = option_set_text(o, spec, json_string_value(value), err);
        else
            set = err_set(err, ERR_FORMAT, "it is missing");
        if (set != OK) {
            err_prefix(err, "config.json: %s.%s: ", part, o->name);
            return ERR_FORMAT;
        }
    }
    return OK;
}

json_t *job_to_json(const Job *job)
{
    const Family *family = family_find(job->model.family);
    json_t *data = spec_to_json(dataset_options(job->data.name), &job->data);
    json_t *model = family ? spec_to_json(family->options, &job->model) : json_object();
    json_object_set_new(model, "family", json_string(job->model.family));
    json_t *json = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o}", "format", 1, "kind", job->kind->name, "from", job->from,
                             "data", data, "model", model, "train", spec_to_json(job->kind->options, &job->train));
    if (job->normalise.channels) json_object_set_new(json, "normalise", normalise_to_json(&job->normalise));
    return json;
}

/* Take a string member out of a part before its options are read; NULL when it is missing or too long. */
static const char *take_name(json_t *part, const char *key, char dst[OPTION_TEXT_SIZE])
{
    const char *text = json_string_value(json_object_get(part, key));
    if (!text || !text_copy(dst, OPTION_TEXT_SIZE, text)) return NULL;
    return dst;
}

static Status read_parts(Job *job, json_t *data, json_t *model, const json_t *train, Err *err)
{
    const char *source = take_name(data, "name", job->data.name);
    if (!source) return err_set(err, ERR_FORMAT, "config.json: no string \"data.name\"");
    const Option *data_rows = dataset_options(source);
    if (!data_rows)
        return err_set(err, ERR_FORMAT, "config.json: \"data.name\" = \"%.60s\" is no source of data", source);
    const char *family_name = take_name(model, "family", job->model.family);
    const Family *family = family_name ? family_find(family_name) : NULL;
    if (!family) return err_set(err, ERR_FORMAT, "config.json: \"model.family\" is no family of networks");
    json_object_del(model, "family");
    TRY(spec_from_json(data_rows, &job->data, data, "data", err));
    TRY(spec_from_json(family->options, &job->model, model, "model", err));
    TRY(spec_from_json(job->kind->options, &job->train, train, "train", err));
    return OK;
fail:
    return err ? err->code : ERR_FORMAT;
}

Status job_from_json(Job *job, const json_t *json, Err *err)
{
    *job = (Job){0};
    if (json_integer_value(json_object_get(json, "format")) != 1)
        return err_set(err, ERR_FORMAT, "config.json: \"format\" is not 1, the only one this version of tare knows");
    const char *kind = json_string_value(json_object_get(json, "kind"));
    const char *from = json_string_value(json_object_get(json, "from"));
    job->kind = kind ? train_kind(kind) : NULL;
    if (!job->kind) return err_set(err, ERR_FORMAT, "config.json: \"kind\" is no kind of run of this version of tare");
    if (!from || !text_copy(job->from, sizeof job->from, from))
        return err_set(err, ERR_FORMAT, "config.json: no run name \"from\"");
    json_t *data = json_deep_copy(json_object_get(json, "data")),
           *model = json_deep_copy(json_object_get(json, "model"));
    Status read = read_parts(job, data, model, json_object_get(json, "train"), err);
    json_decref(data);
    json_decref(model);
    return read == OK ? normalise_from_json(&job->normalise, json_object_get(json, "normalise"), err) : read;
}

bool job_same(const Job *a, const Job *b)
{
    json_t *ja = job_to_json(a), *jb = job_to_json(b);
    bool same = json_equal(ja, jb);
    json_decref(ja);
    json_decref(jb);
    return same;
}

/* ---- checks ---- */

static Status check_length(const Job *job, const Dataset *data, Err *err)
{
    if (job->train.batch > data->split[SPLIT_TRAIN].n)
        return err_set(err, ERR_USAGE, "batch = %lld exceeds the %td training images; lower batch",
                       (long long)job->train.batch, data->split[SPLIT_TRAIN].n);
    int64_t an_epoch = (data->split[SPLIT_TRAIN].n + job->train.batch - 1) / job->train.batch;
    if (job->train.steps == 0 && job->train.epochs > INT32_MAX / an_epoch)
        return err_set(err, ERR_USAGE, "epochs = %lld: at most %d steps in all, which are %lld epochs here",
                       (long long)job->train.epochs, INT32_MAX, (long long)(INT32_MAX / an_epoch));
    return OK;
}

static Status check_data(const Job *job, const Dataset *data, Err *err)
{
    const Family *family = family_find(job->model.family);
    if (!family) return err_set(err, ERR_USAGE, "'%.60s' is no family of networks", job->model.family);
    if (normalise_check(&job->normalise, data, err) != OK) return ERR_USAGE;
    for (int s = SPLIT_VALID; s < SPLITS; s++)
        if (data->split[s].n < 1)
            return err_set(err, ERR_USAGE, "no %s images; set %s when loading the data", split_name[s], split_name[s]);
    return family->check(&job->model, (Shape){data->h, data->w, data->c}, err);
}

Status job_check(const Job *job, const Dataset *data, Err *err)
{
    const TrainSpec *t = &job->train;
    if (job->kind->imported) return check_data(job, data, err);
    bool stage2 = job->kind->stage == 2, augments = stage2 && strcmp(t->augment, "none") != 0;
    if (stage2 && !job->from[0])
        return err_set(err, ERR_USAGE, "%s needs `from`, the run whose body it freezes", job->kind->name);
    if (stage2 && strcmp(t->features, "cached") == 0 && (augments || strcmp(t->bn, "batch") == 0))
        return err_set(err, ERR_USAGE,
                       "features = \"cached\" cannot go with %s, which changes the features at every step; "
                       "use features = \"faithful\"",
                       augments ? "augmentation" : "bn = \"batch\"");
    Status fits = check_length(job, data, err);
    return fits == OK ? check_data(job, data, err) : fits;
}
