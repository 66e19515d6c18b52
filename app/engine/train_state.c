/* train_state.c - what a training holds: its nets and memory, the parent it starts from, and its checkpoint.
 *
 * last.safetensors: body.* and head.* (the weights now; body only where it changes), optimiser.{body,head}.{m,v} (v
 * only of Adam), best.* (the weights of the lowest validation NLL), and "position", the Position as one float64
 * tensor. Worker thread. */
#include "engine/training.h"

#include "nn/checkpoint.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the nets ---- */

/* The parent must have ended well; a child does not outlive the reason its parent failed for. */
static Status check_parent(const Training *t, Job *parent, Err *err)
{
    const char *name = t->job->from;
    json_t *summary = NULL, *config = record_read_json(t->task->runs, name, "config.json", err);
    if (!config) goto fail;
    TRY(job_from_json(parent, config, err));
    summary = record_read_json(t->task->runs, name, "summary.json", err);
    const char *state = summary ? json_string_value(json_object_get(summary, "state")) : NULL;
    const char *what = summary ? json_string_value(json_object_get(summary, "what")) : NULL;
    if (!state || strcmp(state, run_state_name[RUN_DONE]) != 0) {
        err_set(err, ERR_STATE, "its parent %s has not ended well (%s%s%s)", name, state ? state : "no summary",
                what && *what ? ": " : "", what ? what : "");
        goto fail;
    }
    if (parent->kind->stage != 1) {
        err_set(err, ERR_USAGE, "its parent %s is a %s run; stage 2 starts from a whole network", name,
                parent->kind->name);
        goto fail;
    }
    json_decref(config);
    json_decref(summary);
    return OK;
fail:
    json_decref(config);
    json_decref(summary);
    return err ? err->code : ERR_STATE;
}

static Status load_body(Training *t, Err *err)
{
    Job parent;
    char folder[PATH_SIZE], path[PATH_SIZE], file[OPTION_TEXT_SIZE + 16];
    TensorFile tensors;
    tensors_init(&tensors);
    TRY(check_parent(t, &parent, err));
    bool choice = t->spec->checkpoint[0] && !parent.kind->imported; /* which is one network, whichever is asked for */
    snprintf(file, sizeof file, "%s.safetensors", choice ? t->spec->checkpoint : parent.train.keep);
    TRY(path_join(folder, t->task->runs, t->job->from, err));
    TRY(path_join(path, folder, file, err));
    TRY(tensors_read(path, &tensors, err));
    TRY(net_from_tensors(t->body, "body.", &tensors, path, err));
    t->body->bn_momentum = (float)parent.train.bn_momentum;
    tensors_free(&tensors);
    return OK;
fail:
    tensors_free(&tensors);
    return err ? err->code : ERR_IO;
}

static Status open_nets(Training *t, Err *err)
{
    Shape image = {t->data->h, t->data->w, t->data->c};
    HeadSpec head = {.z = t->spec->z};
    snprintf(head.kind, sizeof head.kind, "%s", t->job->kind->head);
    if (!(t->body = net_body(&t->job->model, image, err))) goto fail;
    t->features = t->body->output.c;
    if (!(t->head = net_head(&head, t->features, t->classes, err))) goto fail;
    net_init(t->head, (uint64_t)t->spec->seed, 1);
    if (t->stage2) {
        TRY(load_body(t, err));
        t->frozen = training_frozen(t);
    } else {
        net_init(t->body, (uint64_t)t->spec->seed, 0);
        t->body->bn_momentum = (float)t->spec->bn_momentum;
    }
    bool body_changes = t->trains_body || strcmp(t->spec->bn, "batch") == 0;
    if (!(t->best_head = net_copy(t->head, err))) goto fail;
    if (body_changes && !(t->best_body = net_copy(t->body, err))) goto fail;
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

uint64_t training_frozen(const Training *t)
{
    if (!t->stage2) return 0;
    if (strcmp(t->spec->bn, "batch") != 0) return net_fingerprint(t->body);
    return fingerprint(t->body->values, (size_t)t->body->trained * sizeof(float), 0); /* statistics move on purpose */
}

/* ---- memory ---- */

/* Cut every parameter into pieces of at most 64 K weights for the threads to share. */
static Status open_optimised(Optimised *o, Net *net, bool adam, Err *err)
{
    enum { PIECE = 1 << 16 };
    o->net = net;
    ptrdiff_t room = net->params + net->trained / PIECE + 1;
    o->m = calloc((size_t)net->trained, sizeof *o->m);
    o->v = adam ? calloc((size_t)net->trained, sizeof *o->v) : NULL;
    o->segment = malloc((size_t)room * sizeof *o->segment);
    if (!o->m || (adam && !o->v) || !o->segment) return err_set(err, ERR_MEMORY, "no memory for the optimiser's state");
    for (const Param *p = net->param; p < net->param + net->params; p++)
        for (ptrdiff_t at = 0; p->trained && at < p->size; at += PIECE) {
            ptrdiff_t n = p->size - at < PIECE ? p->size - at : PIECE;
            o->segment[o->segments++] = (Segment){p->offset + at, n, p->decays};
        }
    return OK;
}

static void close_optimised(Optimised *o)
{
    free(o->m);
    free(o->v);
    free(o->segment);
    *o = (Optimised){0};
}

static Status open_memory(Training *t, Err *err)
{
    bool adam = strcmp(t->spec->optimizer, "adam") == 0;
    if (t->trains_body || t->faithful) {
        bool for_training = t->best_body != NULL;
        if (!(t->body_tape = tape_open(t->body, t->batch, for_training, err))) goto fail;
    }
    if (!(t->head_tape = tape_open(t->head, t->batch, true, err))) goto fail;
    TRY(open_optimised(&t->head_opt, t->head, adam, err));
    if (t->trains_body) TRY(open_optimised(&t->body_opt, t->body, adam, err));
    t->nll = malloc((size_t)t->batch * sizeof *t->nll);
    t->labels = malloc((size_t)t->batch * sizeof *t->labels);
    t->order = malloc((size_t)t->n * sizeof *t->order);
    t->eps = malloc((size_t)(t->batch * (t->vtst ? t->spec->z : 1)) * sizeof *t->eps);
    ptrdiff_t most = 1;
    for (int s = SPLIT_VALID; s < SPLITS; s++)
        if (t->data->split[s].n > most) most = t->data->split[s].n;
    t->logp = malloc((size_t)(most * t->classes) * sizeof *t->logp);
    if (!t->nll || !t->labels || !t->order || !t->eps || !t->logp)
        return err_set(err, ERR_MEMORY, "no memory for batches of %td images", t->batch);
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

Status training_open(Training *t, const TrainTask *task, Err *err)
{
    const TrainSpec *spec = &task->job->train;
    *t = (Training){.task = task,
                    .job = task->job,
                    .spec = spec,
                    .data = task->data,
                    .pool = task->pool,
                    .n = task->data->split[SPLIT_TRAIN].n,
                    .batch = (ptrdiff_t)spec->batch,
                    .classes = task->data->classes,
                    .order_epoch = -1,
                    .saved_step = -1,
                    .steps_left = -1};
    t->stage2 = task->job->kind->stage == 2;
    t->trains_body = !t->stage2;
    t->vtst = strcmp(task->job->kind->head, "vtst") == 0;
    t->faithful = t->stage2 && (strcmp(spec->features, "faithful") == 0 || strcmp(spec->bn, "batch") == 0 ||
                                strcmp(spec->augment, "none") != 0);
    t->steps_per_epoch = (t->n + t->batch - 1) / t->batch;
    t->steps = spec->steps > 0 ? spec->steps : spec->epochs * t->steps_per_epoch;
    t->eval_every = spec->eval_every > 0 ? spec->eval_every : t->steps_per_epoch;
    t->checkpoint_every = spec->checkpoint_every > 0 ? spec->checkpoint_every : t->eval_every;
    t->at.lr = spec->lr;
    TRY(open_nets(t, err));
    TRY(open_memory(t, err));
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

void training_close(Training *t)
{
    evaluator_close(&t->eval);
    tape_close(t->body_tape);
    tape_close(t->head_tape);
    close_optimised(&t->body_opt);
    close_optimised(&t->head_opt);
    net_release(t->body);
    net_release(t->head);
    net_release(t->best_body);
    net_release(t->best_head);
    free(t->nll);
    free(t->eps);
    free(t->logp);
    free(t->order);
    free(t->labels);
}

/* ---- checkpoints ---- */

void training_keep_best(Training *t)
{
    memcpy(t->best_head->values, t->head->values, (size_t)t->head->size * sizeof(float));
    if (t->best_body) memcpy(t->best_body->values, t->body->values, (size_t)t->body->size * sizeof(float));
}

static Status add_optimised(const Optimised *o, const char *name, TensorFile *f, Err *err)
{
    char key[TENSOR_NAME_SIZE];
    snprintf(key, sizeof key, "optimiser.%s.m", name);
    TRY(tensors_add(f, key, TENSOR_F32, 1, &o->net->trained, o->m, err));
    snprintf(key, sizeof key, "optimiser.%s.v", name);
    if (o->v) TRY(tensors_add(f, key, TENSOR_F32, 1, &o->net->trained, o->v, err));
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

Status training_save(Training *t, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    if (!net_finite(t->head, NULL) || !net_finite(t->body, NULL)) /* the last good one stays */
        return training_diverged(t, "a weight is no number", err);
    TRY(path_join(path, t->task->record->folder, "last.safetensors", err));
    TRY(net_to_tensors(t->head, "head.", &f, err));
    TRY(net_to_tensors(t->best_head, "best.head.", &f, err));
    TRY(add_optimised(&t->head_opt, "head", &f, err));
    if (t->best_body) TRY(net_to_tensors(t->body, "body.", &f, err));
    if (t->best_body) TRY(net_to_tensors(t->best_body, "best.body.", &f, err));
    if (t->trains_body) TRY(add_optimised(&t->body_opt, "body", &f, err));
    ptrdiff_t shape = POSITION_DOUBLES;
    TRY(tensors_add(&f, "position", TENSOR_F64, 1, &shape, &t->at, err));
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
static Status take(const TensorFile *f, const char *path, const char *name, TensorType type, ptrdiff_t n, void *dst,
                   Err *err)
{
    const Tensor *tensor = tensors_find(f, name);
    if (!tensor || tensor->type != type || tensor->dims != 1 || tensor->shape[0] != n)
        return err_set(err, ERR_FORMAT, "%s: no tensor \"%s\" of %td numbers", path, name, n);
    memcpy(dst, tensor->data, (size_t)n * (type == TENSOR_F64 ? sizeof(double) : sizeof(float)));
    return OK;
}

static Status take_optimised(Optimised *o, const TensorFile *f, const char *path, const char *name, Err *err)
{
    char key[TENSOR_NAME_SIZE];
    snprintf(key, sizeof key, "optimiser.%s.m", name);
    TRY(take(f, path, key, TENSOR_F32, o->net->trained, o->m, err));
    snprintf(key, sizeof key, "optimiser.%s.v", name);
    if (o->v) TRY(take(f, path, key, TENSOR_F32, o->net->trained, o->v, err));
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

Status training_resume(Training *t, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    TRY(path_join(path, t->task->record->folder, "last.safetensors", err));
    if (!file_exists(path)) return OK;
    TRY(tensors_read(path, &f, err));
    TRY(net_from_tensors(t->head, "head.", &f, path, err));
    TRY(net_from_tensors(t->best_head, "best.head.", &f, path, err));
    TRY(take_optimised(&t->head_opt, &f, path, "head", err));
    if (t->best_body) TRY(net_from_tensors(t->body, "body.", &f, path, err));
    if (t->best_body) TRY(net_from_tensors(t->best_body, "best.body.", &f, path, err));
    if (t->trains_body) TRY(take_optimised(&t->body_opt, &f, path, "body", err));
    TRY(take(&f, path, "position", TENSOR_F64, POSITION_DOUBLES, &t->at, err));
    TRY(check_position(t, path, err));
    t->saved_step = t->at.step;
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err ? err->code : ERR_IO;
}
