/* api_nn.c - nn.*: descriptions of networks. A network is built when a job starts. Main thread. */
#include "script/registry.h"

#include "base/text.h"
#include <lauxlib.h>

static int body(lua_State *L, const char *family)
{
    lua_settop(L, 1);
    ModelSpec *model = push_model(L);
    const Option *options = family_find(family)->options;
    text_copy(model->family, sizeof model->family, family);
    option_defaults(options, model);
    options_read(L, 1, options, model, NULL);
    return 1;
}

static int wrn(lua_State *L)
{
    return body(L, "wrn");
}

static int mlp(lua_State *L)
{
    return body(L, "mlp");
}

static int vit(lua_State *L)
{
    return body(L, "vit");
}

static int cnn(lua_State *L)
{
    return body(L, "cnn");
}

static int family(lua_State *L)
{
    lua_pushstring(L, to_model(L, 1)->family);
    return 1;
}

static int options(lua_State *L)
{
    const ModelSpec *model = to_model(L, 1);
    options_push(L, family_find(model->family)->options, model);
    return 1;
}

const ApiRow api_nn[] = {
    {"nn.wrn", "{ depth =, width = }", "a Wide ResNet body: depth 10, 16, 22, 28, ...", "networks",
     "print(nn.wrn{ depth = 10, width = 1 })", wrn, wrn_options},
    {"nn.vit", "{ patch =, dim =, depth =, heads =, mlp_ratio =, ... }", "a Vision Transformer body", "networks",
     "print(nn.vit{ dim = 64, depth = 4, heads = 4 })", vit, vit_options},
    {"nn.cnn", "{}", "a small convolutional body in the manner of LeNet-5", "networks", "print(nn.cnn{})", cnn,
     cnn_options},
    {"nn.mlp", "{ hidden =, layers = }", "a multilayer perceptron: `layers` hidden layers of `hidden` units",
     "networks", "print(nn.mlp{ hidden = 64, layers = 2 })", mlp, mlp_options},
    {"nn.summary", "model, { data =, size =, channels =, classes =, batch = }",
     "a table of a network's layers: shapes, parameters, FLOPs; the memory of training", "networks",
     "print(nn.summary(nn.vit{}, { data = ds }))", model_summary, summary_options},
    {"model.family", NULL, "\"wrn\", \"vit\", \"cnn\" or \"mlp\"", "networks", "print(nn.wrn{}.family)", family, NULL},
    {"model.options", NULL, "its options as a table", "networks", "print(nn.wrn{}.options.depth)", options, NULL},
    {0},
};
