/* checkpoint.c - a network's values into and out of a file of tensors. Loading changes nothing unless all of
 * it is right. One thread. */
#include "nn/checkpoint.h"

#include <stdio.h>
#include <string.h>

enum { SHAPE_TEXT = 64 };

/* "16x3x3x3" into dst; returns dst. */
static const char *shape_text(char dst[SHAPE_TEXT], int dims, const ptrdiff_t *shape)
{
    int used = 0;
    dst[0] = 0;
    for (int d = 0; d < dims && used < SHAPE_TEXT; d++)
        used += snprintf(dst + used, (size_t)(SHAPE_TEXT - used), "%s%td", d ? "x" : "", shape[d]);
    return dst;
}

Status net_to_tensors(const Net *net, const char *prefix, TensorFile *f, Err *err)
{
    for (int i = 0; i < net->params; i++) {
        const Param *p = &net->param[i];
        char name[2 * ARRAY_NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", prefix, p->name);
        Status status = tensors_add(f, name, ARRAY_F32, p->dims, p->shape, net->values + p->offset, err);
        if (status != OK) return status;
    }
    return OK;
}

Status tensor_fits(const Param *p, const char *name, const TensorFile *f, const char *path, const Array **found,
                   Err *err)
{
    char want[SHAPE_TEXT], have[SHAPE_TEXT];
    const Array *t = *found = tensors_find(f, name);
    if (!t) return err_set(err, ERR_FORMAT, "%s: tensor '%s' is missing; it is of another network", path, name);
    if (!array_kinds[t->type].real)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' is %s; weights are F32, F64, F16 or BF16", path, name,
                       array_kinds[t->type].tensor);
    if (t->dims != p->dims || memcmp(t->shape, p->shape, (size_t)p->dims * sizeof *p->shape) != 0)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' is %s, and the network wants %s", path, name,
                       shape_text(have, t->dims, t->shape), shape_text(want, p->dims, p->shape));
    ptrdiff_t bad = array_floats(NULL, t);
    if (bad < 0) return OK;
    return err_set(err, ERR_FORMAT, "%s: tensor '%s' has a value that is no number (element %td)",
                   path, name, bad);
}

static Status find_fitting(const Param *p, const char *prefix, const TensorFile *f, const char *path,
                           const Array **found, Err *err)
{
    char name[2 * ARRAY_NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", prefix, p->name);
    return tensor_fits(p, name, f, path, found, err);
}

Status net_from_tensors(Net *net, const char *prefix, const TensorFile *f, const char *path, Err *err)
{
    const Array *t = NULL;
    for (int i = 0; i < net->params; i++) {
        Status status = find_fitting(&net->param[i], prefix, f, path, &t, err);
        if (status != OK) return status;
    }
    for (int i = 0; i < net->params; i++) {
        const Param *p = &net->param[i];
        find_fitting(p, prefix, f, path, &t, NULL);
        array_floats(net->values + p->offset, t);
    }
    return OK;
}
