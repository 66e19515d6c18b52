/* source.c - the choice of images for the splits: what the loaders of data sets share. Any thread. */
#include "data/source.h"

#include "file/whole.h"
#include "base/rng.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status split_alloc(const Dataset *d, Split *s, ptrdiff_t n, Err *err)
{
    size_t bytes = (size_t)(n * d->h * d->w * d->c);
    s->n = n;
    s->images = calloc(bytes, 1);
    s->labels = calloc((size_t)n, sizeof *s->labels);
    s->source = calloc((size_t)n, sizeof *s->source);
    if (s->images && s->labels && s->source) return OK;
    return err_set(err, ERR_MEMORY, "no memory for %td images (%zu MB); ask for fewer", n, bytes >> 20);
}

/* 28 (MNIST and its kin) becomes 32; any other side the next multiple of 4, as a body that halves twice needs. */
static ptrdiff_t padded_side(ptrdiff_t side)
{
    return side == 28 ? 32 : (side + 3) / 4 * 4;
}

/* The rows of r that mark (n) gives to split `id`, in file order, centred on black. */
static Status split_copy(Dataset *d, SplitId id, const Records *r, const uint8_t *mark, Err *err)
{
    Split *s = &d->split[id];
    ptrdiff_t n = 0, top = (d->h - r->h) / 2, left = (d->w - r->w) / 2;
    for (ptrdiff_t i = 0; i < r->n; i++) n += mark[i] == id;
    if (n == 0)
        return err_set(err, ERR_USAGE,
                       "no image is left for %s: train = %lld and valid = %lld of %td training images; "
                       "lower the other one",
                       split_name[id], (long long)d->spec.train, (long long)d->spec.valid, r->n);
    Status room = split_alloc(d, s, n, err);
    if (room != OK) return room;
    ptrdiff_t k = 0;
    for (ptrdiff_t i = 0; i < r->n; i++) {
        if (mark[i] != id) continue;
        for (ptrdiff_t y = 0; y < r->h; y++)
            memcpy(s->images + ((k * d->h + top + y) * d->w + left) * d->c, r->images + (i * r->h + y) * r->w * r->c,
                   (size_t)(r->w * r->c));
        s->labels[k] = r->labels[i];
        s->source[k++] = (int32_t)i;
    }
    return OK;
}

/* Images of class c in a balanced split of this size. */
static ptrdiff_t quota(int64_t size, ptrdiff_t classes, ptrdiff_t c)
{
    return (ptrdiff_t)(size / classes + (c < size % classes));
}

/* take (SPLITS) = how many of the `have` images of class c go to each split. A pool for training serves train
 * and valid, a pool for testing only test. */
static void class_take(const Dataset *d, bool testing, ptrdiff_t c, ptrdiff_t have, ptrdiff_t take[SPLITS])
{
    const DataSpec *spec = &d->spec;
    memset(take, 0, SPLITS * sizeof *take);
    if (testing) {
        take[SPLIT_TEST] = spec->test ? quota(spec->test, d->classes, c) : have;
        return;
    }
    ptrdiff_t *train = &take[SPLIT_TRAIN], *valid = &take[SPLIT_VALID];
    if (spec->train) *train = quota(spec->train, d->classes, c);
    if (spec->valid) *valid = quota(spec->valid, d->classes, c);
    if (!spec->train && !spec->valid) *valid = lround(spec->share * (double)have);
    if (!spec->train) *train = have > *valid ? have - *valid : 0;
    if (!spec->valid && spec->train) *valid = have > *train ? have - *train : 0;
}

/* More asked than there is: say how much there is and what would fit. `least` = images of the smallest class. */
static Status too_few(const Dataset *d, bool testing, ptrdiff_t c, ptrdiff_t need, ptrdiff_t have, ptrdiff_t least,
                      Err *err)
{
    char asked[80];
    if (testing)
        snprintf(asked, sizeof asked, "test = %lld", (long long)d->spec.test);
    else
        snprintf(asked, sizeof asked, "train = %lld and valid = %lld", (long long)d->spec.train,
                 (long long)d->spec.valid);
    if (least == 0)
        return err_set(err, ERR_USAGE,
                       "%s are balanced over %td classes, and no image has class '%s'; set %s to 0 for all there are",
                       asked, d->classes, d->class_names[c], testing ? "test" : "train and valid");
    return err_set(err, ERR_USAGE,
                   "%s (balanced) take %td images of class '%s', of which there are %td; set %s to at most %td, in "
                   "multiples of %td, or to 0 for all",
                   asked, need, d->class_names[c], have, testing ? "test" : "train + valid", least * d->classes,
                   d->classes);
}

/* mark (n) = the split of each image, SPLITS for none. Each class's rows are shuffled once, by a stream that
 * only the seed and the class name; train (or test) takes from the front and valid from the back, so a larger
 * split holds the smaller one, and no split depends on another's size. */
static Status rows_mark(const Dataset *d, const Records *r, bool testing, uint8_t *mark, int32_t *rows, Err *err)
{
    ptrdiff_t count[DATA_MAX_CLASSES] = {0}, least = r->n;
    SplitId front = testing ? SPLIT_TEST : SPLIT_TRAIN;
    for (ptrdiff_t i = 0; i < r->n; i++) count[r->labels[i]]++;
    for (ptrdiff_t c = 0; c < d->classes; c++) least = count[c] < least ? count[c] : least;
    memset(mark, SPLITS, (size_t)r->n);
    for (ptrdiff_t c = 0; c < d->classes; c++) {
        ptrdiff_t n = 0, take[SPLITS];
        for (ptrdiff_t i = 0; i < r->n; i++)
            if (r->labels[i] == c) rows[n++] = (int32_t)i;
        class_take(d, testing, c, n, take);
        ptrdiff_t need = take[front] + take[SPLIT_VALID];
        if (need > n) return too_few(d, testing, c, need, n, least, err);
        Rng rng = rng_stream((uint64_t)d->spec.seed, RNG_SUBSET, front, (uint32_t)c);
        rng_shuffle(&rng, rows, n);
        for (ptrdiff_t k = 0; k < take[front]; k++) mark[rows[k]] = (uint8_t)front;
        for (ptrdiff_t k = n - take[SPLIT_VALID]; k < n; k++) mark[rows[k]] = SPLIT_VALID;
    }
    return OK;
}

Status splits_choose(Dataset *d, const Records *train, const Records *test, Err *err)
{
    ptrdiff_t most = train->n > test->n ? train->n : test->n;
    uint8_t *mark = malloc((size_t)most);
    int32_t *rows = malloc((size_t)most * sizeof *rows);
    if (!mark || !rows) {
        err_set(err, ERR_MEMORY, "no memory to choose among %td images", most);
        goto fail;
    }
    if (train->h != test->h || train->w != test->w || train->c != test->c) {
        err_set(err, ERR_FORMAT,
                "the training images are %td x %td x %td, the test images %td x %td x %td (height, width, channels); "
                "expected one size",
                train->h, train->w, train->c, test->h, test->w, test->c);
        goto fail;
    }
    d->h = padded_side(train->h);
    d->w = padded_side(train->w);
    d->c = train->c;
    TRY(rows_mark(d, train, false, mark, rows, err));
    TRY(split_copy(d, SPLIT_TRAIN, train, mark, err));
    TRY(split_copy(d, SPLIT_VALID, train, mark, err));
    TRY(rows_mark(d, test, true, mark, rows, err));
    TRY(split_copy(d, SPLIT_TEST, test, mark, err));
    free(mark);
    free(rows);
    return OK;
fail:
    free(mark);
    free(rows);
    return err->code;
}
