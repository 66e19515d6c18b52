/* arena.h - memory by lifetime: reserve once, allocate by moving a mark, release by moving it back. */
#ifndef TARE_BASE_ARENA_H
#define TARE_BASE_ARENA_H

#include "base/err.h"
#include <stddef.h>

typedef struct {
    char *base;
    size_t used, reserved, peak; /* bytes */
} Arena;

/* Reserve address space for `bytes`; pages cost memory only once touched. ERR_MEMORY where that is refused. */
Status arena_open(Arena *a, size_t bytes, Err *err);
void arena_close(Arena *a);

/* `bytes` zeroed bytes on a 64-byte boundary. Running over the reservation is a bug (the sizes are planned). */
void *arena_alloc(Arena *a, size_t bytes);
#define ARENA_FLOATS(a, count) ((float *)arena_alloc((a), (size_t)(count) * sizeof(float)))

size_t arena_mark(const Arena *a);
void arena_release(Arena *a, size_t mark);

#endif
