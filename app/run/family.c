/* family.c - runs among each other: their names, rename, delete. See record.h. */
#include "run/record.h"

#include "base/text.h"
#include "run/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What config.json says of a run's place among the others. */
typedef struct {
    char name[49], from[49], created[32];
    int lock; /* held by rename and delete, else -1 */
} Entry;

typedef struct {
    Entry *entry;
    ptrdiff_t count, room;
} List;

static void list_free(List *list)
{
    for (ptrdiff_t i = 0; i < list->count; i++)
        if (list->entry[i].lock >= 0) close(list->entry[i].lock);
    free(list->entry);
    *list = (List){0};
}

static Status list_add(List *list, const Entry *entry, Err *err)
{
    if (list->count == list->room) {
        ptrdiff_t room = list->room ? 2 * list->room : 16;
        Entry *more = realloc(list->entry, (size_t)room * sizeof *more);
        if (!more) return err_set(err, ERR_MEMORY, "no memory for a list of %td runs", room);
        list->entry = more;
        list->room = room;
    }
    list->entry[list->count++] = *entry;
    return OK;
}

/* dst (PATH_SIZE) = runs/name/config.json */
static Status config_path(char *dst, const char *runs, const char *name, Err *err)
{
    char folder[PATH_SIZE];
    Status done = path_join(folder, runs, name, err);
    return done == OK ? path_join(dst, folder, "config.json", err) : done;
}

/* A run whose config.json is broken is listed all the same, as the oldest and without a parent. */
static Entry read_entry(const char *path, const char *name)
{
    Entry entry = {.lock = -1};
    const char *from = NULL, *created = NULL;
    json_t *config = record_load_json(path, NULL);
    text_copy(entry.name, sizeof entry.name, name);
    if (config) json_unpack(config, "{s?s, s?{s?s}}", "from", &from, "wall", "created", &created);
    if (from) text_copy(entry.from, sizeof entry.from, from);
    if (created) text_copy(entry.created, sizeof entry.created, created);
    json_decref(config);
    return entry;
}

/* By time of creation; runs queued within one second by name, "tst-2" before "tst-10". */
static int compare_entries(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    int order = strcmp(x->created, y->created);
    return order ? order : strverscmp(x->name, y->name);
}

/* All runs of a folder; one that does not exist has none. */
static Status list_runs(const char *runs, List *list, Err *err)
{
    char path[PATH_SIZE];
    Status done = OK;
    *list = (List){0};
    DIR *dir = opendir(runs);
    if (!dir) return errno == ENOENT ? OK : err_sys(err, "cannot open the folder %s", runs);
    for (struct dirent *e; done == OK && (e = readdir(dir));) {
        if (record_check_name(e->d_name, NULL) != OK) continue;
        done = config_path(path, runs, e->d_name, err);
        if (done != OK || !file_exists(path)) continue;
        Entry entry = read_entry(path, e->d_name);
        done = list_add(list, &entry, err);
    }
    closedir(dir);
    if (done != OK)
        list_free(list);
    else if (list->count > 0)
        qsort(list->entry, (size_t)list->count, sizeof *list->entry, compare_entries);
    return done;
}

Status record_names(const char *runs, char ***names, ptrdiff_t *count, Err *err)
{
    List list;
    *names = NULL;
    *count = 0;
    TRY(list_runs(runs, &list, err));
    *names = calloc((size_t)list.count + 1, sizeof **names);
    for (; *names && *count < list.count; ++*count) {
        char *name = strdup(list.entry[*count].name);
        if (!name) break;
        (*names)[*count] = name;
    }
    bool whole = *names && *count == list.count;
    list_free(&list);
    if (whole) return OK;
    record_names_free(*names, *count);
    *names = NULL;
    *count = 0;
    return err_set(err, ERR_MEMORY, "no memory for the names of the runs in %s", runs);
fail:
    return err ? err->code : ERR_IO;
}

void record_names_free(char **names, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

static bool list_has(const List *list, const char *name)
{
    for (ptrdiff_t i = 0; i < list->count; i++)
        if (strcmp(list->entry[i].name, name) == 0) return true;
    return false;
}

/* family = the run itself, then its children and, if `all`, theirs: parents come before their children. */
static Status find_family(const char *runs, const char *name, bool all, List *family, Err *err)
{
    char path[PATH_SIZE];
    List every = {0};
    *family = (List){0};
    TRY(config_path(path, runs, name, err));
    Entry self = read_entry(path, name);
    TRY(list_runs(runs, &every, err));
    TRY(list_add(family, &self, err));
    for (ptrdiff_t parent = 0; parent < (all ? family->count : 1); parent++)
        for (ptrdiff_t i = 0; i < every.count; i++)
            if (strcmp(every.entry[i].from, family->entry[parent].name) == 0 && !list_has(family, every.entry[i].name))
                TRY(list_add(family, &every.entry[i], err));
    list_free(&every);
    return OK;
fail:
    list_free(&every);
    list_free(family);
    return err ? err->code : ERR_MEMORY;
}

static Status lock_family(const char *runs, List *family, Err *err)
{
    char folder[PATH_SIZE];
    for (ptrdiff_t i = 0; i < family->count; i++) {
        TRY(path_join(folder, runs, family->entry[i].name, err));
        TRY(record_lock(folder, &family->entry[i].lock, err));
    }
    return OK;
fail:
    return err ? err->code : ERR_STATE;
}

/* Write value under a key of runs/name/config.json if it has that key. */
static Status set_config(const char *runs, const char *name, const char *key, const char *value, Err *err)
{
    char path[PATH_SIZE];
    Status done = config_path(path, runs, name, err);
    if (done != OK) return done;
    json_t *config = record_load_json(path, err);
    if (!config) return err ? err->code : ERR_FORMAT;
    if (json_object_get(config, key)) {
        done = json_object_set_new(config, key, json_string(value)) == 0 ? record_save_json(path, config, err)
                                                                         : err_set(err, ERR_MEMORY, "no memory");
    }
    json_decref(config);
    return done;
}

/* The run's own config calls it `name`, and its children come from `name`. */
static Status name_family(const char *runs, const List *family, const char *name, Err *err)
{
    Status done = set_config(runs, family->entry[0].name, "name", name, err);
    for (ptrdiff_t i = 1; done == OK && i < family->count; i++)
        done = set_config(runs, family->entry[i].name, "from", name, err);
    return done;
}

Status record_rename(const char *runs, const char *name, const char *to, Err *err)
{
    char old[PATH_SIZE], new[PATH_SIZE];
    struct stat st;
    List family = {0};
    Err why = {.code = OK};
    TRY(record_find(old, runs, name, &why));
    TRY(record_check_name(to, &why));
    TRY(path_join(new, runs, to, &why));
    if (lstat(new, &st) == 0) {
        err_set(&why, ERR_USAGE, "%s is there already; take another name", new);
        goto fail;
    }
    TRY(find_family(runs, name, false, &family, &why));
    TRY(lock_family(runs, &family, &why));
    if (name_family(runs, &family, to, &why) == OK && rename(old, new) != 0)
        err_sys(&why, "cannot rename %s to %s", old, new);
    if (why.code != OK) name_family(runs, &family, name, NULL); /* as it was */
fail:
    list_free(&family);
    return why.code == OK ? OK : err_set(err, why.code, "%s", why.msg);
}

/* Out of sight in one step, then removed: no reader sees half a run, and a crash in between leaves no half of one. */
static Status remove_run(const char *runs, const char *name, Err *err)
{
    char folder[PATH_SIZE], hidden[PATH_SIZE], last[96];
    snprintf(last, sizeof last, ".%s.%ld.deleted", name, (long)getpid());
    TRY(path_join(folder, runs, name, err));
    TRY(path_join(hidden, runs, last, err));
    if (rename(folder, hidden) != 0) return err_sys(err, "cannot remove %s", folder);
    return folder_remove(hidden, err);
fail:
    return ERR_USAGE;
}

static Status refuse_children(const List *family, Err *err)
{
    char names[256] = "";
    size_t used = 0;
    for (ptrdiff_t i = 1; i < family->count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 1 ? ", " : "", family->entry[i].name);
    return err_set(err, ERR_STATE, "%s is the parent of %s; delete those first, or all together", family->entry[0].name,
                   names);
}

Status record_delete(const char *runs, const char *name, bool with_children, Err *err)
{
    char folder[PATH_SIZE];
    List family = {0};
    Status done = record_find(folder, runs, name, err);
    if (done == OK) done = find_family(runs, name, true, &family, err);
    if (done == OK && family.count > 1 && !with_children) done = refuse_children(&family, err);
    if (done == OK) done = lock_family(runs, &family, err);
    for (ptrdiff_t i = family.count - 1; done == OK && i >= 0; i--) done = remove_run(runs, family.entry[i].name, err);
    list_free(&family);
    return done;
}
