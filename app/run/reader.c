/* reader.c - reading a run's folder: JSON files, the event log, predictions. See record.h. Needs no
 * lock; any thread. */
#include "run/record.h"

#include "base/text.h"
#include "file/json.h"
#include "nn/checkpoint.h"
#include "run/folder.h"
#include <stdlib.h>
#include <string.h>

static const size_t events_most = (size_t)2 << 30; /* bytes */

/* dst (PATH_SIZE) = the path of a run's file. A file's name comes from a script or an event: no way out
 * of the folder. */
static Status path_in_run(char *dst, const char *runs, const char *name, const char *file, Err *err)
{
    char folder[PATH_SIZE];
    TRY(record_find(folder, runs, name, err));
    TRY(record_check_name(file, err));
    TRY(path_join(dst, folder, file, err));
    return OK;
fail:
    return err ? err->code : ERR_USAGE;
}

json_t *record_read_json(const char *runs, const char *name, const char *file, Err *err)
{
    char path[PATH_SIZE];
    return path_in_run(path, runs, name, file, err) == OK ? record_load_json(path, err) : NULL;
}

/* Fold one line (without its newline). *whole = it is JSON; when not, the line may be torn, and err says why not. */
static Status fold_line(const char *line, size_t length, RunLog *log, bool *whole, Err *err)
{
    Event event;
    json_error_t why;
    json_t *json = json_parse(line, length, &why, err);
    *whole = json != NULL;
    if (!json && err->code == ERR_FORMAT) err_set(err, ERR_FORMAT, "no JSON (column %d: %s)", why.column, why.text);
    if (!json) return err->code;
    Status done = event_from_json(&event, json, err);
    json_decref(json);
    return done == OK ? runlog_fold(log, &event, err) : done;
}

/* Whether any line from here on is JSON: then what cannot be read before it was lost in the middle. */
static bool json_behind(const char *line, const char *end)
{
    for (const char *newline; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        json_t *json = json_loadb(line, (size_t)(newline - line), 0, NULL);
        json_decref(json);
        if (json) return true;
    }
    return false;
}

/* A tail that is no JSON and has none behind it is what a kill or a power cut leaves (half a line, or blocks of
 * zeros, with or without a newline): it is left out. Anything else that cannot be read is an error. */
Status record_fold_file(const char *folder, RunLog *log, size_t *good, Err *err)
{
    char path[PATH_SIZE];
    unsigned char *bytes = NULL;
    size_t size = 0;
    Status done = path_join(path, folder, "events.jsonl", err);
    if (done == OK) done = file_read(path, events_most, false, &bytes, &size, err);
    if (done != OK) return done;
    const char *line = (const char *)bytes, *end = line + size, *newline;
    for (long number = 1; (newline = memchr(line, '\n', (size_t)(end - line))); number++) {
        bool whole;
        Err why = {.code = ERR_FORMAT};
        done = fold_line(line, (size_t)(newline - line), log, &whole, &why);
        if (done == ERR_FORMAT && !whole && !json_behind(newline + 1, end)) {
            done = OK;
            break;
        }
        if (done != OK) {
            err_set(err, done, "%s line %ld: %s", path, number, why.msg);
            break;
        }
        line = newline + 1;
    }
    *good = (size_t)(line - (const char *)bytes);
    log->dropped = size - *good;
    free(bytes);
    return done;
}

Status record_fold(const char *runs, const char *name, RunLog *log, Err *err)
{
    char folder[PATH_SIZE];
    size_t good;
    Status done = record_find(folder, runs, name, err);
    return done == OK ? record_fold_file(folder, log, &good, err) : done;
}

Predictions *record_predictions(const char *runs, const char *name, const char *file, Err *err)
{
    char path[PATH_SIZE];
    Predictions *pred = NULL;
    TensorFile f;
    tensors_init(&f);
    TRY(path_in_run(path, runs, name, file, err));
    TRY(tensors_read(path, &f, err));
    pred = predictions_from_tensors(&f, err);
    if (!pred) err_prefix(err, "%s: ", path);
fail:
    tensors_free(&f);
    return pred;
}

Status record_write_predictions(const Record *r, const char *file, const Predictions *pred, Err *err)
{
    char path[PATH_SIZE];
    TensorFile f;
    tensors_init(&f);
    Status done = record_check_name(file, err);
    if (done == OK) done = path_join(path, r->folder, file, err);
    if (done == OK) done = predictions_to_tensors(pred, &f, err);
    if (done == OK) done = tensors_write(path, &f, err);
    tensors_free(&f);
    return done;
}
