/* net.c - a network's life: copies, references, first weights, and questions about its parameters.
 * A finished net is shared by threads; whoever holds the only reference may change its values. */
#include "nn/op.h"

#include "file/whole.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* malloc'ed copy; NULL without memory */
static void *clone(const void *src, size_t size)
{
    void *dst = malloc(size ? size : 1);
    if (dst && size) memcpy(dst, src, size);
    return dst;
}

Net *net_copy(const Net *net, Err *err)
{
    Net *copy = clone(net, sizeof *net);
    if (!copy) goto fail;
    copy->references = 1;
    copy->op = NULL, copy->slot = NULL, copy->param = NULL, copy->values = NULL; /* not ours to free */
    copy->op = clone(net->op, (size_t)net->ops * sizeof *net->op);
    copy->slot = clone(net->slot, (size_t)net->slots * sizeof *net->slot);
    copy->param = clone(net->param, (size_t)net->params * sizeof *net->param);
    size_t bytes = (size_t)net->size * sizeof(float);
    copy->values = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
    if (!copy->op || !copy->slot || !copy->param || !copy->values) goto fail;
    memcpy(copy->values, net->values, bytes);
    return copy;
fail:
    err_set(err, ERR_MEMORY, "no memory for a copy of a network of %td parameters", net->size);
    net_release(copy);
    return NULL;
}

Net *net_retain(Net *net)
{
    __atomic_add_fetch(&net->references, 1, __ATOMIC_RELAXED);
    return net;
}

void net_release(Net *net)
{
    if (!net) return;
    int left = __atomic_sub_fetch(&net->references, 1, __ATOMIC_ACQ_REL);
    assert(left >= 0);
    if (left > 0) return;
    free(net->op);
    free(net->slot);
    free(net->param);
    free(net->values);
    free(net);
}

/* Draw again what lies beyond two standard deviations, value by value. */
static void cut_normals(Rng *r, float *w, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        while (fabsf(w[i]) > 2) w[i] = rng_normal(r);
}

void net_init(Net *net, uint64_t seed, uint32_t salt)
{
    /* each parameter has a stream of its own: a layer that is added or left out changes no other layer's weights */
    for (int i = 0; i < net->params; i++) {
        const Param *p = &net->param[i];
        float *w = net->values + p->offset;
        Rng r = rng_stream(seed, RNG_INIT, (uint32_t)i, salt);
        if (p->init_sd > 0) rng_normals(&r, w, p->size);
        /* N(0, sd^2), cut at 2 sd where asked; else U(-bound, bound); else a constant */
        if (p->init_cut) cut_normals(&r, w, p->size);
        for (ptrdiff_t j = 0; j < p->size; j++) {
            if (p->init_sd > 0)
                w[j] *= p->init_sd;
            else if (p->init_bound > 0)
                w[j] = p->init_bound * (float)(2.0 * rng_uniform(&r) - 1.0);
            else
                w[j] = p->init;
        }
    }
}

const Param *net_param(const Net *net, const char *name)
{
    for (int i = 0; i < net->params; i++)
        if (strcmp(net->param[i].name, name) == 0) return &net->param[i];
    return NULL;
}

/* Names and shapes are part of it: the same numbers in another network are another network. */
uint64_t net_fingerprint(const Net *net)
{
    uint64_t print = 0;
    for (int i = 0; i < net->params; i++) {
        const Param *p = &net->param[i];
        print = fingerprint(p->name, strlen(p->name), print);
        print = fingerprint(p->shape, (size_t)p->dims * sizeof *p->shape, print);
        print = fingerprint(net->values + p->offset, (size_t)p->size * sizeof(float), print);
    }
    return print;
}

bool net_finite(const Net *net, const char **name)
{
    for (int i = 0; i < net->params; i++) {
        const float *w = net->values + net->param[i].offset;
        for (ptrdiff_t j = 0; j < net->param[i].size; j++) {
            if (isfinite(w[j])) continue;
            if (name) *name = net->param[i].name;
            return false;
        }
    }
    return true;
}

double net_flops(const Net *net)
{
    double flops = 0;
    for (int i = 0; i < net->ops; i++)
        if (net->op[i].kind->flops) flops += net->op[i].kind->flops(net, &net->op[i]);
    return flops;
}
