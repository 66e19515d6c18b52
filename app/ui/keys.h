/* keys.h - bytes of a terminal to keys. Pure but for its own buffer; main thread. */
#ifndef TARE_UI_KEYS_H
#define TARE_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    KEY_BYTES,  /* ordinary input: one character's bytes, control characters included, verbatim for the prompt */
    KEY_ESCAPE, /* a lone ESC: nothing followed within 25 ms */
    KEY_UP,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_INSERT,
    KEY_DELETE,
    KEY_F1,
    KEY_F2,
    KEY_F3,
    KEY_F4,
    KEY_F5,
    KEY_F6,
    KEY_F7,
    KEY_F8,
    KEY_F9,
    KEY_F10,
    KEY_F11,
    KEY_F12,
    KEY_MOUSE_DOWN,
    KEY_MOUSE_UP,
    KEY_MOUSE_DRAG,
    KEY_WHEEL_UP,
    KEY_WHEEL_DOWN, /* x, y from 0 */
    KEY_PASTE_BEGIN,
    KEY_PASTE_END, /* bracketed paste: what lies between is text */
    KEY_UNKNOWN,   /* a sequence that nobody knows: skipped whole */
} KeyType;

enum { KEY_BYTES_MOST = 16 };

typedef struct {
    KeyType type;
    bool alt, ctrl, shift;      /* of a named key, and alt of KEY_BYTES (ESC before it) */
    char bytes[KEY_BYTES_MOST]; /* as they came, for keys that the prompt takes */
    int length;
    int x, y;
} Key;

typedef struct {
    unsigned char bytes[256];
    int used;
} KeyDecoder;

/* Add what was read; bytes that do not fit are dropped whole sequences at a time (a flood of rubbish does no harm). */
void keys_feed(KeyDecoder *d, const void *bytes, size_t n);

/* The next key; false when there is none, or only the begin of one. `late`: 25 ms have gone by since the last byte,
 * what is there is all there will be. */
bool keys_next(KeyDecoder *d, bool late, Key *key);

/* True while a begun sequence waits for its rest: poll with a timeout of 25 ms. */
bool keys_waiting(const KeyDecoder *d);

#endif
