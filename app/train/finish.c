/* finish.c - the result of a training: the kept network's weights, predictions and summary. Worker thread. */
#include "train/training.h"

#include <string.h>

static Status check_frozen(const Training *t, Err *err)
{
    if (training_frozen(t) == t->frozen) return OK;
    return err_set(err, ERR_STATE,
                   "the frozen body changed during stage 2 (a bug in tare): its fingerprint was %016llx",
                   (unsigned long long)t->frozen);
}

static Status judge(Training *t, Result *result, SplitId split, Err *err)
{
    Event event;
    TRY(training_evaluate(t, split, t->spec->keep, &event, err));
    const Predictions answers = training_answers(t, split), kept = training_kept(t, split);
    TRY(result_add(result, split, &event, &answers, &kept, err));
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

/* Put the kept weights in place and predict with them: the last ones have gone into their checkpoint already. */
Status training_finish(Training *t, Err *err)
{
    Result result = {.task = t->task};
    bool best = strcmp(t->spec->keep, "best") == 0;
    TRY(check_frozen(t, err));
    TRY(result_network(t->task, t->best_body ? t->best_body : t->body, t->best_head, t->at.best_step, err));
    if (best) {
        memcpy(t->shown_head->values, t->best_head->values, (size_t)t->head->size * sizeof(float));
        if (t->best_body) memcpy(t->shown_body->values, t->best_body->values, (size_t)t->body->size * sizeof(float));
    }
    TRY(judge(t, &result, SPLIT_VALID, err));
    TRY(judge(t, &result, SPLIT_TEST, err));
    json_t *own = json_pack("{s:I, s:I, s:o}", "steps", (json_int_t)t->at.step, "best_step",
                            (json_int_t)t->at.best_step, "best_nll", real_to_json(t->at.best_nll));
    TRY(result_write(&result, own, err));
    result_free(&result);
    return OK;
fail:
    result_free(&result);
    return err ? err->code : ERR_IO;
}
