/* npy.c - see npy.h. Any thread.
 *
 * The format (NumPy Enhancement Proposal 1, numpy.org/neps/nep-0001-npy-format.html): the magic "\x93NUMPY", a version,
 * the head's length (16 bits in version 1, 32 in 2 and 3, little-endian), the head, and the numbers. The head is a
 * Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. */
#include "file/npy.h"

#include "file/whole.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 6, HEAD_MOST = 1 << 16 };
static const size_t most_bytes = (size_t)8 << 30;

static const struct {
    const char *code, *name; /* in the head, without the byte order; to people */
    size_t size;
} types[NPY_TYPES] = {
    [NPY_BOOL] = {"b1", "bool", 1},   [NPY_U8] = {"u1", "uint8", 1},    [NPY_I8] = {"i1", "int8", 1},
    [NPY_U16] = {"u2", "uint16", 2},  [NPY_I16] = {"i2", "int16", 2},   [NPY_U32] = {"u4", "uint32", 4},
    [NPY_I32] = {"i4", "int32", 4},   [NPY_U64] = {"u8", "uint64", 8},  [NPY_I64] = {"i8", "int64", 8},
    [NPY_F32] = {"f4", "float32", 4}, [NPY_F64] = {"f8", "float64", 8},
};

const char *npy_type_name(NpyType type)
{
    return types[type].name;
}

/* ---- the head: a small part of Python's grammar ---- */

typedef struct {
    const char *path;
    const char *text, *at, *end; /* the head, the next character, behind the last */
    size_t offset;               /* byte of the file where the head starts */
    bool descr, order, shape;    /* seen */
} Head;

static Status wrong(const Head *h, const char *expected, Err *err)
{
    return err_set(err, ERR_FORMAT, "%s: byte %zu: expected %s in the head of an .npy file; was it edited or cut?",
                   h->path, h->offset + (size_t)(h->at - h->text), expected);
}

static void skip_spaces(Head *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n')) h->at++;
}

/* Take a character behind spaces; false, and nothing taken, when another comes next. */
static bool take(Head *h, char c)
{
    skip_spaces(h);
    if (h->at == h->end || *h->at != c) return false;
    h->at++;
    return true;
}

/* dst (size) = a string in quotes, without escapes. */
static Status take_string(Head *h, char *dst, size_t size, const char *what, Err *err)
{
    skip_spaces(h);
    const char *begin = h->at + 1, *stop;
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return wrong(h, what, err);
    stop = memchr(begin, *h->at, (size_t)(h->end - begin));
    if (!stop || (size_t)(stop - begin) >= size) return wrong(h, what, err);
    memcpy(dst, begin, (size_t)(stop - begin));
    dst[stop - begin] = 0;
    h->at = stop + 1;
    return OK;
}

/* '<f4', '|u1': the type of an array whose numbers lie as on this little-endian machine. */
static Status take_type(Head *h, NpyArray *a, Err *err)
{
    char descr[32];
    skip_spaces(h);
    if (h->at < h->end && *h->at == '[')
        return err_set(err, ERR_FORMAT, "%s: its elements are records; save each field as an array of its own",
                       h->path);
    if (take_string(h, descr, sizeof descr, "a type such as '<f4'", err) != OK) return err->code;
    if (descr[0] == '>')
        return err_set(err, ERR_FORMAT,
                       "%s: type '%s' is big-endian; save it anew as a.astype(a.dtype.newbyteorder('<'))", h->path,
                       descr);
    for (int t = 0; t < NPY_TYPES; t++)
        if (strchr("<|=", descr[0]) && strcmp(descr + 1, types[t].code) == 0) {
            a->type = (NpyType)t;
            return OK;
        }
    return err_set(err, ERR_FORMAT,
                   "%s: type '%s' is not read; save it anew as integers or floats of at most 64 bits, such as "
                   "a.astype('float32')",
                   h->path, descr);
}

static Status take_order(Head *h, Err *err)
{
    static const char no[] = "False", yes[] = "True";
    skip_spaces(h);
    size_t left = (size_t)(h->end - h->at);
    if (left >= sizeof yes - 1 && memcmp(h->at, yes, sizeof yes - 1) == 0)
        return err_set(err, ERR_FORMAT, "%s: it lies in Fortran order; save it anew as numpy.ascontiguousarray(a)",
                       h->path);
    if (left < sizeof no - 1 || memcmp(h->at, no, sizeof no - 1) != 0) return wrong(h, "True or False", err);
    h->at += sizeof no - 1;
    return OK;
}

static Status take_extent(Head *h, ptrdiff_t *extent, Err *err)
{
    *extent = 0;
    skip_spaces(h);
    if (h->at == h->end || *h->at < '0' || *h->at > '9') return wrong(h, "a whole number", err);
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(*extent, 10, extent) || __builtin_add_overflow(*extent, *h->at - '0', extent))
            return wrong(h, "a smaller number", err);
    return OK;
}

/* (), (3,), (3, 4) */
static Status take_shape(Head *h, NpyArray *a, Err *err)
{
    if (!take(h, '(')) return wrong(h, "a shape such as (3, 4)", err);
    a->elements = 1;
    for (a->dims = 0; !take(h, ')');) {
        if (a->dims == NPY_MAX_DIMS) return wrong(h, "at most 8 dimensions", err);
        ptrdiff_t *extent = &a->shape[a->dims++];
        if (take_extent(h, extent, err) != OK) return err->code;
        if (__builtin_mul_overflow(a->elements, (size_t)*extent, &a->elements))
            return wrong(h, "a shape that memory can hold", err);
        if (take(h, ',')) continue;
        if (!take(h, ')')) return wrong(h, "',' or ')'", err);
        break;
    }
    return OK;
}

static Status take_pair(Head *h, NpyArray *a, Err *err)
{
    static const char keys[] = "'descr', 'fortran_order' and 'shape', once each";
    char key[32];
    if (take_string(h, key, sizeof key, keys, err) != OK) return err->code;
    bool *seen = strcmp(key, "descr") == 0           ? &h->descr
                 : strcmp(key, "fortran_order") == 0 ? &h->order
                 : strcmp(key, "shape") == 0         ? &h->shape
                                                     : NULL;
    if (!seen || *seen) return wrong(h, keys, err);
    *seen = true;
    if (!take(h, ':')) return wrong(h, "':'", err);
    return seen == &h->descr ? take_type(h, a, err) : seen == &h->order ? take_order(h, err) : take_shape(h, a, err);
}

static Status take_head(Head *h, NpyArray *a, Err *err)
{
    if (!take(h, '{')) return wrong(h, "'{'", err);
    while (!take(h, '}')) {
        if (take_pair(h, a, err) != OK) return err->code;
        if (take(h, ',')) continue;
        if (!take(h, '}')) return wrong(h, "',' or '}'", err);
        break;
    }
    skip_spaces(h);
    if (h->at != h->end) return wrong(h, "nothing more", err);
    if (h->descr && h->order && h->shape) return OK;
    return wrong(h, "'descr', 'fortran_order' and 'shape'", err);
}

/* ---- files ---- */

/* h = the head of the file in bytes (size). */
static Status find_head(Head *h, const char *path, const unsigned char *bytes, size_t size, Err *err)
{
    if (size < MAGIC + 4 || memcmp(bytes, "\x93NUMPY", MAGIC) != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: byte 0: no .npy file (they start with \\x93NUMPY); write it with "
                       "numpy.save",
                       path);
    unsigned version = bytes[MAGIC];
    if (version < 1 || version > 3)
        return err_set(err, ERR_FORMAT, "%s: byte %d: version %u; expected 1 to 3", path, MAGIC, version);
    size_t offset = version == 1 ? MAGIC + 4 : MAGIC + 6, length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
    if (version > 1 && size >= offset) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (size < offset || length > size - offset || length > HEAD_MOST)
        return err_set(err, ERR_FORMAT,
                       "%s: byte 8: a head of %zu bytes in a file of %zu (at most %d); it is cut short", path, length,
                       size, HEAD_MOST);
    const char *text = (const char *)bytes + offset;
    *h = (Head){.path = path, .text = text, .at = text, .end = text + length, .offset = offset};
    return OK;
}

Status npy_read(NpyArray *a, const char *path, Err *err)
{
    Err unheard;
    unsigned char *bytes = NULL;
    size_t size, expected;
    Head h = {0};
    *a = (NpyArray){0};
    if (!err) err = &unheard;
    TRY(file_read(path, most_bytes, false, &bytes, &size, err));
    TRY(find_head(&h, path, bytes, size, err));
    TRY(take_head(&h, a, err));
    size_t begin = h.offset + (size_t)(h.end - h.text);
    if (__builtin_mul_overflow(a->elements, types[a->type].size, &expected) || expected != size - begin) {
        err_set(err, ERR_FORMAT,
                "%s: %zu bytes from byte %zu on; its head says %zu elements of %zu bytes; save it anew", path,
                size - begin, begin, a->elements, types[a->type].size);
        goto fail;
    }
    memmove(bytes, bytes + begin, size - begin); /* where malloc aligned it */
    a->data = bytes;
    return OK;
fail:
    free(bytes);
    *a = (NpyArray){0};
    return err->code;
}

void npy_free(NpyArray *a)
{
    free(a->data);
    *a = (NpyArray){0};
}

/* ---- elements ---- */

static bool from_real(double real, int64_t *value)
{
    if (!(real >= -0x1p63 && real < 0x1p63) || real != floor(real)) return false;
    *value = (int64_t)real;
    return true;
}

bool npy_integer(const NpyArray *a, size_t i, int64_t *value)
{
    switch (a->type) {
    case NPY_BOOL:
    case NPY_U8:
        *value = ((const uint8_t *)a->data)[i];
        return true;
    case NPY_I8:
        *value = ((const int8_t *)a->data)[i];
        return true;
    case NPY_U16:
        *value = ((const uint16_t *)a->data)[i];
        return true;
    case NPY_I16:
        *value = ((const int16_t *)a->data)[i];
        return true;
    case NPY_U32:
        *value = ((const uint32_t *)a->data)[i];
        return true;
    case NPY_I32:
        *value = ((const int32_t *)a->data)[i];
        return true;
    case NPY_F32:
        return from_real((double)((const float *)a->data)[i], value);
    case NPY_F64:
        return from_real(((const double *)a->data)[i], value);
    default: /* NPY_U64 above 2^63 - 1 comes out negative */
        *value = ((const int64_t *)a->data)[i];
        return a->type == NPY_I64 || *value >= 0;
    }
}
