/* export.c - the network of a finished run as a file for other software. See import.h. Main thread. */
#include "train/import.h"

#include "base/text.h"
#include "nn/weights.h"
#include <stdio.h>
#include <string.h>

const Option save_options[] = {
    {"names", OPTION_CHOICE, offsetof(ExportSpec, names), "tare", 0, 0, WEIGHT_NAMES_WRITTEN,
     "of the tensors: as tare's own files have them, or as the code of Jordahn & Olmos"},
    {0},
};

static bool has_body(const TensorFile *f)
{
    for (int i = 0; i < f->tensors; i++)
        if (strncmp(f->tensor[i].name, "body.", strlen("body.")) == 0) return true;
    return false;
}

static Status read_checkpoint(const char *runs, const Job *job, const char *which, TensorFile *f, Err *err)
{
    char folder[PATH_SIZE], path[PATH_SIZE], file[OPTION_TEXT_SIZE + 16];
    snprintf(file, sizeof file, "%s.safetensors", which);
    TRY(path_join(folder, runs, job->name, err));
    TRY(path_join(path, folder, file, err));
    return tensors_read(path, f, err);
fail:
    return ERR_USAGE;
}

/* What the run's input was normalised with, which a run from before it was written down does not know. */
static Status read_normalise(const char *runs, const Job *job, WeightsInfo *info, Err *err)
{
    Normalise n = job->normalise;
    if (n.channels == 0) {
        json_t *config = record_read_json(runs, job->name, "config.json", err);
        if (!config) return err ? err->code : ERR_IO;
        Status read = normalise_from_json(&n, json_object_get(config, "data_normalise"), err);
        json_decref(config);
        if (read != OK) return read;
    }
    info->channels = n.channels;
    memcpy(info->mean, n.mean, sizeof n.mean);
    memcpy(info->sd, n.sd, sizeof n.sd);
    return OK;
}

Status export_run(const char *runs, const Job *job, const char *path, const char *names, Err *err)
{
    WeightsInfo info = {.model = job->model,
                        .seed = (int64_t)job_number(job, "seed", 0),
                        .samples = (int64_t)job_number(job, "samples", 0)};
    char keep[OPTION_TEXT_SIZE];
    TensorFile kept, best;
    Status done;
    tensors_init(&kept);
    tensors_init(&best);
    if (!*job->kind->head)
        return err_set(err, ERR_USAGE, "%s is a %s run, which has no network of its own; save %s", job->name,
                       job->kind->name, job_from(job));
    text_copy(info.head.kind, sizeof info.head.kind, job->kind->head);
    TRY(done = read_normalise(runs, job, &info, err));
    TRY(done = read_checkpoint(runs, job, job_text(job, "keep", keep), &kept, err));
    bool whole = has_body(&kept); /* the last checkpoint of stage 2 has no frozen body; the best one has it */
    if (!whole) TRY(done = read_checkpoint(runs, job, "best", &best, err));
    TRY(done = weights_save(path, names, &info, whole ? &kept : &best, &kept, err));
fail:
    tensors_free(&kept);
    tensors_free(&best);
    return done;
}
