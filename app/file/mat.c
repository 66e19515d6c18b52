/* mat.c - see mat.h. Nothing is believed before it is checked: tags, sizes, dimensions. Any thread.
 *
 * The format ("MAT-File Format", MathWorks, chapter 1): a head of 128 bytes, then elements: a type and a size of 32
 * bits each, then the data, padded to 8 bytes. An element of at most 4 bytes may be small: size and type in 16 bits
 * each, and the data in the next 4. A variable is an element MATRIX of elements: flags, dimensions, name, numbers. It
 * may be COMPRESSED: then the element's data are a zlib stream of it. */
#include "file/mat.h"

#include "file/inflate.h"
#include "file/whole.h"
#include <stdlib.h>
#include <string.h>

enum { HEAD = 128, NAME_MOST = 63, VERSION_5 = 0x0100, VERSION_73 = 0x0200, COMPLEX = 0x0800 };
enum { INT8 = 1, UINT8, INT16, UINT16, INT32, UINT32, SINGLE, DOUBLE = 9, INT64 = 12, UINT64, TYPES }; /* of elements */
enum { MATRIX = 14, COMPRESSED = 15, UTF8 = 16 };
enum { CLASS_DOUBLE = 6, CLASS_UINT64 = 15 }; /* first and last class of numbers */

/* Types of elements that are numbers. BOOL, which no file has, for those that are not. */
static const ArrayType number_type[TYPES] = {
    [INT8] = ARRAY_I8,    [UINT8] = ARRAY_U8,   [INT16] = ARRAY_I16,  [UINT16] = ARRAY_U16, [INT32] = ARRAY_I32,
    [UINT32] = ARRAY_U32, [SINGLE] = ARRAY_F32, [DOUBLE] = ARRAY_F64, [INT64] = ARRAY_I64,  [UINT64] = ARRAY_U64,
};

static uint32_t number_at(const unsigned char *p, size_t size, bool big_endian)
{
    uint32_t v = 0;
    for (size_t i = 0; i < size; i++) v |= (uint32_t)p[big_endian ? size - 1 - i : i] << (8 * i);
    return v;
}

/* ---- elements ---- */

/* A stretch of elements that is read from front to back, and how to say where one of them is. */
typedef struct {
    const char *path;
    const unsigned char *bytes; /* the file's */
    Inflate *packed;            /* where the bytes come from instead, NULL: from `bytes` */
    size_t at, end;
    size_t variable; /* byte of the file where the variable starts */
    bool big_endian;
} Cursor;

/* The tag of an element; of a small one the data too. */
typedef struct {
    uint32_t type;
    size_t at, size; /* at: of its tag; size: bytes of its data */
    bool small;
    unsigned char data[4];
} Element;

static const char cut_short[] = "an element is cut short; fetch the file again";

static Status wrong(const Cursor *c, size_t at, const char *what, Err *err)
{
    if (c->packed)
        return err_set(err, ERR_FORMAT, "%s: byte %zu of what unpacks from byte %zu: %s", c->path, at, c->variable,
                       what);
    return err_set(err, ERR_FORMAT, "%s: byte %zu: %s", c->path, at, what);
}

/* dst (size) = the next bytes. */
static Status take_bytes(Cursor *c, void *dst, size_t size, Err *err)
{
    size_t got = size;
    if (size > c->end - c->at) return wrong(c, c->at, cut_short, err);
    if (!c->packed)
        memcpy(dst, c->bytes + c->at, size);
    else if (inflate_next(c->packed, dst, size, &got, err) != OK)
        return err->code;
    if (got < size) return wrong(c, c->at, cut_short, err);
    c->at += size;
    return OK;
}

static Status take_tag(Cursor *c, Element *e, Err *err)
{
    unsigned char tag[8];
    *e = (Element){.at = c->at};
    if (take_bytes(c, tag, sizeof tag, err) != OK) return err->code;
    e->type = number_at(tag, 4, c->big_endian);
    e->small = e->type >> 16 != 0;
    if (!e->small) {
        e->size = number_at(tag + 4, 4, c->big_endian);
        return e->size <= c->end - c->at ? OK : wrong(c, e->at, cut_short, err);
    }
    e->size = e->type >> 16;
    e->type &= 0xffff;
    memcpy(e->data, tag + 4, sizeof e->data);
    return e->size <= 4 ? OK : wrong(c, e->at, "a small element of more than 4 bytes", err);
}

/* dst (e->size) = the data behind its tag; what pads them to 8 bytes is passed over. */
static Status take_data(Cursor *c, const Element *e, void *dst, Err *err)
{
    unsigned char padding[8];
    if (e->small) {
        memcpy(dst, e->data, e->size);
        return OK;
    }
    if (take_bytes(c, dst, e->size, err) != OK) return err->code;
    size_t pad = -e->size & 7, left = c->end - c->at;
    return take_bytes(c, padding, pad < left ? pad : left, err);
}

/* ---- a variable ---- */

static Status take_flags(Cursor *c, uint32_t *class, bool *complex, Err *err)
{
    Element e;
    unsigned char data[8];
    if (take_tag(c, &e, err) != OK) return err->code;
    if (e.type != UINT32 || e.size != sizeof data) return wrong(c, e.at, "no array flags (two 32-bit numbers)", err);
    if (take_data(c, &e, data, err) != OK) return err->code;
    uint32_t flags = number_at(data, 4, c->big_endian);
    *class = flags & 0xff;
    *complex = flags & COMPLEX;
    return OK;
}

/* From the last dimension to the first. */
static Status take_shape(Cursor *c, Array *a, Err *err)
{
    Element e;
    size_t count;
    unsigned char data[4 * ARRAY_MAX_DIMS];
    if (take_tag(c, &e, err) != OK) return err->code;
    if (e.type != INT32 || e.size % 4 != 0 || e.size < 8 || e.size > sizeof data)
        return wrong(c, e.at, "no dimensions (2 to 8 numbers of 32 bits)", err);
    if (take_data(c, &e, data, err) != OK) return err->code;
    a->dims = (int)(e.size / 4);
    for (int i = 0; i < a->dims; i++) {
        ptrdiff_t *extent = &a->shape[a->dims - 1 - i];
        *extent = (int32_t)number_at(data + 4 * i, 4, c->big_endian);
        if (*extent < 0) return wrong(c, e.at, "a negative dimension", err);
    }
    if (array_elements(a, &count)) return OK;
    return wrong(c, e.at, "dimensions whose product is beyond all memory", err);
}

static Status take_name(Cursor *c, Array *a, Err *err)
{
    Element e;
    if (take_tag(c, &e, err) != OK) return err->code;
    if ((e.type != INT8 && e.type != UTF8) || e.size > NAME_MOST)
        return wrong(c, e.at, "no name (at most 63 bytes)", err);
    return take_data(c, &e, a->name, err); /* a was all 0 */
}

static Status take_numbers(Cursor *c, Array *a, size_t most, Err *err)
{
    Element e;
    size_t size = 0;
    if (take_tag(c, &e, err) != OK) return err->code;
    if (e.type >= TYPES || number_type[e.type] == ARRAY_BOOL)
        return wrong(c, e.at, "an array's data are no numbers", err);
    a->type = number_type[e.type];
    if (!array_bytes(a, &size) || size != e.size)
        return wrong(c, e.at, "an array has more or fewer numbers than its dimensions say", err);
    if (size > most)
        return err_set(err, ERR_LIMIT, "%s: variable '%s': more than the %zu bytes that such a file can have", c->path,
                       a->name, most);
    a->data = malloc(size + 1);
    if (!a->data) return err_set(err, ERR_MEMORY, "%s: no memory for the %zu bytes of '%s'", c->path, size, a->name);
    if (take_data(c, &e, a->data, err) != OK) return err->code;
    if (c->big_endian) array_swap(a);
    return OK;
}

/* Behind the numbers of a packed variable its stream ends, and says whether it came over whole. */
static Status take_end(Cursor *c, Err *err)
{
    unsigned char more;
    size_t got;
    if (inflate_next(c->packed, &more, 1, &got, err) != OK) return err->code;
    return got == 0 && c->at == c->end ? OK : wrong(c, c->at, "something follows the numbers of a variable", err);
}

/* The variable whose MATRIX element is the next. */
static Status take_matrix(Cursor *c, Array *a, size_t most, Err *err)
{
    Element e;
    uint32_t class = 0;
    bool complex = false;
    TRY(take_tag(c, &e, err));
    if (e.type != MATRIX) return wrong(c, e.at, "no variable", err);
    c->end = c->at + e.size;
    TRY(take_flags(c, &class, &complex, err));
    if (class > CLASS_UINT64) return OK; /* objects of later MATLABs: laid out in another way, and never numbers */
    TRY(take_shape(c, a, err));
    TRY(take_name(c, a, err));
    if (class < CLASS_DOUBLE || complex) return OK;
    TRY(take_numbers(c, a, most, err));
    return c->packed ? take_end(c, err) : OK;
fail:
    return err->code;
}

static Status take_packed(Cursor *c, size_t size, Array *a, size_t most, Err *err)
{
    Inflate packed;
    Cursor inner = {c->path, NULL, &packed, 0, PTRDIFF_MAX, c->variable, c->big_endian};
    Status done = inflate_open(&packed, c->path, c->bytes, c->at, c->at + size, err);
    if (done == OK) done = take_matrix(&inner, a, most, err);
    inflate_close(&packed);
    return done;
}

/* ---- files ---- */

/* What the head of a file of level 5 has: "MI" as its last two bytes, read as one number. */
static Status check_head(MatFile *f, Err *err)
{
    if (f->size >= 8 && memcmp(f->bytes, "\x89HDF\r\n\x1a\n", 8) == 0)
        return err_set(err, ERR_FORMAT,
                       "%s is an HDF5 file, no MATLAB file of level 5; in MATLAB, load it and save it with '-v7'",
                       f->path);
    if (f->size < HEAD)
        return err_set(err, ERR_FORMAT, "%s: %zu bytes; a MATLAB file starts with a head of %d", f->path, f->size,
                       HEAD);
    const unsigned char *mark = f->bytes + HEAD - 2;
    f->big_endian = memcmp(mark, "MI", 2) == 0;
    if (!f->big_endian && memcmp(mark, "IM", 2) != 0)
        return err_set(err, ERR_FORMAT, "%s: byte %d: no MATLAB file of level 5", f->path, HEAD - 2);
    unsigned version = number_at(f->bytes + HEAD - 4, 2, f->big_endian);
    if (version == VERSION_5) return OK;
    if (version == VERSION_73)
        return err_set(
            err, ERR_FORMAT,
            "%s is of version 7.3, which is HDF5 and is not read; in MATLAB, load it and save it with '-v7'; "
            "in Python, write it with scipy.io.savemat",
            f->path);
    return err_set(err, ERR_FORMAT, "%s: byte %d: version 0x%04x; expected 0x%04x", f->path, HEAD - 4, version,
                   VERSION_5);
}

Status mat_open(MatFile *f, const char *path, size_t most, Err *err)
{
    Err unheard;
    if (!err) err = &unheard;
    *f = (MatFile){.path = path, .at = HEAD, .most = most};
    TRY(file_read(path, most, false, &f->bytes, &f->size, err));
    TRY(check_head(f, err));
    return OK;
fail:
    mat_close(f);
    return err->code;
}

void mat_close(MatFile *f)
{
    free(f->bytes);
    f->bytes = NULL;
}

Status mat_next(MatFile *f, Array *a, bool *there, Err *err)
{
    Cursor c = {f->path, f->bytes, NULL, f->at, f->size, f->at, f->big_endian};
    Element e;
    Err unheard;
    if (!err) err = &unheard;
    *a = (Array){0};
    *there = f->at < f->size;
    if (!*there) return OK;
    TRY(take_tag(&c, &e, err));
    size_t size = e.type == COMPRESSED ? e.size : (e.size + 7) & ~(size_t)7, left = f->size - c.at;
    f->at = c.at + (size < left ? size : left);
    if (e.type == COMPRESSED) {
        TRY(take_packed(&c, e.size, a, f->most, err));
    } else {
        c.at = e.at;
        TRY(take_matrix(&c, a, f->most, err));
    }
    return OK;
fail:
    array_free(a);
    return err->code;
}
