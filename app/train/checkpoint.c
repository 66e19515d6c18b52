/* checkpoint.c - a training's state to disk and back. Worker thread.
 *
 * last.safetensors: body.* and head.* (the weights now, with `ema` their averages; body only where it changes),
 * raw.{body,head}.* (with `ema`: the weights themselves), optimiser.{body,head}.{m,v} (v only where the optimiser keeps
 * one), best.* (the weights of the lowest validation NLL), and "position", the Position as one float64 tensor. In stage
 * 2 its metadata name the fingerprint of the "frozen" body. */
#include "train/training.h"

#include "nn/checkpoint.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void training_keep_best(Training *t)
{
    memcpy(t->best_head->values, t->shown_head->values, (size_t)t->head->size * sizeof(float));
    if (t->best_body) memcpy(t->best_body->values, t->shown_body->values, (size_t)t->body->size * sizeof(float));
}

static Status add_optimised(const Optimised *o, const char *name, TensorFile *f, Err *err)
{
    char key[ARRAY_NAME_SIZE];
    snprintf(key, sizeof key, "optimiser.%s.m", name);
    TRY(tensors_add(f, key, ARRAY_F32, 1, &o->net->trained, o->m, err));
    snprintf(key, sizeof key, "optimiser.%s.v", name);
    if (o->v) TRY(tensors_add(f, key, ARRAY_F32, 1, &o->net->trained, o->v, err));
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

static const char *frozen_text(const Training *t, char dst[24])
{
    snprintf(dst, 24, "%016llx", (unsigned long long)t->frozen);
    return dst;
}

Status training_save(Training *t, Err *err)
{
    char path[PATH_SIZE], print[24];
    TensorFile f;
    tensors_init(&f);
    if (!net_finite(t->head, NULL) || !net_finite(t->body, NULL)) /* the last good one stays */
        return training_diverged(t, "a weight is no number", err);
    TRY(path_join(path, t->task->record->folder, "last.safetensors", err));
    TRY(net_to_tensors(t->shown_head, "head.", &f, err));
    TRY(net_to_tensors(t->best_head, "best.head.", &f, err));
    TRY(add_optimised(&t->head_opt, "head", &f, err));
    if (t->best_body) TRY(net_to_tensors(t->shown_body, "body.", &f, err));
    if (t->spec->ema > 0) TRY(net_to_tensors(t->head, "raw.head.", &f, err));
    if (t->spec->ema > 0 && t->best_body) TRY(net_to_tensors(t->body, "raw.body.", &f, err));
    if (t->best_body) TRY(net_to_tensors(t->best_body, "best.body.", &f, err));
    if (t->trains_body) TRY(add_optimised(&t->body_opt, "body", &f, err));
    if (t->stage2) TRY(tensors_meta(&f, "frozen", frozen_text(t, print), err));
    ptrdiff_t shape = POSITION_DOUBLES;
    TRY(tensors_add(&f, "position", ARRAY_F64, 1, &shape, &t->at, err));
    if (fsync(t->task->record->events) != 0) { /* a checkpoint never names an event that a power cut could take */
        err_sys(err, "cannot flush %s/events.jsonl to disk", t->task->record->folder);
        goto fail;
    }
    TRY(tensors_write(path, &f, err));
    t->saved_step = t->at.step;
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err ? err->code : ERR_IO;
}

/* Copy a tensor of exactly n floats or doubles. */
static Status take(const TensorFile *f, const char *path, const char *name, ArrayType type, ptrdiff_t n, void *dst,
                   Err *err)
{
    const Array *tensor = tensors_find(f, name);
    if (!tensor || tensor->type != type || tensor->dims != 1 || tensor->shape[0] != n)
        return err_set(err, ERR_FORMAT, "%s: no tensor \"%s\" of %td numbers", path, name, n);
    memcpy(dst, tensor->data, (size_t)n * (type == ARRAY_F64 ? sizeof(double) : sizeof(float)));
    return OK;
}

static Status take_optimised(Optimised *o, const TensorFile *f, const char *path, const char *name, Err *err)
{
    char key[ARRAY_NAME_SIZE];
    snprintf(key, sizeof key, "optimiser.%s.m", name);
    TRY(take(f, path, key, ARRAY_F32, o->net->trained, o->m, err));
    snprintf(key, sizeof key, "optimiser.%s.v", name);
    if (o->v) TRY(take(f, path, key, ARRAY_F32, o->net->trained, o->v, err));
    return OK;
fail:
    return err ? err->code : ERR_FORMAT;
}

/* The position indexes arrays, and the events go on from its seq: a file of another run must not pass. */
static Status check_position(const Training *t, const char *path, Err *err)
{
    const Position *p = &t->at;
    double told = (double)*t->task->host->seq;
    if (!(p->step >= 0 && p->step <= (double)t->steps && p->step == floor(p->step)))
        return err_set(err, ERR_FORMAT, "%s: its step %g is none of this run's %lld", path, p->step,
                       (long long)t->steps);
    if (p->seq >= 0 && p->seq <= told && p->seq == floor(p->seq)) return OK;
    return err_set(err, ERR_FORMAT, "%s: it was written after event %.0f, but events.jsonl ends with event %.0f", path,
                   p->seq, told);
}

/* A body that was trained anew meanwhile would make this a run of two networks. Checkpoints of old name none. */
static Status check_body(const Training *t, const TensorFile *f, Err *err)
{
    char print[24];
    const char *then = tensors_meta_find(f, "frozen");
    if (!t->stage2 || !then || strcmp(then, frozen_text(t, print)) == 0) return OK;
    return err_set(err, ERR_STATE,
                   "the frozen body is no longer the one that this run began with: run %s was changed; train a new run",
                   job_from(t->job));
}

Status training_resume(Training *t, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    TRY(path_join(path, t->task->record->folder, "last.safetensors", err));
    if (!file_exists(path)) return OK;
    TRY(tensors_read(path, &f, err));
    TRY(net_from_tensors(t->shown_head, "head.", &f, path, err));
    TRY(net_from_tensors(t->best_head, "best.head.", &f, path, err));
    TRY(take_optimised(&t->head_opt, &f, path, "head", err));
    if (t->best_body) TRY(net_from_tensors(t->shown_body, "body.", &f, path, err));
    if (t->spec->ema > 0) TRY(net_from_tensors(t->head, "raw.head.", &f, path, err));
    if (t->spec->ema > 0 && t->best_body) TRY(net_from_tensors(t->body, "raw.body.", &f, path, err));
    if (t->best_body) TRY(net_from_tensors(t->best_body, "best.body.", &f, path, err));
    if (t->trains_body) TRY(take_optimised(&t->body_opt, &f, path, "body", err));
    TRY(take(&f, path, "position", ARRAY_F64, POSITION_DOUBLES, &t->at, err));
    TRY(check_position(t, path, err));
    TRY(check_body(t, &f, err));
    t->saved_step = t->at.step;
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err ? err->code : ERR_IO;
}
