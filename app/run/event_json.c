/* event_json.c - events to JSON and back, driven by the tables of event.c. Pure functions; any thread.
 *
 * Real numbers are written with 17 digits, which round-trip (JSON_REAL_PRECISION's default). JSON knows no
 * NaN and no infinity, and a diverged run has them: they are the strings "nan", "inf" and "-inf". Keys that
 * are not known are let pass, so that a later version may add some. */
#include "run/event.h"

#include "base/text.h"
#include <math.h>
#include <string.h>

/* To JSON. Each of these returns NULL for lack of memory. */

json_t *real_to_json(double value)
{
    if (isnan(value)) return json_string("nan");
    if (isinf(value)) return json_string(value > 0 ? "inf" : "-inf");
    return json_real(value);
}

/* A message may have been cut inside a character, or quote a file name in another encoding: '?' for
 * each such byte. */
static json_t *text_to_json(const char *text)
{
    json_t *json = json_string(text);
    char mended[EVENT_TEXT_SIZE];
    if (json || !text_copy(mended, sizeof mended, text)) return json;
    return json_string(text_clean(mended));
}

static json_t *bins_to_json(const FineBins *bins)
{
    json_t *count = json_array(), *right = json_array(), *confidence = json_array();
    int failed = 0;
    for (int b = 0; b < FINE_BINS; b++) {
        failed |= json_array_append_new(count, json_integer(bins->count[b]));
        failed |= json_array_append_new(right, json_integer(bins->right[b]));
        failed |= json_array_append_new(confidence, real_to_json(bins->confidence[b]));
    }
    json_t *all = json_pack("{s:o, s:o, s:o}", "count", count, "right", right, "confidence", confidence);
    if (!failed) return all;
    json_decref(all);
    return NULL;
}

static json_t *field_to_json(const EventField *field, const Event *event)
{
    const char *at = (const char *)event + field->offset;
    switch (field->kind) {
    case FIELD_INT:
        return json_integer(field->size == 4 ? (json_int_t) * (const uint32_t *)at
                                             : (json_int_t) * (const uint64_t *)at);
    case FIELD_REAL:
        return real_to_json(*(const double *)at);
    case FIELD_TEXT:
        return text_to_json(at);
    case FIELD_WORD:
        return json_string(field->words[*(const uint32_t *)at]);
    case FIELD_BINS:
        return bins_to_json((const FineBins *)at);
    }
    return NULL;
}

/* field may be NULL: no fields. */
static bool fields_to_json(const EventField *field, const Event *event, json_t *object)
{
    for (; field && field->key; field++)
        if (json_object_set_new(object, field->key, field_to_json(field, event)) != 0) return false;
    return true;
}

json_t *event_to_json(const Event *event)
{
    json_t *json = json_object(), *wall = json_object();
    bool made = fields_to_json(event_head, event, json) && fields_to_json(event_place, event, json) &&
                fields_to_json(event_facts[event->type], event, json) && fields_to_json(event_wall, event, wall) &&
                fields_to_json(event_type_wall[event->type], event, wall);
    if (made && json_object_set(json, "wall", wall) == 0) {
        json_decref(wall);
        return json;
    }
    json_decref(wall);
    json_decref(json);
    return NULL;
}

/* From JSON. */

static Status wrong(const EventField *field, const char *wanted, Err *err)
{
    return err_set(err, ERR_FORMAT, "key '%s' is not %s", field->key, wanted);
}

static Status int_from_json(const EventField *field, const json_t *json, char *at, Err *err)
{
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json)) return wrong(field, "an integer", err);
    if (value < 0 || (double)value < field->least || (double)value > field->most)
        return err_set(err, ERR_FORMAT, "key '%s' = %lld is not within %.0f and %.0f", field->key, (long long)value,
                       field->least, field->most);
    if (field->size == 4)
        *(uint32_t *)at = (uint32_t)value;
    else
        *(uint64_t *)at = (uint64_t)value;
    return OK;
}

/* A number, or one of the three strings. */
static bool real_of_json(const json_t *json, double *value)
{
    const char *word = json_string_value(json);
    if (json_is_number(json))
        *value = json_number_value(json);
    else if (word && strcmp(word, "nan") == 0)
        *value = NAN;
    else if (word && strcmp(word, "inf") == 0)
        *value = INFINITY;
    else if (word && strcmp(word, "-inf") == 0)
        *value = -INFINITY;
    else
        return false;
    return true;
}

static Status real_from_json(const EventField *field, const json_t *json, double *at, Err *err)
{
    if (!real_of_json(json, at)) return wrong(field, "a number, \"nan\", \"inf\" or \"-inf\"", err);
    if (*at < field->least || *at > field->most)
        return err_set(err, ERR_FORMAT, "key '%s' = %g is not within %g and %g", field->key, *at, field->least,
                       field->most);
    return OK;
}

static Status text_from_json(const EventField *field, const json_t *json, char *at, Err *err)
{
    if (!json_is_string(json)) return wrong(field, "a string", err);
    if (json_string_length(json) != strlen(json_string_value(json)) ||
        !text_copy(at, field->size, json_string_value(json)))
        return err_set(err, ERR_FORMAT, "key '%s' is a string of more than %zu bytes or with a 0 in it", field->key,
                       field->size - 1);
    text_clean(at); /* it goes to terminals */
    return OK;
}

static Status word_from_json(const EventField *field, const json_t *json, uint32_t *at, Err *err)
{
    if (!json_is_string(json)) return wrong(field, "a string", err);
    size_t count = (size_t)field->most;
    for (*at = 0; *at < count; ++*at)
        if (strcmp(json_string_value(json), field->words[*at]) == 0) return OK;
    const char *near = text_nearest(json_string_value(json), field->words, count);
    return err_set(err, ERR_FORMAT, "key '%s' has the unknown value '%.40s'%s%s%s", field->key, json_string_value(json),
                   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static Status bins_from_json(const EventField *field, const json_t *json, FineBins *bins, Err *err)
{
    const json_t *count = json_object_get(json, "count"), *right = json_object_get(json, "right");
    const json_t *confidence = json_object_get(json, "confidence");
    if (json_array_size(count) != FINE_BINS || json_array_size(right) != FINE_BINS ||
        json_array_size(confidence) != FINE_BINS)
        return err_set(err, ERR_FORMAT, "key '%s' is not three lists, count, right and confidence, of %d numbers",
                       field->key, FINE_BINS);
    for (size_t b = 0; b < FINE_BINS; b++) {
        const json_t *n = json_array_get(count, b), *r = json_array_get(right, b);
        bool fit = json_is_integer(n) && json_is_integer(r) && json_integer_value(r) >= 0 &&
                   json_integer_value(r) <= json_integer_value(n) && json_integer_value(n) <= UINT32_MAX &&
                   real_of_json(json_array_get(confidence, b), &bins->confidence[b]);
        bins->count[b] = (uint32_t)json_integer_value(n);
        bins->right[b] = (uint32_t)json_integer_value(r);
        if (!fit || bins->confidence[b] < 0 || bins->confidence[b] > bins->count[b])
            return err_set(err, ERR_FORMAT, "key '%s': bin %zu wants 0 <= right <= count and 0 <= confidence <= count",
                           field->key, b);
    }
    return OK;
}

static Status field_from_json(const EventField *field, const json_t *json, Event *event, Err *err)
{
    char *at = (char *)event + field->offset;
    if (!json) return err_set(err, ERR_FORMAT, "key '%s' is missing", field->key);
    switch (field->kind) {
    case FIELD_INT:
        return int_from_json(field, json, at, err);
    case FIELD_REAL:
        return real_from_json(field, json, (double *)at, err);
    case FIELD_TEXT:
        return text_from_json(field, json, at, err);
    case FIELD_WORD:
        return word_from_json(field, json, (uint32_t *)at, err);
    case FIELD_BINS:
        return bins_from_json(field, json, (FineBins *)at, err);
    }
    return wrong(field, "of a known kind", err);
}

/* field may be NULL: no fields. */
static Status fields_from_json(const EventField *field, const json_t *object, Event *event, Err *err)
{
    for (; field && field->key; field++) TRY(field_from_json(field, json_object_get(object, field->key), event, err));
    return OK;
fail:
    return ERR_FORMAT;
}

/* What one key demands of another. */
static Status check_whole(const Event *event, Err *err)
{
    if (event->seq == 0 && event->type != EVENT_RESUME)
        return err_set(err, ERR_FORMAT, "key 'seq' is 0, which only a resume from the very start has");
    if (event->type == EVENT_RESUME && event->seq != event->as.resume.from_seq)
        return err_set(err, ERR_FORMAT, "key 'from_seq' = %llu is not the event's seq, %llu",
                       (unsigned long long)event->as.resume.from_seq, (unsigned long long)event->seq);
    if (event->type == EVENT_DONE && !run_state_ended(event->as.done.state))
        return err_set(err, ERR_FORMAT, "key 'state' = '%s' is no end of a run", run_state_name[event->as.done.state]);
    return OK;
}

Status event_from_json(Event *event, const json_t *json, Err *err)
{
    memset(event, 0, sizeof *event);
    if (!json_is_object(json)) return err_set(err, ERR_FORMAT, "an event is a JSON object with the key 'seq'");
    TRY(fields_from_json(event_head, json, event, err));
    TRY(fields_from_json(event_place, json, event, err));
    TRY(fields_from_json(event_facts[event->type], json, event, err));
    const json_t *wall = json_object_get(json, "wall");
    if (!json_is_object(wall)) return err_set(err, ERR_FORMAT, "key 'wall' is missing or no object");
    TRY(fields_from_json(event_wall, wall, event, err));
    TRY(fields_from_json(event_type_wall[event->type], wall, event, err));
    return check_whole(event, err);
fail:
    return ERR_FORMAT;
}
