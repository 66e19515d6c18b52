/* line.c - see line.h. Needs no lock; any thread. */
#include "run/line.h"

#include "base/text.h"
#include "run/record.h"
#include "run/folder.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The last whole line of runs/name/events.jsonl says that it is done: of a run that was killed between its summary and
 * its last event it does not. */
static bool ends_well(const char *runs, const char *name)
{
    char folder[PATH_SIZE], path[PATH_SIZE], tail[1024];
    Event event;
    if (path_join(folder, runs, name, NULL) != OK || path_join(path, folder, "events.jsonl", NULL) != OK) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    off_t end = lseek(fd, 0, SEEK_END), from = end > (off_t)sizeof tail ? end - (off_t)sizeof tail : 0;
    ssize_t n = pread(fd, tail, sizeof tail, from);
    close(fd);
    if (n < 2 || tail[n - 1] != '\n') return false;
    const char *before = memrchr(tail, '\n', (size_t)n - 1), *line = before ? before + 1 : tail;
    json_t *json = json_loadb(line, (size_t)(tail + n - 1 - line), JSON_REJECT_DUPLICATES, NULL);
    bool done = json && event_from_json(&event, json, NULL) == OK && event.type == EVENT_DONE &&
                event.as.done.state == RUN_DONE;
    json_decref(json);
    return done;
}

/* From the summary of a run that is done; false where it does not say all. */
static bool from_summary(RunLine *line, const json_t *summary, const char *runs, const char *name)
{
    const json_t *test = json_object_get(summary, "test"), *accuracy = json_object_get(test, "accuracy"),
                 *nll = json_object_get(test, "nll"), *ece = json_object_get(test, "ece"),
                 *seconds = json_object_get(json_object_get(summary, "wall"), "seconds");
    const char *state = json_string_value(json_object_get(summary, "state"));
    if (!state || strcmp(state, run_state_name[RUN_DONE]) != 0 || !ends_well(runs, name)) return false;
    if (!json_is_number(accuracy) || !json_is_number(nll) || !json_is_number(ece) || !json_is_number(seconds))
        return false;
    line->state = RUN_DONE;
    line->judged = true;
    line->accuracy = json_number_value(accuracy);
    line->nll = json_number_value(nll);
    line->ece = json_number_value(ece);
    line->seconds = json_number_value(seconds);
    return true;
}

/* From the events of one that is not, or whose summary is of an older tare. The lock is looked at before the record is
 * read: what its writer wrote last is then seen. */
static Status from_events(RunLine *line, const char *runs, const char *name, Err *err)
{
    RunLog log;
    Bin bin[PAPER_BINS];
    char keep[OPTION_TEXT_SIZE];
    bool written = record_locked(runs, name);
    runlog_init(&log);
    Status done = record_fold(runs, name, &log, err);
    if (done == OK) {
        const EvalPoint *test = runlog_eval(&log, "test", job_text(&line->job, "keep", keep));
        line->state = run_state_ended(log.state) || written ? log.state : RUN_STOPPED;
        line->seconds = log.seconds;
        line->judged = test && bins_from_fine(bin, PAPER_BINS, &test->as.bins, NULL) == OK;
        if (line->judged) {
            line->accuracy = test->as.accuracy;
            line->nll = test->as.nll;
            line->ece = bins_ece(bin, PAPER_BINS);
        }
    }
    runlog_free(&log);
    return done;
}

Status run_line(RunLine *line, const char *runs, const char *name, Err *err)
{
    *line = (RunLine){0};
    json_t *config = record_read_json(runs, name, "config.json", err), *summary = NULL;
    if (!config) return err ? err->code : ERR_IO;
    Status done = job_from_json(&line->job, config, err);
    json_decref(config);
    if (done != OK) return done;
    summary = record_read_json(runs, name, "summary.json", NULL); /* there is none before a run ends */
    const char *note = json_string_value(json_object_get(summary, "note"));
    if (note) strncat(line->note, note, sizeof line->note - 1);
    text_clean(line->note);
    if (!from_summary(line, summary, runs, name)) done = from_events(line, runs, name, err);
    json_decref(summary);
    return done;
}
