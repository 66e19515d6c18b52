/* features.h - the features of a split in memory, and as a file that later sessions map. Worker thread.
 *
 * runs/.features/KEY holds a header (magic, key, rows, width, checksum of what follows) and rows x width floats. The
 * key says all that the features depend on; a file is written whole or not at all, and one that is torn, edited or of
 * another key is refused. It is a cache: any of it may be deleted at any time. */
#ifndef TARE_TRAIN_FEATURES_H
#define TARE_TRAIN_FEATURES_H

#include "data/dataset.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bytes that the files may take together; the longest unused ones are removed first. */
#define FEATURES_MOST ((size_t)2 << 30)

typedef struct {
    uint64_t key;
    ptrdiff_t rows, width;
    float *values; /* (rows, width), NULL while there are none; read-only where mapped */
    void *block;   /* header and values: allocated, or mapped from a file */
    bool mapped;
} Features;

/* Room to compute them in. ERR_MEMORY. */
Status features_open(Features *f, uint64_t key, ptrdiff_t rows, ptrdiff_t width, Err *err);
void features_close(Features *f); /* an empty one is fine */

/* Map folder/KEY. *there = false, without an error, where no such file is. ERR_FORMAT: torn or edited; ERR_IO. */
Status features_map(Features *f, const char *folder, uint64_t key, ptrdiff_t rows, ptrdiff_t width, bool *there,
                    Err *err);

/* Write folder/KEY, making the folder. ERR_IO: nothing is left behind. */
Status features_save(const Features *f, const char *folder, Err *err);

/* Remove the files that were used the longest ago until `most` bytes are left at most. */
Status features_prune(const char *folder, size_t most, Err *err);

/* Features of the last frozen body, kept for the next job on the same body and data. Owned by the worker. */
typedef struct FeatureCache {
    Features split[SPLITS];
} FeatureCache;

void feature_cache_clear(FeatureCache *cache);

#endif
