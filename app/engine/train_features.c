/* train_features.c - the frozen body's features, computed once for a body and its data. Worker thread. */
#include "engine/training.h"

#include <stdlib.h>

void feature_cache_clear(FeatureCache *cache)
{
    for (int s = 0; s < SPLITS; s++) free(cache->features[s]);
    *cache = (FeatureCache){0};
}

Status training_cache_features(Training *t, Err *err)
{
    FeatureCache *cache = t->task->cache;
    uint64_t body = net_fingerprint(t->body);
    if (cache->features[SPLIT_TRAIN] && cache->body == body && cache->data == t->data->fingerprint) return OK;
    feature_cache_clear(cache);
    for (int s = 0; s < SPLITS; s++) {
        size_t floats = (size_t)(t->data->split[s].n * t->features);
        cache->features[s] = malloc(floats * sizeof(float));
        if (!cache->features[s]) {
            err_set(err, ERR_MEMORY, "no memory for %zu MB of cached features; use features = \"faithful\"",
                    floats * sizeof(float) >> 20);
            goto fail;
        }
        TRY(evaluator_features(&t->eval, t->data, (SplitId)s, cache->features[s], err));
    }
    cache->body = body;
    cache->data = t->data->fingerprint;
    return OK;
fail:
    feature_cache_clear(cache);
    return err ? err->code : ERR_MEMORY;
}
