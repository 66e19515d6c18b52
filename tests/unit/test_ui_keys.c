/* test_ui_keys.c - what terminals send, and the keys that it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "ui/keys.h"
#include <stdio.h>
#include <string.h>

enum { S = 1, A = 2, C = 4 };

static int modifiers(const Key *key)
{
    return key->shift * S | key->alt * A | key->ctrl * C;
}

static const struct {
    const char *name, *bytes;
    KeyType type;
    int modifiers;
} rows[] = {
    {"a letter", "x", KEY_BYTES, 0},
    {"Ctrl-R", "\x12", KEY_BYTES, 0},
    {"two bytes", "\xc3\xa9", KEY_BYTES, 0},
    {"four bytes", "\xf0\x9f\x98\x80", KEY_BYTES, 0},
    {"a broken byte", "\xff", KEY_BYTES, 0},
    {"Alt-f",
     "\x1b"
     "f",
     KEY_BYTES, A},
    {"Alt-e acute", "\x1b\xc3\xa9", KEY_BYTES, A},
    {"up, cursor keys", "\x1b[A", KEY_UP, 0},
    {"up, application keys", "\x1bOA", KEY_UP, 0},
    {"Ctrl-right", "\x1b[1;5C", KEY_RIGHT, C},
    {"Ctrl-Shift-Alt-left", "\x1b[1;8D", KEY_LEFT, C | S | A},
    {"Meta-down", "\x1b[1;9B", KEY_DOWN, A},
    {"rxvt Shift-up", "\x1b[a", KEY_UP, S},
    {"rxvt Ctrl-down", "\x1bOb", KEY_DOWN, C},
    {"rxvt Alt-up", "\x1b\x1b[A", KEY_UP, A},
    {"home", "\x1b[H", KEY_HOME, 0},
    {"linux home", "\x1b[1~", KEY_HOME, 0},
    {"rxvt home", "\x1b[7~", KEY_HOME, 0},
    {"rxvt end", "\x1b[8~", KEY_END, 0},
    {"rxvt Shift-delete", "\x1b[3$", KEY_DELETE, S},
    {"rxvt Ctrl-delete", "\x1b[3^", KEY_DELETE, C},
    {"xterm Ctrl-delete", "\x1b[3;5~", KEY_DELETE, C},
    {"page up", "\x1b[5~", KEY_PAGE_UP, 0},
    {"insert", "\x1b[2~", KEY_INSERT, 0},
    {"F1", "\x1bOP", KEY_F1, 0},
    {"Shift-F1", "\x1b[1;2P", KEY_F1, S},
    {"old Ctrl-F1", "\x1bO5P", KEY_F1, C},
    {"linux F1", "\x1b[[A", KEY_F1, 0},
    {"linux F5", "\x1b[[E", KEY_F5, 0},
    {"F5", "\x1b[15~", KEY_F5, 0},
    {"F12", "\x1b[24~", KEY_F12, 0},
    {"linux Shift-F1", "\x1b[25~", KEY_F1, S},
    {"paste begins", "\x1b[200~", KEY_PASTE_BEGIN, 0},
    {"paste ends", "\x1b[201~", KEY_PASTE_END, 0},
    {"Shift-Tab", "\x1b[Z", KEY_BYTES, S},
    {"press", "\x1b[<0;1;1M", KEY_MOUSE_DOWN, 0},
    {"release", "\x1b[<0;1;1m", KEY_MOUSE_UP, 0},
    {"drag with Ctrl", "\x1b[<48;1;1M", KEY_MOUSE_DRAG, C},
    {"wheel up", "\x1b[<64;1;1M", KEY_WHEEL_UP, 0},
    {"wheel down with Shift", "\x1b[<69;1;1M", KEY_WHEEL_DOWN, S},
    {"wheel to the left", "\x1b[<66;1;1M", KEY_UNKNOWN, 0},
    {"mouse without y", "\x1b[<0;1M", KEY_UNKNOWN, 0},
    {"old press", "\x1b[M !!", KEY_MOUSE_DOWN, 0},
    {"old release", "\x1b[M#!!", KEY_MOUSE_UP, 0},
    {"an unknown letter", "\x1b[99q", KEY_UNKNOWN, 0},
    {"an unknown number", "\x1b[99~", KEY_UNKNOWN, 0},
    {"a huge number", "\x1b[99999999999999999999~", KEY_UNKNOWN, 0},
    {"the colour of the background", "\x1b]11;rgb:0000/0000/0000\a", KEY_UNKNOWN, 0},
    {"what terminal", "\x1bP>|XTerm(380)\x1b\\", KEY_UNKNOWN, 0},
};

/* Each sequence alone, byte by byte, and with a letter behind it: one key, nothing left over. */
static void sequences_are_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        KeyDecoder d = {0};
        Key key;
        size_t n = strlen(rows[i].bytes);
        for (size_t at = 0; at < n; at++) {
            if (keys_next(&d, false, &key)) fail_msg("%s: a key after %zu of %zu bytes", rows[i].name, at, n);
            keys_feed(&d, rows[i].bytes + at, 1);
        }
        keys_feed(&d, "z", 1);
        if (!keys_next(&d, false, &key)) fail_msg("%s: no key", rows[i].name);
        if (key.type != rows[i].type || modifiers(&key) != rows[i].modifiers)
            fail_msg("%s: type %d, modifiers %d", rows[i].name, (int)key.type, modifiers(&key));
        if (n <= KEY_BYTES_MOST && strcmp(rows[i].name, "Shift-Tab") != 0)
            assert_true(key.length == (int)n && memcmp(key.bytes, rows[i].bytes, n) == 0);
        assert_true(keys_next(&d, false, &key));
        if (key.bytes[0] != 'z') fail_msg("%s: it took the letter behind it", rows[i].name);
        assert_false(keys_waiting(&d));
    }
}

/* What has begun waits; when nothing follows it is an ESC, an Alt, or nothing. */
static void begun_sequences_wait(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        KeyType type;
        int modifiers, length;
    } begun[] = {{"a lone ESC", "\x1b", KEY_ESCAPE, 0, 1},
                 {"Alt-[", "\x1b[", KEY_BYTES, A, 2},
                 {"Alt-O", "\x1bO", KEY_BYTES, A, 2},
                 {"Alt-]", "\x1b]", KEY_BYTES, A, 2},
                 {"half an arrow", "\x1b[1;", KEY_UNKNOWN, 0, 4},
                 {"half a mouse", "\x1b[M!", KEY_UNKNOWN, 0, 4},
                 {"half a character", "\xc3", KEY_BYTES, 0, 1},
                 {"half a string", "\x1b]11;rgb", KEY_UNKNOWN, 0, 8}};
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        KeyDecoder d = {0};
        Key key;
        keys_feed(&d, begun[i].bytes, strlen(begun[i].bytes));
        assert_false(keys_next(&d, false, &key));
        assert_true(keys_waiting(&d));
        if (!keys_next(&d, true, &key) || key.type != begun[i].type || modifiers(&key) != begun[i].modifiers ||
            key.length != begun[i].length)
            fail_msg("%s: type %d, modifiers %d, %d bytes", begun[i].name, (int)key.type, modifiers(&key), key.length);
        assert_false(keys_waiting(&d));
    }
    KeyDecoder d = {0};
    Key key;
    keys_feed(&d, "\x1b\x1b", 2); /* two of them are two */
    for (int i = 0; i < 2; i++) assert_true(keys_next(&d, true, &key) && key.type == KEY_ESCAPE);
    assert_false(keys_next(&d, true, &key));
}

static void the_mouse_says_where(void **state)
{
    (void)state;
    KeyDecoder d = {0};
    Key key;
    keys_feed(&d, "\x1b[<0;300;80M\x1b[<0;0;0M", 22);
    assert_true(keys_next(&d, false, &key));
    assert_true(key.type == KEY_MOUSE_DOWN && key.x == 299 && key.y == 79);
    assert_true(keys_next(&d, false, &key));
    assert_true(key.x == 0 && key.y == 0);
}

static void a_broken_sequence_does_not_take_the_next(void **state)
{
    (void)state;
    KeyDecoder d = {0};
    Key key;
    keys_feed(&d, "\x1b[1\x1b[Bq", 7);
    assert_true(keys_next(&d, false, &key) && key.type == KEY_UNKNOWN && key.length == 3);
    assert_true(keys_next(&d, false, &key) && key.type == KEY_DOWN);
    assert_true(keys_next(&d, false, &key) && key.type == KEY_BYTES && key.bytes[0] == 'q');
}

static void a_flood_keeps_whole_sequences(void **state)
{
    (void)state;
    KeyDecoder d = {0};
    Key key;
    int keys = 0;
    for (int i = 0; i < 100; i++) keys_feed(&d, "\x1b[1;5A", 6);
    for (; keys_next(&d, false, &key); keys++) assert_true(key.type == KEY_UP && key.ctrl);
    assert_int_equal(keys, 42); /* of 256 bytes */
}

static void rubbish_does_no_harm(void **state)
{
    (void)state;
    static const char likely[] = "\x1b\x1b\x1b[[[OP]<;;0123456789~MmABZ$^\xc3\xa9\xf0 ";
    Rng rng = rng_stream(1, RNG_SHUFFLE, 0, 0);
    KeyDecoder d = {0};
    Key key;
    for (int i = 0; i < 100000; i++) {
        uint32_t r = rng_u32(&rng);
        unsigned char byte = (unsigned char)(r & 256 ? r : (uint32_t)likely[(r >> 9) % (sizeof likely - 1)]);
        keys_feed(&d, &byte, 1);
        while (r >> 16 & 3 && keys_next(&d, (r >> 18 & 15) == 0, &key)) {
            assert_in_range(key.type, 0, KEY_UNKNOWN);
            assert_in_range(key.length, 0, KEY_BYTES_MOST);
            assert_true(key.x >= 0 && key.y >= 0);
        }
        assert_in_range(d.used, 0, sizeof d.bytes);
    }
    while (keys_next(&d, true, &key)) continue;
    assert_int_equal(d.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_are_keys),
        cmocka_unit_test(begun_sequences_wait),
        cmocka_unit_test(the_mouse_says_where),
        cmocka_unit_test(a_broken_sequence_does_not_take_the_next),
        cmocka_unit_test(a_flood_keeps_whole_sequences),
        cmocka_unit_test(rubbish_does_no_harm),
    };
    return cmocka_run_group_tests_name("ui: keys", tests, NULL, NULL);
}
