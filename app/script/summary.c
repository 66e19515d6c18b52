/* summary.c - nn.summary: a network as a table of its layers. Main thread. */
#include "base/text.h"
#include "nn/summary.h"
#include "script/options.h"
#include "script/rows.h"
#include "script/texttable.h"
#include "script/values.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int64_t size, channels, classes, batch;
} SummarySpec;

static const Option summary_options[] = {
    {"size", OPTION_INT, offsetof(SummarySpec, size), "32", 1, 4096, NULL, "height and width of an image"},
    {"channels", OPTION_INT, offsetof(SummarySpec, channels), "3", 1, DATA_MAX_CHANNELS, NULL, "channels of an image"},
    {"classes", OPTION_INT, offsetof(SummarySpec, classes), "10", 2, DATA_MAX_CLASSES, NULL, "classes"},
    {"batch", OPTION_INT, offsetof(SummarySpec, batch), "32", 1, 65536, NULL, "images a step, for the memory"},
    {.name = NULL},
};

enum { COLUMNS = 5, CELL_SIZE = 64, TEXT_WIDTH = 100 };

/* The rows of the table as they are filled: cell (rows, COLUMNS), and pointers to them for table_text. */
typedef struct {
    char (*cell)[CELL_SIZE];
    const char **pointer;
    int rows;
} Cells;

static void shape_text(char *dst, Shape s)
{
    if (s.w)
        snprintf(dst, CELL_SIZE, "%td x %td x %td", s.h, s.w, s.c);
    else if (s.h)
        snprintf(dst, CELL_SIZE, "%td x %td", s.h, s.c);
    else
        snprintf(dst, CELL_SIZE, "%td", s.c);
}

static void add_row(Cells *t, const Layer *layer, bool shape)
{
    char(*cell)[CELL_SIZE] = &t->cell[COLUMNS * t->rows];
    text_copy(cell[0], CELL_SIZE, layer->name);
    text_copy(cell[1], CELL_SIZE, layer->operation);
    if (shape) shape_text(cell[2], layer->output);
    if (layer->parameters) text_count(cell[3], CELL_SIZE, layer->parameters);
    if (layer->flops > 0) snprintf(cell[4], CELL_SIZE, "%.3f", layer->flops / 1e6);
    for (int c = 0; c < COLUMNS; c++) t->pointer[COLUMNS * t->rows + c] = cell[c];
    t->rows++;
}

static void add_layers(Cells *t, const Net *net, Layer *total)
{
    for (int i = 0; i < net->ops; i++) {
        const Layer layer = net_layer(net, i);
        total->parameters += layer.parameters;
        total->flops += layer.flops;
        if (!layer.plain) add_row(t, &layer, true);
    }
}

/* The table of body and head; malloc'ed, NULL with err set. *total receives their sums. */
static char *layers_text(const Net *body, const Net *head, Layer *total, Err *err)
{
    static const Column column[COLUMNS] = {{"layer", ALIGN_LEFT},
                                           {"operation", ALIGN_LEFT},
                                           {"output", ALIGN_RIGHT},
                                           {"parameters", ALIGN_RIGHT},
                                           {"MFLOP", ALIGN_RIGHT}};
    size_t rows = (size_t)(body->ops + head->ops + 1);
    Cells t = {calloc(rows * COLUMNS, sizeof *t.cell), calloc(rows * COLUMNS, sizeof *t.pointer), 0};
    char *text = NULL;
    *total = (Layer){.name = "total", .operation = ""};
    if (t.cell && t.pointer) {
        add_layers(&t, body, total);
        add_layers(&t, head, total);
        add_row(&t, total, false);
        text = table_text(column, COLUMNS, t.pointer, t.rows, TEXT_WIDTH, script_glyphs(false), err);
    } else {
        err_set(err, ERR_MEMORY, "no memory for a table of %zu layers", rows);
    }
    free(t.cell);
    free(t.pointer);
    return text;
}

/* The table, and what training takes; malloc'ed. */
static Status tabulate(char **text, const Net *body, const Net *head, int64_t batch, Err *err)
{
    Layer total;
    size_t body_tape = tape_need(body, (ptrdiff_t)batch, true, err);
    size_t head_tape = body_tape ? tape_need(head, (ptrdiff_t)batch, true, err) : 0;
    char *table = head_tape ? layers_text(body, head, &total, err) : NULL;
    if (!table) return ERR_MEMORY;
    int length =
        asprintf(text,
                 "%sMFLOP: multiply-adds x 2, one image forward; training takes about 3 times as many\n"
                 "training, batch %lld: %.1f MB for values and gradients, %.1f MB for weights and Adam's moments",
                 table, (long long)batch, (double)(body_tape + head_tape) / 1e6,
                 3.0 * sizeof(float) * (double)total.parameters / 1e6);
    free(table);
    if (length >= 0) return OK;
    *text = NULL;
    return err_set(err, ERR_MEMORY, "no memory for a summary");
}

static Status summarise(char **text, const ModelSpec *model, Shape image, const SummarySpec *spec, Err *err)
{
    const HeadSpec linear = {.kind = "linear"};
    Net *head = NULL, *body = net_body(model, image, err);
    Status done = ERR_USAGE;
    if (body) head = net_head(&linear, body->output.c, (ptrdiff_t)spec->classes, err);
    if (head) done = tabulate(text, body, head, spec->batch, err);
    net_release(body);
    net_release(head);
    return done;
}

static int model_summary(lua_State *L)
{
    static const char *const own[] = {"data", NULL};
    const ModelSpec *model = to_model(L, 1);
    SummarySpec spec;
    Err err;
    lua_settop(L, 2);
    option_defaults(summary_options, &spec);
    options_read(L, 2, summary_options, &spec, own);
    Shape image = {(ptrdiff_t)spec.size, (ptrdiff_t)spec.size, (ptrdiff_t)spec.channels};
    if (lua_istable(L, 2) && lua_getfield(L, 2, "data") != LUA_TNIL) {
        const Dataset *data = to_data(L, -1);
        image = (Shape){data->h, data->w, data->c};
        spec.classes = data->classes;
    }
    char **text = push_text_holder(L);
    if (summarise(text, model, image, &spec, &err) != OK) return raise_err(L, &err);
    push_lines(L, *text);
    return 1;
}

const ApiRow api_summary[] = {
    {"nn.summary", "model, { data =, size =, channels =, classes =, batch = }",
     "a table of a network's layers: shapes, parameters, FLOPs; the memory of training", "networks",
     "print(nn.summary(nn.vit{}, { data = ds }))", model_summary, summary_options},
    {0},
};
