/* json.c - see json.h. Any thread. */
#include "file/json.h"

#include <stdlib.h>

/* jansson tells a lack of memory as a syntax error. So what cannot be parsed is parsed once more where there is memory
 * for it: only a text that fails with room to spare is broken. */
json_t *json_parse(const char *text, size_t length, json_error_t *why, Err *err)
{
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, why);
    if (json) return json;
    void *room = malloc(4 * length + 65536);
    if (room) {
        free(room);
        json = json_loadb(text, length, JSON_REJECT_DUPLICATES, why);
        if (!json) err_set(err, ERR_FORMAT, "line %d, column %d: %s", why->line, why->column, why->text);
        return json;
    }
    err_set(err, ERR_MEMORY, "no memory for %zu bytes of JSON", length);
    return NULL;
}
