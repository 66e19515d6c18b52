/* emulator.h - a terminal in memory (libvterm): what a program's bytes leave on the screen, as text. */
#ifndef TARE_TESTS_EMULATOR_H
#define TARE_TESTS_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Emulator Emulator;

/* NULL without memory. `utf8`: bytes from 0x80 on are parts of characters, else they are Latin-1. */
Emulator *emulator_open(int width, int height, bool utf8);
void emulator_close(Emulator *e);

void emulator_feed(Emulator *e, const char *bytes, size_t size);
void emulator_resize(Emulator *e, int width, int height);
/* Put something else into every cell, as line noise would: only what is drawn anew comes back. */
void emulator_spoil(Emulator *e);

/* The size, the rows, the same rows with a letter for each colour and attributes, and what the letters mean;
 * malloc'ed. A blank among the letters is the terminal's usual text. */
char *emulator_screen(const Emulator *e);

/* Modes that a program must not leave behind it; "" when there are none. */
const char *emulator_modes(Emulator *e);
/* True when a second screen was ever asked for. */
bool emulator_had_second(const Emulator *e);
/* The first sequence that the emulator did not know, "" when it knew all. */
const char *emulator_unknown(const Emulator *e);

#endif
