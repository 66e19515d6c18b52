/* mat.c - see mat.h. Nothing is believed before it is checked: tags, sizes, dimensions. Any thread.
 *
 * The format ("MAT-File Format", MathWorks, chapter 1): a head of 128 bytes, then elements: a type and a size of 32
 * bits each, then the data, padded to 8 bytes. An element of at most 4 bytes may be small: size and type in 16 bits
 * each, and the data in the next 4. A variable is an element MATRIX of elements: flags, dimensions, name, numbers. It
 * may be COMPRESSED: then the element's data are a zlib stream of it. */
#include "file/mat.h"

#include "file/whole.h"
#include "file/inflate.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 128, VERSION_5 = 0x0100, VERSION_73 = 0x0200, COMPLEX = 0x0800 };
enum { INT8 = 1, UINT8, INT16, UINT16, INT32, UINT32, SINGLE, DOUBLE = 9, INT64 = 12, UINT64, TYPES }; /* of elements */
enum { MATRIX = 14, COMPRESSED = 15, UTF8 = 16 };
enum { CLASS_DOUBLE = 6, CLASS_UINT64 = 15 };     /* first and last class of numbers */
static const size_t most_bytes = (size_t)3 << 30; /* SVHN's extra images, the largest of its files, have 1.6 GB */

/* Bytes of a number of each type; 0 for what is no number. */
static const size_t number_size[TYPES] = {
    [INT8] = 1,   [UINT8] = 1,  [INT16] = 2,  [UINT16] = 2, [INT32] = 4,
    [UINT32] = 4, [SINGLE] = 4, [DOUBLE] = 8, [INT64] = 8,  [UINT64] = 8,
};

static uint64_t number_at(const unsigned char *p, size_t size, bool big_endian)
{
    uint64_t v = 0;
    for (size_t i = 0; i < size; i++) v |= (uint64_t)p[big_endian ? size - 1 - i : i] << (8 * i);
    return v;
}

/* ---- elements ---- */

/* A stretch of elements, and how to say where one of them is. */
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t at, end;
    size_t variable; /* byte of the file where the variable starts */
    bool unpacked;   /* bytes are not the file's, but what the variable unpacks to */
    bool big_endian;
} Cursor;

typedef struct {
    uint32_t type;
    size_t at, size; /* at: of its tag; size: bytes of its data */
    const unsigned char *data;
} Element;

static Status wrong(const Cursor *c, size_t at, const char *what, Err *err)
{
    if (c->unpacked)
        return err_set(err, ERR_FORMAT, "%s: byte %zu of what unpacks from byte %zu: %s", c->path, at, c->variable,
                       what);
    return err_set(err, ERR_FORMAT, "%s: byte %zu: %s", c->path, at, what);
}

/* Take the element at the cursor. */
static Status element_take(Cursor *c, Element *e, Err *err)
{
    static const char short_one[] = "an element is cut short; fetch the file again";
    if (c->end - c->at < 8) return wrong(c, c->at, short_one, err);
    uint32_t first = (uint32_t)number_at(c->bytes + c->at, 4, c->big_endian);
    *e = (Element){.type = first & 0xffff, .at = c->at, .size = first >> 16, .data = c->bytes + c->at + 4};
    if (e->size > 4) return wrong(c, c->at, "a small element of more than 4 bytes", err);
    c->at += 8;
    if (e->size > 0) return OK;
    e->type = first;
    e->size = (size_t)number_at(c->bytes + e->at + 4, 4, c->big_endian);
    e->data = c->bytes + c->at;
    if (e->size > c->end - c->at) return wrong(c, e->at, short_one, err);
    size_t padded = e->type == COMPRESSED ? e->size : (e->size + 7) & ~(size_t)7;
    c->at = padded < c->end - c->at ? c->at + padded : c->end;
    return OK;
}

/* ---- a variable ---- */

static Status take_flags(Cursor *c, MatArray *a, bool *complex, Err *err)
{
    Element e;
    if (element_take(c, &e, err) != OK) return err->code;
    if (e.type != UINT32 || e.size != 8) return wrong(c, e.at, "no array flags (two 32-bit numbers)", err);
    uint32_t flags = (uint32_t)number_at(e.data, 4, c->big_endian);
    a->class = flags & 0xff;
    *complex = flags & COMPLEX;
    return OK;
}

static Status take_shape(Cursor *c, MatArray *a, Err *err)
{
    Element e;
    if (element_take(c, &e, err) != OK) return err->code;
    size_t dims = e.size / 4;
    if (e.type != INT32 || e.size % 4 != 0 || dims < 2 || dims > MAT_MAX_DIMS)
        return wrong(c, e.at, "no dimensions (2 to 8 numbers of 32 bits)", err);
    a->dims = (int)dims;
    a->elements = 1;
    for (size_t i = 0; i < dims; i++) {
        a->shape[i] = (int32_t)number_at(e.data + 4 * i, 4, c->big_endian);
        if (a->shape[i] < 0) return wrong(c, e.at, "a negative dimension", err);
        if (__builtin_mul_overflow(a->elements, (size_t)a->shape[i], &a->elements))
            return wrong(c, e.at, "dimensions whose product is beyond all memory", err);
    }
    return OK;
}

static Status take_name(Cursor *c, MatArray *a, Err *err)
{
    Element e;
    if (element_take(c, &e, err) != OK) return err->code;
    if ((e.type != INT8 && e.type != UTF8) || e.size >= MAT_NAME_SIZE)
        return wrong(c, e.at, "no name (at most 63 bytes)", err);
    memcpy(a->name, e.data, e.size);
    a->name[e.size] = 0;
    return OK;
}

static Status take_numbers(Cursor *c, MatArray *a, Err *err)
{
    Element e;
    size_t size;
    if (element_take(c, &e, err) != OK) return err->code;
    if (e.type >= TYPES || number_size[e.type] == 0) return wrong(c, e.at, "an array's data are no numbers", err);
    if (__builtin_mul_overflow(a->elements, number_size[e.type], &size) || size != e.size)
        return wrong(c, e.at, "an array has more or fewer numbers than its dimensions say", err);
    a->storage = (int)e.type;
    a->data = e.data;
    return OK;
}

/* The variable whose MATRIX element is the one at the cursor, which it fills. */
static Status matrix_take(Cursor *c, MatArray *a, Err *err)
{
    Element e;
    bool complex = false;
    TRY(element_take(c, &e, err));
    if (e.type != MATRIX || (c->unpacked && e.size != c->end - 8)) return wrong(c, e.at, "no variable", err);
    Cursor in = *c;
    in.at = (size_t)(e.data - c->bytes);
    in.end = in.at + e.size;
    TRY(take_flags(&in, a, &complex, err));
    if (a->class > CLASS_UINT64) return OK; /* objects of later MATLABs: laid out in another way, and never numbers */
    TRY(take_shape(&in, a, err));
    TRY(take_name(&in, a, err));
    if (a->class >= CLASS_DOUBLE && a->class <= CLASS_UINT64 && !complex) TRY(take_numbers(&in, a, err));
    a->big_endian = c->big_endian;
    return OK;
fail:
    return err->code;
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
    unsigned version = (unsigned)number_at(f->bytes + HEAD - 4, 2, f->big_endian);
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

Status mat_open(MatFile *f, const char *path, Err *err)
{
    Err unheard;
    if (!err) err = &unheard;
    *f = (MatFile){.path = path, .at = HEAD};
    TRY(file_read(path, most_bytes, false, &f->bytes, &f->size, err));
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

void mat_array_free(MatArray *a)
{
    free(a->bytes);
    *a = (MatArray){0};
}

Status mat_next(MatFile *f, MatArray *a, bool *there, Err *err)
{
    Cursor c = {f->path, f->bytes, f->at, f->size, f->at, false, f->big_endian};
    Element e;
    Err unheard;
    if (!err) err = &unheard;
    *a = (MatArray){0};
    *there = f->at < f->size;
    if (!*there) return OK;
    TRY(element_take(&c, &e, err));
    f->at = c.at;
    if (e.type == COMPRESSED) {
        size_t begin = (size_t)(e.data - f->bytes), size;
        TRY(inflate_part(f->path, f->bytes, begin, begin + e.size, most_bytes, &a->bytes, &size, err));
        c = (Cursor){f->path, a->bytes, 0, size, e.at, true, f->big_endian};
    } else {
        c.at = e.at;
    }
    TRY(matrix_take(&c, a, err));
    return OK;
fail:
    mat_array_free(a);
    return err->code;
}

double mat_value(const MatArray *a, size_t i)
{
    size_t size = number_size[a->storage];
    uint64_t v = number_at(a->data + i * size, size, a->big_endian);
    uint32_t low = (uint32_t)v;
    float single;
    double real;
    switch (a->storage) {
    case INT8:
        return (int8_t)v;
    case INT16:
        return (int16_t)v;
    case INT32:
        return (int32_t)v;
    case SINGLE:
        memcpy(&single, &low, sizeof single);
        return (double)single;
    case DOUBLE:
        memcpy(&real, &v, sizeof real);
        return real;
    case INT64:
        return (double)(int64_t)v;
    default:
        return (double)v;
    }
}
