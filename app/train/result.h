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

/* Such an event's predictions as SPLIT.safetensors: the event is then to be emitted. */
Status result_keep(const JobTask *task, Event *event, const Predictions *pred, SplitId split, Err *err);

/* summary.json: the kind's own figures (`own`, an object that is taken over), and those of the events of both splits.
 */
Status result_summary(const JobTask *task, json_t *own, const Event *valid, const Event *test, Err *err);

#endif
