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

Status result_add(Result *r, SplitId split, Event *event, const Predictions *pred, const Predictions *kept, Err *err)
{
    EvalFacts *eval = &event->as.eval;
    Scores scores;
    snprintf(eval->file, sizeof eval->file, "%s.safetensors", split_name[split]);
    TRY(record_write_predictions(r->task->record, eval->file, kept, err));
    TRY(scores_of(&scores, pred, PAPER_BINS, err));
    if (!(r->figures[split] = record_figures(&scores))) return err_set(err, ERR_MEMORY, "no memory for the figures");
    TRY(task_emit(r->task, event, err));
    snprintf(r->checkpoint, sizeof r->checkpoint, "%s", eval->checkpoint);
    r->seconds = event->wall.seconds;
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

Status result_write(Result *r, json_t *own, Err *err)
{
    json_t *summary = json_pack("{s:s, s:s, s:s, s:O, s:O, s:{s:f}}", "state", run_state_name[RUN_DONE], "what", "",
                                "checkpoint", r->checkpoint, "valid", r->figures[SPLIT_VALID], "test",
                                r->figures[SPLIT_TEST], "wall", "seconds", r->seconds);
    bool whole = summary && own && json_object_update(summary, own) == 0;
    Status written =
        whole ? record_summary(r->task->record, summary, err) : err_set(err, ERR_MEMORY, "no memory for the summary");
    json_decref(own);
    json_decref(summary);
    return written;
}

void result_free(Result *r)
{
    for (int s = 0; s < SPLITS; s++) json_decref(r->figures[s]);
}
