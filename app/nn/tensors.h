/* tensors.h - what reading and writing of safetensors files share. For nn only. */
#ifndef TARE_NN_TENSORS_H
#define TARE_NN_TENSORS_H

#include "nn/checkpoint.h"

#define TENSORS_CHECKSUM "tare.checksum"

enum { TENSOR_KINDS = TENSOR_U8 + 1, TENSORS_CHECKSUM_SIZE = 17 };

typedef struct {
    const char *name; /* as the file has it */
    size_t size;      /* bytes of an element */
} TensorKind;

extern const TensorKind tensor_kinds[TENSOR_KINDS];

/* *size = bytes of a tensor; false when they overflow. */
bool tensor_bytes(const Tensor *t, size_t *size);

/* *found = the tensor of this name, which has p's shape and finite values. ERR_FORMAT names what does not fit. */
Status tensor_fits(const Param *p, const char *name, const TensorFile *f, const char *path, const Tensor **found,
                   Err *err);

/* hex = the fingerprint of names, types, shapes and data in the order of the file, then of other metadata. */
void tensors_checksum(const TensorFile *f, const Tensor *const *order, char hex[TENSORS_CHECKSUM_SIZE]);

#endif
