/* places.c - where downloaded data sets lie. The folder of --data is set once at start; the rest any thread. */
#include "data/source.h"

#include "file/whole.h"
#include "base/text.h"
#include <ctype.h>
#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define DOWNLOADS "data/downloads"

enum { ROOTS = 3 };

static char own_folder[PATH_SIZE]; /* "" for none */

void dataset_look_in(const char *folder)
{
    text_copy(own_folder, sizeof own_folder, folder);
}

/* root (ROOTS) = the folders to look in, "" for one that is not there: --data, the working directory's, tare's own. */
static void find_roots(char root[ROOTS][PATH_SIZE])
{
    memcpy(root[0], own_folder, PATH_SIZE);
    text_copy(root[1], PATH_SIZE, DOWNLOADS);
    if (path_shipped(root[2], DOWNLOADS, NULL) != OK) root[2][0] = 0;
}

/* dir (PATH_SIZE) = the folder of the first of `marks` that lies in root; false when none does. */
static bool find_mark(char *dir, const char *root, const char *const *marks)
{
    for (; *marks; marks++) {
        if (path_join(dir, root, *marks, NULL) != OK || !file_exists(dir)) continue;
        const char *folder = dirname(dir); /* lies in dir itself */
        memmove(dir, folder, strlen(folder) + 1);
        return true;
    }
    return false;
}

size_t source_limit(const Dataset *d)
{
    return (size_t)d->spec.limit << 20;
}

/* dst (size) = the letters and digits of a name, small. */
static void bare_name(char *dst, size_t size, const char *name)
{
    size_t used = 0;
    for (; *name && used + 1 < size; name++)
        if (isalnum((unsigned char)*name)) dst[used++] = (char)tolower((unsigned char)*name);
    dst[used] = 0;
}

/* "train-images.idx3-ubyte" and "emnist-letters-train-images-idx3-ubyte" nearly are "train-images-idx3-ubyte". */
static bool nearly(const char *file, const char *name)
{
    char bare[256], wanted[256];
    bare_name(bare, sizeof bare, file);
    bare_name(wanted, sizeof wanted, name);
    return strstr(bare, wanted) != NULL;
}

void source_add_near(const char *dir, const char *name, Err *err)
{
    DIR *listing = opendir(dir);
    for (struct dirent *e; listing && (e = readdir(listing));)
        if (strcmp(e->d_name, name) != 0 && nearly(e->d_name, name)) {
            err_suffix(err, "; '%.100s' is there: rename it %s", e->d_name, name);
            break;
        }
    if (listing) closedir(listing);
}

Status source_fetch(const char *name, const char *what, const char *where, Err *err)
{
    char script[PATH_SIZE] = "scripts/fetch-data";
    if (!file_exists(script) && path_shipped(script, "scripts/fetch-data", NULL) != OK)
        text_copy(script, sizeof script, "scripts/fetch-data");
    return err_set(err, ERR_IO,
                   "no %s in %s; `%s %s` fetches the official files; for files that lie elsewhere set dir, or give "
                   "their folder by --data DIR",
                   what, where, script, name);
}

Status source_find_dir(char *dir, const Dataset *d, const char *const *marks, Err *err)
{
    char root[ROOTS][PATH_SIZE], where[ROOTS * PATH_SIZE] = "";
    if (d->spec.dir[0]) {
        if (!find_mark(dir, d->spec.dir, marks)) text_copy(dir, PATH_SIZE, d->spec.dir);
        return OK;
    }
    find_roots(root);
    for (int i = 0; i < ROOTS; i++) {
        if (!root[i][0]) continue;
        if (find_mark(dir, root[i], marks)) return OK;
        size_t used = strlen(where);
        snprintf(where + used, sizeof where - used, "%s%.200s", used ? ", " : "", root[i]);
    }
    return source_fetch(d->spec.name, marks[0], where, err);
}
