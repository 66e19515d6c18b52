/* safetensors.h - named tensors in safetensors files (huggingface.co/docs/safetensors): an 8-byte little-endian header
 * length, a JSON header, then the data. Written whole or not at all; torn or edited files are refused. */
#ifndef TARE_FILE_SAFETENSORS_H
#define TARE_FILE_SAFETENSORS_H

#include "file/array.h"
#include <jansson.h>

/* A file in memory, read or to be written: tensors, and "__metadata__" as key, value pairs of strings. */
typedef struct {
    Array *tensor; /* data: into bytes after reading; not owned when writing */
    int tensors, room;
    json_t *place;        /* name -> index of its tensor */
    json_t *meta;         /* key -> string, in the order they were added */
    unsigned char *bytes; /* the data after reading; owned */
} TensorFile;

void tensors_init(TensorFile *f); /* empty, without memory of its own */
void tensors_free(TensorFile *f);
/* Append; the data must live until tensors_write. */
Status tensors_add(TensorFile *f, const char *name, ArrayType type, int dims, const ptrdiff_t *shape, const void *data,
                   Err *err);
/* Keep the tensors whose name `keep` says yes to. */
void tensors_keep(TensorFile *f, bool (*keep)(const char *name));
Status tensors_meta(TensorFile *f, const char *key, const char *value, Err *err);
const Array *tensors_find(const TensorFile *f, const char *name);
const char *tensors_meta_find(const TensorFile *f, const char *key);

/* Same tensors and metadata, same bytes. A checksum of the data lies in the metadata ("tare.checksum"). */
Status tensors_write(const char *path, const TensorFile *f, Err *err);
/* Checks header, offsets, sizes, and the checksum where there is one. ERR_IO, ERR_FORMAT with file and byte. */
Status tensors_read(const char *path, TensorFile *f, Err *err);

/* What reading and writing share. */
#define TENSORS_CHECKSUM "tare.checksum"

enum { TENSORS_CHECKSUM_SIZE = 17 };

/* hex = the fingerprint of names, types, shapes and data in the order of the file, then of other metadata. */
void tensors_checksum(const TensorFile *f, const Array *const *order, char hex[TENSORS_CHECKSUM_SIZE]);

#endif
