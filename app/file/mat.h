/* mat.h - variables of a MATLAB file of level 5 (what `save` writes with -v6 and -v7, and scipy.io.savemat). */
#ifndef TARE_FILE_MAT_H
#define TARE_FILE_MAT_H

#include "file/array.h"

/* A file in memory, read from its first variable to its last. */
typedef struct {
    const char *path;
    unsigned char *bytes;
    size_t size, at; /* at: the next variable */
    size_t most;     /* bytes that the file, or the numbers of a variable, may have */
    bool big_endian;
} MatFile;

/* ERR_FORMAT for what is no such file; one of version 7.3, which is HDF5, gets the command that converts it. ERR_LIMIT.
 */
Status mat_open(MatFile *f, const char *path, size_t most, Err *err);
void mat_close(MatFile *f);

/* Fill a with the next variable, whose data are malloc'ed; *there = false behind the last. MATLAB's first dimension
 * varies fastest: its (32, 32, 3, n) is told as (n, 3, 32, 32), the same numbers in the same order. The type is the one
 * they are stored in, whatever the class. One that is no full array of real numbers (a cell, a structure, text, sparse,
 * complex) has data NULL; an object of MATLAB's has no name either. ERR_FORMAT names the byte; ERR_LIMIT. */
Status mat_next(MatFile *f, Array *a, bool *there, Err *err);

#endif
