/* safetensors.h - named tensors in safetensors files (huggingface.co/docs/safetensors): an 8-byte little-endian header
 * length, a JSON header, then the data. Written whole or not at all; torn or edited files are refused. */
#ifndef TARE_FILE_SAFETENSORS_H
#define TARE_FILE_SAFETENSORS_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { TENSOR_F32, TENSOR_F64, TENSOR_I32, TENSOR_I64, TENSOR_U8 } TensorType;

enum { TENSOR_NAME_SIZE = 96, TENSOR_MAX_DIMS = 4 };

typedef struct {
    char name[TENSOR_NAME_SIZE];
    TensorType type;
    int dims;
    ptrdiff_t shape[TENSOR_MAX_DIMS];
    void *data; /* not owned when writing; points into the file's bytes after reading */
} Tensor;

/* A file in memory, read or to be written: tensors, and "__metadata__" as key, value pairs of strings. */
typedef struct {
    Tensor *tensor;
    int tensors, room;
    char (*meta_key)[64];
    char **meta_value;
    int metas;
    unsigned char *bytes; /* the file after reading; owned */
} TensorFile;

void tensors_init(TensorFile *f);
void tensors_free(TensorFile *f);
/* Append; the data must live until tensors_write. */
Status tensors_add(TensorFile *f, const char *name, TensorType type, int dims, const ptrdiff_t *shape, const void *data,
                   Err *err);
Status tensors_meta(TensorFile *f, const char *key, const char *value, Err *err);
const Tensor *tensors_find(const TensorFile *f, const char *name);
const char *tensors_meta_find(const TensorFile *f, const char *key);

/* Same tensors and metadata, same bytes. A checksum of the data lies in the metadata ("tare.checksum"). */
Status tensors_write(const char *path, const TensorFile *f, Err *err);
/* Checks header, offsets, sizes, and the checksum where there is one. ERR_IO, ERR_FORMAT with file and byte. */
Status tensors_read(const char *path, TensorFile *f, Err *err);

/* What reading and writing share. */
#define TENSORS_CHECKSUM "tare.checksum"

enum { TENSOR_KINDS = TENSOR_U8 + 1, TENSORS_CHECKSUM_SIZE = 17 };

typedef struct {
    const char *name; /* as the file has it */
    size_t size;      /* bytes of an element */
} TensorKind;

extern const TensorKind tensor_kinds[TENSOR_KINDS];

/* *size = bytes of a tensor; false when they overflow. */
bool tensor_bytes(const Tensor *t, size_t *size);

/* hex = the fingerprint of names, types, shapes and data in the order of the file, then of other metadata. */
void tensors_checksum(const TensorFile *f, const Tensor *const *order, char hex[TENSORS_CHECKSUM_SIZE]);

#endif
