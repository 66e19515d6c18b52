/* json.h - JSON from text, where a lack of memory is told from a broken text. */
#ifndef TARE_FILE_JSON_H
#define TARE_FILE_JSON_H

#include "base/err.h"
#include <jansson.h>
#include <stddef.h>

/* The value in text (length bytes); a key may be there once only. NULL: ERR_FORMAT with line and column, which `why`
 * has as well, or ERR_MEMORY. */
json_t *json_parse(const char *text, size_t length, json_error_t *why, Err *err);

#endif
