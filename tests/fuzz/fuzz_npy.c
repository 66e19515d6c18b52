/* fuzz_npy.c - NumPy arrays: any, element by element, and one as images or labels. The first byte says as which. */
#include "fuzz/fuzz.h"

#include "file/npy.h"
#include <string.h>

static const char *const part[] = {"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"};

/* A right file: 4 images of 2 x 2 pixels, or labels 0 1 0 1. */
static void put_right(int i)
{
    static const char front[] = "\x93NUMPY\1\0\166\0{'descr': '|u1', 'fortran_order': False, 'shape': ";
    char bytes[128 + 16];
    memset(bytes, ' ', 128);
    memcpy(bytes, front, sizeof front - 1);
    memcpy(bytes + sizeof front - 1, i % 2 ? "(4,)}" : "(4,2,2)}", i % 2 ? 5 : 8);
    for (int k = 0; k < 16; k++) bytes[128 + k] = (char)(k % 2);
    fuzz_put(part[i], bytes, i % 2 ? 128 + 4 : 128 + 16);
}

static int64_t sum_of_all(const char *path)
{
    Array a;
    uint64_t sum = 0;
    size_t count = 0;
    if (npy_read(&a, path, 1 << 28, NULL) != OK) return 0;
    array_elements(&a, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        if (array_integer(&a, i, &value)) sum += (uint64_t)value;
    }
    array_free(&a);
    return (int64_t)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    for (int i = 0; i < 4; i++) put_right(i);
    fuzz_put(part[data[0] % 4], data + 1, size - 1);
    volatile int64_t sum = sum_of_all(fuzz_path(part[data[0] % 4]));
    (void)sum;
    fuzz_load("npy");
    return 0;
}
