/* picture.c - the table of pictures. See picture.h. */
#include "plot/picture.h"

#include <stdio.h>
#include <string.h>

const Picture *const pictures[] = {&picture_curves,      &picture_loss,       &picture_ece,
                                   &picture_reliability, &picture_confidence, NULL};

char picture_choices[128];

void pictures_open(void)
{
    size_t used = 0;
    for (int i = 0; pictures[i] && used < sizeof picture_choices; i++)
        used += (size_t)snprintf(picture_choices + used, sizeof picture_choices - used, "%s%s", i ? "|" : "",
                                 pictures[i]->name);
}

const Picture *picture_find(const char *name)
{
    for (int i = 0; pictures[i]; i++)
        if (strcmp(pictures[i]->name, name) == 0) return pictures[i];
    return NULL;
}

const EvalPoint *picture_eval(const RunView *view)
{
    if (!view->log) return NULL;
    return view->at ? view->at : runlog_eval(view->log, "valid", NULL);
}
