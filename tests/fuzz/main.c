/* main.c FOLDER N KEEP - replays the files of a corpus through a fuzz target, then N mutations of them, the same ones
 * each time. The input at hand is always in the file KEEP, so that what kills the target is there afterwards. Prints
 * TAP. */
#include "fuzz/fuzz.h"

#include "file/whole.h"
#include "base/rng.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MOST = 256, INPUT_MOST = 1 << 17 };

typedef struct {
    unsigned char *bytes;
    size_t size;
} Input;

static Input corpus[FILES_MOST];
static int files;

/* ---- the input at hand ---- */

static int keep; /* descriptor of KEEP */

/* On a copy of exactly its size, so that a read behind its end is seen. */
static void run(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);
    if (!copy) fuzz_fail("no memory");
    if (pwrite(keep, bytes, size, 0) != (ssize_t)size || ftruncate(keep, (off_t)size) != 0)
        fuzz_fail("cannot keep the input");
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* ---- the corpus ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void corpus_read(const char *path)
{
    struct dirent **entry;
    int entries = scandir(path, &entry, NULL, by_name);
    if (entries < 0) fuzz_fail("no such corpus");
    for (int i = 0; i < entries; i++) {
        char file[PATH_SIZE];
        Input *in = &corpus[files];
        bool fits = files < FILES_MOST && path_join(file, path, entry[i]->d_name, NULL) == OK && file_exists(file);
        if (fits && file_read(file, INPUT_MOST, false, &in->bytes, &in->size, NULL) == OK) files++;
        free(entry[i]);
    }
    free(entry);
}

static void corpus_free(void)
{
    for (int i = 0; i < files; i++) free(corpus[i].bytes);
}

/* ---- mutations ---- */

typedef struct {
    unsigned char bytes[INPUT_MOST];
    size_t size;
} Mutant;

/* Set 1, 2, 4 or 8 bytes to a number that is often a limit, in either byte order. */
static void put_limit(Mutant *m, Rng *rng)
{
    static const uint64_t limits[] = {0,
                                      1,
                                      2,
                                      7,
                                      8,
                                      10,
                                      127,
                                      255,
                                      0x7fff,
                                      0xffff,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      UINT64_MAX};
    uint64_t v = limits[rng_below(rng, sizeof limits / sizeof *limits)];
    size_t width = (size_t)1 << rng_below(rng, 4);
    if (m->size < width) return;
    size_t at = rng_below(rng, (uint32_t)(m->size - width + 1));
    bool big = rng_below(rng, 2);
    for (size_t i = 0; i < width; i++) m->bytes[at + (big ? width - 1 - i : i)] = (unsigned char)(v >> (8 * i));
}

/* Another digit where there is one: numbers in text. */
static void set_digit(Mutant *m, Rng *rng)
{
    if (!m->size) return;
    size_t at = rng_below(rng, (uint32_t)m->size);
    while (at < m->size && (m->bytes[at] < '0' || m->bytes[at] > '9')) at++;
    if (at < m->size) m->bytes[at] = (unsigned char)('0' + rng_below(rng, 10));
}

static void flip_bit(Mutant *m, Rng *rng)
{
    if (m->size) m->bytes[rng_below(rng, (uint32_t)m->size)] ^= (unsigned char)(1 << rng_below(rng, 8));
}

static void set_byte(Mutant *m, Rng *rng)
{
    if (m->size) m->bytes[rng_below(rng, (uint32_t)m->size)] = (unsigned char)rng_below(rng, 256);
}

static void cut_end(Mutant *m, Rng *rng)
{
    if (m->size) m->size = rng_below(rng, (uint32_t)m->size);
}

static void cut_out(Mutant *m, Rng *rng)
{
    if (!m->size) return;
    size_t at = rng_below(rng, (uint32_t)m->size), n = 1 + rng_below(rng, 16);
    if (n > m->size - at) n = m->size - at;
    memmove(m->bytes + at, m->bytes + at + n, m->size - at - n);
    m->size -= n;
}

/* Put a piece of any file of the corpus, or of itself, in. */
static void put_in(Mutant *m, Rng *rng)
{
    const Input *in = &corpus[rng_below(rng, (uint32_t)files)];
    if (!in->size) return;
    size_t from = rng_below(rng, (uint32_t)in->size), n = 1 + rng_below(rng, 64);
    size_t at = rng_below(rng, (uint32_t)m->size + 1);
    if (n > in->size - from) n = in->size - from;
    if (m->size + n > INPUT_MOST) return;
    memmove(m->bytes + at + n, m->bytes + at, m->size - at);
    memcpy(m->bytes + at, in->bytes + from, n);
    m->size += n;
}

/* Mutation k of the corpus. */
static void mutate(Mutant *m, int k)
{
    static void (*const edits[])(Mutant * m, Rng * rng) = {put_limit, set_digit, flip_bit, set_byte,
                                                           cut_end,   cut_out,   put_in};
    Rng rng = rng_stream(1, RNG_SHUFFLE, (uint32_t)k, 0);
    const Input *in = &corpus[rng_below(&rng, (uint32_t)files)];
    memcpy(m->bytes, in->bytes, in->size);
    m->size = in->size;
    do { /* half of them have one edit, a quarter two, ... */
        edits[rng_below(&rng, sizeof edits / sizeof *edits)](m, &rng);
    } while (rng_below(&rng, 2));
}

int main(int argc, char **argv)
{
    static Mutant mutant;
    if (argc != 4) fuzz_fail("usage: TARGET FOLDER MUTATIONS KEEP");
    int mutations = atoi(argv[2]);
    keep = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (keep < 0) fuzz_fail("cannot create the file for the input");
    corpus_read(argv[1]);
    if (files == 0) fuzz_fail("an empty corpus");
    for (int i = 0; i < files; i++) run(corpus[i].bytes, corpus[i].size);
    printf("ok 1 - %d files of %s\n", files, argv[1]);
    fflush(stdout);
    for (int k = 0; k < mutations; k++) {
        mutate(&mutant, k);
        run(mutant.bytes, mutant.size);
    }
    printf("ok 2 - %d mutations of them\n1..2\n", mutations);
    corpus_free();
    close(keep);
    unlink(argv[3]);
    return 0;
}
