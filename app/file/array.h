/* array.h - an array of numbers as a file has named it: what npy, mat and safetensors files are read into. Readers hand
 * it over as this machine computes with it (its byte order, aligned, the last dimension fastest), whatever the file
 * had. Pure functions; any thread. */
#ifndef TARE_FILE_ARRAY_H
#define TARE_FILE_ARRAY_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    ARRAY_BOOL,
    ARRAY_U8,
    ARRAY_I8,
    ARRAY_U16,
    ARRAY_I16,
    ARRAY_U32,
    ARRAY_I32,
    ARRAY_U64,
    ARRAY_I64,
    ARRAY_F16,  /* IEEE 754's half */
    ARRAY_BF16, /* the upper half of a float */
    ARRAY_F32,
    ARRAY_F64,
    ARRAY_TYPES
} ArrayType;

enum { ARRAY_NAME_SIZE = 96, ARRAY_MAX_DIMS = 8 };

typedef struct {
    char name[ARRAY_NAME_SIZE]; /* "" where the file gives none */
    ArrayType type;
    int dims; /* 0 for a single number */
    ptrdiff_t shape[ARRAY_MAX_DIMS];
    void *data; /* (shape); whose it is the reader says. NULL: not read */
} Array;

/* A type as people, NumPy and safetensors call it. */
typedef struct {
    const char *name;    /* "uint8" */
    const char *numpy;   /* "u1", without the byte order; NULL: NumPy has none */
    const char *letters; /* NumPy's one-letter names, each of which will do */
    const char *tensor;  /* "U8" */
    size_t size;         /* bytes of an element */
    bool real;           /* a float, of any width */
} ArrayKind;

extern const ArrayKind array_kinds[ARRAY_TYPES];

/* Of an array whose data are its own. */
void array_free(Array *a);

/* *size = elements, or bytes; false where they overflow. */
bool array_elements(const Array *a, size_t *count);
bool array_bytes(const Array *a, size_t *size);

/* "60000 x 28 x 28 uint8" into dst; returns dst. */
char *array_text(const Array *a, char *dst, size_t size);

/* The data came in the other byte order: turn every element. */
void array_swap(Array *a);

/* The data came with the first dimension fastest (Fortran's and MATLAB's order): lay them out anew. The data are
 * malloc'ed before and after. ERR_MEMORY: as it was. */
Status array_from_columns(Array *a, Err *err);

/* Element i; 64-bit integers beyond 2^53 are rounded. */
double array_real(const Array *a, size_t i);

/* Element i as an integer; false for a fraction, for what is no number, and for what 64 bits cannot hold. */
bool array_integer(const Array *a, size_t i, int64_t *value);

/* dst (elements) = all of it, rounded to floats; returns the first element that is not finite as a float, or -1. dst
 * may be NULL, to look only. */
ptrdiff_t array_floats(float *dst, const Array *a);

#endif
