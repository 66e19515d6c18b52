/* state.c - what a training holds: its nets and memory, and the parent it starts from. Worker thread. */
#include "train/training.h"

#include "base/clock.h"
#include "nn/checkpoint.h"
#include "train/schedule.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BN_MOMENTUM 0.1

/* ---- the nets ---- */

/* 0 in stage 2 stands for the parent's, or end to end for 0.1. */
static double bn_momentum(const Job *job, double parents)
{
    double own = job_number(job, "bn_momentum", 0);
    return job->kind->stage == 1 || own > 0 ? own : parents;
}

static Status load_body(Training *t, Err *err)
{
    Job parent;
    char folder[PATH_SIZE], path[PATH_SIZE], file[OPTION_TEXT_SIZE + 16], keep[OPTION_TEXT_SIZE];
    TensorFile tensors;
    tensors_init(&tensors);
    TRY(task_parent(t->task, 0, &parent, err));
    if (job_stage(&parent) != 1) {
        err_set(err, ERR_USAGE, "its parent %s is a %s run; stage 2 starts from a whole network", job_from(t->job),
                parent.kind->name);
        goto fail;
    }
    bool choice = *t->spec->checkpoint && *job_text(&parent, "optimizer", keep); /* an import is one network */
    snprintf(file, sizeof file, "%s.safetensors", choice ? t->spec->checkpoint : job_text(&parent, "keep", keep));
    TRY(path_join(folder, t->task->runs, job_from(t->job), err));
    TRY(path_join(path, folder, file, err));
    TRY(tensors_read(path, &tensors, err));
    TRY(net_from_tensors(t->body, "body.", &tensors, path, err));
    t->body->bn_momentum = (float)bn_momentum(t->job, bn_momentum(&parent, BN_MOMENTUM));
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
        t->body->bn_momentum = (float)bn_momentum(t->job, BN_MOMENTUM);
    }
    bool body_changes = t->trains_body || strcmp(t->spec->bn, "batch") == 0;
    if (!(t->best_head = net_copy(t->head, err))) goto fail;
    if (body_changes && !(t->best_body = net_copy(t->body, err))) goto fail;
    bool averages = t->spec->ema > 0;
    if (!(t->shown_head = averages ? net_copy(t->head, err) : net_retain(t->head))) goto fail;
    if (!(t->shown_body = averages && body_changes ? net_copy(t->body, err) : net_retain(t->body))) goto fail;
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
static Status open_optimised(Optimised *o, Net *net, bool second, Err *err)
{
    enum { PIECE = 1 << 16 };
    o->net = net;
    ptrdiff_t room = net->params + net->trained / PIECE + 1;
    o->m = calloc((size_t)net->trained, sizeof *o->m);
    o->v = second ? calloc((size_t)net->trained, sizeof *o->v) : NULL;
    o->segment = malloc((size_t)room * sizeof *o->segment);
    o->square = malloc((size_t)room * sizeof *o->square);
    if (!o->m || (second && !o->v) || !o->segment || !o->square)
        return err_set(err, ERR_MEMORY, "no memory for the optimiser's state");
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
    free(o->square);
    *o = (Optimised){0};
}

static Status open_mixup(Training *t, Err *err)
{
    size_t rows = (size_t)t->batch, floats = (size_t)((t->data->h + 2) * (t->data->w + 2) * t->data->c);
    t->unmixed = calloc(rows * floats, sizeof *t->unmixed); /* borders stay zero */
    t->partner = malloc(rows * sizeof *t->partner);
    t->others = malloc(rows * sizeof *t->others);
    if (t->unmixed && t->partner && t->others) return OK;
    return err_set(err, ERR_MEMORY, "no memory to mix batches of %td images; lower batch", t->batch);
}

static Status open_memory(Training *t, Err *err)
{
    bool second = t->optimiser->second;
    if (t->trains_body || t->faithful) {
        bool for_training = t->best_body != NULL;
        if (!(t->body_tape = tape_open(t->body, t->batch, for_training, err))) goto fail;
    }
    if (!(t->head_tape = tape_open(t->head, t->batch, true, err))) goto fail;
    TRY(open_optimised(&t->head_opt, t->head, second, err));
    if (t->trains_body) TRY(open_optimised(&t->body_opt, t->body, second, err));
    if (t->spec->mixup > 0) TRY(open_mixup(t, err));
    t->loss = malloc((size_t)t->batch * sizeof *t->loss);
    t->labels = malloc((size_t)t->batch * sizeof *t->labels);
    t->order = malloc((size_t)t->n * sizeof *t->order);
    t->eps = malloc((size_t)(t->batch * (t->vtst ? t->spec->z : 1)) * sizeof *t->eps);
    if (!t->loss || !t->labels || !t->order || !t->eps)
        return err_set(err, ERR_MEMORY, "no memory for batches of %td images", t->batch);
    return OK;
fail:
    return err ? err->code : ERR_MEMORY;
}

Status training_open(Training *t, const JobTask *task, Err *err)
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
                    .optimiser = optimiser_find(spec->optimizer),
                    .objective = loss_find(spec->loss),
                    .order_epoch = -1,
                    .saved_step = -1,
                    .steps_left = -1,
                    .opened = clock_seconds()};
    t->stage2 = job_stage(task->job) == 2;
    t->trains_body = !t->stage2;
    t->vtst = strcmp(task->job->kind->head, "vtst") == 0;
    t->faithful = job_faithful(task->job);
    t->steps_per_epoch = (t->n + t->batch - 1) / t->batch;
    t->steps = job_steps(task->job, task->data);
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
    net_release(t->shown_body);
    net_release(t->shown_head);
    free(t->unmixed);
    free(t->partner);
    free(t->others);
    free(t->loss);
    free(t->eps);
    free(t->logits);
    free(t->logp);
    free(t->order);
    free(t->labels);
}

double training_lr(const Training *t, double step)
{
    return t->at.lr * schedule_factor(t->spec, step, (double)t->steps);
}
