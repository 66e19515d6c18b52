/* mat.h - variables of a MATLAB file of level 5 (what `save` writes with -v6 and -v7, and scipy.io.savemat). */
#ifndef TARE_FILE_MAT_H
#define TARE_FILE_MAT_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { MAT_MAX_DIMS = 8, MAT_NAME_SIZE = 64 };
enum { MAT_CLASS_UINT8 = 9, MAT_STORED_UINT8 = 2 }; /* of the classes and of the types in a file */

/* A file in memory, read from its first variable to its last. */
typedef struct {
    const char *path;
    unsigned char *bytes;
    size_t size, at; /* at: the next variable */
    bool big_endian;
} MatFile;

/* A variable. One that is no full array of real numbers (a cell, a structure, text, sparse, complex) has data NULL; an
 * object of MATLAB's has no name either. The first dimension varies fastest. */
typedef struct {
    char name[MAT_NAME_SIZE];
    int class;   /* MATLAB's class of the array, as the file has it */
    int storage; /* the type that its numbers are stored in: any, whatever the class */
    int dims;    /* >= 2 */
    ptrdiff_t shape[MAT_MAX_DIMS];
    size_t elements;
    const unsigned char *data; /* as stored; in `bytes`, or in the file's bytes where that is NULL */
    unsigned char *bytes;      /* what was inflated; owned */
    bool big_endian;
} MatArray;

/* ERR_FORMAT for what is no such file; one of version 7.3, which is HDF5, gets the command that converts it. */
Status mat_open(MatFile *f, const char *path, Err *err);
void mat_close(MatFile *f);

/* Fill a with the next variable; *there = false behind the last. ERR_FORMAT names the byte. a is freed by
 * mat_array_free before f is closed. */
Status mat_next(MatFile *f, MatArray *a, bool *there, Err *err);
void mat_array_free(MatArray *a);

/* Element i as a double. */
double mat_value(const MatArray *a, size_t i);

#endif
