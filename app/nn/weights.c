/* weights.c - what a file of weights holds, and its tensors into nets and out of a run. See weights.h. One thread. */
#include "nn/weights.h"

#include "file/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A counter that PyTorch's batch normalisation keeps, and that no network of ours needs. */
static bool is_counter(const char *name)
{
    const char *end = ".num_batches_tracked";
    size_t length = strlen(name), least = strlen(end);
    return length > least && strcmp(name + length - least, end) == 0;
}

/* ---- which names ---- */

/* Bytes that all names have in front in common, up to and with a dot. */
static size_t common_front(const TensorFile *f)
{
    const char *first = f->tensors ? f->tensor[0].name : "";
    size_t length = strlen(first);
    for (int i = 1; i < f->tensors; i++) {
        const char *name = f->tensor[i].name;
        size_t same = 0;
        while (same < length && name[same] == first[same]) same++;
        length = same;
    }
    while (length > 0 && first[length - 1] != '.') length--;
    return length;
}

static const char *bare_name(const Weights *w, const Array *t)
{
    return t->name + strlen(w->prefix);
}

/* How many of the file's names a map knows behind their first `prefix` bytes. */
static int count_known(const TensorFile *f, const WeightMap *map, size_t prefix)
{
    int known = 0;
    for (int i = 0; i < f->tensors; i++) known += weight_name_known(map, f->tensor[i].name + prefix, NULL);
    return known;
}

static Status refuse_names(const Weights *w, const char *path, const char *names, Err *err)
{
    if (w->file.tensors == 0) return err_set(err, ERR_FORMAT, "%s: there are no tensors in it", path);
    if (strcmp(names, "auto") != 0)
        return err_set(err, ERR_FORMAT, "%s: tensor '%s' is no name of \"%s\"; try names = \"auto\"", path,
                       w->file.tensor[0].name, names);
    char known[512] = "";
    for (const WeightMap *map = weight_maps; map->name; map++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s (%s)", *known ? "; " : "", map->name,
                 map->help);
    return err_set(err, ERR_FORMAT,
                   "%s: tensor '%s' and the others are named in no way that is known; rename them as one of: %s", path,
                   w->file.tensor[0].name, known);
}

/* w->map = the map that knows the most of the file's names, and w->prefix = what stands before them; the less of that
 * the better. */
static Status find_map(Weights *w, const char *path, const char *names, Err *err)
{
    const char *first = w->file.tensors ? w->file.tensor[0].name : "";
    bool any = strcmp(names, "auto") == 0, asked = any;
    size_t front = common_front(&w->file);
    int best = 0;
    for (size_t prefix = 0; prefix <= front; prefix++) {
        if (prefix > 0 && first[prefix - 1] != '.') continue;
        for (const WeightMap *map = weight_maps; map->name; map++) {
            if (!any && strcmp(map->name, names) != 0) continue;
            asked = true;
            int known = count_known(&w->file, map, prefix);
            if (known <= best) continue;
            w->map = map, best = known;
            snprintf(w->prefix, sizeof w->prefix, "%.*s", (int)prefix, first);
        }
    }
    if (!asked) return err_set(err, ERR_USAGE, "names = \"%.60s\": expected one of %s", names, WEIGHT_NAMES);
    return w->map ? OK : refuse_names(w, path, names, err);
}

/* dst (2 ARRAY_NAME_SIZE) = the name that the file has, or should have, for tensor "part.name" of ours. */
static bool file_name(const Weights *w, const char *part, const char *name, char *dst)
{
    char ours[2 * ARRAY_NAME_SIZE], theirs[ARRAY_NAME_SIZE];
    snprintf(ours, sizeof ours, "%s.%s", part, name);
    if (strlen(ours) >= ARRAY_NAME_SIZE || !weight_name_to(w->map, ours, theirs)) return false;
    snprintf(dst, 2 * ARRAY_NAME_SIZE, "%s%s", w->prefix, theirs);
    return true;
}

static const Array *find_ours(const Weights *w, const char *part, const char *name)
{
    char theirs[2 * ARRAY_NAME_SIZE];
    return file_name(w, part, name, theirs) ? tensors_find(&w->file, theirs) : NULL;
}

/* As find_ours with `dims` dimensions; NULL with err set. */
static const Array *want_ours(const Weights *w, const char *path, const char *part, const char *name, int dims,
                              Err *err)
{
    char theirs[2 * ARRAY_NAME_SIZE] = "";
    const Array *t = file_name(w, part, name, theirs) ? tensors_find(&w->file, theirs) : NULL;
    if (!t)
        err_set(err, ERR_FORMAT, "%s: tensor '%s' is missing (names: %s)", path, *theirs ? theirs : name, w->map->name);
    else if (t->dims != dims)
        err_set(err, ERR_FORMAT, "%s: tensor '%s' has %d dimensions; expected %d", path, theirs, t->dims, dims);
    return t && t->dims == dims ? t : NULL;
}

/* ---- what it holds: from metadata ---- */

/* The numbers of a metadata value into dst; how many, 0 where there are none or too many. */
static int meta_numbers(const TensorFile *f, const char *key, double *dst, int most)
{
    const char *text = tensors_meta_find(f, key);
    int n = 0;
    for (char *end; text && *text; text = end) {
        double value = strtod(text, &end);
        if (end == text || n == most) return 0;
        dst[n++] = value;
    }
    return n;
}

static void read_meta(Weights *w)
{
    double seed, samples;
    WeightsInfo *info = &w->info;
    int means = meta_numbers(&w->file, "normalise.mean", info->mean, WEIGHTS_CHANNELS_MOST);
    int sds = meta_numbers(&w->file, "normalise.sd", info->sd, WEIGHTS_CHANNELS_MOST);
    info->channels = means == sds ? means : 0;
    if (meta_numbers(&w->file, "predict.seed", &seed, 1) && seed >= 0) info->seed = (int64_t)seed;
    if (meta_numbers(&w->file, "predict.samples", &samples, 1) && samples >= 0) info->samples = (int64_t)samples;
}

static Status read_option(const Option *o, ModelSpec *model, const TensorFile *f, Err *err)
{
    char key[64];
    double number;
    snprintf(key, sizeof key, "model.%s", o->name);
    const char *text = tensors_meta_find(f, key);
    if (!text) return OK; /* its default */
    if (o->kind == OPTION_TEXT || o->kind == OPTION_CHOICE) return option_set_text(o, model, text, err);
    if (o->kind == OPTION_BOOL) return option_set_bool(o, model, strcmp(text, "true") == 0, err);
    if (meta_numbers(f, key, &number, 1) == 1) return option_set_number(o, model, number, err);
    return err_set(err, ERR_FORMAT, "%s = %.60s: expected a number", o->name, text);
}

/* The network as tare's metadata describe it: any family. */
static Status read_model(Weights *w, const char *path, const char *name, Err *err)
{
    const Family *family = family_find(name);
    if (!family) return err_set(err, ERR_FORMAT, "%s: metadata: there is no family of networks '%.60s'", path, name);
    snprintf(w->info.model.family, sizeof w->info.model.family, "%s", name);
    option_defaults(family->options, &w->info.model);
    for (const Option *o = option_rows(family->options); o->name; o++)
        if (read_option(o, &w->info.model, &w->file, err) != OK) {
            err_prefix(err, "%s: metadata: model.", path);
            return ERR_FORMAT;
        }
    return OK;
}

/* ---- what it holds: from shapes ---- */

/* A Wide ResNet: its depth by counting the blocks of the first group, its width by their channels. */
static Status derive_wrn(Weights *w, const char *path, Err *err)
{
    char name[PARAM_NAME_SIZE];
    ModelSpec *model = &w->info.model;
    int64_t blocks = 0;
    snprintf(model->family, sizeof model->family, "wrn");
    option_defaults(wrn_options, model);
    const Array *conv = want_ours(w, path, "body", "layer.0.block.0.conv_0.weight", 4, err);
    if (!conv) return ERR_FORMAT;
    do snprintf(name, sizeof name, "layer.0.block.%lld.conv_0.weight", (long long)++blocks);
    while (find_ours(w, "body", name));
    model->depth = 6 * blocks + 4;
    model->width = conv->shape[0] / 16;
    if (conv->shape[0] % 16 != 0 || model->width < 1 || model->width > 64 || model->depth > 1000)
        return err_set(err, ERR_FORMAT,
                       "%s: tensor '%s' has %td channels and its group %lld blocks; a wrn has 16 times its width (1 to "
                       "64), and 166 blocks at most",
                       path, conv->name, conv->shape[0], (long long)blocks);
    if (w->map->padding) snprintf(model->padding, sizeof model->padding, "%s", w->map->padding);
    return OK;
}

/* The largest tensors of a wrn are there, in their size: a small file cannot ask for a network that memory cannot hold.
 */
static Status check_wrn(const Weights *w, const char *path, Err *err)
{
    char name[PARAM_NAME_SIZE];
    const ModelSpec *model = &w->info.model;
    for (int group = 0; group < 3; group++)
        for (int64_t block = 0; block < (model->depth - 4) / 6; block++) {
            ptrdiff_t channels = (ptrdiff_t)(16 << group) * (ptrdiff_t)model->width;
            snprintf(name, sizeof name, "layer.%d.block.%lld.conv_1.weight", group, (long long)block);
            const Param p = {.dims = 4, .shape = {channels, channels, 3, 3}, .size = 9 * channels * channels};
            const Array *t = want_ours(w, path, "body", name, 4, err);
            if (!t || tensor_fits(&p, t->name, &w->file, path, &t, err) != OK) return ERR_FORMAT;
        }
    return OK;
}

static Status derive_head(Weights *w, const char *path, Err *err)
{
    HeadSpec *head = &w->info.head;
    bool linear = find_ours(w, "head", "logits.weight"), variational = find_ours(w, "head", "qzx_var.fc1.weight");
    bool stage2 = !linear && (variational || find_ours(w, "head", "qzx_model.fc1.weight"));
    snprintf(head->kind, sizeof head->kind, "%s", !stage2 ? "linear" : variational ? "vtst" : "tst");
    const Array *last = want_ours(w, path, "head", stage2 ? "pyz.fc1_y.weight" : "logits.weight", 2, err);
    if (!last) return ERR_FORMAT;
    w->info.classes = last->shape[0];
    head->z = stage2 ? last->shape[1] : 0;
    if (w->info.classes >= 2 && (!stage2 || (head->z >= 1 && head->z <= 65536))) return OK;
    return err_set(err, ERR_FORMAT, "%s: tensor '%s' is %tdx%td; expected 2 classes or more, and 1 to 65536 columns",
                   path, last->name, last->shape[0], last->shape[1]);
}

Status weights_open(Weights *w, const char *path, const char *names, Err *err)
{
    Status status;
    *w = (Weights){.info = {.seed = -1, .samples = -1}};
    tensors_init(&w->file);
    TRY(status = tensors_read(path, &w->file, err));
    TRY(status = find_map(w, path, names, err));
    const char *family = tensors_meta_find(&w->file, "model.family");
    TRY(status = family ? read_model(w, path, family, err) : derive_wrn(w, path, err));
    if (strcmp(w->info.model.family, "wrn") == 0) TRY(status = check_wrn(w, path, err));
    TRY(status = derive_head(w, path, err));
    read_meta(w);
    return OK;
fail:
    weights_close(w);
    return status;
}

void weights_close(Weights *w)
{
    tensors_free(&w->file);
}

/* ---- into nets ---- */

/* Parameter i of net as the file has it. */
static Status find_param(const Weights *w, const char *path, const char *part, const Param *p, const Array **t,
                         Err *err)
{
    char name[2 * ARRAY_NAME_SIZE];
    if (file_name(w, part, p->name, name)) return tensor_fits(p, name, &w->file, path, t, err);
    return err_set(err, ERR_FORMAT, "%s: the names of \"%s\" have none for '%s.%s'", path, w->map->name, part, p->name);
}

/* Every parameter of net fits; used[i] = tensor i of the file is one of them. */
static Status check_part(const Weights *w, const char *path, const char *part, const Net *net, bool *used, Err *err)
{
    for (int i = 0; i < net->params; i++) {
        const Array *t = NULL;
        Status status = find_param(w, path, part, &net->param[i], &t, err);
        if (status != OK) return status;
        used[t - w->file.tensor] = true;
    }
    return OK;
}

/* A tensor that the map leaves out on purpose. */
static bool is_left_out(const Weights *w, const char *name)
{
    bool left_out;
    return is_counter(name) || (weight_name_known(w->map, name, &left_out) && left_out);
}

static Status check_rest(const Weights *w, const char *path, const bool *used, Err *err)
{
    for (int i = 0; i < w->file.tensors; i++) {
        const Array *t = &w->file.tensor[i];
        if (!used[i] && !is_left_out(w, bare_name(w, t)))
            return err_set(err, ERR_FORMAT,
                           "%s: tensor '%s' has no place in a %s network with the names of \"%s\": it is of another "
                           "network",
                           path, t->name, w->info.model.family, w->map->name);
    }
    return OK;
}

static void copy_part(const Weights *w, const char *path, const char *part, Net *net)
{
    for (int i = 0; i < net->params; i++) {
        const Param *p = &net->param[i];
        const Array *t = NULL;
        if (find_param(w, path, part, p, &t, NULL) == OK) array_floats(net->values + p->offset, t);
    }
}

Status weights_load(const Weights *w, const char *path, Net *body, Net *head, Err *err)
{
    Status status;
    bool *used = calloc((size_t)w->file.tensors + 1, sizeof *used);
    if (!used) return err_set(err, ERR_MEMORY, "%s: no memory to check its tensors", path);
    TRY(status = check_part(w, path, "body", body, used, err));
    TRY(status = check_part(w, path, "head", head, used, err));
    TRY(status = check_rest(w, path, used, err));
    copy_part(w, path, "body", body);
    copy_part(w, path, "head", head);
fail:
    free(used);
    return status;
}
