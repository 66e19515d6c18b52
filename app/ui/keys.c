/* keys.c - bytes of a terminal to keys, by tables of what xterm, rxvt and the Linux console send (ECMA-48 5.4 for the
 * form of sequences; xterm's ctlseqs.txt, rxvt's README.xterm, console_codes(4) for their meaning). Main thread. */
#include "ui/keys.h"

#include <assert.h>
#include <string.h>

enum { ESC = 0x1b, SEQUENCE_MOST = 64, PARAMETERS = 3, NUMBER_MOST = 9999 };
enum { SHIFT = 1, ALT = 2, CTRL = 4, META = 8 }; /* a modifier parameter is one more than their sum */

/* ESC [ ... letter, and ESC O letter. Small arrows are rxvt's: shifted after ESC [, with control after ESC O. */
static const struct {
    char final;
    KeyType type;
    int csi, ss3; /* modifiers that go without saying */
} letters[] = {
    {'A', KEY_UP, 0, 0},           {'B', KEY_DOWN, 0, 0},        {'C', KEY_RIGHT, 0, 0},
    {'D', KEY_LEFT, 0, 0},         {'a', KEY_UP, SHIFT, CTRL},   {'b', KEY_DOWN, SHIFT, CTRL},
    {'c', KEY_RIGHT, SHIFT, CTRL}, {'d', KEY_LEFT, SHIFT, CTRL}, {'H', KEY_HOME, 0, 0},
    {'F', KEY_END, 0, 0},          {'P', KEY_F1, 0, 0},          {'Q', KEY_F2, 0, 0},
    {'R', KEY_F3, 0, 0},           {'S', KEY_F4, 0, 0},
};

/* ESC [ number ~; rxvt ends it by ^ with control, $ with shift, @ with both. */
static const struct {
    int number;
    KeyType type;
} numbers[] = {
    {1, KEY_HOME}, {2, KEY_INSERT}, {3, KEY_DELETE}, {4, KEY_END}, {5, KEY_PAGE_UP},       {6, KEY_PAGE_DOWN},
    {7, KEY_HOME}, {8, KEY_END},    {11, KEY_F1},    {12, KEY_F2}, {13, KEY_F3},           {14, KEY_F4},
    {15, KEY_F5},  {17, KEY_F6},    {18, KEY_F7},    {19, KEY_F8}, {20, KEY_F9},           {21, KEY_F10},
    {23, KEY_F11}, {24, KEY_F12},   {25, KEY_F1},    {26, KEY_F2}, {200, KEY_PASTE_BEGIN}, {201, KEY_PASTE_END},
};

static const struct {
    char final;
    int modifiers;
} number_ends[] = {{'~', 0}, {'^', CTRL}, {'$', SHIFT}, {'@', CTRL | SHIFT}};

/* What is looked at: n bytes from b. Every reader returns how many make up the key, 0 when more must come. */
typedef struct {
    const unsigned char *b;
    int n;
    bool late;
} Input;

static void modify(Key *key, int modifiers)
{
    key->shift |= (modifiers & SHIFT) != 0;
    key->alt |= (modifiers & (ALT | META)) != 0;
    key->ctrl |= (modifiers & CTRL) != 0;
}

/* A character of UTF-8; a broken byte is a key of its own, which the prompt may make something of. */
static int read_character(Input in, Key *key)
{
    int first = in.b[0], length = first >= 0xF0 && first < 0xF8   ? 4
                                  : first >= 0xE0 && first < 0xF0 ? 3
                                  : first >= 0xC2 && first < 0xE0 ? 2
                                                                  : 1;
    key->type = KEY_BYTES;
    for (int i = 1; i < length; i++) {
        if (i == in.n) return in.late ? 1 : 0;
        if ((in.b[i] & 0xC0) != 0x80) return 1;
    }
    return length;
}

/* The numbers between ESC [ and the final byte; -1 where there is none. */
static void read_parameters(const unsigned char *b, int n, int parameter[PARAMETERS])
{
    int at = 0;
    for (int i = 0; i < PARAMETERS; i++) parameter[i] = -1;
    for (int i = 0; i < n && at < PARAMETERS; i++) {
        if (b[i] == ';') {
            at++;
        } else if (b[i] >= '0' && b[i] <= '9') {
            int number = (parameter[at] < 0 ? 0 : parameter[at]) * 10 + b[i] - '0';
            parameter[at] = number < NUMBER_MOST ? number : NUMBER_MOST;
        }
    }
}

/* Buttons of a mouse: bits 0-1 and 6 which, 2-4 modifiers, 5 moved (xterm, "Extended coordinates"). */
static void set_mouse(Key *key, int button, int x, int y, bool up)
{
    int which = button & 0x43;
    bool moved = button & 0x20;
    if (which == 0x40 || which == 0x41)
        key->type = which == 0x40 ? KEY_WHEEL_UP : KEY_WHEEL_DOWN;
    else if (which < 3)
        key->type = moved ? KEY_MOUSE_DRAG : up ? KEY_MOUSE_UP : KEY_MOUSE_DOWN;
    else if (which == 3 && !moved)
        key->type = KEY_MOUSE_UP; /* of the old form, which does not say which button */
    modify(key, button >> 2 & (SHIFT | ALT | CTRL));
    key->x = x > 0 ? x - 1 : 0;
    key->y = y > 0 ? y - 1 : 0;
}

static void set_csi(Key *key, const unsigned char *b, int n)
{
    int p[PARAMETERS];
    char final = (char)b[n - 1];
    read_parameters(b + 2, n - 3, p);
    int modifiers = p[1] > 0 ? p[1] - 1 : 0;
    if (b[2] == '<') {
        if ((final == 'M' || final == 'm') && p[2] >= 0) set_mouse(key, p[0], p[1], p[2], final == 'm');
        return;
    }
    if (n == 3 && final == 'Z') {
        key->type = KEY_BYTES; /* the caller makes it a Tab */
        key->shift = true;
        return;
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].final != final) continue;
        key->type = letters[i].type;
        modify(key, letters[i].csi | modifiers);
    }
    for (size_t e = 0; e < sizeof number_ends / sizeof *number_ends; e++) {
        for (size_t i = 0; number_ends[e].final == final && i < sizeof numbers / sizeof *numbers; i++) {
            if (numbers[i].number != p[0]) continue;
            key->type = numbers[i].type;
            modify(key, number_ends[e].modifiers | modifiers | (p[0] == 25 || p[0] == 26 ? SHIFT : 0));
        }
    }
}

/* ESC [ parameters (0x30-0x3F), intermediates (0x20-0x2F), final (0x40-0x7E). What breaks off is skipped whole. */
static int read_csi(Input in, Key *key)
{
    if (in.n == 2) {
        if (in.late) key->type = KEY_BYTES, key->alt = true;
        return in.late ? 2 : 0;
    }
    if (in.b[2] == '[' || in.b[2] == 'M') { /* the console's F1-F5: ESC [ [ A; a mouse of old: ESC [ M, three bytes */
        int length = in.b[2] == '[' ? 4 : 6;
        if (in.n < length) return in.late ? in.n : 0;
        if (length == 6) set_mouse(key, (in.b[3] - 32) & 0xFF, in.b[4] - 32, in.b[5] - 32, false);
        if (length == 4 && in.b[3] >= 'A' && in.b[3] <= 'E') key->type = (KeyType)(KEY_F1 + in.b[3] - 'A');
        return length;
    }
    for (int i = 2; i < in.n; i++) {
        bool rxvt = in.b[i] == '$' && in.b[i - 1] >= '0' && in.b[i - 1] <= '9';
        if (rxvt || (in.b[i] >= 0x40 && in.b[i] <= 0x7E)) {
            set_csi(key, in.b, i + 1);
            return i + 1;
        }
        if (in.b[i] < 0x20 || in.b[i] > 0x3F || i == SEQUENCE_MOST) return i;
    }
    return in.late ? in.n : 0;
}

/* ESC O [modifier] letter. */
static int read_ss3(Input in, Key *key)
{
    int at = in.n > 2 && in.b[2] >= '1' && in.b[2] <= '9' ? 3 : 2;
    if (in.n <= at) {
        if (in.late && at == 2) key->type = KEY_BYTES, key->alt = true;
        return in.late ? in.n : 0;
    }
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].final != in.b[at]) continue;
        key->type = letters[i].type;
        modify(key, letters[i].ss3 | (at == 3 ? in.b[2] - '1' : 0));
    }
    return in.b[at] >= 0x20 && in.b[at] < 0x7F ? at + 1 : at;
}

static int read_escape(Input in, Key *key);

/* ESC and a character: Alt. ESC ESC [ ...: rxvt's Alt of a named key. */
static int read_alt(Input in, Key *key)
{
    Input rest = {in.b + 1, in.n - 1, in.late};
    if (in.b[1] != ESC) {
        int length = read_character(rest, key);
        key->alt = length > 0;
        return length ? length + 1 : 0;
    }
    if (in.n == 2 && !in.late) return 0;
    if (in.n == 2 || (in.b[2] != '[' && in.b[2] != 'O')) {
        key->type = KEY_ESCAPE;
        return 1;
    }
    int length = read_escape(rest, key);
    key->alt = length > 0;
    return length ? length + 1 : 0;
}

/* An answer of the terminal that nobody asked for (ESC ] ... BEL, or ESC P ... ESC \): skipped. */
static int read_string(Input in, Key *key)
{
    if (in.n == 2 && in.late) {
        key->type = KEY_BYTES;
        key->alt = true;
        return 2;
    }
    for (int i = 2; i < in.n; i++) {
        if (in.b[i] == '\a') return i + 1;
        if (in.b[i - 1] == ESC && in.b[i] == '\\') return i + 1;
    }
    return in.late ? in.n : 0;
}

static const struct {
    char second;
    int (*read)(Input in, Key *key);
} escapes[] = {{'[', read_csi}, {'O', read_ss3}, {']', read_string}, {'P', read_string}};

static int read_escape(Input in, Key *key)
{
    if (in.n == 1) {
        key->type = KEY_ESCAPE;
        return in.late ? 1 : 0;
    }
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].second == in.b[1]) return escapes[i].read(in, key);
    return read_alt(in, key);
}

/* Bytes of the first key, which is put into *key; 0: none yet. */
static int read_key(const KeyDecoder *d, bool late, Key *key)
{
    Input in = {d->bytes, d->used, late || d->used == sizeof d->bytes};
    *key = (Key){.type = KEY_UNKNOWN};
    if (d->used == 0) return 0;
    int length = in.b[0] == ESC ? read_escape(in, key) : read_character(in, key);
    if (length <= KEY_BYTES_MOST) {
        key->length = length;
        memcpy(key->bytes, d->bytes, (size_t)length);
    }
    assert(length <= d->used);
    return length;
}

static void drop(KeyDecoder *d, int count)
{
    d->used -= count;
    memmove(d->bytes, d->bytes + count, (size_t)d->used);
}

void keys_feed(KeyDecoder *d, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    Key dropped;
    for (size_t i = 0; i < n; i++) {
        if (d->used == sizeof d->bytes) drop(d, read_key(d, true, &dropped)); /* the oldest give way */
        d->bytes[d->used++] = from[i];
    }
}

bool keys_next(KeyDecoder *d, bool late, Key *key)
{
    int length = read_key(d, late, key);
    drop(d, length);
    if (length > 0 && key->type == KEY_BYTES && key->shift) {
        key->bytes[0] = '\t'; /* ESC [ Z */
        key->length = 1;
    }
    return length > 0;
}

bool keys_waiting(const KeyDecoder *d)
{
    Key key;
    return d->used > 0 && read_key(d, false, &key) == 0;
}
