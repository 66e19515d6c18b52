/* result.c - see result.h. The thread of the job's lane. */
#include "train/result.h"

#include "nn/checkpoint.h"
#include "train/evaluate.h"
#include <stdio.h>
#include <string.h>

Status result_network(const JobTask *task, const Net *body, const Net *head, double step, Err *err)
{
    char path[PATH_SIZE], text[64];
    TensorFile f;
    tensors_init(&f);
    snprintf(text, sizeof text, "%.0f", step);
    TRY(path_join(path, task->record->folder, "best.safetensors", err));
    TRY(net_to_tensors(body, "body.", &f, err));
    TRY(net_to_tensors(head, "head.", &f, err));
    TRY(tensors_meta(&f, "kind", task->job->kind->name, err));
    TRY(tensors_meta(&f, "step", text, err));
    TRY(tensors_write(path, &f, err));
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err ? err->code : ERR_IO;
}

Status result_figures(Event *event, const Predictions *pred, SplitId split, const char *checkpoint, Err *err)
{
    snprintf(event->as.eval.split, sizeof event->as.eval.split, "%s", split_name[split]);
    snprintf(event->as.eval.checkpoint, sizeof event->as.eval.checkpoint, "%s", checkpoint);
    return evaluate_figures(event, pred, split, err);
}

Status result_keep(const JobTask *task, Event *event, const Predictions *pred, SplitId split, Err *err)
{
    snprintf(event->as.eval.file, sizeof event->as.eval.file, "%s.safetensors", split_name[split]);
    return record_write_predictions(task->record, event->as.eval.file, pred, err);
}

static json_t *figures(const Event *e)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "accuracy", e->as.eval.accuracy, "confidence", e->as.eval.confidence,
                     "nll", e->as.eval.nll, "brier", e->as.eval.brier);
}

Status result_summary(const JobTask *task, json_t *own, const Event *valid, const Event *test, Err *err)
{
    json_t *summary = json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:f}}", "state", run_state_name[RUN_DONE], "what", "",
                                "checkpoint", test->as.eval.checkpoint, "valid", figures(valid), "test", figures(test),
                                "wall", "seconds", test->wall.seconds);
    bool whole = summary && own && json_object_update(summary, own) == 0;
    Status written =
        whole ? record_summary(task->record, summary, err) : err_set(err, ERR_MEMORY, "no memory for the summary");
    json_decref(own);
    json_decref(summary);
    return written;
}
