/* family.c - runs among each other: their names, rename, delete. See record.h. */
#include "run/record.h"

#include "base/text.h"
#include "run/folder.h"
#include "run/job.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What config.json says of a run's place among the others. */
typedef struct {
    char name[RUN_NAME_SIZE], created[32];
    char from[PARENTS_MOST * RUN_NAME_SIZE + 2]; /* "/a/b/": the runs that it is made from */
    bool broken;                                 /* its config.json cannot be read: nobody knows where it comes from */
    int lock;                                    /* held by rename and delete, else -1 */
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

static void add_parent(Entry *entry, const json_t *name)
{
    const char *text = json_string_value(name);
    size_t used = strlen(entry->from);
    if (text && *text) snprintf(entry->from + used, sizeof entry->from - used, "%s%s/", used ? "" : "/", text);
}

static bool comes_from(const Entry *entry, const char *name)
{
    char within[RUN_NAME_SIZE + 2];
    snprintf(within, sizeof within, "/%s/", name);
    return strstr(entry->from, within) != NULL;
}

/* A run whose config.json is broken is listed all the same, as the oldest and without a parent. */
static Entry read_entry(const char *path, const char *name)
{
    Entry entry = {.lock = -1};
    const char *created = NULL;
    json_t *config = record_load_json(path, NULL);
    text_copy(entry.name, sizeof entry.name, name);
    entry.broken = !config;
    if (config) json_unpack(config, "{s?{s?s}}", "wall", "created", &created);
    const json_t *from = json_object_get(config, "from"); /* a name, or a list of names */
    add_parent(&entry, from);
    for (size_t i = 0; i < json_array_size(from); i++) add_parent(&entry, json_array_get(from, i));
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

Status record_find(char *folder, const char *runs, const char *name, Err *err)
{
    char config[PATH_SIZE], **names = NULL;
    ptrdiff_t count = 0;
    TRY(record_check_name(name, err));
    TRY(path_join(folder, runs, name, err));
    TRY(path_join(config, folder, "config.json", err));
    if (file_exists(config)) return OK;
    TRY(record_names(runs, &names, &count, err));
    const char *near = text_nearest(name, (const char *const *)names, (size_t)count);
    if (near)
        err_set(err, ERR_USAGE, "no run '%s' in %s (did you mean '%s'?)", name, runs, near);
    else
        err_set(err, ERR_USAGE, "no run '%s' in %s, which holds %td runs", name, runs, count);
    record_names_free(names, count);
    return ERR_USAGE;
fail:
    return err ? err->code : ERR_USAGE;
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
    for (ptrdiff_t i = 0; i < every.count; i++)
        if (every.entry[i].broken && strcmp(every.entry[i].name, name) != 0) {
            err_set(err, ERR_STATE, "%s/%s/config.json cannot be read, and the run may come from %s; mend or remove it",
                    runs, every.entry[i].name, name);
            goto fail;
        }
    for (ptrdiff_t parent = 0; parent < (all ? family->count : 1); parent++)
        for (ptrdiff_t i = 0; i < every.count; i++)
            if (comes_from(&every.entry[i], family->entry[parent].name) && !list_has(family, every.entry[i].name))
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

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* Where runs/name/config.json has `old` under a key, or in a list under it, put `new`. */
static Status set_config(const char *runs, const char *name, const char *key, const char *old, const char *new,
                         Err *err)
{
    char path[PATH_SIZE];
    Status done = config_path(path, runs, name, err);
    if (done != OK) return done;
    json_t *config = record_load_json(path, err);
    if (!config) return err ? err->code : ERR_FORMAT;
    json_t *there = json_object_get(config, key);
    int failed = 0;
    if (is_text(there, old)) failed = json_object_set_new(config, key, json_string(new));
    for (size_t i = 0; i < json_array_size(there); i++)
        if (is_text(json_array_get(there, i), old)) failed |= json_array_set_new(there, i, json_string(new));
    if (there) done = failed ? err_set(err, ERR_MEMORY, "no memory") : record_save_json(path, config, err);
    json_decref(config);
    return done;
}

/* The run's own config calls it `name` instead of `old`, and its children come from `name`. */
static Status name_family(const char *runs, const List *family, const char *old, const char *name, Err *err)
{
    Status done = set_config(runs, family->entry[0].name, "name", old, name, err);
    for (ptrdiff_t i = 1; done == OK && i < family->count; i++)
        done = set_config(runs, family->entry[i].name, "from", old, name, err);
    return done;
}

/* ---- rename ----
 *
 * Several files change, and a process can be killed between any two. So what is intended is written down first
 * (runs/.renaming.json); every step can be done again; and who comes next finishes what it finds (record_recover). */

static Status journal_path(char *dst, const char *runs, Err *err)
{
    return path_join(dst, runs, ".renaming.json", err);
}

static Status write_journal(const char *runs, const char *name, const char *to, Err *err)
{
    char path[PATH_SIZE];
    Status done = journal_path(path, runs, err);
    if (done != OK) return done;
    if (file_exists(path))
        return err_set(err, ERR_STATE, "another rename in %s is not finished; wait until its runs have ended", runs);
    json_t *journal = json_pack("{s:s, s:s}", "name", name, "to", to);
    done = record_save_json(path, journal, err);
    json_decref(journal);
    return done;
}

static void remove_journal(const char *runs)
{
    char path[PATH_SIZE];
    if (journal_path(path, runs, NULL) == OK) unlink(path);
}

/* All steps, from wherever the run is: under its old name or under its new one. Its family is locked throughout. */
static Status move_family(const char *runs, const char *name, const char *to, Err *err)
{
    char old[PATH_SIZE], new[PATH_SIZE];
    List family = {0}, moved = {0};
    Status done = path_join(old, runs, name, err);
    if (done == OK) done = path_join(new, runs, to, err);
    if (done != OK) return done;
    bool here = folder_exists(old);

    /* under the old name until the last step; then children that still come from it are found by that name */
    done = find_family(runs, here ? name : to, false, &family, err);
    if (done == OK && !here) done = find_family(runs, name, false, &moved, err);
    for (ptrdiff_t i = 1; done == OK && i < moved.count; i++) done = list_add(&family, &moved.entry[i], err);
    if (done == OK) done = lock_family(runs, &family, err);
    if (done == OK) done = name_family(runs, &family, name, to, err);
    if (done == OK && here && rename(old, new) != 0) done = err_sys(err, "cannot rename %s to %s", old, new);
    if (done != OK && here && family.count > 0 && family.entry[0].lock >= 0)
        name_family(runs, &family, to, name, NULL); /* as it was */
    list_free(&moved);
    list_free(&family);
    return done;
}

Status record_rename(const char *runs, const char *name, const char *to, Err *err)
{
    char old[PATH_SIZE], new[PATH_SIZE];
    struct stat st;
    Status done = record_recover(runs, err);
    if (done == OK) done = record_find(old, runs, name, err);
    if (done == OK) done = record_check_name(to, err);
    if (done == OK) done = path_join(new, runs, to, err);
    if (done == OK && lstat(new, &st) == 0)
        done = err_set(err, ERR_USAGE, "%s is there already; take another name", new);
    if (done == OK) done = write_journal(runs, name, to, err);
    if (done != OK) return done;
    done = move_family(runs, name, to, err);
    remove_journal(runs);
    return done;
}

/* ".NAME.PID.deleted" of a process that is no more. */
static bool is_deleted(const char *entry)
{
    size_t length = strlen(entry), end = length - strlen(".deleted");
    if (entry[0] != '.' || length <= strlen(".deleted") || strcmp(entry + end, ".deleted") != 0) return false;
    size_t start = end;
    while (start > 0 && entry[start - 1] >= '0' && entry[start - 1] <= '9') start--;
    if (start == end || start == 0 || entry[start - 1] != '.') return false;
    long pid = strtol(entry + start, NULL, 10);
    return pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* What a process left that was killed while it removed runs. */
static void sweep(const char *runs)
{
    char path[PATH_SIZE];
    DIR *dir = opendir(runs);
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));)
        if (is_deleted(e->d_name) && path_join(path, runs, e->d_name, NULL) == OK) record_clear(path, NULL);
    closedir(dir);
}

Status record_recover(const char *runs, Err *err)
{
    char path[PATH_SIZE], new[PATH_SIZE];
    const char *name = NULL, *to = NULL;
    Status done = journal_path(path, runs, err);
    if (done != OK) return done;
    sweep(runs);
    if (!file_exists(path)) return OK;
    json_t *journal = record_load_json(path, err);
    if (!journal) return err ? err->code : ERR_FORMAT;
    if (json_unpack(journal, "{s:s, s:s}", "name", &name, "to", &to) != 0 || record_check_name(name, NULL) != OK ||
        record_check_name(to, NULL) != OK)
        done = err_set(err, ERR_FORMAT, "%s: it does not say which run gets which name; remove it", path);
    if (done == OK) done = path_join(new, runs, to, err);
    bool lost = done == OK && !folder_exists(new) && record_find(path, runs, name, NULL) != OK;
    if (done == OK && !lost) done = move_family(runs, name, to, err);
    json_decref(journal);
    if (done == OK) remove_journal(runs);
    if (done == ERR_STATE) return OK; /* its process is at it, or a run of the family is being written: later */
    return done;
}

/* Out of sight in one step, then removed: no reader sees half a run, and a crash in between leaves no half of one. */
static Status remove_run(const char *runs, const char *name, Err *err)
{
    char folder[PATH_SIZE], hidden[PATH_SIZE], last[96];
    snprintf(last, sizeof last, ".%s.%ld.deleted", name, (long)getpid());
    TRY(path_join(folder, runs, name, err));
    TRY(path_join(hidden, runs, last, err));
    TRY(record_check_ours(folder, err));
    if (rename(folder, hidden) != 0) return err_sys(err, "cannot remove %s", folder);
    return record_clear(hidden, err);
fail:
    return err ? err->code : ERR_STATE;
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
    Status done = record_recover(runs, err);
    if (done == OK) done = record_find(folder, runs, name, err);
    if (done == OK) done = find_family(runs, name, true, &family, err);
    if (done == OK && family.count > 1 && !with_children) done = refuse_children(&family, err);
    if (done == OK) done = lock_family(runs, &family, err);
    for (ptrdiff_t i = 0; done == OK && i < family.count; i++) /* all or none */
        if ((done = path_join(folder, runs, family.entry[i].name, err)) == OK) done = record_check_ours(folder, err);
    for (ptrdiff_t i = family.count - 1; done == OK && i >= 0; i--) done = remove_run(runs, family.entry[i].name, err);
    list_free(&family);
    return done;
}
