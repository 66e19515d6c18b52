/* npy.h - NumPy's array files (.npy). */
#ifndef TARE_FILE_NPY_H
#define TARE_FILE_NPY_H

#include "file/array.h"

/* An array whose data (malloc'ed) take at most `most` bytes. Versions 1 to 3 of the format, both byte orders and both
 * orders of the dimensions. The head is read and checked before the data are. ERR_FORMAT names the byte and, for what
 * NumPy can write but this does not read (text, objects, complex), the expression that converts it. ERR_LIMIT, ERR_IO,
 * ERR_MEMORY. */
Status npy_read(Array *a, const char *path, size_t most, Err *err);

#endif
