/* fuzz.h - what the fuzz targets share. A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput, which gives any
 * bytes to a reader as a file: the reader may refuse them, but must neither crash, leak nor disagree with itself.
 * main.c replays a corpus and mutations of it; clang's libFuzzer can take main.c's place (see README.md). */
#ifndef TARE_FUZZ_H
#define TARE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The folder that the files lie in: made, in memory where there is such a place, when it is first asked for, and
 * removed at the end. */
const char *fuzz_folder(void);

/* The path of a file or folder in it; valid until the next call. */
const char *fuzz_path(const char *name);

/* Write a file there; its folder is made. */
void fuzz_put(const char *name, const void *bytes, size_t size);

/* Load a data set of this kind from the folder, as much of it as there is, and let it go again. */
void fuzz_load(const char *source);

/* Stop the program: a reader disagrees with itself. */
_Noreturn void fuzz_fail(const char *what);

#endif
