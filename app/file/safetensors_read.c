/* safetensors_read.c - reading safetensors files (safetensors.h). What is read is checked before it is believed:
 * the tensors must cover the data exactly, without hole or overlap. Any thread, one at a time for a file. */
#include "file/safetensors.h"

#include "file/json.h"
#include "file/whole.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_MOST = 100 << 20 };

static Status no_memory(const char *path, Err *err)
{
    return err_set(err, ERR_MEMORY, "%s: no memory to read it", path);
}

typedef struct {
    size_t begin, end; /* bytes of the data */
    int place;         /* in the header */
    Array tensor;
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
    Array *t = &e->tensor;
    size_t index = 0, size = 0;
    if (!type || !json_is_array(shape) || json_array_size(offsets) != 2 ||
        !json_size(json_array_get(offsets, 0), &e->begin) || !json_size(json_array_get(offsets, 1), &e->end))
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' lacks dtype, shape or data_offsets", path, name);
    while (index < ARRAY_TYPES && strcmp(array_kinds[index].tensor, type) != 0) index++;
    if (index == ARRAY_TYPES)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' is of type %s; what is read are BOOL, U8 to U64, I8 to I64, F16, BF16, F32 and "
                       "F64: save it as F32",
                       path, name, type);
    if (strlen(name) >= sizeof t->name || json_array_size(shape) > ARRAY_MAX_DIMS)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' has %zu dimensions (at most %d) or too long a name (at most %zu)", path, name,
                       json_array_size(shape), ARRAY_MAX_DIMS, sizeof t->name - 1);
    t->type = (ArrayType)index;
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
    if (!array_bytes(t, &size) || size != e->end - e->begin)
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

/* Sort by place in the file, and see that every byte belongs to one tensor. */
static Status check_cover(const char *path, Entry *entry, int entries, size_t data_size, Err *err)
{
    size_t end = 0;
    qsort(entry, (size_t)entries, sizeof *entry, by_begin);
    for (int i = 0; i < entries; i++) {
        if (entry[i].begin != end)
            return err_set(
                err, ERR_FORMAT, "%s: tensor '%s' starts at byte %zu of the data, where %zu was expected: %s", path,
                entry[i].tensor.name, entry[i].begin, end, entry[i].begin < end ? "two overlap" : "there is a hole");
        end = entry[i].end;
    }
    if (end == data_size) return OK;
    return err_set(err, ERR_FORMAT, "%s: %zu bytes of data belong to no tensor", path, data_size - end);
}

/* The data of every tensor into f, in the order of the file. In memory each starts on a multiple of 8, whatever it is:
 * files may start them at any byte. */
static Status read_data(const char *path, int fd, size_t from, const Entry *entry, int entries, TensorFile *f, Err *err)
{
    size_t total = 0;
    for (int i = 0; i < entries; i++) total += (entry[i].end - entry[i].begin + 7) & ~(size_t)7;
    size_t machine = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    if (total > machine) /* malloc may promise it all the same, for a file that is one hole */
        return err_set(err, ERR_MEMORY, "%s: %zu MB of data; this machine has %zu MB of memory", path, total >> 20,
                       machine >> 20);
    unsigned char *at = f->bytes = malloc(total + 1);
    if (!at) return no_memory(path, err);
    for (int i = 0; i < entries; i++) {
        const Array *t = &entry[i].tensor;
        size_t size = entry[i].end - entry[i].begin;
        TRY(file_read_at(fd, path, from + entry[i].begin, at, size, err));
        TRY(tensors_add(f, t->name, t->type, t->dims, t->shape, at, err));
        at += (size + 7) & ~(size_t)7;
    }
    return OK;
fail:
    return err ? err->code : ERR_IO;
}

static Status check_checksum(const char *path, const TensorFile *f, Err *err)
{
    const char *want = tensors_meta_find(f, TENSORS_CHECKSUM);
    if (!want) return OK;
    char hex[TENSORS_CHECKSUM_SIZE];
    const Array **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    if (!order) return no_memory(path, err);
    for (int i = 0; i < f->tensors; i++) order[i] = &f->tensor[i];
    tensors_checksum(f, order, hex);
    free(order);
    if (strcmp(hex, want) == 0) return OK;
    return err_set(err, ERR_FORMAT, "%s: checksum %s, but the file says %s: edited or torn; use another checkpoint",
                   path, hex, want);
}

/* *header = bytes of the header, which the first 8 bytes say, in a file of so many. */
static Status read_length(const char *path, int fd, size_t size, size_t *header, Err *err)
{
    unsigned char bytes[8] = {0};
    uint64_t length = 0;
    Status status = size >= 8 ? file_read_at(fd, path, 0, bytes, 8, err) : OK;
    if (status != OK) return status;
    for (int i = 0; i < 8; i++) length |= (uint64_t)bytes[i] << (8 * i);
    *header = (size_t)length;
    if (size >= 8 && length <= HEADER_MOST && length <= size - 8) return OK;
    return err_set(err, ERR_FORMAT,
                   "%s: its first 8 bytes promise a header of %" PRIu64 " bytes (at most 100 MB) in a file of %zu; "
                   "no safetensors file, or cut short",
                   path, length, size);
}

/* *root = the header. */
static Status read_header(const char *path, int fd, size_t header, json_t **root, Err *err)
{
    json_error_t bad;
    Err broken = {.code = OK};
    char *text = malloc(header + 1);
    Status status = text ? file_read_at(fd, path, 8, text, header, err) : no_memory(path, err);
    if (status == OK) *root = json_parse(text, header, &bad, &broken);
    free(text);
    if (broken.code == ERR_MEMORY) return no_memory(path, err);
    if (status != OK || json_is_object(*root)) return status;
    return err_set(err, ERR_FORMAT, "%s: its header is no JSON object: %s (byte %d)", path,
                   *root ? "another value" : bad.text, *root ? 8 : 8 + bad.position);
}

/* entry (entries) = the rows of the header, and the metadata into f. */
static Status read_rows(const char *path, const json_t *root, size_t data_size, Entry *entry, int *entries,
                        TensorFile *f, Err *err)
{
    const char *name;
    json_t *row;
    json_object_foreach((json_t *)root, name, row)
    {
        Entry *e = &entry[*entries];
        bool meta = strcmp(name, "__metadata__") == 0;
        e->place = *entries;
        Status status = meta ? read_meta(path, row, f, err) : read_entry(path, name, row, data_size, e, err);
        if (status != OK) return status;
        *entries += !meta;
    }
    return OK;
}

/* The head is read and checked before the data: what is no such file never gets into memory, however large it is. */
Status tensors_read(const char *path, TensorFile *f, Err *err)
{
    Entry *entry = NULL;
    json_t *root = NULL;
    size_t size = 0, header = 0;
    int entries = 0, fd;
    tensors_init(f);
    Status status = file_open(path, &fd, &size, err);
    if (status != OK) return status;
    TRY(status = read_length(path, fd, size, &header, err));
    TRY(status = read_header(path, fd, header, &root, err));
    entry = calloc(json_object_size(root) + 1, sizeof *entry);
    TRY(status = entry ? OK : no_memory(path, err));
    TRY(status = read_rows(path, root, size - 8 - header, entry, &entries, f, err));
    TRY(status = check_cover(path, entry, entries, size - 8 - header, err));
    TRY(status = read_data(path, fd, 8 + header, entry, entries, f, err));
    TRY(status = check_checksum(path, f, err));
fail:
    close(fd);
    json_decref(root);
    free(entry);
    if (status != OK) tensors_free(f);
    return status;
}
