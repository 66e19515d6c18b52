/* wrn.c - the pre-activation Wide ResNet (Zagoruyko & Komodakis 2016) as Jordahn & Olmos (2024) use it:
 * WRN-d-k has (d - 4) / 6 blocks in each of three groups of 16k, 32k and 64k channels. One thread. */
#include "nn/family.h"

#include "nn/op.h"

#include <stdio.h>
#include <string.h>

const Option wrn_options[] = {
    {"depth", OPTION_INT, offsetof(ModelSpec, depth), "10", 10, 1000, NULL, "layers: 6n + 4 (10, 16, 22, 28 ...)"},
    {"width", OPTION_INT, offsetof(ModelSpec, width), "1", 1, 64, NULL, "channels: 16, 32 and 64 times this"},
    {"padding", OPTION_CHOICE, offsetof(ModelSpec, padding), "same", 0, 0, "same|one",
     "of the 3x3 convolutions of stride 2: right and bottom only, or one pixel on each side"},
    {.name = NULL},
};

Status wrn_check(const ModelSpec *spec, Shape image, Err *err)
{
    long long depth = spec->depth, width = spec->width, below = depth < 10 ? 10 : depth - (depth - 4) % 6;
    if (depth < 10) return err_set(err, ERR_USAGE, "depth = %lld is too small for a wrn; the smallest is 10", depth);
    if (depth != below)
        return err_set(err, ERR_USAGE, "depth = %lld does not fit: a wrn has 6n + 4 layers; take %lld or %lld", depth,
                       below, below + 6);
    if (depth > 1000 || width < 1 || width > 64)
        return err_set(err, ERR_USAGE, "wrn-%lld-%lld: depth may be 10 to 1000, width 1 to 64", depth, width);
    if (image.h < 1)
        return err_set(err, ERR_USAGE, "a wrn needs images, and these are rows of %td numbers; take an mlp", image.c);
    if (image.h % 4 || image.w % 4 || image.w < 1)
        return err_set(err, ERR_USAGE, "a wrn halves its images twice: %td x %td does not divide by 4; pad them",
                       image.h, image.w);
    return OK;
}

/* BN-ReLU-conv3x3-BN-ReLU-conv3x3, added to the block's input; where the channel count changes, to a 1x1
 * convolution of its activated input. */
static int add_block(Net *net, const ModelSpec *spec, int x, int group, int index)
{
    const ptrdiff_t channels = (ptrdiff_t)(16 << group) * spec->width;
    const int stride = group && !index ? 2 : 1;
    const bool pad_one = strcmp(spec->padding, "one") == 0;
    char name[PARAM_NAME_SIZE];
#define BLOCK(part) (snprintf(name, sizeof name, "layer.%d.block.%d." part, group, index), name)
    int active = net_add_bn_relu(net, x, BLOCK("batchnorm_0"));
    int y = (pad_one ? net_add_conv_padded : net_add_conv)(net, active, BLOCK("conv_0"), channels, 3, stride);
    y = net_add_bn_relu(net, y, BLOCK("batchnorm_1"));
    y = net_add_conv(net, y, BLOCK("conv_1"), channels, 3, 1);
    if (x >= 0 && net->slot[x].c != channels) x = net_add_conv(net, active, BLOCK("shortcut"), channels, 1, stride);
#undef BLOCK
    return net_add_add(net, x, y);
}

Status wrn_build(Net *net, const ModelSpec *spec, Shape image, Err *err)
{
    (void)image;
    int blocks = (int)(spec->depth - 4) / 6;
    int x = net_add_conv(net, 0, "init_conv", 16, 3, 1);
    for (int group = 0; group < 3; group++)
        for (int index = 0; index < blocks; index++) x = add_block(net, spec, x, group, index);
    x = net_add_bn_relu(net, x, "batchnorm");
    return net_finish(net, net_add_mean_pool(net, x), err);
}
