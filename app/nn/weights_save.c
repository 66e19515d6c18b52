/* weights_save.c - a run's tensors written under the names of other software. See weights.h. One thread. */
#include "nn/weights.h"

#include <stdio.h>
#include <string.h>

static bool has_part(const Array *t, const char *part)
{
    return strncmp(t->name, part, strlen(part)) == 0;
}

/* The tensor of a part that a map has no name for; NULL: it has one for each. */
static const char *nameless(const WeightMap *map, const TensorFile *f, const char *part)
{
    char name[ARRAY_NAME_SIZE];
    for (int i = 0; i < f->tensors; i++)
        if (has_part(&f->tensor[i], part) && !weight_name_to(map, f->tensor[i].name, name)) return f->tensor[i].name;
    return NULL;
}

/* The form of `names` that has a name for every tensor; NULL with err set. */
static const WeightMap *find_form(const char *names, const TensorFile *body, const TensorFile *head, Err *err)
{
    const char *missing = NULL;
    for (const WeightMap *map = weight_maps; map->name; map++) {
        if (strcmp(map->name, names) != 0) continue;
        const char *here = nameless(map, body, "body.");
        if (!here) here = nameless(map, head, "head.");
        if (!here) return map;
        if (!missing) missing = here;
    }
    if (missing)
        err_set(err, ERR_USAGE, "names = \"%s\" has no name for '%s'; take names = \"tare\"", names, missing);
    else
        err_set(err, ERR_USAGE, "names = \"%.60s\": expected one of %s", names, WEIGHT_NAMES_WRITTEN);
    return NULL;
}

static Status add_part(TensorFile *f, const WeightMap *map, const TensorFile *from, const char *part, Err *err)
{
    char name[ARRAY_NAME_SIZE];
    for (int i = 0; i < from->tensors; i++) {
        const Array *t = &from->tensor[i];
        if (!has_part(t, part) || !weight_name_to(map, t->name, name)) continue;
        Status status = tensors_add(f, name, t->type, t->dims, t->shape, t->data, err);
        if (status != OK) return status;
    }
    return OK;
}

/* "0.49139969 0.48215841" of n numbers; floats come back as they were. */
static Status add_numbers(TensorFile *f, const char *key, const double *value, int n, Err *err)
{
    char text[WEIGHTS_CHANNELS_MOST * 32];
    int used = 0;
    for (int i = 0; i < n; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%.17g", i ? " " : "", value[i]);
    return n ? tensors_meta(f, key, text, err) : OK;
}

static Status add_info(TensorFile *f, const WeightsInfo *info, Err *err)
{
    const double draws[2] = {(double)info->seed, (double)info->samples};
    char key[64], text[OPTION_TEXT_SIZE];
    TRY(tensors_meta(f, "format", "pt", err)); /* which readers of PyTorch's models ask for */
    TRY(tensors_meta(f, "model.family", info->model.family, err));
    for (const Option *o = option_rows(family_find(info->model.family)->options); o->name; o++) {
        snprintf(key, sizeof key, "model.%s", o->name);
        TRY(tensors_meta(f, key, option_text(o, &info->model, text, sizeof text), err));
    }
    TRY(add_numbers(f, "normalise.mean", info->mean, info->channels, err));
    TRY(add_numbers(f, "normalise.sd", info->sd, info->channels, err));
    if (strcmp(info->head.kind, "vtst") != 0) return OK;
    TRY(add_numbers(f, "predict.seed", &draws[0], 1, err));
    TRY(add_numbers(f, "predict.samples", &draws[1], 1, err));
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

Status weights_save(const char *path, const char *names, const WeightsInfo *info, const TensorFile *body,
                    const TensorFile *head, Err *err)
{
    Status status = ERR_USAGE;
    TensorFile f;
    tensors_init(&f);
    const WeightMap *map = find_form(names, body, head, err);
    if (!map) return ERR_USAGE;
    TRY(status = add_part(&f, map, body, "body.", err));
    TRY(status = add_part(&f, map, head, "head.", err));
    TRY(status = add_info(&f, info, err));
    TRY(status = tensors_write(path, &f, err));
fail:
    tensors_free(&f);
    return status;
}
