/* fuzz_mat.c - MATLAB files: every variable of one, and one as SVHN's training images. */
#include "fuzz/fuzz.h"

#include "file/mat.h"

/* Look at every number of every variable. */
static double sum_of_all(const char *path)
{
    MatFile f;
    Array a;
    double sum = 0;
    bool there = true;
    if (mat_open(&f, path, 1 << 28, NULL) != OK) return 0;
    while (mat_next(&f, &a, &there, NULL) == OK && there) {
        size_t count = 0;
        array_elements(&a, &count);
        for (size_t i = 0; a.data && i < count; i++) sum += array_real(&a, i);
        array_free(&a);
    }
    mat_close(&f);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t record[3073];
    fuzz_put("test.bin", record, sizeof record);
    fuzz_put("train_32x32.mat", data, size);
    volatile double sum = sum_of_all(fuzz_path("train_32x32.mat"));
    (void)sum;
    fuzz_load("svhn");
    return 0;
}
