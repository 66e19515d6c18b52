/* npy.h - NumPy's array files (.npy): integers and floats, as they are. */
#ifndef TARE_FILE_NPY_H
#define TARE_FILE_NPY_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    NPY_BOOL,
    NPY_U8,
    NPY_I8,
    NPY_U16,
    NPY_I16,
    NPY_U32,
    NPY_I32,
    NPY_U64,
    NPY_I64,
    NPY_F32,
    NPY_F64,
    NPY_TYPES
} NpyType;

enum { NPY_MAX_DIMS = 8 };

/* An array in C order: the last dimension varies fastest. */
typedef struct {
    NpyType type;
    int dims; /* 0 for a single number */
    ptrdiff_t shape[NPY_MAX_DIMS];
    size_t elements;
    void *data; /* malloc'ed and aligned for any type; owned */
} NpyArray;

/* Versions 1 to 3 of the format. ERR_FORMAT names the byte and, for what NumPy can write but this does not read
 * (another byte order, Fortran order, text, objects), the expression that converts it. ERR_IO, ERR_MEMORY. */
Status npy_read(NpyArray *a, const char *path, Err *err);
void npy_free(NpyArray *a);

const char *npy_type_name(NpyType type); /* NumPy's: "uint8", ... */

/* Element i as an integer; false for a fraction, for what is no number, and for what 64 bits cannot hold. */
bool npy_integer(const NpyArray *a, size_t i, int64_t *value);

#endif
