/* figures.c - the measures of a split as a JSON object of summary.json. Pure functions; any thread. */
#include "run/record.h"

#include "run/event.h"

json_t *record_figures(const Scores *scores)
{
    json_t *json = json_object();
    int failed = json_object_set_new(json, "n", json_integer(scores->n));
    failed |= json_object_set_new(json, "bins", json_integer(scores->bins));
    for (const Measure *m = measures; m->name; m++)
        failed |= json_object_set_new(json, m->name, real_to_json(scores->value[m - measures]));
    if (!failed) return json;
    json_decref(json);
    return NULL;
}
