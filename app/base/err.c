/* err.c - see err.h. Messages quote names and values from files, so each is cleaned once it stands (text_clean): what
 * prints one, wherever, prints nothing that a terminal obeys. Any thread. */
#include "base/err.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Status err_set(Err *err, Status code, const char *fmt, ...)
{
    if (!err) return code;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, args);
    va_end(args);
    text_clean(err->msg);
    err->code = code;
    return code;
}

Status err_sys(Err *err, const char *fmt, ...)
{
    int cause = errno;
    if (!err) return ERR_IO;
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, args);
    va_end(args);
    size_t used = strlen(err->msg);
    snprintf(err->msg + used, sizeof err->msg - used, ": %s", strerror(cause));
    text_clean(err->msg);
    return err->code = ERR_IO;
}

Status err_prefix(Err *err, const char *fmt, ...)
{
    if (!err) return ERR_USAGE;
    char rest[sizeof err->msg];
    memcpy(rest, err->msg, sizeof rest);
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, args);
    va_end(args);
    size_t used = strlen(err->msg);
    snprintf(err->msg + used, sizeof err->msg - used, "%s", rest);
    text_clean(err->msg);
    return err->code;
}

Status err_suffix(Err *err, const char *fmt, ...)
{
    if (!err) return ERR_USAGE;
    va_list args;
    size_t used = strlen(err->msg);
    va_start(args, fmt);
    vsnprintf(err->msg + used, sizeof err->msg - used, fmt, args);
    va_end(args);
    text_clean(err->msg);
    return err->code;
}
