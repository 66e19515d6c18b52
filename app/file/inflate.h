/* inflate.h - compressed bytes of a file that is in memory. */
#ifndef TARE_FILE_INFLATE_H
#define TARE_FILE_INFLATE_H

#include "base/err.h"
#include <stddef.h>

/* Inflate the gzip (RFC 1952) or zlib (RFC 1950) stream that lies in bytes[begin .. end-1] of the file `path` into
 * fresh memory (malloc'ed, *out_size bytes and a 0 byte behind them), at most `most` bytes. What follows the stream's
 * end is ignored. ERR_FORMAT names the file's byte where the stream is broken; ERR_MEMORY. */
Status inflate_part(const char *path, const unsigned char *bytes, size_t begin, size_t end, size_t most,
                    unsigned char **out, size_t *out_size, Err *err);

#endif
