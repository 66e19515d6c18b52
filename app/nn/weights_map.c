/* weights_map.c - the table of names: how other software calls the tensors of our networks. Pure functions. */
#include "nn/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run's own files; last.safetensors of a run that goes on has its optimiser's state besides. */
static const NameRow tare_rows[] = {
    {"body.{r}", "body.{r}"}, {"head.{r}", "head.{r}"}, {NULL, "best.{r}"},
    {NULL, "optimiser.{r}"},  {NULL, "position"},       {0},
};

/* Jordahn & Olmos (2024), the authors' code: a whole network of stage 1 ... */
static const NameRow authors_rows[] = {
    {"body.init_conv.{s}", "init_conv.{s}"},
    {"body.layer.{g}.block.{b}.{p}.{s}", "layer.{g}.block.{b}.{p}.{s}"},
    {"body.batchnorm.{s}", "batchnorm.{s}"},
    {"head.logits.{s}", "logits.{s}"},
    {0},
};

/* ... and one of stage 2: the frozen body, where it still has its old classifier that is left out. */
static const NameRow authors_stage2_rows[] = {
    {NULL, "qzx_body.logits.{s}"},
    {"body.{r}", "qzx_body.{r}"},
    {"head.qzx_model.{p}.{s}", "qzx_model.{p}.{s}"},
    {"head.qzx_var.{p}.{s}", "qzx_var.{p}.{s}"},
    {"head.pyz.{p}.{s}", "pyz.{p}.{s}"},
    {0},
};

static const NameRow ferles_rows[] = {
    {"body.init_conv.{s}", "conv1.{s}"},
    {"body.layer.{g}.block.{b}.batchnorm_0.{s}", "block{G}.nblockLayer.{b}.batch_norm1.{s}"},
    {"body.layer.{g}.block.{b}.conv_0.{s}", "block{G}.nblockLayer.{b}.conv1.{s}"},
    {"body.layer.{g}.block.{b}.batchnorm_1.{s}", "block{G}.nblockLayer.{b}.batch_norm2.{s}"},
    {"body.layer.{g}.block.{b}.conv_1.{s}", "block{G}.nblockLayer.{b}.conv2.{s}"},
    {"body.layer.{g}.block.{b}.shortcut.{s}", "block{G}.nblockLayer.{b}.conv_inp.{s}"},
    {"body.batchnorm.{s}", "batch_norm.{s}"},
    {"head.logits.{s}", "fc.{s}"},
    {0},
};

/* github.com/xternalz/WideResNet-pytorch, wideresnet.py */
static const NameRow xternalz_rows[] = {
    {"body.init_conv.{s}", "conv1.{s}"},
    {"body.layer.{g}.block.{b}.batchnorm_0.{s}", "block{G}.layer.{b}.bn1.{s}"},
    {"body.layer.{g}.block.{b}.conv_0.{s}", "block{G}.layer.{b}.conv1.{s}"},
    {"body.layer.{g}.block.{b}.batchnorm_1.{s}", "block{G}.layer.{b}.bn2.{s}"},
    {"body.layer.{g}.block.{b}.conv_1.{s}", "block{G}.layer.{b}.conv2.{s}"},
    {"body.layer.{g}.block.{b}.shortcut.{s}", "block{G}.layer.{b}.convShortcut.{s}"},
    {"body.batchnorm.{s}", "bn1.{s}"},
    {"head.logits.{s}", "fc.{s}"},
    {0},
};

const WeightMap weight_maps[] = {
    {"tare", "as tare names them: body.*, head.*", NULL, tare_rows},
    {"authors", "stage 1 in the code of Jordahn & Olmos: init_conv, layer.0.block.0.*, logits", "same", authors_rows},
    {"authors", "and its stage 2: qzx_body.*, qzx_model.*, qzx_var.*, pyz.*", "same", authors_stage2_rows},
    {"ferles", "block1.nblockLayer.0.batch_norm1, conv_inp, fc", "one", ferles_rows},
    {"xternalz", "block1.layer.0.bn1, convShortcut, fc", "one", xternalz_rows},
    {0},
};

/* ---- patterns ---- */

enum { PIECE_SIZE = ARRAY_NAME_SIZE };

/* What the braces of a pattern stood for. */
typedef struct {
    long group, block;        /* from 0 */
    char word[3][PIECE_SIZE]; /* p, r, s */
} Pieces;

static char *word_of(Pieces *pieces, char kind)
{
    return pieces->word[kind == 'p' ? 0 : kind == 'r' ? 1 : 2];
}

/* Take what {kind} stands for off the front of name; its length, 0 where nothing fits. */
static size_t take_piece(Pieces *pieces, char kind, const char *name)
{
    bool number = strchr("gGb", kind) != NULL;
    size_t length = kind == 'r' ? strlen(name) : number ? strspn(name, "0123456789") : strcspn(name, ".");
    if (length >= PIECE_SIZE || (number && length > 4)) return 0;
    if (!number) {
        snprintf(word_of(pieces, kind), PIECE_SIZE, "%.*s", (int)length, name);
        return length;
    }
    long value = strtol(name, NULL, 10) - (kind == 'G');
    *(kind == 'b' ? &pieces->block : &pieces->group) = value;
    return value < 0 ? 0 : length;
}

static bool match(const char *pattern, const char *name, Pieces *pieces)
{
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *name++) return false;
            continue;
        }
        size_t length = take_piece(pieces, pattern[1], name);
        if (length == 0) return false;
        name += length;
        pattern += 3;
    }
    return *name == 0;
}

/* dst (ARRAY_NAME_SIZE) = the pattern with its braces filled in; false when it does not fit. */
static bool fill(const char *pattern, Pieces *pieces, char *dst)
{
    int used = 0, more;
    for (; *pattern && used < ARRAY_NAME_SIZE; used += more) {
        char *end = dst + used;
        size_t room = (size_t)(ARRAY_NAME_SIZE - used);
        if (*pattern != '{') {
            more = snprintf(end, room, "%c", *pattern++);
            continue;
        }
        char kind = pattern[1];
        if (kind == 'b')
            more = snprintf(end, room, "%ld", pieces->block);
        else if (kind == 'g' || kind == 'G')
            more = snprintf(end, room, "%ld", pieces->group + (kind == 'G'));
        else
            more = snprintf(end, room, "%s", word_of(pieces, kind));
        pattern += 3;
    }
    return used < ARRAY_NAME_SIZE;
}

bool weight_name_to(const WeightMap *map, const char *ours, char *dst)
{
    Pieces pieces = {0};
    for (const NameRow *row = map->rows; row->theirs; row++)
        if (row->ours && match(row->ours, ours, &pieces)) return fill(row->theirs, &pieces, dst);
    return false;
}

bool weight_name_known(const WeightMap *map, const char *theirs, bool *left_out)
{
    Pieces pieces;
    for (const NameRow *row = map->rows; row->theirs; row++) {
        if (!match(row->theirs, theirs, &pieces)) continue;
        if (left_out) *left_out = !row->ours;
        return true;
    }
    return false;
}
