/* inflate.h - compressed bytes of a file that is in memory: piece by piece, or all at once. */
#ifndef TARE_FILE_INFLATE_H
#define TARE_FILE_INFLATE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

/* A gzip (RFC 1952) or zlib (RFC 1950) stream that is being unpacked. */
typedef struct {
    const char *path;
    z_stream z;
    size_t end, left; /* of the input: its last byte's place in the file + 1, bytes that z has not been given yet */
    bool ended;       /* all is unpacked, and its checksum right */
} Inflate;

/* The stream that lies in bytes[begin .. end-1] of the file `path`. A gzip file is a series of members: one that
 * follows another is a part of the stream. What else follows is ignored. inflate_close is due whatever is returned. */
Status inflate_open(Inflate *f, const char *path, const unsigned char *bytes, size_t begin, size_t end, Err *err);
void inflate_close(Inflate *f);

/* dst (size) = the next bytes; *got of them, fewer only at the end of the stream. ERR_FORMAT names the file's byte
 * where the stream is broken. */
Status inflate_next(Inflate *f, void *dst, size_t size, size_t *got, Err *err);

/* All of such a stream into fresh memory (malloc'ed, *out_size bytes and a 0 byte behind them); ERR_LIMIT beyond `most`
 * bytes, ERR_MEMORY. */
Status inflate_part(const char *path, const unsigned char *bytes, size_t begin, size_t end, size_t most,
                    unsigned char **out, size_t *out_size, Err *err);

#endif
