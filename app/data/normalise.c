/* normalise.c - see normalise.h. Pure functions; any thread. */
#include "data/normalise.h"

#include "file/whole.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

static json_t *numbers_to_json(const double *value, int n)
{
    json_t *array = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(array, json_real(value[i]));
    return array;
}

json_t *normalise_to_json(const Normalise *n)
{
    return json_pack("{s:o, s:o}", "mean", numbers_to_json(n->mean, n->channels), "sd",
                     numbers_to_json(n->sd, n->channels));
}

/* value (n) = a list of n finite numbers; false for anything else. */
static bool numbers_from_json(double *value, size_t n, const json_t *array)
{
    if (json_array_size(array) != n) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(array, i);
        if (!json_is_number(number)) return false;
        value[i] = json_number_value(number);
    }
    return true;
}

/* The first channel whose numbers cannot be, -1 where all can. */
static int bad_channel(const Normalise *n)
{
    for (int c = 0; c < n->channels; c++)
        if (!isfinite(n->mean[c]) || !isfinite(n->sd[c]) || !((float)n->sd[c] > 0)) return c;
    return -1;
}

Status normalise_from_json(Normalise *n, const json_t *json, Err *err)
{
    const json_t *mean = json_object_get(json, "mean"), *sd = json_object_get(json, "sd");
    size_t channels = json_array_size(mean);
    *n = (Normalise){0};
    if (!json) return OK;
    bool good = channels >= 1 && channels <= DATA_MAX_CHANNELS && numbers_from_json(n->mean, channels, mean) &&
                numbers_from_json(n->sd, channels, sd);
    n->channels = good ? (int)channels : 0;
    if (good && bad_channel(n) < 0) return OK;
    return err_set(err, ERR_FORMAT, "config.json: \"normalise\" is no mean and sd (above 0) of 1 to %d channels",
                   DATA_MAX_CHANNELS);
}

Status normalise_check(const Normalise *n, const Dataset *data, Err *err)
{
    int bad = bad_channel(n);
    if (bad >= 0)
        return err_set(err, ERR_USAGE,
                       "normalise: channel %d has mean %g and sd %g; expected numbers, and an sd above 0", bad + 1,
                       n->mean[bad], n->sd[bad]);
    if (n->channels == 0 || n->channels == data->c) return OK;
    return err_set(
        err, ERR_USAGE,
        "normalise has a mean and sd for %d channel%s, and the images of %s have %td; set normalise = { mean "
        "= { ... }, sd = { ... } } for those",
        n->channels, n->channels == 1 ? "" : "s", data->spec.name, data->c);
}

Normalise normalise_of(const Dataset *data)
{
    Normalise n = {.channels = (int)data->c};
    for (int c = 0; c < n.channels; c++) {
        n.mean[c] = (double)data->mean[c];
        n.sd[c] = (double)data->sd[c];
    }
    return n;
}

void normalise_view(const Normalise *n, const Dataset *data, Dataset *view)
{
    memcpy(view, data, offsetof(Dataset, references)); /* which others count up and down meanwhile */
    view->references = 0;
    if (n->channels == 0) return;
    for (int c = 0; c < n->channels; c++) {
        view->mean[c] = (float)n->mean[c];
        view->sd[c] = (float)n->sd[c];
    }
    view->fingerprint = fingerprint(view->mean, sizeof view->mean, view->fingerprint);
    view->fingerprint = fingerprint(view->sd, sizeof view->sd, view->fingerprint);
}
