/* fuzz_safetensors.c - safetensors files. What is read and written again is read as the same. */
#include "fuzz/fuzz.h"

#include "file/whole.h"
#include "file/safetensors.h"
#include <stdlib.h>
#include <string.h>

static const char *const again = "again.safetensors";

/* The same names, types, shapes and bytes, in whatever order. */
static void compare(const TensorFile *a, const TensorFile *b)
{
    if (a->tensors != b->tensors) fuzz_fail("another number of tensors");
    for (int i = 0; i < a->tensors; i++) {
        const Array *t = &a->tensor[i], *u = tensors_find(b, t->name);
        size_t size = 0;
        if (!u || t->type != u->type || t->dims != u->dims || !array_bytes(t, &size)) fuzz_fail("another tensor");
        if (memcmp(t->shape, u->shape, (size_t)t->dims * sizeof *t->shape) != 0) fuzz_fail("another shape");
        if (size && memcmp(t->data, u->data, size) != 0) fuzz_fail("other data");
    }
}

/* All tensors together are as large as what the file has behind its header. */
static void check_sizes(const TensorFile *f, const uint8_t *data, size_t size)
{
    size_t header = 0;
    for (int i = 7; i >= 0; i--) header = header << 8 | data[i];
    size -= 8 + header;
    for (int i = 0; i < f->tensors; i++) {
        size_t bytes = 0;
        if (!array_bytes(&f->tensor[i], &bytes) || bytes > size) fuzz_fail("more data than the file has");
        size -= bytes;
    }
    if (size != 0) fuzz_fail("data that belong to no tensor");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    TensorFile f, g;
    Err err;
    fuzz_put("in.safetensors", data, size);
    if (tensors_read(fuzz_path("in.safetensors"), &f, &err) != OK) return 0;
    check_sizes(&f, data, size);
    if (tensors_write(fuzz_path(again), &f, &err) != OK) fuzz_fail(err.msg);
    if (tensors_read(fuzz_path(again), &g, &err) != OK) fuzz_fail(err.msg);
    compare(&f, &g);
    tensors_free(&f);
    tensors_free(&g);
    return 0;
}
