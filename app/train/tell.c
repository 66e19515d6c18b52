/* tell.c - what a training says: events, asides, and why it has diverged. Worker thread. */
#include "train/training.h"

#include <math.h>
#include <stdio.h>

Event training_event(const Training *t, EventType type)
{
    return (Event){.type = type,
                   .step = (int32_t)t->at.step,
                   .epoch = (int32_t)((int64_t)t->at.step / t->steps_per_epoch),
                   .stage = job_stage(t->job)};
}

Status training_emit(Training *t, Event *event, Err *err)
{
    Status sent = t->task->host->emit(t->task->host->arg, event, err);
    t->at.seq = (double)*t->task->host->seq;
    return sent;
}

void training_aside(const Training *t, const char *text)
{
    t->task->host->aside(t->task->host->arg, text);
}

/* Name the first gradient that is no number, for the message of a run that has diverged. */
static const char *bad_gradient(const Net *net, Tape *tape)
{
    const float *grads = tape_grads(tape);
    for (const Param *p = net->param; p < net->param + net->params; p++)
        for (ptrdiff_t i = 0; p->trained && i < p->size; i++)
            if (!isfinite(grads[p->offset + i])) return p->name;
    return NULL;
}

Status training_diverged(const Training *t, const char *what, Err *err)
{
    const char *name = NULL, *kind = "weights";
    net_finite(t->body, &name);
    if (!name) net_finite(t->head, &name);
    if (!name) {
        kind = "gradient";
        name = bad_gradient(t->head, t->head_tape);
        if (!name && t->trains_body) name = bad_gradient(t->body, t->body_tape);
    }
    char kept[64] = "no checkpoint was written before it",
         where[PARAM_NAME_SIZE + 32] = "weights and gradients are finite";
    if (t->saved_step >= 0) snprintf(kept, sizeof kept, "the last good checkpoint is of step %.0f", t->saved_step);
    if (name) snprintf(where, sizeof where, "first bad %s: %s", kind, name);
    return err_set(err, ERR_DIVERGED, "%s after step %.0f (%s); %s; lower lr (now %g)", what, t->at.step, where, kept,
                   training_lr(t, t->at.step));
}
