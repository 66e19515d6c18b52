/* answers.c - what the network that is shown says of a split, as an event and as a file. Worker thread. */
#include "train/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool stopping(void *arg)
{
    const Training *t = arg;
    return t->task->host->stopping(t->task->host->arg);
}

/* A word at every tenth of a pass that takes minutes. What is long is said by FLOPs, not by the clock. */
static void tell_progress(void *arg, SplitId split, ptrdiff_t done, ptrdiff_t n)
{
    const Training *t = arg;
    const double long_pass = 5e12;
    ptrdiff_t tenth = done * 10 / n, before = (done > EVAL_ROWS ? done - EVAL_ROWS : 0) * 10 / n;
    char text[EVENT_TEXT_SIZE];
    if (tenth == before || (double)n * net_flops(t->body) < long_pass) return;
    snprintf(text, sizeof text, "%s images through the body: %td of %td", split_name[split], done, n);
    training_aside(t, text);
}

/* With room for what it says of the larger split. */
Status training_open_evaluator(Training *t, Err *err)
{
    const Split *split = t->data->split;
    ptrdiff_t most = split[SPLIT_VALID].n > split[SPLIT_TEST].n ? split[SPLIT_VALID].n : split[SPLIT_TEST].n;
    t->logits = malloc((size_t)(most * t->classes) * sizeof *t->logits);
    t->logp = malloc((size_t)(most * t->classes) * sizeof *t->logp);
    if (!t->logits || !t->logp) return err_set(err, ERR_MEMORY, "no memory for the answers on %td images", most);
    t->eval = (Evaluator){.body = t->shown_body,
                          .head = t->shown_head,
                          .pool = t->pool,
                          .seed = (uint64_t)t->spec->seed,
                          .draws = (int)t->spec->samples,
                          .stopping = stopping,
                          .progress = tell_progress,
                          .arg = t};
    return evaluator_open(&t->eval, err);
}

Predictions training_answers(const Training *t, SplitId split)
{
    const Split *s = &t->data->split[split];
    return (Predictions){.n = s->n, .classes = t->classes, .form = SAID_LOGP, .values = t->logp, .labels = s->labels};
}

/* Logits, but where the answer is a mean over draws, which has none. */
Predictions training_kept(const Training *t, SplitId split)
{
    Predictions kept = training_answers(t, split);
    if (evaluator_averages(&t->eval)) return kept;
    kept.form = SAID_LOGITS;
    kept.values = t->logits;
    return kept;
}

Status training_evaluate(Training *t, SplitId split, const char *checkpoint, Event *event, Err *err)
{
    TRY(evaluator_predict(&t->eval, t->data, split, training_features(t, split), t->logits, t->logp, err));
    const Predictions answers = training_answers(t, split);
    *event = training_event(t, EVENT_EVAL);
    Status known = result_figures(event, &answers, split, checkpoint, err);
    return known == ERR_DIVERGED ? training_diverged(t, "the network's answers are NaN", err) : known;
fail:
    return err ? err->code : ERR_IO;
}
