/* finish.c - the result of a training: the kept network's weights, predictions and summary. Worker thread. */
#include "train/training.h"

#include "nn/checkpoint.h"
#include <stdio.h>
#include <string.h>

/* The whole network with the lowest validation NLL: readable without its parent. */
static Status write_best(const Training *t, Err *err)
{
    char path[PATH_SIZE], text[64];
    TensorFile f;
    tensors_init(&f);
    TRY(path_join(path, t->task->record->folder, "best.safetensors", err));
    TRY(net_to_tensors(t->best_body ? t->best_body : t->body, "body.", &f, err));
    TRY(net_to_tensors(t->best_head, "head.", &f, err));
    TRY(tensors_meta(&f, "kind", t->job->kind->name, err));
    snprintf(text, sizeof text, "%.0f", t->at.best_step);
    TRY(tensors_meta(&f, "step", text, err));
    TRY(tensors_write(path, &f, err));
    tensors_free(&f);
    return OK;
fail:
    tensors_free(&f);
    return err ? err->code : ERR_IO;
}

/* Evaluate the kept network on a split; *figures = all measures, of the paper's 10 bins. */
static Status judge(Training *t, SplitId split, const char *file, Event *event, json_t **figures, Err *err)
{
    Scores scores;
    TRY(training_evaluate(t, split, t->spec->keep, file, event, err));
    const Predictions answers = training_answers(t, split);
    TRY(scores_of(&scores, &answers, PAPER_BINS, err));
    if (!(*figures = record_figures(&scores))) return err_set(err, ERR_MEMORY, "no memory for the figures");
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

/* Takes valid and test over. */
static Status write_summary(const Training *t, json_t *valid, json_t *test, double seconds, Err *err)
{
    json_t *summary = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:{s:f}}", "state", run_state_name[RUN_DONE],
                                "what", "", "checkpoint", t->spec->keep, "steps", (json_int_t)t->at.step, "best_step",
                                (json_int_t)t->at.best_step, "best_nll", real_to_json(t->at.best_nll), "valid", valid,
                                "test", test, "wall", "seconds", seconds);
    if (!summary) return err_set(err, ERR_MEMORY, "no memory for the summary");
    Status written = record_summary(t->task->record, summary, err);
    json_decref(summary);
    return written;
}

static Status check_frozen(const Training *t, Err *err)
{
    if (training_frozen(t) == t->frozen) return OK;
    return err_set(err, ERR_STATE,
                   "the frozen body changed during stage 2 (a bug in tare): its fingerprint was %016llx",
                   (unsigned long long)t->frozen);
}

/* Put the kept weights in place and predict with them: the last ones have gone into their checkpoint already. */
Status training_finish(Training *t, Err *err)
{
    Event event;
    json_t *valid = NULL, *test = NULL;
    bool best = strcmp(t->spec->keep, "best") == 0;
    TRY(check_frozen(t, err));
    TRY(write_best(t, err));
    if (best) {
        memcpy(t->shown_head->values, t->best_head->values, (size_t)t->head->size * sizeof(float));
        if (t->best_body) memcpy(t->shown_body->values, t->best_body->values, (size_t)t->body->size * sizeof(float));
    }
    TRY(judge(t, SPLIT_VALID, "valid.safetensors", &event, &valid, err));
    TRY(judge(t, SPLIT_TEST, "test.safetensors", &event, &test, err));
    return write_summary(t, valid, test, event.wall.seconds, err);
fail:
    json_decref(valid);
    json_decref(test);
    return err ? err->code : ERR_IO;
}
