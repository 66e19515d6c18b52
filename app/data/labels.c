/* labels.c - class names, and which classes the labels of a source's files are. Any thread. */
#include "data/source.h"

#include "base/text.h"
#include "file/whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

Status names_set(Dataset *d, const char *const *names, ptrdiff_t classes, Err *err)
{
    d->class_names = calloc((size_t)classes, sizeof *d->class_names);
    if (!d->class_names) return err_set(err, ERR_MEMORY, "no memory for %td class names", classes);
    d->classes = classes;
    for (ptrdiff_t c = 0; c < classes; c++) {
        if (names)
            text_copy(d->class_names[c], CLASS_NAME_SIZE, names[c]);
        else
            snprintf(d->class_names[c], CLASS_NAME_SIZE, "%td", d->first + c);
    }
    return OK;
}

/* One line as a class name: text that a terminal and a file can take as it is. */
static Status name_check(const char *path, ptrdiff_t line, const char *name, Err *err)
{
    if (strlen(name) >= CLASS_NAME_SIZE)
        return err_set(err, ERR_FORMAT, "%s: line %td: a class name has at most %d bytes", path, line,
                       CLASS_NAME_SIZE - 1);
    if (text_is_clean(name)) return OK;
    return err_set(err, ERR_FORMAT,
                   "%s: line %td: a control character, or bytes that are not UTF-8; expected one class name a line",
                   path, line);
}

Status names_read(Dataset *d, const char *path, Err *err)
{
    unsigned char *bytes = NULL;
    size_t size;
    const char *names[DATA_MAX_CLASSES];
    ptrdiff_t classes = 0, line = 0;
    TRY(file_read(path, 1 << 20, false, &bytes, &size, err));
    for (char *at = (char *)bytes + text_mark((char *)bytes), *end = (char *)bytes + size; at < end;) {
        char *name = at;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at : end;
        *at++ = 0; /* file_read left a byte behind the last */
        line++;
        name[strcspn(name, "\r")] = 0;
        if (!*name) continue;
        TRY(name_check(path, line, name, err));
        if (classes == DATA_MAX_CLASSES) {
            err_set(err, ERR_FORMAT, "%s: line %td: more than %d class names", path, line, DATA_MAX_CLASSES);
            goto fail;
        }
        names[classes++] = name;
    }
    if (classes < 2) {
        err_set(err, ERR_FORMAT, "%s: %td class names; expected at least 2, one a line", path, classes);
        goto fail;
    }
    TRY(names_set(d, names, classes, err));
    free(bytes);
    return OK;
fail:
    free(bytes);
    return err->code;
}

Status names_find(Dataset *d, const char *dir, Err *err)
{
    static const char *const files[] = {"labels.txt", "classes.txt"};
    char path[PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        TRY(path_join(path, dir, files[i], err));
        if (!file_exists(path)) continue;
        return names_read(d, path, err);
    }
    return OK;
fail:
    return err->code;
}

/* ---- labels ---- */

static void find_range(const Records *r, int32_t *least, int32_t *most)
{
    *least = INT32_MAX, *most = 0;
    for (ptrdiff_t i = 0; i < r->n; i++) {
        if (r->labels[i] < *least) *least = r->labels[i];
        if (r->labels[i] > *most) *most = r->labels[i];
    }
}

/* The label of the first class. EMNIST Letters, MATLAB and Julia count from 1: where nothing else is asked, so do
 * labels that have a 1 and no 0, and where there are names, as many as names. */
static int find_first(const Dataset *d, const Records *train, const Records *test)
{
    const char *asked = d->spec.first;
    int32_t least, most, least_test, most_test;
    if (strcmp(asked, "auto") != 0) return strcmp(asked, "1") == 0;
    find_range(train, &least, &most);
    find_range(test, &least_test, &most_test);
    return least == 1 && least_test >= 1 && (!d->class_names || most == d->classes);
}

/* Every label of r is a class; then they become numbers from 0. */
static Status labels_shift(const Dataset *d, Records *r, bool named, Err *err)
{
    int last = d->first + (int)d->classes - 1;
    for (ptrdiff_t i = 0; i < r->n; i++) {
        int32_t label = r->labels[i];
        bool beyond = label > last && d->first == 0 && label == last + 1;
        if (label >= d->first && label <= last) {
            r->labels[i] = label - d->first;
            continue;
        }
        if (named)
            return err_set(err, ERR_FORMAT, "%s: image %td has label %d; expected %d to %d, as there are %td names%s",
                           r->from, i + 1, (int)label, d->first, last, d->classes,
                           beyond ? "; for labels that count from 1 set first = 1" : "");
        return err_set(err, ERR_FORMAT,
                       "%s: image %td has label %d, which no training image has (they have %d to %d); to keep it, name "
                       "all classes in a labels.txt",
                       r->from, i + 1, (int)label, d->first, last);
    }
    return OK;
}

Status labels_settle(Dataset *d, Records *train, Records *test, Err *err)
{
    int32_t least, most;
    bool named = d->class_names;
    d->first = find_first(d, train, test);
    find_range(train, &least, &most);
    if (least < d->first)
        return err_set(err, ERR_FORMAT, "%s: a label is 0, but first = 1 says that they count from 1; leave first out",
                       train->from);
    if (!named && most - d->first >= DATA_MAX_CLASSES)
        return err_set(err, ERR_FORMAT, "%s: label %d; there can be at most %d classes", train->from, (int)most,
                       DATA_MAX_CLASSES);
    if (!named) TRY(names_set(d, NULL, most > d->first ? most - d->first + 1 : 2, err));
    TRY(labels_shift(d, train, named, err));
    TRY(labels_shift(d, test, named, err));
    return OK;
fail:
    return err->code;
}
