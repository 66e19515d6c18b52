/* safetensors.c - tensors in memory, and written as a safetensors file (safetensors.h). Any thread, one at a time
 * for a file. */
#include "file/safetensors.h"

#include "file/whole.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const TensorKind tensor_kinds[TENSOR_KINDS] = {
    [TENSOR_F32] = {"F32", 4}, [TENSOR_F64] = {"F64", 8}, [TENSOR_I32] = {"I32", 4},
    [TENSOR_I64] = {"I64", 8}, [TENSOR_U8] = {"U8", 1},
};

static Status no_memory(Err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for a file of tensors");
}

bool tensor_bytes(const Tensor *t, size_t *size)
{
    *size = tensor_kinds[t->type].size;
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

Status tensors_add(TensorFile *f, const char *name, TensorType type, int dims, const ptrdiff_t *shape, const void *data,
                   Err *err)
{
    if (strlen(name) >= TENSOR_NAME_SIZE)
        return err_set(err, ERR_USAGE, "tensor name '%s' is longer than %d bytes", name, TENSOR_NAME_SIZE - 1);
    if (dims < 0 || dims > TENSOR_MAX_DIMS)
        return err_set(err, ERR_USAGE, "tensor '%s' has %d dimensions; at most %d", name, dims, TENSOR_MAX_DIMS);
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
        return err_set(err, ERR_USAGE, "metadata key '%s' is longer than %zu bytes", key, sizeof f->meta_key[0] - 1);
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

void tensors_checksum(const TensorFile *f, const Tensor *const *order, char hex[TENSORS_CHECKSUM_SIZE])
{
    uint64_t print = 0;
    for (int i = 0; i < f->tensors; i++) {
        const Tensor *t = order[i];
        size_t size = 0;
        tensor_bytes(t, &size);
        print = fingerprint(t->name, strlen(t->name) + 1, print);
        print = fingerprint(tensor_kinds[t->type].name, strlen(tensor_kinds[t->type].name), print);
        for (int d = 0; d < t->dims; d++) print = fingerprint(&t->shape[d], sizeof t->shape[d], print);
        print = fingerprint(t->data, size, print);
    }
    for (int i = 0; i < f->metas; i++) {
        if (strcmp(f->meta_key[i], TENSORS_CHECKSUM) == 0) continue;
        print = fingerprint(f->meta_key[i], strlen(f->meta_key[i]) + 1, print);
        print = fingerprint(f->meta_value[i], strlen(f->meta_value[i]) + 1, print);
    }
    snprintf(hex, TENSORS_CHECKSUM_SIZE, "%016" PRIx64, print);
}

/* ---- writing ---- */

static json_t *tensor_json(const Tensor *t, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int d = 0; d < t->dims; d++) json_array_append_new(shape, json_integer(t->shape[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensor_kinds[t->type].name, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The JSON header of tensors that lie in this order, malloc'ed; NULL without memory or for text that is not UTF-8. */
static char *header_text(const TensorFile *f, const Tensor *const *order)
{
    char hex[TENSORS_CHECKSUM_SIZE];
    tensors_checksum(f, order, hex);
    json_t *root = json_object(), *meta = json_object();
    bool bad = json_object_set_new(meta, TENSORS_CHECKSUM, json_string(hex)) != 0;
    for (int i = 0; i < f->metas; i++)
        if (strcmp(f->meta_key[i], TENSORS_CHECKSUM) != 0)
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

/* Large elements first, so that every tensor is aligned to its own; otherwise as they were added. NULL: no memory. */
static const Tensor **file_order(const TensorFile *f)
{
    const Tensor **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    int count = 0;
    for (size_t size = 8; order && size > 0; size /= 2)
        for (int i = 0; i < f->tensors; i++)
            if (tensor_kinds[f->tensor[i].type].size == size) order[count++] = &f->tensor[i];
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
