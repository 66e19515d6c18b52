/* inflate.c - see inflate.h. Any thread. */
#include "file/inflate.h"

#include <stdlib.h>

enum { FIRST_ROOM = 1 << 16, STEP_MOST = 1 << 30 }; /* bytes; zlib counts what it is given in 32 bits */

Status inflate_open(Inflate *f, const char *path, const unsigned char *bytes, size_t begin, size_t end, Err *err)
{
    *f = (Inflate){.path = path, .end = end, .left = end - begin};
    f->z.next_in = (unsigned char *)bytes + begin;
    if (inflateInit2(&f->z, 32 + MAX_WBITS) == Z_OK) return OK; /* 32: either of the two heads */
    return err_set(err, ERR_MEMORY, "%s: no memory to inflate it", path);
}

void inflate_close(Inflate *f)
{
    inflateEnd(&f->z);
}

/* Behind the end of a member: another one starts with gzip's magic. */
static bool another_member(const Inflate *f)
{
    return f->z.avail_in + f->left >= 2 && f->z.next_in[0] == 0x1f && f->z.next_in[1] == 0x8b;
}

Status inflate_next(Inflate *f, void *dst, size_t size, size_t *got, Err *err)
{
    for (*got = 0; *got < size && !f->ended;) {
        size_t room = size - *got;
        if (f->z.avail_in == 0) {
            f->z.avail_in = (uInt)(f->left < STEP_MOST ? f->left : STEP_MOST);
            f->left -= f->z.avail_in;
        }
        f->z.next_out = (unsigned char *)dst + *got;
        f->z.avail_out = (uInt)(room < STEP_MOST ? room : STEP_MOST);
        int state = inflate(&f->z, Z_NO_FLUSH);
        *got = (size_t)(f->z.next_out - (unsigned char *)dst);
        if (state == Z_STREAM_END && another_member(f)) state = inflateReset(&f->z);
        f->ended = state == Z_STREAM_END;
        if (state == Z_OK || f->ended) continue;
        const char *why = state == Z_BUF_ERROR ? "it ends too soon" : f->z.msg ? f->z.msg : "corrupt";
        return err_set(err, ERR_FORMAT, "%s: broken gzip or zlib data at byte %zu (%s); fetch the file again", f->path,
                       f->end - f->left - f->z.avail_in, why);
    }
    return OK;
}

/* *bytes has twice the room. */
static Status make_room(const Inflate *f, unsigned char **bytes, size_t *room, Err *err)
{
    size_t size = *room ? 2 * *room : FIRST_ROOM;
    unsigned char *more = realloc(*bytes, size + 1);
    if (!more) return err_set(err, ERR_MEMORY, "%s: no memory for %zu bytes", f->path, size);
    *bytes = more;
    *room = size;
    return OK;
}

Status inflate_part(const char *path, const unsigned char *bytes, size_t begin, size_t end, size_t most,
                    unsigned char **out, size_t *out_size, Err *err)
{
    Inflate f;
    unsigned char *all = NULL;
    size_t used = 0, room = 0, got = 0;
    Status done = inflate_open(&f, path, bytes, begin, end, err);
    while (done == OK && !f.ended) {
        if (used == room) TRY(done = make_room(&f, &all, &room, err));
        TRY(done = inflate_next(&f, all + used, room - used, &got, err));
        used += got;
        if (used > most)
            done = err_set(err, ERR_LIMIT, "%s: more than the %zu bytes that such a file can have", path, most);
    }
    TRY(done);
    inflate_close(&f);
    all[used] = 0;
    *out = all;
    *out_size = used;
    return OK;
fail:
    inflate_close(&f);
    free(all);
    return done;
}
