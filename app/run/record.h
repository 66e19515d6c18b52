/* record.h - a run's folder on disk, runs/NAME/: the append-only truth.
 *
 *     config.json       what was asked: data, network, training options, seed, parent; enough to run it again
 *     events.jsonl      what happened, a line an event
 *     summary.json      state and final figures, rewritten when the run ends; the user's note
 *     last.safetensors  the latest checkpoint with the full state (weights, optimiser, position, best so far); of a run
 *                       that is done the weights of the last step alone (record_prune)
 *     best.safetensors  the kept network with the lowest validation NLL, whole
 *     valid.safetensors, test.safetensors   predictions: what was said of each image, "logits" (n, C)
 *                       float32, or "logp" for means over draws (and in runs of old), and "labels" (n) int32
 *     lock              held (flock) by the process that writes the run
 */
#ifndef TARE_RUN_RECORD_H
#define TARE_RUN_RECORD_H

#include "base/err.h"
#include "file/whole.h"
#include "calib/scores.h"
#include "run/runlog.h"
#include <jansson.h>

typedef struct {
    char folder[PATH_SIZE];
    int lock, events; /* descriptors; events: -1 until the first one is appended */
} Record;

/* A name is 1..48 letters, digits, '.', '_', '-', and does not start with '.' or '-'. ERR_USAGE says so. */
Status record_check_name(const char *name, Err *err);

/* Make runs/name (ERR_USAGE when it exists), lock it, write config.json; "wall": {"created": now} is added where config
 * has no "wall". */
Status record_create(Record *r, const char *runs, const char *name, const json_t *config, Err *err);

/* Open an existing run to go on with it: lock it (ERR_STATE: a process is writing it), cut a torn last line off
 * events.jsonl (one without a newline, or that is no JSON), and fold what is there into log, which is empty before. */
Status record_reopen(Record *r, const char *runs, const char *name, RunLog *log, Err *err);

/* Append one line; written to the system before it returns, so that a checkpoint never names an event that is lost. */
Status record_append(Record *r, const Event *event, Err *err);

/* { n, bins, and every measure by its name }; NULL for lack of memory. */
json_t *record_figures(const Scores *scores);
Status record_summary(const Record *r, const json_t *summary, Err *err); /* keeps a note that is there */
void record_close(Record *r);

/* What is kept of a run that is done: best.safetensors as it is, and of last.safetensors the weights, body.* and
 * head.*, which a stage 2 may be made from; the state that only a resume would need goes (the optimiser's, and the best
 * network over again). Call it after DONE is on disk: before, the run may have to go on. Nothing happens where it was
 * done. */
Status record_prune(const char *folder, Err *err);

/* Reading needs no lock. The caller owns what is returned. */
json_t *record_read_json(const char *runs, const char *name, const char *file, Err *err);
Status record_fold(const char *runs, const char *name, RunLog *log, Err *err);
bool record_locked(const char *runs, const char *name); /* a process is writing it */
Predictions *record_predictions(const char *runs, const char *name, const char *file, Err *err);
Status record_write_predictions(const Record *r, const char *file, const Predictions *pred, Err *err);

/* Names of all runs (folders with a config.json), by time of creation; freed by record_names_free. */
Status record_names(const char *runs, char ***names, ptrdiff_t *count, Err *err);
void record_names_free(char **names, ptrdiff_t count);

/* A run that is being written cannot be renamed or deleted (ERR_STATE); children are found by config.json "from":
 * rename rewrites theirs, delete refuses while there are any unless `with_children`. */
/* Finish what processes began that were killed at it: a rename, a removal. OK where there is nothing to do, or where
 * somebody is still at it. Call it once when a folder of runs is opened. */
Status record_recover(const char *runs, Err *err);
Status record_rename(const char *runs, const char *name, const char *to, Err *err);
Status record_delete(const char *runs, const char *name, bool with_children, Err *err);
Status record_note(const char *runs, const char *name, const char *note, Err *err);

#endif
