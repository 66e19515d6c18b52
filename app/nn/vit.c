/* vit.c - the Vision Transformer (Dosovitskiy et al. 2021): patches, a class token and learned positions, pre-norm
 * blocks, the class token's row as features. One thread.
 *
 * First values: normal with sd 0.02, cut at two sds, for tokens, positions and all weights, biases 0 (Devlin et al.
 * 2019, BERT's code; ViT's likewise in most others). Dropout as in Dosovitskiy et al., appendix B.1: after the
 * positions and after every linear layer but queries, keys and values. */
#include "nn/family.h"

#include "nn/op.h"

#include <stdio.h>

#define AT(field) offsetof(ModelSpec, field)

const Option vit_options[] = {
    {"patch", OPTION_INT, AT(patch), "4", 1, 64, NULL, "pixels of a patch's side; divides the image's"},
    {"dim", OPTION_INT, AT(dim), "64", 8, 4096, NULL, "floats of a token"},
    {"depth", OPTION_INT, AT(depth), "4", 1, 64, NULL, "blocks"},
    {"heads", OPTION_INT, AT(heads), "4", 1, 64, NULL, "heads of an attention; divides dim"},
    {"mlp_ratio", OPTION_REAL, AT(mlp_ratio), "2", 0.25, 8, NULL, "hidden units of a block, as a multiple of dim"},
    {"dropout", OPTION_REAL, AT(dropout), "0", 0, 0.9, NULL, "share of values dropped in training"},
    {"drop_path", OPTION_REAL, AT(drop_path), "0", 0, 0.9, NULL, "share of branches dropped in the last block"},
    {.name = NULL},
};

static Status check_ranges(const ModelSpec *spec, Err *err)
{
    for (const Option *o = vit_options; o->name; o++) {
        double value = option_number(o, spec);
        if (!(value >= o->least && value <= o->most))
            return err_set(err, ERR_USAGE, "vit: %s = %g may be %g to %g", o->name, value, o->least, o->most);
    }
    return OK;
}

Status vit_check(const ModelSpec *spec, Shape image, Err *err)
{
    long long patch = spec->patch, dim = spec->dim, heads = spec->heads;
    Status fine = check_ranges(spec, err);
    if (fine != OK) return fine;
    if (dim % heads) return err_set(err, ERR_USAGE, "vit: heads = %lld does not divide dim = %lld", heads, dim);
    if (image.h < 1)
        return err_set(err, ERR_USAGE, "a vit needs images, and these are rows of %td numbers; take an mlp", image.c);
    if (image.h % patch || image.w % patch || image.w < 1)
        return err_set(err, ERR_USAGE, "vit: patch = %lld does not divide images of %td x %td; take another", patch,
                       image.h, image.w);
    if (image.h * image.w == patch * patch)
        return err_set(err, ERR_USAGE, "vit: patch = %lld is the whole image; take a smaller one", patch);
    return OK;
}

static int add_linear(Net *net, int x, const char *name, ptrdiff_t out)
{
    if (x < 0) return -1;
    Param weight = {.dims = 2, .shape = {out, net->slot[x].c}, .init_sd = VIT_SD, .init_cut = true};
    return net_add_linear_as(net, x, name, weight);
}

/* x + what a branch says of it, where the branch is not dropped. */
static int add_branch(Net *net, int x, int branch, double dropout, double drop_path)
{
    branch = net_add_drop(net, branch, &op_dropout, dropout);
    return net_add_add(net, x, net_add_drop(net, branch, &op_drop_path, drop_path));
}

/* After the last block only the class token's row is read, so that block computes no other from its queries onwards. */
static int add_block(Net *net, int x, int index, const ModelSpec *spec)
{
    const bool last = index == spec->depth - 1;
    const ptrdiff_t dim = (ptrdiff_t)spec->dim, hidden = (ptrdiff_t)(spec->mlp_ratio * (double)dim + 0.5);
    const double drop_path = spec->drop_path * (index + 1) / (double)spec->depth; /* Huang et al. 2016, eq. 4 */
    char name[PARAM_NAME_SIZE];
#define BLOCK(part) (snprintf(name, sizeof name, "blocks.%d." part, index), name)
    int y = net_add_layer_norm(net, x, BLOCK("norm1"));
    y = add_linear(net, y, BLOCK("attn.qkv"), 3 * dim);
    y = net_add_attention(net, y, (ptrdiff_t)spec->heads, last);
    y = add_linear(net, y, BLOCK("attn.proj"), dim);
    if (last) x = net_add_take_token(net, x);
    x = add_branch(net, x, y, spec->dropout, drop_path);
    y = net_add_layer_norm(net, x, BLOCK("norm2"));
    y = net_add_gelu(net, add_linear(net, y, BLOCK("mlp.fc1"), hidden));
    y = net_add_drop(net, y, &op_dropout, spec->dropout);
    y = add_linear(net, y, BLOCK("mlp.fc2"), dim);
#undef BLOCK
    return add_branch(net, x, y, spec->dropout, drop_path);
}

Status vit_build(Net *net, const ModelSpec *spec, Shape image, Err *err)
{
    const ptrdiff_t patch = (ptrdiff_t)spec->patch;
    Param kernel = {
        .dims = 4, .shape = {(ptrdiff_t)spec->dim, image.c, patch, patch}, .init_sd = VIT_SD, .init_cut = true};
    int x = net_add_patches(net, 0, patch, patch, patch);
    x = net_add_tokens(net, net_add_linear_as(net, x, "patch_embed", kernel));
    x = net_add_drop(net, x, &op_dropout, spec->dropout);
    for (int index = 0; index < spec->depth; index++) x = add_block(net, x, index, spec);
    return net_finish(net, net_add_layer_norm(net, x, "norm"), err);
}
