/* fuzz_records.c - the records of CIFAR-10, CIFAR-100 and SVHN, and files of class names. The first byte says which
 * file of which data set it is; the others are right. */
#include "fuzz/fuzz.h"

#include "file/whole.h"
#include <string.h>
#include <unistd.h>

enum { PIXELS = 3072, RECORDS = 2 };

static const struct {
    const char *source, *train, *test, *names;
    int labels;
} sets[] = {
    {"cifar10", "data_batch_1.bin", "test_batch.bin", "batches.meta.txt", 1},
    {"cifar100", "train.bin", "test.bin", "fine_label_names.txt", 2},
    {"svhn", "train.bin", "test.bin", NULL, 1},
};
enum { SETS = sizeof sets / sizeof *sets };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t record[RECORDS * (PIXELS + 2)];
    if (size == 0) return 0;
    int s = data[0] % SETS, file = data[0] / SETS % 3;
    size_t whole = RECORDS * (size_t)(PIXELS + sets[s].labels);
    const char *names[] = {sets[s].train, sets[s].test, sets[s].names};
    fuzz_put(sets[s].train, record, whole);
    fuzz_put(sets[s].test, record, whole);
    if (names[file]) fuzz_put(names[file], data + 1, size - 1);
    fuzz_load(sets[s].source);
    if (sets[s].names) unlink(fuzz_path(sets[s].names));
    return 0;
}
