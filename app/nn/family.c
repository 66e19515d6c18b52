/* family.c - the table of network bodies. A new family is one row here and one file beside wrn.c. One thread. */
#include "nn/family.h"

#include "nn/op.h"

#include <stdio.h>
#include <string.h>

const Family families[] = {
    {"wrn", wrn_options, wrn_check, wrn_build, "a Wide ResNet body: depth 10, 16, 22, 28, ... (Zagoruyko and Komodakis 2016)"},
    {"vit", vit_options, vit_check, vit_build, "a Vision Transformer body (Dosovitskiy et al. 2021)"},
    {"cnn", cnn_options, cnn_check, cnn_build, "a small convolutional body in the manner of LeNet-5"},
    {"mlp", mlp_options, mlp_check, mlp_build, "a multilayer perceptron: `layers` hidden layers of `hidden` units"},
    {.name = NULL},
};

const Family *family_find(const char *name)
{
    for (const Family *f = families; f->name; f++)
        if (strcmp(f->name, name) == 0) return f;
    return NULL;
}

/* "there is no model 'vgg'; there are wrn, vit, cnn, mlp" */
static Status unknown_family(const char *name, Err *err)
{
    char all[128] = "";
    size_t used = 0;
    for (const Family *f = families; f->name && used < sizeof all; f++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", f->name);
    return err_set(err, ERR_USAGE, "there is no model '%.60s'; there are %s", name, all);
}

Net *net_body(const ModelSpec *spec, Shape image, Err *err)
{
    const Family *family = family_find(spec->family);
    Net *net = NULL;
    if (!family) {
        unknown_family(spec->family, err);
        return NULL;
    }
    TRY(family->check(spec, image, err));
    net = net_new(family->name, image, err);
    if (!net) return NULL;
    TRY(family->build(net, spec, image, err));
    return net;
fail:
    net_release(net);
    return NULL;
}
