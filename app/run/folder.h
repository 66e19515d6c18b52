/* folder.h - what the files of record.h's implementation share: paths, the lock, small JSON files. */
#ifndef TARE_RUN_FOLDER_H
#define TARE_RUN_FOLDER_H

#include "file/whole.h"
#include "calib/predictions.h"
#include "file/safetensors.h"
#include "run/runlog.h"
#include <jansson.h>

/* folder (PATH_SIZE) = runs/name of a run that is there. ERR_USAGE: a bad name; no such run, with
 * the nearest name. */
Status record_find(char *folder, const char *runs, const char *name, Err *err);

/* Take the lock of a run's folder; closing the descriptor gives it back. ERR_STATE while anybody else has it. */
Status record_lock(const char *folder, int *lock, Err *err);

/* Make the folder of a new run, or take over what a process left that was killed while it made one. ERR_USAGE: the name
 * is taken, by a run or by anything else; what is there stays as it is. */
Status record_claim(const char *folder, int *lock, Err *err);

/* ERR_STATE: the folder holds something that tare did not make, or is a link. */
Status record_check_ours(const char *folder, Err *err);

/* Remove a run's folder, all of whose files tare made; else ERR_STATE, and nothing is removed. */
Status record_clear(const char *folder, Err *err);

/* Remove files that a killed process was writing. The caller holds the lock. */
void record_remove_unfinished(const char *folder);

/* A JSON object from a file; NULL with err set. */
json_t *record_load_json(const char *path, Err *err);
Status record_save_json(const char *path, const json_t *json, Err *err);

/* Fold the lines of folder/events.jsonl. *good = bytes up to the end of the last whole line: what is
 * behind is torn. */
Status record_fold_file(const char *folder, RunLog *log, size_t *good, Err *err);

/* predictions_file.c: the tensors of a predictions file, and predictions of them. The tensors borrow pred's values. */
Status predictions_to_tensors(const Predictions *pred, TensorFile *f, Err *err);
Predictions *predictions_from_tensors(const TensorFile *f, Err *err);

#endif
