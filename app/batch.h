/* batch.h - the headless view: what runs cost, how far they are and how they ended, on stderr. Main thread.
 *
 * On a terminal a bar that is redrawn in place, else lines. */
#ifndef TARE_BATCH_H
#define TARE_BATCH_H

#include "engine/engine.h"
#include <stdbool.h>

typedef struct Batch Batch;

typedef enum {
    BATCH_QUIET,   /* failures only */
    BATCH_REMARKS, /* how runs begin and end: the rest is on the screen */
    BATCH_ALL,
} BatchTells;

/* NULL for lack of memory. */
Batch *batch_open(const Engine *engine, BatchTells tells);
void batch_close(Batch *b); /* NULL is fine */

void batch_event(Batch *b, const Event *event, const Run *run);
void batch_draw(Batch *b);  /* the bar, at most 10 times a second */
void batch_clear(Batch *b); /* takes the bar away: something else is about to be written */

#endif
