/* batch.h - images of a split as the floats a network takes. */
#ifndef TARE_DATA_BATCH_H
#define TARE_DATA_BATCH_H

#include "base/pool.h"
#include "data/dataset.h"

/* Random crop after padding by `crop` zero pixels, and horizontal flip (the paper's augmentation: 4 and true). The
 * pixels brought in by a crop are black before normalisation. Streams are named (seed, RNG_AUGMENT, step, row). */
typedef struct {
    int crop;
    bool flip;
    uint64_t seed;
    uint32_t step;
} Augment;

/* dst (rows, h+2, w+2, c), its one-pixel border left as it is: images index[first .. first+rows-1] of a
 * split (NULL: images first .. first+rows-1), each channel (pixel / 255 - mean) / sd. augment may be NULL. Pure;
 * the row that names a stream is the position in `index`. The pool (may be NULL) shares out the rows. */
void batch_images(float *dst, const Dataset *d, SplitId split, const int32_t *index, ptrdiff_t first, ptrdiff_t rows,
                  const Augment *augment, Pool *pool);

/* dst (rows, floats) = share src[r] + (1 - share) src[partner[r]] for each row r: mixup's images (Zhang et al. 2018,
 * eq. 1). dst and src do not overlap. The pool (may be NULL) shares out the rows. */
void batch_mix(float *dst, const float *src, const int32_t *partner, float share, ptrdiff_t rows, ptrdiff_t floats,
               Pool *pool);

/* labels (rows) = the labels of index[first .. first+rows-1]. */
void batch_labels(int32_t *labels, const Dataset *d, SplitId split, const int32_t *index, ptrdiff_t first,
                  ptrdiff_t rows);

/* order (n) = the images 0 .. n-1 in the order of this epoch (RNG_SHUFFLE). */
void batch_order(int32_t *order, ptrdiff_t n, uint64_t seed, uint32_t epoch);

#endif
