/* npy.c - see npy.h. Any thread.
 *
 * The format (NumPy Enhancement Proposal 1, numpy.org/neps/nep-0001-npy-format.html): the magic "\x93NUMPY", a version,
 * the head's length (16 bits in version 1, 32 in 2 and 3, little-endian), the head, and the numbers. The head is a
 * Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. */
#include "file/npy.h"

#include "file/whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC = 6, FRONT_MOST = MAGIC + 6, HEAD_MOST = 1 << 16 };

/* ---- the head: a small part of Python's grammar ---- */

typedef struct {
    const char *path;
    const char *text, *at, *end; /* the head, the next character, behind the last */
    size_t offset;               /* byte of the file where the head starts */
    bool descr, order, shape;    /* seen */
    bool big_endian, columns;    /* what they say: the other byte order, the first dimension fastest */
} Head;

static Status wrong(const Head *h, const char *expected, Err *err)
{
    return err_set(err, ERR_FORMAT, "%s: byte %zu: expected %s in the head of an .npy file; was it edited or cut?",
                   h->path, h->offset + (size_t)(h->at - h->text), expected);
}

static void skip_spaces(Head *h)
{
    while (h->at < h->end && *h->at && strchr(" \t\f\r\n", *h->at)) h->at++;
}

/* Take a character behind spaces; false, and nothing taken, when another comes next. */
static bool take(Head *h, char c)
{
    skip_spaces(h);
    if (h->at == h->end || *h->at != c) return false;
    h->at++;
    return true;
}

/* dst (size) = a string in quotes, without escapes; u'...' as Python 2 wrote it is one too. */
static Status take_string(Head *h, char *dst, size_t size, const char *what, Err *err)
{
    skip_spaces(h);
    if (h->end - h->at > 1 && *h->at == 'u') h->at++;
    const char *begin = h->at + 1, *stop;
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return wrong(h, what, err);
    stop = memchr(begin, *h->at, (size_t)(h->end - begin));
    if (!stop || (size_t)(stop - begin) >= size) return wrong(h, what, err);
    memcpy(dst, begin, (size_t)(stop - begin));
    dst[stop - begin] = 0;
    h->at = stop + 1;
    return OK;
}

/* "f4", "float32" or "f": one of NumPy's names of a type. */
static bool is_type(const ArrayKind *kind, const char *word)
{
    if (!kind->numpy || !*word) return false;
    return strcmp(word, kind->numpy) == 0 || strcmp(word, kind->name) == 0 ||
           (!word[1] && strchr(kind->letters, *word));
}

/* '<f4', '|u1', 'uint8': a byte order, which may be left out, and a type. */
static Status take_type(Head *h, Array *a, Err *err)
{
    char descr[32];
    skip_spaces(h);
    if (h->at < h->end && *h->at == '[')
        return err_set(err, ERR_FORMAT, "%s: its elements are records; save each field as an array of its own",
                       h->path);
    if (take_string(h, descr, sizeof descr, "a type such as '<f4'", err) != OK) return err->code;
    h->big_endian = descr[0] == '>';
    const char *word = descr + (descr[0] && strchr("<>|=", descr[0]));
    for (int t = 0; t < ARRAY_TYPES; t++)
        if (is_type(&array_kinds[t], word)) {
            a->type = (ArrayType)t;
            return OK;
        }
    return err_set(err, ERR_FORMAT,
                   "%s: type '%s' is not read; save it anew as integers or floats of at most 64 bits, such as "
                   "a.astype('float32')",
                   h->path, descr);
}

static Status take_order(Head *h, Err *err)
{
    static const char *const words[] = {"False", "True"};
    skip_spaces(h);
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(h->end - h->at) < length || memcmp(h->at, words[i], length) != 0) continue;
        h->columns = i == 1;
        h->at += length;
        return OK;
    }
    return wrong(h, "True or False", err);
}

/* 80, or 80L as Python 2 wrote it. */
static Status take_extent(Head *h, ptrdiff_t *extent, Err *err)
{
    *extent = 0;
    skip_spaces(h);
    if (h->at == h->end || *h->at < '0' || *h->at > '9') return wrong(h, "a whole number", err);
    for (; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(*extent, 10, extent) || __builtin_add_overflow(*extent, *h->at - '0', extent))
            return wrong(h, "a smaller number", err);
    if (h->at < h->end && *h->at == 'L') h->at++;
    return OK;
}

/* (), (3,), (3, 4) */
static Status take_shape(Head *h, Array *a, Err *err)
{
    if (!take(h, '(')) return wrong(h, "a shape such as (3, 4)", err);
    size_t count;
    for (a->dims = 0; !take(h, ')');) {
        if (a->dims == ARRAY_MAX_DIMS) return wrong(h, "at most 8 dimensions", err);
        if (take_extent(h, &a->shape[a->dims++], err) != OK) return err->code;
        if (!array_elements(a, &count)) return wrong(h, "a shape that memory can hold", err);
        if (take(h, ',')) continue;
        if (!take(h, ')')) return wrong(h, "',' or ')'", err);
        break;
    }
    return OK;
}

static Status take_pair(Head *h, Array *a, Err *err)
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

static Status take_head(Head *h, Array *a, Err *err)
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

/* *h = the head of an open file of `size` bytes; its text is malloc'ed. */
static Status read_head(Head *h, const char *path, int fd, size_t size, Err *err)
{
    unsigned char front[FRONT_MOST] = {0};
    TRY(file_read_at(fd, path, 0, front, size < FRONT_MOST ? size : FRONT_MOST, err));
    if (size < MAGIC + 4 || memcmp(front, "\x93NUMPY", MAGIC) != 0)
        return err_set(err, ERR_FORMAT,
                       "%s: byte 0: no .npy file (they start with \\x93NUMPY); write it with "
                       "numpy.save",
                       path);
    unsigned version = front[MAGIC];
    if (version < 1 || version > 3)
        return err_set(err, ERR_FORMAT, "%s: byte %d: version %u; expected 1 to 3", path, MAGIC, version);
    size_t offset = version == 1 ? MAGIC + 4 : MAGIC + 6, length = (size_t)front[8] | (size_t)front[9] << 8;
    if (version > 1) length |= (size_t)front[10] << 16 | (size_t)front[11] << 24;
    if (size < offset || length > size - offset || length > HEAD_MOST)
        return err_set(err, ERR_FORMAT,
                       "%s: byte 8: a head of %zu bytes in a file of %zu (at most %d); it is cut short", path, length,
                       size, HEAD_MOST);
    char *text = malloc(length + 1);
    if (!text) return err_set(err, ERR_MEMORY, "%s: no memory for its head", path);
    *h = (Head){.path = path, .text = text, .at = text, .end = text + length, .offset = offset};
    TRY(file_read_at(fd, path, offset, text, length, err));
    return OK;
fail:
    return err->code;
}

/* The data behind the head are as many as it says, and no more than the limit. */
static Status check_size(const Head *h, const Array *a, size_t size, size_t most, Err *err)
{
    size_t begin = h->offset + (size_t)(h->end - h->text), count = 0, expected = 0;
    array_elements(a, &count);
    if (!array_bytes(a, &expected) || expected != size - begin)
        return err_set(err, ERR_FORMAT,
                       "%s: %zu bytes from byte %zu on; its head says %zu elements of %zu bytes; save it anew", h->path,
                       size - begin, begin, count, array_kinds[a->type].size);
    if (expected <= most) return OK;
    return err_set(err, ERR_LIMIT, "%s: more than the %zu bytes that such a file can have", h->path, most);
}

Status npy_read(Array *a, const char *path, size_t most, Err *err)
{
    Err unheard;
    size_t size = 0, bytes = 0;
    Head h = {0};
    int fd = -1;
    *a = (Array){0};
    if (!err) err = &unheard;
    if (file_open(path, &fd, &size, err) != OK) return err->code;
    TRY(read_head(&h, path, fd, size, err));
    TRY(take_head(&h, a, err));
    TRY(check_size(&h, a, size, most, err));
    array_bytes(a, &bytes);
    a->data = malloc(bytes + 1);
    if (!a->data) {
        err_set(err, ERR_MEMORY, "%s: no memory for %zu bytes", path, bytes);
        goto fail;
    }
    TRY(file_read_at(fd, path, size - bytes, a->data, bytes, err));
    if (h.big_endian) array_swap(a);
    if (h.columns) TRY(array_from_columns(a, err));
    close(fd);
    free((char *)h.text);
    return OK;
fail:
    close(fd);
    free((char *)h.text);
    array_free(a);
    return err->code;
}
