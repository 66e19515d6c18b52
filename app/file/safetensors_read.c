/* safetensors_read.c - reading safetensors files (safetensors.h). What is read is checked before it is believed:
 * the tensors must cover the data exactly, without hole or overlap. Any thread, one at a time for a file. */
#include "file/safetensors.h"

#include "file/whole.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 100 << 20 };

static Status no_memory(const char *path, Err *err)
{
    return err_set(err, ERR_MEMORY, "%s: no memory to read it", path);
}

typedef struct {
    size_t begin, end; /* bytes of the data */
    int place;         /* in the header */
    Tensor tensor;
} Entry;

static int by_begin(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return x->place - y->place;
}

/* A JSON integer that may be a size; false for anything else. */
static bool json_size(const json_t *j, size_t *value)
{
    if (!json_is_integer(j) || json_integer_value(j) < 0) return false;
    *value = (size_t)json_integer_value(j);
    return true;
}

/* One row of the header. data_size: bytes that the file has for all tensors. */
static Status read_entry(const char *path, const char *name, const json_t *row, size_t data_size, Entry *e, Err *err)
{
    const char *type = json_string_value(json_object_get(row, "dtype"));
    const json_t *shape = json_object_get(row, "shape"), *offsets = json_object_get(row, "data_offsets");
    Tensor *t = &e->tensor;
    size_t index = 0, size = 0;
    if (!type || !json_is_array(shape) || json_array_size(offsets) != 2 ||
        !json_size(json_array_get(offsets, 0), &e->begin) || !json_size(json_array_get(offsets, 1), &e->end))
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' lacks dtype, shape or data_offsets", path, name);
    while (index < TENSOR_KINDS && strcmp(tensor_kinds[index].name, type) != 0) index++;
    if (index == TENSOR_KINDS)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' is of type %s; this reads F32, F64, I32, I64 and U8", path,
                       name, type);
    if (strlen(name) >= sizeof t->name || json_array_size(shape) > TENSOR_MAX_DIMS)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' has %zu dimensions (at most %d) or too long a name (at most %zu)", path, name,
                       json_array_size(shape), TENSOR_MAX_DIMS, sizeof t->name - 1);
    t->type = (TensorType)index;
    t->dims = (int)json_array_size(shape);
    snprintf(t->name, sizeof t->name, "%s", name);
    for (int d = 0; d < t->dims; d++) {
        size_t extent;
        if (!json_size(json_array_get(shape, (size_t)d), &extent))
            return err_set(err, ERR_FORMAT, "%s: tensor '%s' has a shape that is no list of sizes", path, name);
        t->shape[d] = (ptrdiff_t)extent;
    }
    if (e->begin > e->end || e->end > data_size)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' claims bytes %zu to %zu of %zu; the file is torn", path, name,
                       e->begin, e->end, data_size);
    if (!tensor_bytes(t, &size) || size != e->end - e->begin)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' has %zu bytes, but its shape and type want another size", path,
                       name, e->end - e->begin);
    return OK;
}

static Status read_meta(const char *path, const json_t *meta, TensorFile *f, Err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(meta)) return err_set(err, ERR_FORMAT, "%s: __metadata__ is no table of strings", path);
    json_object_foreach((json_t *)meta, key, value)
    {
        if (!json_is_string(value)) return err_set(err, ERR_FORMAT, "%s: metadata '%s' is no string", path, key);
        Status status = tensors_meta(f, key, json_string_value(value), err);
        if (status != OK) return status;
    }
    return OK;
}

/* Sort by place in the file, see that every byte belongs to one tensor, and hand the tensors to f. */
static Status place_entries(const char *path, Entry *entry, int entries, size_t data_size, TensorFile *f, Err *err)
{
    size_t end = 0;
    qsort(entry, (size_t)entries, sizeof *entry, by_begin);
    for (int i = 0; i < entries; i++) {
        const Tensor *t = &entry[i].tensor;
        if (entry[i].begin != end)
            return err_set(err, ERR_FORMAT,
                           "%s: tensor '%s' starts at byte %zu of the data, where %zu was expected: %s", path, t->name,
                           entry[i].begin, end, entry[i].begin < end ? "two overlap" : "there is a hole");
        if (entry[i].begin % tensor_kinds[t->type].size)
            return err_set(err, ERR_FORMAT, "%s: tensor '%s' starts at byte %zu of the data, not a multiple of %zu",
                           path, t->name, entry[i].begin, tensor_kinds[t->type].size);
        end = entry[i].end;
        Status status = tensors_add(f, t->name, t->type, t->dims, t->shape, f->bytes + entry[i].begin, err);
        if (status != OK) return status;
    }
    if (end != data_size)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes of data belong to no tensor", path, data_size - end);
    return OK;
}

static Status check_checksum(const char *path, const TensorFile *f, Err *err)
{
    const char *want = tensors_meta_find(f, TENSORS_CHECKSUM);
    if (!want) return OK;
    char hex[TENSORS_CHECKSUM_SIZE];
    const Tensor **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    if (!order) return no_memory(path, err);
    for (int i = 0; i < f->tensors; i++) order[i] = &f->tensor[i];
    tensors_checksum(f, order, hex);
    free(order);
    if (strcmp(hex, want) == 0) return OK;
    return err_set(err, ERR_FORMAT, "%s: checksum %s, but the file says %s: edited or torn; use another checkpoint",
                   path, hex, want);
}

/* f->bytes = the file's data, moved to the front (where any type is aligned); *root = its header. */
static Status read_parts(const char *path, TensorFile *f, json_t **root, size_t *data_size, Err *err)
{
    size_t size = 0;
    Status status = file_read(path, PTRDIFF_MAX, false, &f->bytes, &size, err);
    if (status != OK) return status;
    uint64_t header = 0;
    for (int i = 0; i < 8 && size >= 8; i++) header |= (uint64_t)f->bytes[i] << (8 * i);
    if (size < 8 || header > HEADER_MOST || header > size - 8)
        return err_set(err, ERR_FORMAT,
                       "%s: its first 8 bytes promise a header of %" PRIu64 " bytes (at most 100 MB) in a file of %zu; "
                       "no safetensors file, or cut short",
                       path, header, size);
    json_error_t bad;
    *root = json_loadb((const char *)f->bytes + 8, (size_t)header, JSON_REJECT_DUPLICATES, &bad);
    if (!json_is_object(*root))
        return err_set(err, ERR_FORMAT, "%s: its header is no JSON object: %s (byte %d)", path,
                       *root ? "another value" : bad.text, *root ? 8 : 8 + bad.position);
    *data_size = size - 8 - (size_t)header;
    memmove(f->bytes, f->bytes + 8 + header, *data_size);
    return OK;
}

Status tensors_read(const char *path, TensorFile *f, Err *err)
{
    Status status;
    json_t *root = NULL, *row;
    Entry *entry = NULL;
    const char *name;
    int entries = 0;
    size_t data_size = 0;
    tensors_init(f);
    TRY(status = read_parts(path, f, &root, &data_size, err));
    entry = calloc(json_object_size(root) + 1, sizeof *entry);
    TRY(status = entry ? OK : no_memory(path, err));
    json_object_foreach(root, name, row)
    {
        if (strcmp(name, "__metadata__") == 0) {
            TRY(status = read_meta(path, row, f, err));
            continue;
        }
        entry[entries].place = entries;
        TRY(status = read_entry(path, name, row, data_size, &entry[entries], err));
        entries++;
    }
    TRY(status = place_entries(path, entry, entries, data_size, f, err));
    TRY(status = check_checksum(path, f, err));
fail:
    json_decref(root);
    free(entry);
    if (status != OK) tensors_free(f);
    return status;
}
