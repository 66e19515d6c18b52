/* tensors.c - reading and writing safetensors files (checkpoint.h). What is read is checked before it is
 * believed: the data must be covered by the tensors exactly, without hole or overlap. Any thread, one at a
 * time for each file. */
#include "nn/checkpoint.h"

#include "base/file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char checksum_key[] = "tare.checksum";
enum { HEADER_MOST = 100 << 20, CHECKSUM_SIZE = 17 };

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [TENSOR_F32] = {"F32", 4}, [TENSOR_F64] = {"F64", 8}, [TENSOR_I32] = {"I32", 4},
    [TENSOR_I64] = {"I64", 8}, [TENSOR_U8] = {"U8", 1},
};
enum { TYPES = sizeof types / sizeof types[0] };

static Status no_memory(Err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for a file of tensors");
}

/* *size = bytes of a tensor; false when they overflow. */
static bool tensor_bytes(const Tensor *t, size_t *size)
{
    *size = types[t->type].size;
    for (int d = 0; d < t->dims; d++)
        if (__builtin_mul_overflow(*size, (size_t)t->shape[d], size)) return false;
    return true;
}

void tensors_init(TensorFile *f)
{
    *f = (TensorFile){0};
}

void tensors_free(TensorFile *f)
{
    for (int i = 0; i < f->metas; i++) free(f->meta_value[i]);
    free(f->meta_key);
    free(f->meta_value);
    free(f->tensor);
    free(f->bytes);
    tensors_init(f);
}

Status tensors_add(TensorFile *f, const char *name, TensorType type, int dims, const ptrdiff_t *shape,
                   const void *data, Err *err)
{
    if (strlen(name) >= TENSOR_NAME_SIZE)
        return err_set(err, ERR_USAGE, "tensor name '%s' is longer than %d bytes", name,
                       TENSOR_NAME_SIZE - 1);
    if (dims < 0 || dims > PARAM_MAX_DIMS)
        return err_set(err, ERR_USAGE, "tensor '%s' has %d dimensions; at most %d", name, dims,
                       PARAM_MAX_DIMS);
    if (tensors_find(f, name)) return err_set(err, ERR_USAGE, "two tensors are named '%s'", name);
    if (f->tensors == f->room) {
        int room = f->room ? 2 * f->room : 16;
        Tensor *grown = realloc(f->tensor, (size_t)room * sizeof *grown);
        if (!grown) return no_memory(err);
        f->tensor = grown;
        f->room = room;
    }
    Tensor *t = &f->tensor[f->tensors++];
    *t = (Tensor){.type = type, .dims = dims, .data = (void *)data};
    snprintf(t->name, sizeof t->name, "%s", name);
    for (int d = 0; d < dims; d++) t->shape[d] = shape[d];
    return OK;
}

Status tensors_meta(TensorFile *f, const char *key, const char *value, Err *err)
{
    if (strlen(key) >= sizeof f->meta_key[0])
        return err_set(err, ERR_USAGE, "metadata key '%s' is longer than %zu bytes", key,
                       sizeof f->meta_key[0] - 1);
    if (tensors_meta_find(f, key)) return err_set(err, ERR_USAGE, "two metadata values are named '%s'", key);
    size_t more = (size_t)f->metas + 1;
    void *keys = realloc(f->meta_key, more * sizeof *f->meta_key);
    if (keys) f->meta_key = keys;
    void *values = realloc(f->meta_value, more * sizeof *f->meta_value);
    if (values) f->meta_value = values;
    char *copy = strdup(value);
    if (!keys || !values || !copy) {
        free(copy);
        return no_memory(err);
    }
    snprintf(f->meta_key[f->metas], sizeof f->meta_key[0], "%s", key);
    f->meta_value[f->metas++] = copy;
    return OK;
}

const Tensor *tensors_find(const TensorFile *f, const char *name)
{
    for (int i = 0; i < f->tensors; i++)
        if (strcmp(f->tensor[i].name, name) == 0) return &f->tensor[i];
    return NULL;
}

const char *tensors_meta_find(const TensorFile *f, const char *key)
{
    for (int i = 0; i < f->metas; i++)
        if (strcmp(f->meta_key[i], key) == 0) return f->meta_value[i];
    return NULL;
}

/* hex = the fingerprint of names, types, shapes and data in the order of the file, then of the other
 * metadata. */
static void checksum(const TensorFile *f, const Tensor *const *order, char hex[CHECKSUM_SIZE])
{
    uint64_t print = 0;
    for (int i = 0; i < f->tensors; i++) {
        const Tensor *t = order[i];
        size_t size = 0;
        tensor_bytes(t, &size);
        print = fingerprint(t->name, strlen(t->name) + 1, print);
        print = fingerprint(types[t->type].name, strlen(types[t->type].name), print);
        for (int d = 0; d < t->dims; d++) print = fingerprint(&t->shape[d], sizeof t->shape[d], print);
        print = fingerprint(t->data, size, print);
    }
    for (int i = 0; i < f->metas; i++) {
        if (strcmp(f->meta_key[i], checksum_key) == 0) continue;
        print = fingerprint(f->meta_key[i], strlen(f->meta_key[i]) + 1, print);
        print = fingerprint(f->meta_value[i], strlen(f->meta_value[i]) + 1, print);
    }
    snprintf(hex, CHECKSUM_SIZE, "%016" PRIx64, print);
}

/* ---- writing
 * --------------------------------------------------------------------------------------------------- */

static json_t *tensor_json(const Tensor *t, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int d = 0; d < t->dims; d++) json_array_append_new(shape, json_integer(t->shape[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[t->type].name, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The JSON header of tensors that lie in this order, malloc'ed; NULL without memory or for text that is not
 * UTF-8. */
static char *header_text(const TensorFile *f, const Tensor *const *order)
{
    char hex[CHECKSUM_SIZE];
    checksum(f, order, hex);
    json_t *root = json_object(), *meta = json_object();
    bool bad = json_object_set_new(meta, checksum_key, json_string(hex)) != 0;
    for (int i = 0; i < f->metas; i++)
        if (strcmp(f->meta_key[i], checksum_key) != 0)
            bad |= json_object_set_new(meta, f->meta_key[i], json_string(f->meta_value[i])) != 0;
    bad |= json_object_set_new(root, "__metadata__", meta) != 0;
    for (size_t i = 0, begin = 0, size = 0; i < (size_t)f->tensors; i++, begin += size) {
        tensor_bytes(order[i], &size);
        bad |= json_object_set_new(root, order[i]->name, tensor_json(order[i], begin, begin + size)) != 0;
    }
    char *text = bad ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* Large elements first, so that every tensor is aligned to its own; otherwise as they were added. NULL: no
 * memory. */
static const Tensor **file_order(const TensorFile *f)
{
    const Tensor **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    int count = 0;
    for (size_t size = 8; order && size > 0; size /= 2)
        for (int i = 0; i < f->tensors; i++)
            if (types[f->tensor[i].type].size == size) order[count++] = &f->tensor[i];
    return order;
}

Status tensors_write(const char *path, const TensorFile *f, Err *err)
{
    Status status = ERR_MEMORY;
    unsigned char *bytes = NULL;
    const Tensor **order = file_order(f);
    char *text = order ? header_text(f, order) : NULL;
    if (!text) {
        status = err_set(err, ERR_MEMORY, "%s: no memory for its header, or a name that is not UTF-8", path);
        goto done;
    }
    size_t length = strlen(text), header = (length + 7) & ~(size_t)7, total = 8 + header, size = 0;
    for (int i = 0; i < f->tensors; i++) total += tensor_bytes(order[i], &size) ? size : 0;
    bytes = malloc(total);
    if (!bytes) {
        status = err_set(err, ERR_MEMORY, "%s: no memory for its %zu bytes", path, total);
        goto done;
    }
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)header >> (8 * i));
    memcpy(bytes + 8, text, length);
    memset(bytes + 8 + length, ' ', header - length);
    unsigned char *at = bytes + 8 + header;
    for (int i = 0; i < f->tensors; i++, at += size)
        if (tensor_bytes(order[i], &size) && size) memcpy(at, order[i]->data, size);
    status = file_write(path, bytes, total, err);
done:
    free(order);
    free(text);
    free(bytes);
    return status;
}

/* ---- reading
 * --------------------------------------------------------------------------------------------------- */

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
static Status read_entry(const char *path, const char *name, const json_t *row, size_t data_size, Entry *e,
                         Err *err)
{
    const char *type = json_string_value(json_object_get(row, "dtype"));
    const json_t *shape = json_object_get(row, "shape"), *offsets = json_object_get(row, "data_offsets");
    Tensor *t = &e->tensor;
    size_t index = 0, size = 0;
    if (!type || !json_is_array(shape) || json_array_size(offsets) != 2 ||
        !json_size(json_array_get(offsets, 0), &e->begin) || !json_size(json_array_get(offsets, 1), &e->end))
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' lacks dtype, shape or data_offsets", path, name);
    while (index < TYPES && strcmp(types[index].name, type) != 0) index++;
    if (index == TYPES)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' is of type %s; this reads F32, F64, I32, I64 and U8",
                       path, name, type);
    if (strlen(name) >= sizeof t->name || json_array_size(shape) > PARAM_MAX_DIMS)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' has %zu dimensions (at most %d) or too long a name (at most %zu)",
                       path, name, json_array_size(shape), PARAM_MAX_DIMS, sizeof t->name - 1);
    t->type = (TensorType)index;
    t->dims = (int)json_array_size(shape);
    snprintf(t->name, sizeof t->name, "%s", name);
    for (int d = 0; d < t->dims; d++) {
        size_t extent;
        if (!json_size(json_array_get(shape, (size_t)d), &extent))
            return err_set(err, ERR_FORMAT, "%s: tensor '%s' has a shape that is no list of sizes", path,
                           name);
        t->shape[d] = (ptrdiff_t)extent;
    }
    if (e->begin > e->end || e->end > data_size)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' claims bytes %zu to %zu of %zu; the file is torn",
                       path, name, e->begin, e->end, data_size);
    if (!tensor_bytes(t, &size) || size != e->end - e->begin)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' has %zu bytes, but its shape and type want another size", path, name,
                       e->end - e->begin);
    return OK;
}

static Status read_meta(const char *path, const json_t *meta, TensorFile *f, Err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(meta))
        return err_set(err, ERR_FORMAT, "%s: __metadata__ is no table of strings", path);
    json_object_foreach((json_t *)meta, key, value)
    {
        if (!json_is_string(value))
            return err_set(err, ERR_FORMAT, "%s: metadata '%s' is no string", path, key);
        Status status = tensors_meta(f, key, json_string_value(value), err);
        if (status != OK) return status;
    }
    return OK;
}

/* Sort by place in the file, see that every byte belongs to one tensor, and hand the tensors to f. */
static Status place_entries(const char *path, Entry *entry, int entries, size_t data_size, TensorFile *f,
                            Err *err)
{
    size_t end = 0;
    qsort(entry, (size_t)entries, sizeof *entry, by_begin);
    for (int i = 0; i < entries; i++) {
        const Tensor *t = &entry[i].tensor;
        if (entry[i].begin != end)
            return err_set(
                err, ERR_FORMAT, "%s: tensor '%s' starts at byte %zu of the data, where %zu was expected: %s",
                path, t->name, entry[i].begin, end, entry[i].begin < end ? "two overlap" : "there is a hole");
        if (entry[i].begin % types[t->type].size)
            return err_set(err, ERR_FORMAT,
                           "%s: tensor '%s' starts at byte %zu of the data, not a multiple of %zu", path,
                           t->name, entry[i].begin, types[t->type].size);
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
    const char *want = tensors_meta_find(f, checksum_key);
    if (!want) return OK;
    char hex[CHECKSUM_SIZE];
    const Tensor **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    if (!order) return no_memory(err);
    for (int i = 0; i < f->tensors; i++) order[i] = &f->tensor[i];
    checksum(f, order, hex);
    free(order);
    if (strcmp(hex, want) == 0) return OK;
    return err_set(err, ERR_FORMAT,
                   "%s: checksum %s, but the file says %s: edited or torn; use another checkpoint", path, hex,
                   want);
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
                       "%s: its first 8 bytes promise a header of %" PRIu64
                       " bytes (at most 100 MB) in a file of %zu; "
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
    TRY(status = entry ? OK : no_memory(err));
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
