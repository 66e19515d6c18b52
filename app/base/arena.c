/* arena.c - see arena.h. An arena belongs to one thread at a time. */
#include "base/arena.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64 };

Status arena_open(Arena *a, size_t bytes, Err *err)
{
    *a = (Arena){0};
    size_t reserved = (bytes + 4095) & ~(size_t)4095;
    void *p = mmap(NULL, reserved ? reserved : 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, ERR_MEMORY, "no memory for %zu MB of activations; lower the batch or the network's width",
                       bytes >> 20);
    *a = (Arena){.base = p, .reserved = reserved ? reserved : 4096};
    return OK;
}

void arena_close(Arena *a)
{
    if (a->base) munmap(a->base, a->reserved);
    *a = (Arena){0};
}

void *arena_alloc(Arena *a, size_t bytes)
{
    size_t take = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    assert(a->base && take >= bytes && a->reserved - a->used >= take);
    void *p = a->base + a->used;
    if (a->used < a->peak) /* fresh pages are zero already */
        memset(p, 0, a->used + take < a->peak ? take : a->peak - a->used);
    a->used += take;
    if (a->used > a->peak) a->peak = a->used;
    return p;
}

size_t arena_mark(const Arena *a)
{
    return a->used;
}

void arena_release(Arena *a, size_t mark)
{
    assert(mark <= a->used);
    a->used = mark;
}
