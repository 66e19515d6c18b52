/* fuzz_idx.c - IDX files, plain or gzip (told by their bytes). The first byte says which of the four files it is. */
#include "fuzz/fuzz.h"

static const struct {
    const char *name;
    const char *bytes; /* of one that is right: 4 images of 2 x 2 pixels, labels 0 1 0 1 */
    size_t size;
} part[] = {
    {"train-images-idx3-ubyte", "\0\0\10\3\0\0\0\4\0\0\0\2\0\0\0\2abcdefghijklmnop", 32},
    {"train-labels-idx1-ubyte", "\0\0\10\1\0\0\0\4\0\1\0\1", 12},
    {"t10k-images-idx3-ubyte", "\0\0\10\3\0\0\0\4\0\0\0\2\0\0\0\2ABCDEFGHIJKLMNOP", 32},
    {"t10k-labels-idx1-ubyte", "\0\0\10\1\0\0\0\4\1\0\1\0", 12},
    {"labels.txt", "one\ntwo\n", 8},
};
enum { PARTS = sizeof part / sizeof *part };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    for (int i = 0; i < PARTS; i++) fuzz_put(part[i].name, part[i].bytes, part[i].size);
    fuzz_put(part[data[0] % PARTS].name, data + 1, size - 1);
    fuzz_load("idx");
    return 0;
}
