/* clock.c - see clock.h. Any thread. */
#include "base/clock.h"

#include <time.h>

double clock_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

char *clock_iso(char *dst, size_t size)
{
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    if (strftime(dst, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0 && size) dst[0] = 0;
    return dst;
}
