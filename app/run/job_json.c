/* job_json.c - jobs to and from config.json. Pure functions; any thread. */
#include "run/job.h"

#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *spec_to_json(const Option *table, const void *spec)
{
    json_t *object = json_object();
    for (const Option *o = option_rows(table); o->name; o++) {
        char text[OPTION_TEXT_SIZE];
        json_t *value;
        switch (o->kind) {
        case OPTION_INT:
            value = json_integer((json_int_t)option_number(o, spec));
            break;
        case OPTION_REAL:
            value = json_real(option_number(o, spec));
            break;
        case OPTION_BOOL:
            value = json_boolean(option_number(o, spec) != 0);
            break;
        default:
            value = json_string(option_text(o, spec, text, sizeof text));
        }
        json_object_set_new(object, o->name, value);
    }
    return object;
}

/* The options that every config.json of format 1 has. One that is not named here came later: where it is missing, the
 * run was stored before there was a choice, and what was done then is the option's default. */
static const struct {
    const char *part, *names;
} first_options[] = {
    {"data", " name dir train valid test share seed classes size noise bayes "},
    {"model", " depth width hidden layers "},
    {"train",
     " recipe seed epochs steps batch lr optimizer schedule augment momentum weight_decay log_every eval_every "
     "checkpoint_every patience keep checkpoint bn features z samples kl_weight "},
};

static bool came_later(const char *part, const char *option)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", option);
    for (size_t i = 0; i < sizeof first_options / sizeof *first_options; i++)
        if (strcmp(first_options[i].part, part) == 0) return !strstr(first_options[i].names, word);
    return true;
}

/* Every option must be there, but for those that came later, and nothing else: a config.json with holes would run
 * something else than it says. */
static Status spec_from_json(const Option *table, void *spec, const json_t *json, const char *part, Err *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(json)) return err_set(err, ERR_FORMAT, "config.json: no object \"%s\"", part);
    json_object_foreach((json_t *)json, key, value) if (!option_find(table, key)) return err_set(
        err, ERR_FORMAT, "config.json: unknown option \"%s.%s\"", part, key);
    option_defaults(table, spec);
    for (const Option *o = option_rows(table); o->name; o++) {
        Status set;
        value = json_object_get(json, o->name);
        if (!value && came_later(part, o->name)) continue;
        if (json_is_number(value))
            set = option_set_number(o, spec, json_number_value(value), err);
        else if (json_is_boolean(value))
            set = option_set_bool(o, spec, json_is_true(value), err);
        else if (json_is_string(value))
            set = option_set_text(o, spec, json_string_value(value), err);
        else
            set = err_set(err, ERR_FORMAT, "it is missing");
        if (set != OK) {
            err_prefix(err, "config.json: %s.%s: ", part, o->name);
            return ERR_FORMAT;
        }
    }
    return OK;
}

/* "" without a parent, a name, or a list of names. */
static json_t *parents_to_json(const Job *job)
{
    if (job->parents < 2) return json_string(job_from(job));
    json_t *list = json_array();
    for (int i = 0; i < job->parents; i++) json_array_append_new(list, json_string(job->parent[i]));
    return list;
}

static Status add_parent(Job *job, const json_t *name, Err *err)
{
    const char *text = json_string_value(name);
    if (!text || strlen(text) >= RUN_NAME_SIZE) return err_set(err, ERR_FORMAT, "config.json: no run name \"from\"");
    if (!*text && job->parents == 0) return OK;
    if (job_add_parent(job, text, err) != OK) return ERR_FORMAT;
    text_clean(job->parent[job->parents - 1]); /* it goes to terminals */
    return OK;
}

static Status parents_from_json(Job *job, const json_t *from, Err *err)
{
    if (!json_is_array(from)) return add_parent(job, from, err);
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)from, i, name) TRY(add_parent(job, name, err));
    return OK;
fail:
    return ERR_FORMAT;
}

json_t *job_to_json(const Job *job)
{
    const Family *family = family_find(job->model.family);
    json_t *data = spec_to_json(dataset_options(job->data.name), &job->data);
    json_t *model = family ? spec_to_json(family->options, &job->model) : json_object();
    json_object_set_new(model, "family", json_string(job->model.family));
    json_t *json =
        json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "format", 1, "kind", job->kind->name, "from", parents_to_json(job),
                  "data", data, "model", model, job->kind->part, spec_to_json(job->kind->options, job_spec(job)));
    if (job->normalise.channels) json_object_set_new(json, "normalise", normalise_to_json(&job->normalise));
    return json;
}

/* Take a string member out of a part before its options are read; NULL when it is missing or too long. */
static const char *take_name(json_t *part, const char *key, char dst[OPTION_TEXT_SIZE])
{
    const char *text = json_string_value(json_object_get(part, key));
    if (!text || !text_copy(dst, OPTION_TEXT_SIZE, text)) return NULL;
    return dst;
}

static Status read_parts(Job *job, json_t *data, json_t *model, const json_t *options, Err *err)
{
    const char *source = take_name(data, "name", job->data.name);
    if (!source) return err_set(err, ERR_FORMAT, "config.json: no string \"data.name\"");
    const Option *data_rows = dataset_options(source);
    if (!data_rows)
        return err_set(err, ERR_FORMAT, "config.json: \"data.name\" = \"%.60s\" is no source of data", source);
    const char *family_name = take_name(model, "family", job->model.family);
    const Family *family = family_name ? family_find(family_name) : NULL;
    if (!family) return err_set(err, ERR_FORMAT, "config.json: \"model.family\" is no family of networks");
    json_object_del(model, "family");
    TRY(spec_from_json(data_rows, &job->data, data, "data", err));
    TRY(spec_from_json(family->options, &job->model, model, "model", err));
    TRY(spec_from_json(job->kind->options, &job->train, options, job->kind->part, err));
    return OK;
fail:
    return err ? err->code : ERR_FORMAT;
}

Status job_from_json(Job *job, const json_t *json, Err *err)
{
    *job = (Job){0};
    if (json_integer_value(json_object_get(json, "format")) != 1)
        return err_set(err, ERR_FORMAT, "config.json: \"format\" is not 1, the only one this version of tare knows");
    const char *kind = json_string_value(json_object_get(json, "kind"));
    job->kind = kind ? job_kind(kind) : NULL;
    if (!job->kind) return err_set(err, ERR_FORMAT, "config.json: \"kind\" is no kind of run of this version of tare");
    if (parents_from_json(job, json_object_get(json, "from"), err) != OK) return ERR_FORMAT;
    json_t *data = json_deep_copy(json_object_get(json, "data")),
           *model = json_deep_copy(json_object_get(json, "model"));
    Status read = read_parts(job, data, model, json_object_get(json, job->kind->part), err);
    json_decref(data);
    json_decref(model);
    return read == OK ? normalise_from_json(&job->normalise, json_object_get(json, "normalise"), err) : read;
}

/* Every value of `from` that `other` has not, as "key = value"; parts of a config within. */
static void list_values(char *dst, size_t size, const char *key, const json_t *from, const json_t *other)
{
    const char *inner;
    json_t *value;
    if (json_equal((json_t *)from, (json_t *)other)) return;
    if (json_is_object(from)) {
        json_object_foreach((json_t *)from, inner, value)
            list_values(dst, size, inner, value, json_object_get(other, inner));
        return;
    }
    char *text = json_dumps(from, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    size_t used = strlen(dst);
    snprintf(dst + used, size - used, "%s%s = %s", used ? ", " : "", key, text ? text : "?");
    free(text);
}

char *job_difference(char *dst, size_t size, const Job *wanted, const Job *there)
{
    char old[200] = "", new[200] = "";
    json_t *a = job_to_json(wanted), *b = job_to_json(there);
    list_values(new, sizeof new, "", a, b);
    list_values(old, sizeof old, "", b, a);
    *dst = 0;
    if (!json_equal(a, b)) snprintf(dst, size, "%s (it has %s)", *new ? new : "nothing more", *old ? old : "less");
    json_decref(a);
    json_decref(b);
    return dst;
}

bool job_same(const Job *a, const Job *b)
{
    json_t *ja = job_to_json(a), *jb = job_to_json(b);
    bool same = json_equal(ja, jb);
    json_decref(ja);
    json_decref(jb);
    return same;
}
