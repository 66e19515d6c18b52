/* complete.c - candidates for Tab, see complete.h. Main thread. */
#include "script/complete.h"

#include "run/record.h"
#include "script/lookup.h"
#include "script/modules.h"
#include "script/registry.h"
#include "script/values.h"
#include <dirent.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VISITS_MOST = 20000, FILES_VISITED_MOST = 5000 };

typedef struct {
    const char *line;
    int end;
    int *start;
    void (*add)(void *list, const char *word);
    void *list;
    int count;
    Spot spot;
    char word[PATH_SIZE]; /* as far as it is typed */
} Completion;

static bool begins(const Completion *c, const char *name)
{
    return strncmp(name, c->word, strlen(c->word)) == 0;
}

static void offer(Completion *c, const char *name)
{
    if (!begins(c, name) || c->count >= CANDIDATES_MOST) return;
    c->count++;
    c->add(c->list, name);
}

/* The word is line[from .. end-1]. */
static void set_word(Completion *c, int from)
{
    size_t size = (size_t)(c->end - from);
    *c->start = from;
    if (size >= sizeof c->word) size = sizeof c->word - 1;
    memcpy(c->word, c->line + from, size);
    c->word[size] = 0;
}

/* ---- what a string can be ---- */

typedef void Offer(lua_State *L, Completion *c);

/* The words of "a|b|c". */
static void offer_words(Completion *c, const char *words)
{
    char word[64];
    for (const char *at = words; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, "|"), at);
        offer(c, word);
    }
}

static void offer_runs(lua_State *L, Completion *c)
{
    char **name;
    ptrdiff_t count;
    if (record_names(engine_runs(script_engine(L)), &name, &count, NULL) != OK) return;
    for (ptrdiff_t i = count - 1; i >= 0; i--) offer(c, name[i]); /* the newest first */
    record_names_free(name, count);
}

static void offer_named(Completion *c, const char *(*name_of)(int i))
{
    const char *name;
    for (int i = 0; (name = name_of(i)); i++) offer(c, name);
}

static void offer_data(lua_State *L, Completion *c)
{
    (void)L;
    offer_named(c, dataset_name);
}

static void offer_splits(lua_State *L, Completion *c)
{
    (void)L;
    offer_words(c, "valid|test");
}

static void offer_any_splits(lua_State *L, Completion *c)
{
    (void)L;
    offer_words(c, "train|valid|test");
}

static void offer_calibrators(lua_State *L, Completion *c)
{
    (void)L;
    offer_words(c, "temperature");
}

/* Has a row before this one the same topic? */
static bool topic_before(const ApiRow *const *row)
{
    for (const ApiRow *const *at = rows_all(); at != row; at++)
        if (strcmp((*at)->topic, (*row)->topic) == 0) return true;
    return false;
}

static void offer_topics(lua_State *L, Completion *c)
{
    (void)L;
    for (const ApiRow *const *at = rows_all(); *at; at++)
        if (!topic_before(at)) offer(c, (*at)->topic);
    for (const ApiRow *const *at = rows_all(); *at; at++) offer(c, (*at)->name);
}

/* The tables in lua/recipes.lua, once something has loaded it. */
static void offer_recipes(lua_State *L, Completion *c)
{
    static const char path[] = "package.loaded";
    lookup_push(L, path, (Piece){0, sizeof path - 1});
    if (lua_istable(L, -1)) {
        lua_pushliteral(L, MODULES_PREFIX "recipes");
        lua_rawget(L, -2);
        lua_remove(L, -2);
    }
    if (!lua_istable(L, -1)) offer_words(c, "paper|small");
    if (lua_istable(L, -1))
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
            if (lua_istable(L, -1) && lua_type(L, -2) == LUA_TSTRING) offer(c, lua_tostring(L, -2));
    lua_pop(L, 1);
}

/* Files and folders in the folder that the word names so far. */
static void offer_files(lua_State *L, Completion *c)
{
    (void)L;
    char folder[PATH_SIZE], path[2 * PATH_SIZE];
    const char *slash = strrchr(c->word, '/'), *base = slash ? slash + 1 : c->word;
    snprintf(folder, sizeof folder, "%.*s", (int)(base - c->word), c->word);
    DIR *d = opendir(*folder ? folder : ".");
    const struct dirent *entry;
    for (int i = 0; d && i < FILES_VISITED_MOST && (entry = readdir(d)); i++) {
        if (*entry->d_name == '.' && *base != '.') continue;
        if (snprintf(path, sizeof path, "%s%s", folder, entry->d_name) >= PATH_SIZE) continue;
        if (folder_exists(path)) strcat(path, "/");
        offer(c, path);
    }
    if (d) closedir(d);
}

static void offer_layouts(lua_State *L, Completion *c)
{
    const ScriptScreen *screen = script_options(script_of(L))->screen;
    if (screen) offer_named(c, screen->layout);
}

static void offer_panes(lua_State *L, Completion *c)
{
    const ScriptScreen *screen = script_options(script_of(L))->screen;
    if (screen) offer_named(c, screen->pane);
}

/* What the string is: an argument of a call, or an option's value (of any call: NULL). */
static const struct {
    const char *call;
    int argument;
    const char *option;
    Offer *offer;
} strings[] = {
    {"help", 1, NULL, offer_topics},
    {"runs.open", 1, NULL, offer_runs},
    {"runs.resume", 1, NULL, offer_runs},
    {"runs.rename", 1, NULL, offer_runs},
    {"runs.note", 1, NULL, offer_runs},
    {"runs.delete", 1, NULL, offer_runs},
    {"data.load", 1, NULL, offer_data},
    {"data.load", 1, "name", offer_data},
    {"data.load", 1, "dir", offer_files},
    {"run:predict", 1, NULL, offer_splits},
    {"run:evaluate", 1, NULL, offer_splits},
    {"dataset:labels", 1, NULL, offer_any_splits},
    {"dataset:posterior", 1, NULL, offer_any_splits},
    {"calib.fit", 1, NULL, offer_calibrators},
    {"ui.show", 1, "layout", offer_layouts},
    {"ui.show", 1, "pane", offer_panes},
    {"ui.show", 1, "run", offer_runs},
    {"plot.save", 1, NULL, offer_files},
    {"dofile", 1, NULL, offer_files},
    {"loadfile", 1, NULL, offer_files},
    {"io.open", 1, NULL, offer_files},
    {"io.lines", 1, NULL, offer_files},
    {NULL, 1, "from", offer_runs},
    {NULL, 1, "recipe", offer_recipes},
};

static bool same(const char *line, Piece piece, const char *text)
{
    return (int)strlen(text) == piece.size && strncmp(line + piece.from, text, (size_t)piece.size) == 0;
}

static void complete_string(lua_State *L, Completion *c, const ApiRow *row)
{
    const Spot *spot = &c->spot;
    const Option *o = row && spot->options ? lookup_option(row, c->line, spot->key) : NULL;
    if (o && o->choices) {
        offer_words(c, o->choices);
        return;
    }
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        const char *call = strings[i].call, *option = strings[i].option;
        if (call ? (row ? strcmp(row->name, call) != 0 : !same(c->line, spot->call, call)) : !row) continue;
        if (option ? !spot->options || !same(c->line, spot->key, option) : spot->options) continue;
        if (strings[i].argument != spot->argument) continue;
        strings[i].offer(L, c);
        return;
    }
}

/* ---- names ---- */

static bool is_name(const char *s)
{
    static const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return *s && !(*s >= '0' && *s <= '9') && s[strspn(s, letters)] == 0;
}

typedef struct {
    const char *name;
    int rank; /* 0: tare's and the user's, 1: Lua's own */
} Key;

static int key_order(const void *a, const void *b)
{
    const Key *x = a, *y = b;
    return x->rank != y->rank ? x->rank - y->rank : strcmp(x->name, y->name);
}

/* A global that was there before the user's, and that no row is of. */
static bool is_lua_own(lua_State *L, const char *name)
{
    for (const ApiRow *const *at = rows_all(); *at; at++)
        if (row_member(*at, name) || strcmp((*at)->name, name) == 0) return false;
    return registry_gives(L, name);
}

/* The keys of the table on top of the stack, in order; behind ':' only functions. */
static void offer_keys(lua_State *L, Completion *c)
{
    static Key key[VISITS_MOST]; /* not of Lua's memory, which may be full */
    int count = 0;
    bool globals = !c->spot.separator;
    lua_pushnil(L);
    for (int visits = 0; lua_next(L, -2); lua_pop(L, 1)) {
        if (visits++ == VISITS_MOST) {
            lua_pop(L, 2);
            break;
        }
        if (lua_type(L, -2) != LUA_TSTRING || (c->spot.separator == ':' && !lua_isfunction(L, -1))) continue;
        const char *name = lua_tostring(L, -2); /* the table keeps it */
        if (!is_name(name) || (*name == '_' && *c->word != '_') || !begins(c, name)) continue;
        key[count++] = (Key){name, globals && is_lua_own(L, name)};
    }
    qsort(key, (size_t)count, sizeof *key, key_order);
    for (int i = 0; i < count; i++) offer(c, key[i].name);
}

/* The methods or the fields of a class of handles. */
static void offer_rows(Completion *c, const char *class)
{
    for (const ApiRow *const *at = rows_all(); *at; at++) {
        const char *member = row_member(*at, class);
        if (member && row_is_method(*at) == (c->spot.separator == ':')) offer(c, member);
    }
}

static void complete_name(lua_State *L, Completion *c)
{
    static const char globals[] = "_G", strings_path[] = "string";
    const Spot *spot = &c->spot;
    if (spot->separator && spot->owner.size == 0) return; /* of what a call returned: not known before it is made */
    if (spot->separator)
        lookup_push(L, c->line, spot->owner);
    else
        lookup_push(L, globals, (Piece){0, sizeof globals - 1});
    if (lua_type(L, -1) == LUA_TSTRING && spot->separator == ':')
        lookup_push(L, strings_path, (Piece){0, sizeof strings_path - 1});
    const char *class = value_class(L, -1);
    if (class)
        offer_rows(c, class);
    else if (lua_istable(L, -1))
        offer_keys(L, c);
    if (!spot->separator && *c->word)
        offer_words(c, "and|break|do|else|elseif|end|false|for|function|goto|if|in|local|nil|not|or|repeat|return|"
                       "then|true|until|while");
}

/* The options of the call that are not there yet, as "batch = ". */
static void complete_option(Completion *c, const ApiRow *row)
{
    char word[80];
    OptionName name = {.at = row->arguments};
    while (lookup_next_option(row, &name)) {
        if (spot_given(c->line, c->spot.table, c->end, name.text)) continue;
        snprintf(word, sizeof word, "%s = ", name.text);
        offer(c, word);
    }
}

/* What may stand behind "features = ": its choices as strings, true or false, a number's default. False where the
 * option has none, or none that begins as what is typed. */
static bool complete_value(Completion *c, const ApiRow *row)
{
    const Spot *spot = &c->spot;
    char word[64];
    bool value = spot->options && spot->key.size > 0 && !spot->separator && row;
    const Option *o = value ? lookup_option(row, c->line, spot->key) : NULL;
    if (!o || o->kind == OPTION_TEXT) return false;
    if (o->kind == OPTION_INT || o->kind == OPTION_REAL) offer(c, o->initial);
    if (o->kind == OPTION_BOOL) offer_words(c, "true|false");
    for (const char *at = o->kind == OPTION_CHOICE ? o->choices : NULL; at;
         at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        snprintf(word, sizeof word, "\"%.*s\"", (int)strcspn(at, "|"), at);
        offer(c, word);
    }
    return c->count > 0;
}

/* In a table of options, where a name is expected. */
static bool names_option(const Spot *spot)
{
    return spot->options && spot->key.size == 0 && !spot->separator;
}

/* ---- all of it ---- */

static int complete(lua_State *L)
{
    Completion *c = lua_touserdata(L, 1);
    const Spot *spot = &c->spot;
    const ApiRow *row = NULL;
    int question = (int)strspn(c->line, " ");
    luaL_checkstack(L, 20, NULL);
    if (c->line[question] == '?' && question < c->end) {
        question += 1 + (int)strspn(c->line + question + 1, " ");
        set_word(c, question < c->end ? question : c->end);
        offer_topics(L, c);
        return 0;
    }
    spot_find(&c->spot, c->line, c->end);
    set_word(c, spot->word.from);
    if (spot->call.size > 0) row = lookup_row(L, c->line, spot->call);
    if (spot->kind == SPOT_STRING)
        complete_string(L, c, row);
    else if (spot->kind == SPOT_CODE && names_option(spot) && row && lookup_takes_options(row))
        complete_option(c, row);
    else if (spot->kind == SPOT_CODE && !complete_value(c, row))
        complete_name(L, c);
    return 0;
}

void script_complete(Script *s, const char *line, int end, int *start, void (*add)(void *list, const char *word),
                     void *list)
{
    Completion c = {.line = line, .end = end, .start = start, .add = add, .list = list};
    *start = end;
    lookup_protect(s, complete, &c);
}
