/* api_nn.c - nn.*: descriptions of networks. A network is built when a job starts. Main thread. */
#include "base/text.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/values.h"
#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { FAMILIES_MOST = 32, ARGUMENTS_SIZE = 56, EXAMPLE_SIZE = 48 };

/* nn.NAME{ ... } of any family; upvalue 1 is the row. */
static int describe(lua_State *L)
{
    const ApiRow *row = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 1);
    ModelSpec *model = push_model(L);
    text_copy(model->family, sizeof model->family, row_member(row, "nn"));
    option_defaults(row->detail, model);
    options_read(L, 1, row->detail, model, NULL);
    return 1;
}

/* One row a family: its name, help and options are all that there is to say. */
const ApiRow *family_rows(void)
{
    static ApiRow rows[FAMILIES_MOST + 1];
    static struct {
        char name[OPTION_TEXT_SIZE], arguments[ARGUMENTS_SIZE], example[EXAMPLE_SIZE];
    } text[FAMILIES_MOST];
    for (int i = 0; !rows[i].name && families[i].name; i++) {
        assert(i < FAMILIES_MOST);
        snprintf(text[i].name, sizeof text[i].name, "nn.%s", families[i].name);
        snprintf(text[i].example, sizeof text[i].example, "print(nn.%s{})", families[i].name);
        rows[i] = (ApiRow){.name = text[i].name,
                           .arguments = row_arguments(text[i].arguments, ARGUMENTS_SIZE, families[i].options, NULL),
                           .summary = families[i].help,
                           .topic = "networks",
                           .example = text[i].example,
                           .call = describe,
                           .detail = families[i].options};
    }
    return rows;
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
    {"model.family", NULL, "the name of its family, as in nn.NAME", "networks", "print(nn.wrn{}.family)", family, NULL},
    {"model.options", NULL, "its options as a table", "networks", "print(nn.wrn{}.options.depth)", options, NULL},
    {0},
};
