/* hint.c - one line about the call that is being typed, see complete.h. Main thread. */
#include "script/complete.h"

#include "base/text.h"
#include "script/lookup.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *line;
    int end;
    char *dst;
    size_t size, used;
} Hint;

static void __attribute__((format(printf, 2, 3))) add(Hint *h, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(h->dst + h->used, h->size - h->used, fmt, args);
    va_end(args);
    if (n > 0) h->used += (size_t)n;
    if (h->used >= h->size) h->used = h->size - 1; /* the end is cut */
}

static void add_default(Hint *h, const Option *o)
{
    bool text = o->kind == OPTION_TEXT || o->kind == OPTION_CHOICE;
    add(h, text ? " \"%s\"" : " %s", o->initial);
}

/* "batch = 32: images a step (2 .. 65536)" */
static void add_option(Hint *h, const Option *o)
{
    add(h, "%s =", o->name);
    add_default(h, o);
    add(h, ": %s", o->help);
    if (o->kind == OPTION_CHOICE) add(h, " (%s)", (const char *)o->choices);
    if (o->kind == OPTION_BOOL) add(h, " (true|false)");
    if (o->kind == OPTION_INT || o->kind == OPTION_REAL) add(h, " (%.16g .. %.16g)", o->least, o->most);
}

/* "train.tst{ from =, checkpoint = "", z = 128, ... }", "runs.open(name)" */
static void add_call(Hint *h, const ApiRow *row)
{
    const char *brace = strchr(row->arguments, '{'), *behind = brace ? strchr(brace, '}') : NULL;
    bool alone = brace == row->arguments && behind && !behind[1];
    if (!behind || !lookup_takes_options(row)) {
        add(h, "%s(%s): %s", row->name, row->arguments, row->summary);
        return;
    }
    add(h, "%s%s%.*s{", row->name, alone ? "" : "(", (int)(brace - row->arguments), row->arguments);
    OptionName name = {.at = row->arguments};
    for (const char *comma = ""; lookup_next_option(row, &name); comma = ",") {
        add(h, "%s %s =", comma, name.text);
        if (name.option) add_default(h, name.option);
    }
    add(h, " %s%s", behind, alone ? "" : ")");
}

static int hint(lua_State *L)
{
    Hint *h = lua_touserdata(L, 1);
    Spot spot;
    spot_find(&spot, h->line, h->end);
    const ApiRow *row = spot.call.size > 0 ? lookup_row(L, h->line, spot.call) : NULL;
    if (!row || !row->arguments) return 0;
    const Option *o = spot.options ? lookup_option(row, h->line, spot.key) : NULL;
    if (o)
        add_option(h, o);
    else
        add_call(h, row);
    return 0;
}

/* Cut at a character, with "..." where room is: what does not fit was dropped by add. */
static void cut(Hint *h)
{
    size_t n = h->size - 1;
    if (h->used < n || n < 4) return;
    memcpy(h->dst + text_clip(h->dst, n - 3), "...", 4);
}

void script_hint(Script *s, const char *line, int end, char *dst, size_t size)
{
    Hint h = {.line = line, .end = end, .dst = dst, .size = size};
    if (size == 0) return;
    *dst = 0;
    lookup_protect(s, hint, &h);
    cut(&h);
}
