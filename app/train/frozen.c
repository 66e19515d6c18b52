/* frozen.c - the frozen body's features, computed once for a body and its data. Worker thread.
 *
 * They come from memory, else from runs/.features, else through the body. What happens to the files is told as asides,
 * never fails a run, and leaves no trace in its record. */
#include "train/training.h"

#include "base/version.h"
#include "kernel/isa.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix_text(const char *text, uint64_t key)
{
    return fingerprint(text, strlen(text) + 1, key);
}

/* Of all that features depend on: network and weights, images and how they are normalised, and what computes. */
static uint64_t key_of(const Training *t, SplitId split)
{
    json_t *config = job_to_json(t->job);
    char *model = json_dumps(json_object_get(config, "model"), JSON_SORT_KEYS | JSON_COMPACT);
    uint64_t key = net_fingerprint(t->body);
    key = mix_text(model ? model : "", key);
    key = fingerprint(&t->data->fingerprint, sizeof t->data->fingerprint, key);
    key = fingerprint(t->data->mean, (size_t)t->data->c * sizeof *t->data->mean, key);
    key = fingerprint(t->data->sd, (size_t)t->data->c * sizeof *t->data->sd, key);
    key = mix_text(split_name[split], key);
    key = mix_text(TARE_VERSION, mix_text(kernel_blas_core(), mix_text(kernel_isa(), key)));
    free(model);
    json_decref(config);
    return key;
}

/* What went wrong with a file, and what is done about it. */
static void tell(const Training *t, const Err *err, const char *what)
{
    char text[EVENT_TEXT_SIZE];
    snprintf(text, sizeof text, "%.*s; %s", (int)(sizeof text - 64), err->msg, what);
    training_aside(t, text);
}

static void keep_file(const Training *t, const Features *f, const char *folder)
{
    Err err;
    if (features_save(f, folder, &err) != OK)
        tell(t, &err, "the features are kept in memory only");
    else if (features_prune(folder, FEATURES_MOST, &err) != OK)
        tell(t, &err, "cached features may take more room than they should");
}

static Status cache_split(Training *t, SplitId split, const char *folder, Err *err)
{
    Features *f = &t->task->cache->split[split];
    uint64_t key = key_of(t, split);
    ptrdiff_t rows = t->data->split[split].n;
    bool there;
    Err ignored;
    if (f->values && f->key == key) return OK;
    features_close(f);
    if (features_map(f, folder, key, rows, t->features, &there, &ignored) != OK)
        tell(t, &ignored, "the features are computed again");
    else if (there)
        return OK;
    TRY(features_open(f, key, rows, t->features, err));
    TRY(evaluator_features(&t->eval, t->data, split, f->values, err));
    keep_file(t, f, folder);
    return OK;
fail:
    features_close(f);
    return err ? err->code : ERR_MEMORY;
}

Status training_cache_features(Training *t, Err *err)
{
    char folder[PATH_SIZE];
    TRY(path_join(folder, t->task->runs, ".features", err));
    for (int s = 0; s < SPLITS; s++) TRY(cache_split(t, (SplitId)s, folder, err));
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

const float *training_features(const Training *t, SplitId split)
{
    return t->stage2 && !t->faithful ? t->task->cache->split[split].values : NULL;
}
