/* test_file_inflate.c - compressed parts of a file: either head, any place, and where a stream is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/inflate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PLAIN = 300000, ROOM = 400000, ZLIB = MAX_WBITS, GZIP = 16 + MAX_WBITS };

static unsigned char plain[PLAIN], packed[ROOM];

/* packed = `before` bytes of something else, then plain as a stream with this head; returns where the stream ends. */
static size_t pack(size_t before, int head)
{
    uint32_t state = 1;
    for (size_t i = 0; i < PLAIN; i++) { /* little of it can be compressed */
        state = state * 1664525 + 1013904223;
        plain[i] = (unsigned char)(state >> 24);
    }
    memset(packed, 0xaa, before);
    z_stream z = {.next_in = plain, .avail_in = PLAIN, .next_out = packed + before, .avail_out = (uInt)(ROOM - before)};
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, head, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return ROOM - z.avail_out;
}

static void inflates_either_head_at_any_place(void **state)
{
    (void)state;
    static const int heads[] = {ZLIB, GZIP};
    for (int h = 0; h < 2; h++)
        for (size_t before = 0; before < 300; before += 136) {
            unsigned char *out;
            size_t size, end = pack(before, heads[h]);
            memset(packed + end, 0x55, 9); /* what follows the stream */
            assert_int_equal(inflate_part("f", packed, before, end + 9, PLAIN, &out, &size, NULL), OK);
            assert_int_equal(size, PLAIN);
            assert_memory_equal(out, plain, PLAIN);
            assert_int_equal(out[PLAIN], 0);
            free(out);
        }
}

/* A gzip file is a series of members (RFC 1952, 2.2); bgzip writes one every 64 kB. The last may be empty. */
static void inflates_every_member(void **state)
{
    (void)state;
    enum { MEMBERS = 7, PIECE = PLAIN / MEMBERS };
    unsigned char *out;
    size_t size, end = 0;
    pack(0, GZIP); /* fills plain */
    for (int i = 0; i <= MEMBERS; i++) {
        z_stream z = {.next_in = plain + i * PIECE, .avail_in = i < MEMBERS ? PIECE : 0};
        z.next_out = packed + end, z.avail_out = (uInt)(ROOM - end);
        assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        end = ROOM - z.avail_out;
        deflateEnd(&z);
    }
    memset(packed + end, 0, 9);
    assert_int_equal(inflate_part("f", packed, 0, end + 9, PLAIN, &out, &size, NULL), OK);
    assert_int_equal(size, MEMBERS * PIECE);
    assert_memory_equal(out, plain, size);
    free(out);
    Err err = {0};
    assert_int_equal(inflate_part("f", packed, 0, end - 4, PLAIN, &out, &size, &err), ERR_FORMAT); /* in the last */
    assert_non_null(strstr(err.msg, "it ends too soon"));
}

static void fails(Status code, size_t begin, size_t end, size_t most, const char *message)
{
    unsigned char *out = NULL;
    size_t size;
    Err err = {0};
    assert_int_equal(inflate_part("some.mat", packed, begin, end, most, &out, &size, &err), code);
    assert_null(out);
    if (!strstr(err.msg, message)) fail_msg("no \"%s\" in: %s", message, err.msg);
    assert_int_equal(inflate_part("some.mat", packed, begin, end, most, &out, &size, NULL), code);
}

static void says_where_a_stream_is_broken(void **state)
{
    (void)state;
    char message[80];
    size_t end = pack(128, ZLIB);
    fails(ERR_LIMIT, 128, end, PLAIN - 1, "some.mat: more than the 299999 bytes that such a file can have");
    snprintf(message, sizeof message, "some.mat: broken gzip or zlib data at byte %zu (it ends too soon)", end - 1);
    fails(ERR_FORMAT, 128, end - 1, PLAIN, message);
    fails(ERR_FORMAT, 128, 128, PLAIN, "at byte 128 (it ends too soon)");
    fails(ERR_FORMAT, 127, end, PLAIN, "at byte 129 (incorrect header check)");
    packed[end - 1] ^= 1; /* of the checksum */
    fails(ERR_FORMAT, 128, end, PLAIN, "(incorrect data check); fetch the file again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inflates_either_head_at_any_place),
        cmocka_unit_test(inflates_every_member),
        cmocka_unit_test(says_where_a_stream_is_broken),
    };
    return cmocka_run_group_tests_name("base inflate", tests, NULL, NULL);
}
