/* mlp.c - a multi-layer perceptron: equal hidden layers with ReLU, the last of them the features. One thread. */
#include "nn/family.h"

#include "nn/op.h"

#include <stdio.h>

const Option mlp_options[] = {
    {"hidden", OPTION_INT, offsetof(ModelSpec, hidden), "128", 1, 65536, NULL, "units of a hidden layer"},
    {"layers", OPTION_INT, offsetof(ModelSpec, layers), "1", 1, 64, NULL, "hidden layers"},
    {.name = NULL},
};

Status mlp_check(const ModelSpec *spec, Shape image, Err *err)
{
    if (spec->hidden < 1 || spec->hidden > 65536 || spec->layers < 1 || spec->layers > 64)
        return err_set(err, ERR_USAGE, "mlp: hidden = %lld may be 1 to 65536, layers = %lld 1 to 64",
                       (long long)spec->hidden, (long long)spec->layers);
    if (image.c < 1) return err_set(err, ERR_USAGE, "an mlp needs at least one input");
    return OK;
}

Status mlp_build(Net *net, const ModelSpec *spec, Shape image, Err *err)
{
    int x = image.h ? net_add_flatten(net, 0) : 0;
    for (int layer = 0; layer < spec->layers; layer++) {
        char name[PARAM_NAME_SIZE];
        snprintf(name, sizeof name, "mlp.%d", layer);
        x = net_add_relu(net, net_add_linear(net, x, name, (ptrdiff_t)spec->hidden));
    }
    return net_finish(net, x, err);
}
