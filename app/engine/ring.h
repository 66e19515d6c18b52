/* ring.h - a queue of events from the worker to the main loop: one producer, one consumer, no lock on the way. */
#ifndef TARE_ENGINE_RING_H
#define TARE_ENGINE_RING_H

#include "run/event.h"
#include <stdbool.h>

typedef struct Ring Ring;

/* Room for `room` events (a power of two). NULL with err set. */
Ring *ring_open(size_t room, Err *err);
void ring_close(Ring *ring);

/* Producer. What finds the ring full goes into a list behind it: no event is lost, and no training waits for a reader
 * who does not come. Only without memory for that does it wait. */
void ring_push(Ring *ring, const Event *event);

/* Consumer. False when there is none. Never waits. */
bool ring_pop(Ring *ring, Event *event);

/* Readable (poll) while events may be waiting; ring_pop drains it. */
int ring_fd(const Ring *ring);

#endif
