/* weights.h - networks in the names of other software: safetensors files read into a body and a head, and written from
 * a run's. What a file holds is found from its names and shapes, and from the metadata that tare writes. One thread. */
#ifndef TARE_NN_WEIGHTS_H
#define TARE_NN_WEIGHTS_H

#include "nn/checkpoint.h"

enum { WEIGHTS_CHANNELS_MOST = 4 };

/* A tensor's name on both sides. In braces stands what is alike: {g} a group and {b} a block, counted from 0; {G} a
 * group counted from 1; {p}, {s} words without a dot; {r} all the rest. ours NULL: of no use here, and left out. */
typedef struct {
    const char *ours, *theirs;
} NameRow;

/* One way of naming. Several rows of the table may share a name: forms of the same software. */
typedef struct {
    const char *name, *help;
    const char *padding; /* of its networks (ModelSpec.padding); NULL: the file's metadata say it */
    const NameRow *rows; /* ends with theirs NULL */
} WeightMap;

extern const WeightMap weight_maps[]; /* ends with name NULL */

/* The choices of an option: "auto", "tare", ... as weight_maps has them; what can be written. */
#define WEIGHT_NAMES         "auto|tare|authors|ferles|xternalz"
#define WEIGHT_NAMES_WRITTEN "tare|authors"

/* dst (ARRAY_NAME_SIZE) = the other side's name; false where the map has none. */
bool weight_name_to(const WeightMap *map, const char *ours, char *dst);
bool weight_name_known(const WeightMap *map, const char *theirs, bool *left_out); /* left_out may be NULL */

/* What is to be known of a network besides its weights. */
typedef struct {
    ModelSpec model;
    HeadSpec head;
    ptrdiff_t classes;
    int channels;                                                  /* of mean and sd; 0: the file does not say */
    double mean[WEIGHTS_CHANNELS_MOST], sd[WEIGHTS_CHANNELS_MOST]; /* input (x / 255 - mean) / sd */
    int64_t seed, samples;                                         /* of a vtst head's draws; -1: not said */
} WeightsInfo;

typedef struct {
    WeightsInfo info;
    const WeightMap *map;
    char prefix[ARRAY_NAME_SIZE]; /* before each name: "", or what wrappers put there, see weights_open */
    TensorFile file;
} Weights;

/* Read a file and find out what it holds. names: a map's, or "auto": the map that fits most of the file's names. What
 * all names begin with up to a dot ("module." of DataParallel, "_orig_mod." of torch.compile, the attribute's name of a
 * Lightning module, or several) is taken off where more of them fit without it.
 * ERR_FORMAT with file and tensor: names that are of no map, a network that is none of ours; ERR_USAGE: no such names.
 */
Status weights_open(Weights *w, const char *path, const char *names, Err *err);
void weights_close(Weights *w);

/* The weights into nets built for w->info. ERR_FORMAT names the file's tensor that is missing, of another shape or
 * type, not finite, or left over; then nothing is changed. */
Status weights_load(const Weights *w, const char *path, Net *body, Net *head, Err *err);

/* Write the tensors body.* of `body` and head.* of `head` (files of tensors in tare's names) under other names.
 * ERR_USAGE: names that cannot be written, or have no word for a tensor. */
Status weights_save(const char *path, const char *names, const WeightsInfo *info, const TensorFile *body,
                    const TensorFile *head, Err *err);

#endif
