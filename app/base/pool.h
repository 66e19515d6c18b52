/* pool.h - threads that share out numbered chunks of work and block, not spin, between jobs.
 *
 * Results must not depend on the number of threads: a chunk's work depends only on its number, and whoever needs a
 * sum over chunks adds the chunks' partial sums in their order. */
#ifndef TARE_BASE_POOL_H
#define TARE_BASE_POOL_H

#include "base/err.h"
#include <stddef.h>

typedef struct Pool Pool;

/* Work on chunk number `chunk`; `thread` (0 .. threads-1) picks per-thread scratch, never a result. */
typedef void PoolFn(void *work, ptrdiff_t chunk, int thread);

enum { POOL_MAX_THREADS = 64 };

/* A pool of `threads` (1 .. POOL_MAX_THREADS), the caller of pool_run being one of them. NULL with err set. */
Pool *pool_open(int threads, Err *err);
void pool_close(Pool *pool);        /* NULL is fine */
int pool_threads(const Pool *pool); /* 1 for NULL */

/* Run fn on chunks 0 .. chunks-1 and return when all are done. One caller at a time. pool may be NULL: all on the
 * calling thread, in order. */
void pool_run(Pool *pool, ptrdiff_t chunks, PoolFn *fn, void *work);

/* Processors this process may use. */
int pool_processors(void);

#endif
