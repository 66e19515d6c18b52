/* array.c - see array.h. Any thread. */
#include "file/array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const ArrayKind array_kinds[ARRAY_TYPES] = {
    [ARRAY_BOOL] = {"bool", "b1", "?", "BOOL", 1, false},   [ARRAY_U8] = {"uint8", "u1", "B", "U8", 1, false},
    [ARRAY_I8] = {"int8", "i1", "b", "I8", 1, false},       [ARRAY_U16] = {"uint16", "u2", "H", "U16", 2, false},
    [ARRAY_I16] = {"int16", "i2", "h", "I16", 2, false},    [ARRAY_U32] = {"uint32", "u4", "I", "U32", 4, false},
    [ARRAY_I32] = {"int32", "i4", "i", "I32", 4, false},    [ARRAY_U64] = {"uint64", "u8", "LQ", "U64", 8, false},
    [ARRAY_I64] = {"int64", "i8", "lq", "I64", 8, false},   [ARRAY_F16] = {"float16", "f2", "e", "F16", 2, true},
    [ARRAY_BF16] = {"bfloat16", NULL, "", "BF16", 2, true}, [ARRAY_F32] = {"float32", "f4", "f", "F32", 4, true},
    [ARRAY_F64] = {"float64", "f8", "d", "F64", 8, true},
};

void array_free(Array *a)
{
    free(a->data);
    *a = (Array){0};
}

bool array_elements(const Array *a, size_t *count)
{
    *count = 1;
    for (int d = 0; d < a->dims; d++)
        if (__builtin_mul_overflow(*count, (size_t)a->shape[d], count)) return false;
    return true;
}

bool array_bytes(const Array *a, size_t *size)
{
    return array_elements(a, size) && !__builtin_mul_overflow(*size, array_kinds[a->type].size, size);
}

char *array_text(const Array *a, char *dst, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < a->dims && used < size; i++)
        used += (size_t)snprintf(dst + used, size - used, "%s%td", i ? " x " : "", a->shape[i]);
    if (used < size) snprintf(dst + used, size - used, "%s%s", a->dims ? " " : "", array_kinds[a->type].name);
    return dst;
}

/* ---- order ---- */

void array_swap(Array *a)
{
    size_t count = 0, size = array_kinds[a->type].size;
    unsigned char *at = a->data;
    array_elements(a, &count);
    for (size_t i = 0; i < count; i++, at += size)
        for (size_t low = 0, high = size - 1; low < high; low++, high--) {
            unsigned char byte = at[low];
            at[low] = at[high];
            at[high] = byte;
        }
}

/* Element (i0, i1, ...) lies at i0 + s0 (i1 + s1 (...)) in src. The indices count up like an odometer, the last the
 * fastest, as the elements of dst follow each other; the place in src goes along. */
static void copy_columns(unsigned char *dst, const unsigned char *src, const Array *a, size_t count)
{
    size_t size = array_kinds[a->type].size, stride[ARRAY_MAX_DIMS], from = 0;
    ptrdiff_t index[ARRAY_MAX_DIMS] = {0};
    for (int d = 0; d < a->dims; d++) stride[d] = d ? stride[d - 1] * (size_t)a->shape[d - 1] : 1;
    for (size_t i = 0; i < count; i++, dst += size) {
        memcpy(dst, src + from * size, size);
        for (int d = a->dims - 1; d >= 0; d--) {
            from += stride[d];
            if (++index[d] < a->shape[d]) break;
            from -= stride[d] * (size_t)a->shape[d];
            index[d] = 0;
        }
    }
}

Status array_from_columns(Array *a, Err *err)
{
    size_t count = 0, bytes = 0;
    if (a->dims < 2 || !array_elements(a, &count) || !array_bytes(a, &bytes) || count == 0) return OK;
    unsigned char *turned = malloc(bytes);
    if (!turned) return err_set(err, ERR_MEMORY, "no memory to turn an array of %zu bytes", bytes);
    copy_columns(turned, a->data, a, count);
    free(a->data);
    a->data = turned;
    return OK;
}

/* ---- elements ---- */

/* A half: sign, 5 bits of exponent (bias 15), 10 of mantissa; exponent 0 has no hidden bit. */
static double from_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double size = exponent == 0    ? ldexp(mantissa, -24)
                  : exponent == 31 ? (mantissa ? (double)NAN : (double)INFINITY)
                                   : ldexp(mantissa + 1024, exponent - 25);
    return bits >> 15 ? -size : size;
}

static double from_bfloat(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

double array_real(const Array *a, size_t i)
{
    switch (a->type) {
    case ARRAY_F16:
        return from_half(((const uint16_t *)a->data)[i]);
    case ARRAY_BF16:
        return from_bfloat(((const uint16_t *)a->data)[i]);
    case ARRAY_F32:
        return (double)((const float *)a->data)[i];
    case ARRAY_F64:
        return ((const double *)a->data)[i];
    case ARRAY_U64:
        return (double)((const uint64_t *)a->data)[i];
    default:;
        int64_t value = 0;
        array_integer(a, i, &value);
        return (double)value;
    }
}

bool array_integer(const Array *a, size_t i, int64_t *value)
{
    double real;
    switch (a->type) {
    case ARRAY_BOOL:
    case ARRAY_U8:
        *value = ((const uint8_t *)a->data)[i];
        return true;
    case ARRAY_I8:
        *value = ((const int8_t *)a->data)[i];
        return true;
    case ARRAY_U16:
        *value = ((const uint16_t *)a->data)[i];
        return true;
    case ARRAY_I16:
        *value = ((const int16_t *)a->data)[i];
        return true;
    case ARRAY_U32:
        *value = ((const uint32_t *)a->data)[i];
        return true;
    case ARRAY_I32:
        *value = ((const int32_t *)a->data)[i];
        return true;
    case ARRAY_U64: /* above 2^63 - 1 it comes out negative */
    case ARRAY_I64:
        *value = ((const int64_t *)a->data)[i];
        return a->type == ARRAY_I64 || *value >= 0;
    default:
        real = array_real(a, i);
        if (!(real >= -0x1p63 && real < 0x1p63) || real != floor(real)) return false;
        *value = (int64_t)real;
        return true;
    }
}

ptrdiff_t array_floats(float *dst, const Array *a)
{
    size_t count = 0;
    ptrdiff_t bad = -1;
    array_elements(a, &count);
    for (size_t i = 0; i < count; i++) {
        float value = (float)array_real(a, i);
        if (dst) dst[i] = value;
        if (bad < 0 && !isfinite(value)) bad = (ptrdiff_t)i;
    }
    return bad;
}
