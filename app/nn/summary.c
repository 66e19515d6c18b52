/* summary.c - see summary.h. Pure functions; any thread. */
#include "nn/summary.h"

#include "base/text.h"
#include "nn/op.h"

#include <string.h>

/* "blocks.0.norm1" of "blocks.0.norm1.weight"; names without a part in front stay whole. */
static void name_layer(Layer *layer, const Param *p)
{
    text_copy(layer->name, sizeof layer->name, p->name);
    char *dot = strrchr(layer->name, '.');
    if (dot) *dot = 0;
}

Layer net_layer(const Net *net, int index)
{
    const Op *op = &net->op[index];
    Shape in = net->slot[op->in[0]], out = net->slot[op->out];
    Layer layer = {.operation = op->kind->name, .output = out};
    for (int k = 0; k < 4; k++) {
        if (op->param[k] < 0) continue;
        const Param *p = &net->param[op->param[k]];
        if (!layer.name[0]) name_layer(&layer, p);
        if (p->trained) layer.parameters += p->size;
    }
    if (op->kind->flops) layer.flops = op->kind->flops(net, op);
    layer.plain = !layer.parameters && layer.flops <= 0 && in.h == out.h && in.w == out.w && in.c == out.c;
    return layer;
}
