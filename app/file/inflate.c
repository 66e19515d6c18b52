/* inflate.c - see inflate.h. Any thread. */
#include "file/inflate.h"

#include <stdlib.h>
#include <zlib.h>

enum { FIRST_ROOM = 1 << 16, STEP_MOST = 1 << 30 }; /* bytes; zlib counts what it is given in 32 bits */

typedef struct {
    const char *path;
    z_stream z;
    size_t end, left; /* of the input: its last byte's place in the file + 1, bytes that z has not been given yet */
    unsigned char *bytes;
    size_t used, room, most;
} Inflate;

static Status make_room(Inflate *f, Err *err)
{
    size_t room = f->room ? 2 * f->room : FIRST_ROOM;
    unsigned char *more = realloc(f->bytes, room + 1);
    if (!more) return err_set(err, ERR_MEMORY, "%s: no memory for %zu bytes", f->path, room);
    f->bytes = more;
    f->room = room;
    return OK;
}

/* Give z the next of the input and of the room; *state is what zlib says to it. */
static Status inflate_step(Inflate *f, int *state, Err *err)
{
    if (f->used == f->room && make_room(f, err) != OK) return err ? err->code : ERR_MEMORY;
    if (f->z.avail_in == 0) {
        f->z.avail_in = (uInt)(f->left < STEP_MOST ? f->left : STEP_MOST);
        f->left -= f->z.avail_in;
    }
    size_t free_bytes = f->room - f->used;
    f->z.next_out = f->bytes + f->used;
    f->z.avail_out = (uInt)(free_bytes < STEP_MOST ? free_bytes : STEP_MOST);
    *state = inflate(&f->z, Z_NO_FLUSH);
    f->used = (size_t)(f->z.next_out - f->bytes);
    if (f->used > f->most)
        return err_set(err, ERR_FORMAT, "%s: more than the %zu bytes that such a file can have", f->path, f->most);
    if (*state == Z_OK || *state == Z_STREAM_END) return OK;
    const char *why = *state == Z_BUF_ERROR ? "it ends too soon" : f->z.msg ? f->z.msg : "corrupt";
    return err_set(err, ERR_FORMAT, "%s: broken gzip or zlib data at byte %zu (%s); fetch the file again", f->path,
                   f->end - f->left - f->z.avail_in, why);
}

Status inflate_part(const char *path, const unsigned char *bytes, size_t begin, size_t end, size_t most,
                    unsigned char **out, size_t *out_size, Err *err)
{
    Inflate f = {.path = path, .end = end, .left = end - begin, .most = most};
    Status done = OK;
    f.z.next_in = (unsigned char *)bytes + begin;
    if (inflateInit2(&f.z, 32 + MAX_WBITS) != Z_OK) /* 32: either of the two heads */
        return err_set(err, ERR_MEMORY, "%s: no memory to inflate it", path);
    for (int state = Z_OK; done == OK && state != Z_STREAM_END;) done = inflate_step(&f, &state, err);
    inflateEnd(&f.z);
    if (done != OK) {
        free(f.bytes);
        return done;
    }
    f.bytes[f.used] = 0;
    *out = f.bytes;
    *out_size = f.used;
    return OK;
}
