/* follow.c - runs that another process writes: their logs grow as the record does. Main thread.
 *
 * A timer looks, not inotify: the record may lie on a network's disk, and a lock that goes tells nobody. */
#include "engine/slot.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVERY_MS = 200 };

/* The timer runs while anything is followed. */
static void set_timer(Engine *e)
{
    const struct timespec every = {.tv_nsec = EVERY_MS * 1000000L};
    struct itimerspec on = {.it_interval = every, .it_value = every}, off = {0};
    timerfd_settime(e->ticks, 0, e->followed > 0 ? &on : &off, NULL);
}

Status follow(Engine *e, Slot *s, Err *err)
{
    Replay *replay = malloc(sizeof *replay);
    if (!replay) return err_set(err, ERR_MEMORY, "no memory to follow run %s", s->run.job.name);
    Status opened = replay_open(replay, e->runs, s->run.job.name, err);
    if (opened != OK) {
        free(replay);
        return opened;
    }
    s->follow = replay;
    e->followed++;
    set_timer(e);
    return OK;
}

void follow_end(Engine *e, Slot *s)
{
    if (!s->follow) return;
    replay_close(s->follow);
    free(s->follow);
    s->follow = NULL;
    e->followed--;
    set_timer(e);
}

/* The next event of a followed run; false when there is none yet, or none can come: it has ended, its record cannot be
 * read, or nobody writes it any more. The lock is looked at before the record is read to its end: what its writer wrote
 * last is then seen. */
static bool next_event(Engine *e, Slot *s, Event *event)
{
    Err ignored;
    bool there, written = record_locked(e->runs, s->run.job.name);
    Status read = replay_step(s->follow, &s->run.log, event, &there, &ignored);
    if (read == OK && there) {
        event->run = s->run.id;
        if (run_state_ended(s->run.log.state)) follow_end(e, s);
        return true;
    }
    if (read == OK && written) return false;
    s->run.log.state = RUN_STOPPED;
    *event = (Event){.seq = s->run.log.seq + 1,
                     .run = s->run.id,
                     .type = EVENT_DONE,
                     .stage = job_stage(&s->run.job),
                     .as.done = {.state = RUN_STOPPED, .text = "its process has ended without a word"}};
    follow_end(e, s);
    return true;
}

bool follow_look(Engine *e, Slot *s, Event *event)
{
    return s->follow && next_event(e, s, event);
}

bool follow_drain(Engine *e, Event *event, Run **run)
{
    uint64_t ticks;
    if (e->followed == 0) return false;
    if (read(e->ticks, &ticks, sizeof ticks) == sizeof ticks) e->looking = e->slots;
    for (; e->looking > 0; e->looking--) { /* until a run has nothing new */
        Slot *s = e->slot[e->looking - 1];
        *run = &s->run;
        if (follow_look(e, s, event)) return true;
    }
    return false;
}
