/* normalise.h - what a network wants its pixels x normalised by: (x / 255 - mean) / sd, channel by channel. */
#ifndef TARE_DATA_NORMALISE_H
#define TARE_DATA_NORMALISE_H

#include "data/dataset.h"
#include <jansson.h>

typedef struct {
    int channels; /* 0: by the training images' own mean and sd */
    double mean[DATA_MAX_CHANNELS], sd[DATA_MAX_CHANNELS];
} Normalise;

/* {"mean": [...], "sd": [...]}; the caller owns it. */
json_t *normalise_to_json(const Normalise *n);

/* json NULL: channels = 0. ERR_FORMAT: numbers that are none, lists of unequal length, an sd that is not above 0. */
Status normalise_from_json(Normalise *n, const json_t *json, Err *err);

/* ERR_USAGE, naming what is wrong: another number of channels than the images have, an sd that is not above 0. */
Status normalise_check(const Normalise *n, const Dataset *data, Err *err);

/* The images' own: as floats, so that they mean the same bits. */
Normalise normalise_of(const Dataset *data);

/* *view = the images as such a network sees them: their mean and sd are its own, and so is the fingerprint of what it
 * makes of them. Borrowed from data, not counted. */
void normalise_view(const Normalise *n, const Dataset *data, Dataset *view);

#endif
