/* cnn.c - a small convolutional network in the manner of LeNet-5 (LeCun et al. 1998): two 5x5 convolutions without
 * padding, each with ReLU and 2x2 max-pooling, then two linear layers with ReLU, the second the features. One thread.
 */
#include "nn/family.h"

#include "nn/op.h"

#include <math.h>

enum { KERNEL = 5, LEAST_SIDE = 16 }; /* 16 - 4 = 12, halved 6, - 4 = 2, halved 1 */

const Option cnn_options[] = {{.name = NULL}};

Status cnn_check(const ModelSpec *spec, Shape image, Err *err)
{
    (void)spec;
    if (image.h < 1)
        return err_set(err, ERR_USAGE, "a cnn needs images, and these are rows of %td numbers; take an mlp", image.c);
    if (image.h < LEAST_SIDE || image.w < LEAST_SIDE)
        return err_set(err, ERR_USAGE, "a cnn needs images of at least %d x %d, not %td x %td; pad them", LEAST_SIDE,
                       LEAST_SIDE, image.h, image.w);
    return OK;
}

/* conv 5x5 -> ReLU -> max-pool 2x2; PyTorch's default first weights (uniform in +- 1/sqrt(fan in)), biases 0. */
static int add_stage(Net *net, int x, const char *name, ptrdiff_t co)
{
    if (x < 0) return -1;
    const Shape s = net->slot[x];
    const Param kernel = {.dims = 4,
                          .shape = {co, s.c, KERNEL, KERNEL},
                          .init_bound = (float)(1 / sqrt((double)(s.c * KERNEL * KERNEL)))};
    x = net_add_linear_as(net, net_add_patches(net, x, KERNEL, KERNEL, 1), name, kernel);
    return net_add_max_pool(net, net_add_relu(net, x), s.h - KERNEL + 1, s.w - KERNEL + 1);
}

Status cnn_build(Net *net, const ModelSpec *spec, Shape image, Err *err)
{
    (void)spec, (void)image;
    int x = add_stage(net, add_stage(net, 0, "conv1", 6), "conv2", 16);
    if (x >= 0) x = net_add_patches(net, x, net->slot[x].h, net->slot[x].w, 1); /* (c, y, x): PyTorch's flat order */
    x = net_add_relu(net, net_add_linear(net, x, "fc1", 120));
    return net_finish(net, net_add_relu(net, net_add_linear(net, x, "fc2", 84)), err);
}
