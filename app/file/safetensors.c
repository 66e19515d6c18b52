/* safetensors.c - tensors in memory, and written as a safetensors file (safetensors.h). Any thread, one at a time
 * for a file. */
#include "file/safetensors.h"

#include "file/whole.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Status no_memory(Err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for a file of tensors");
}

void tensors_init(TensorFile *f)
{
    *f = (TensorFile){0};
}

void tensors_free(TensorFile *f)
{
    json_decref(f->place);
    json_decref(f->meta);
    free(f->tensor);
    free(f->bytes);
    tensors_init(f);
}

/* Room for one more. */
static Status grow(TensorFile *f, Err *err)
{
    if (!f->place) f->place = json_object();
    if (f->tensors < f->room) return f->place ? OK : no_memory(err);
    int room = f->room ? 2 * f->room : 16;
    Array *grown = realloc(f->tensor, (size_t)room * sizeof *grown);
    if (grown) f->tensor = grown, f->room = room;
    return grown && f->place ? OK : no_memory(err);
}

Status tensors_add(TensorFile *f, const char *name, ArrayType type, int dims, const ptrdiff_t *shape, const void *data,
                   Err *err)
{
    if (strlen(name) >= ARRAY_NAME_SIZE)
        return err_set(err, ERR_USAGE, "tensor name '%s' is longer than %d bytes", name, ARRAY_NAME_SIZE - 1);
    if (dims < 0 || dims > ARRAY_MAX_DIMS)
        return err_set(err, ERR_USAGE, "tensor '%s' has %d dimensions; at most %d", name, dims, ARRAY_MAX_DIMS);
    if (tensors_find(f, name)) return err_set(err, ERR_USAGE, "two tensors are named '%s'", name);
    Status room = grow(f, err);
    if (room != OK) return room;
    if (json_object_set_new_nocheck(f->place, name, json_integer(f->tensors)) != 0) return no_memory(err);
    Array *t = &f->tensor[f->tensors++];
    *t = (Array){.type = type, .dims = dims, .data = (void *)data};
    snprintf(t->name, sizeof t->name, "%s", name);
    for (int d = 0; d < dims; d++) t->shape[d] = shape[d];
    return OK;
}

void tensors_keep(TensorFile *f, bool (*keep)(const char *name))
{
    int kept = 0;
    for (int i = 0; i < f->tensors; i++) {
        const char *name = f->tensor[i].name;
        if (!keep(name)) {
            json_object_del(f->place, name);
            continue;
        }
        json_integer_set(json_object_get(f->place, name), kept);
        f->tensor[kept++] = f->tensor[i];
    }
    f->tensors = kept;
}

Status tensors_meta(TensorFile *f, const char *key, const char *value, Err *err)
{
    if (!f->meta) f->meta = json_object();
    if (tensors_meta_find(f, key)) return err_set(err, ERR_USAGE, "two metadata values are named '%s'", key);
    json_t *text = json_string(value);
    if (!text) return err_set(err, ERR_USAGE, "the metadata value '%s' is not UTF-8", key);
    return json_object_set_new(f->meta, key, text) == 0 ? OK : no_memory(err);
}

const Array *tensors_find(const TensorFile *f, const char *name)
{
    const json_t *place = json_object_get(f->place, name);
    return place ? &f->tensor[json_integer_value(place)] : NULL;
}

const char *tensors_meta_find(const TensorFile *f, const char *key)
{
    return json_string_value(json_object_get(f->meta, key));
}

void tensors_checksum(const TensorFile *f, const Array *const *order, char hex[TENSORS_CHECKSUM_SIZE])
{
    const char *key;
    json_t *value;
    uint64_t print = 0;
    for (int i = 0; i < f->tensors; i++) {
        const Array *t = order[i];
        const char *type = array_kinds[t->type].tensor;
        size_t size = 0;
        array_bytes(t, &size);
        print = fingerprint(t->name, strlen(t->name) + 1, print);
        print = fingerprint(type, strlen(type), print);
        for (int d = 0; d < t->dims; d++) print = fingerprint(&t->shape[d], sizeof t->shape[d], print);
        print = fingerprint(t->data, size, print);
    }
    json_object_foreach(f->meta, key, value)
    {
        const char *text = json_string_value(value);
        if (strcmp(key, TENSORS_CHECKSUM) == 0) continue;
        print = fingerprint(key, strlen(key) + 1, print);
        print = fingerprint(text, strlen(text) + 1, print);
    }
    snprintf(hex, TENSORS_CHECKSUM_SIZE, "%016" PRIx64, print);
}

/* ---- writing ---- */

static json_t *tensor_json(const Array *t, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int d = 0; d < t->dims; d++) json_array_append_new(shape, json_integer(t->shape[d]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", array_kinds[t->type].tensor, "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The JSON header of tensors that lie in this order, malloc'ed; NULL without memory or for text that is not UTF-8. */
static char *header_text(const TensorFile *f, const Array *const *order)
{
    char hex[TENSORS_CHECKSUM_SIZE];
    const char *key;
    json_t *value;
    tensors_checksum(f, order, hex);
    json_t *root = json_object(), *meta = json_object();
    bool bad = json_object_set_new(meta, TENSORS_CHECKSUM, json_string(hex)) != 0;
    json_object_foreach(f->meta, key, value) if (strcmp(key, TENSORS_CHECKSUM) != 0) bad |=
        json_object_set(meta, key, value) != 0;
    bad |= json_object_set_new(root, "__metadata__", meta) != 0;
    for (size_t i = 0, begin = 0, size = 0; i < (size_t)f->tensors; i++, begin += size) {
        array_bytes(order[i], &size);
        bad |= json_object_set_new(root, order[i]->name, tensor_json(order[i], begin, begin + size)) != 0;
    }
    char *text = bad ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* Large elements first, so that every tensor is aligned to its own; otherwise as they were added. NULL: no memory. */
static const Array **file_order(const TensorFile *f)
{
    const Array **order = malloc(((size_t)f->tensors + 1) * sizeof *order);
    int count = 0;
    for (size_t size = 8; order && size > 0; size /= 2)
        for (int i = 0; i < f->tensors; i++)
            if (array_kinds[f->tensor[i].type].size == size) order[count++] = &f->tensor[i];
    return order;
}

Status tensors_write(const char *path, const TensorFile *f, Err *err)
{
    Status status = ERR_MEMORY;
    unsigned char *bytes = NULL;
    const Array **order = file_order(f);
    char *text = order ? header_text(f, order) : NULL;
    if (!text) {
        status = err_set(err, ERR_MEMORY, "%s: no memory for its header, or a name that is not UTF-8", path);
        goto done;
    }
    size_t length = strlen(text), header = (length + 7) & ~(size_t)7, total = 8 + header, size = 0;
    for (int i = 0; i < f->tensors; i++) total += array_bytes(order[i], &size) ? size : 0;
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
        if (array_bytes(order[i], &size) && size) memcpy(at, order[i]->data, size);
    status = file_write(path, bytes, total, err);
done:
    free(order);
    free(text);
    free(bytes);
    return status;
}
