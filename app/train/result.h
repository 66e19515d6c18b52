/* result.h - what a run of any kind leaves when it ends well: predictions and figures of valid and test, a summary, and
 * where there is one a network. The thread of the job's lane. */
#ifndef TARE_TRAIN_RESULT_H
#define TARE_TRAIN_RESULT_H

#include "nn/net.h"
#include "run/task.h"

/* A network, readable without its parent, as best.safetensors; at the step that it is of. */
Status result_network(const JobTask *task, const Net *body, const Net *head, double step, Err *err);

/* The figures of predictions into an EVAL event of a split and of a "now", "best" or "last" network. ERR_DIVERGED: NaN.
 */
Status result_figures(Event *event, const Predictions *pred, SplitId split, const char *checkpoint, Err *err);

/* What a run says of its splits, gathered for its summary. */
typedef struct {
    const JobTask *task;
    json_t *figures[SPLITS]; /* all measures, of the paper's 10 bins */
    char checkpoint[8];      /* whose they are */
    double seconds;          /* wall.seconds of the last event */
} Result;

/* The predictions of such an event told, taken into the summary, and in the form `kept` stored as SPLIT.safetensors. */
Status result_add(Result *r, SplitId split, Event *event, const Predictions *pred, const Predictions *kept, Err *err);

/* summary.json, with the kind's own figures (`own`, an object that is taken over). */
Status result_write(Result *r, json_t *own, Err *err);
void result_free(Result *r);

#endif
