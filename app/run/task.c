/* task.c - see task.h. The thread of the job's lane. */
#include "run/task.h"

#include <stdio.h>
#include <string.h>

static Status check_done(const char *runs, const char *name, Err *err)
{
    json_t *summary = record_read_json(runs, name, "summary.json", err);
    if (!summary) return err ? err->code : ERR_IO;
    const char *state = json_string_value(json_object_get(summary, "state"));
    const char *what = json_string_value(json_object_get(summary, "what"));
    bool done = state && strcmp(state, run_state_name[RUN_DONE]) == 0;
    if (!done)
        err_set(err, ERR_STATE, "its parent %s has not ended well (%s%s%s)", name, state ? state : "no state",
                what && *what ? ": " : "", what ? what : "");
    json_decref(summary);
    return done ? OK : ERR_STATE;
}

Status task_parent(const JobTask *task, int i, Job *parent, Err *err)
{
    const char *name = task->job->parent[i];
    json_t *config = record_read_json(task->runs, name, "config.json", err);
    if (!config) return err ? err->code : ERR_IO;
    Status read = job_from_json(parent, config, err);
    json_decref(config);
    return read == OK ? check_done(task->runs, name, err) : read;
}

Event task_event(const JobTask *task, EventType type)
{
    return (Event){.type = type, .stage = job_stage(task->job)};
}

Status task_emit(const JobTask *task, Event *event, Err *err)
{
    return task->host->emit(task->host->arg, event, err);
}

Status task_begin(const JobTask *task, Event *stage, Err *err)
{
    Event resume = task_event(task, EVENT_RESUME), state = task_event(task, EVENT_STATE);
    if (task->resume) {
        *task->host->seq = 0;
        TRY(task_emit(task, &resume, err));
    }
    state.as.state.state = RUN_RUNNING;
    TRY(task_emit(task, &state, err));
    *stage = task_event(task, EVENT_STAGE);
    snprintf(stage->as.stage.name, sizeof stage->as.stage.name, "%s", job_title(task->job));
    return OK;
fail:
    return err ? err->code : ERR_IO;
}
