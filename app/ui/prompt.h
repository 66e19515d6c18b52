/* prompt.h - the line that is being typed: the only user of readline (callback interface). Main thread.
 *
 * readline edits; it neither reads the terminal nor draws (architecture: "readline beside ncurses"). A finished line is
 * queued, and taken by prompt_take after the bytes were fed. */
#ifndef TARE_UI_PROMPT_H
#define TARE_UI_PROMPT_H

#include "base/err.h"
#include "plot/canvas.h"
#include <stdbool.h>
#include <stddef.h>

/* Called by Tab. Add candidates for the word that ends at `end` of `line` by calling add(candidate) with whole words
 * (what replaces line[*start .. end-1]); *start is the function's to set. */
typedef void PromptComplete(const char *line, int end, int *start, void (*add)(void *list, const char *word),
                            void *list, void *arg);
/* True when the text is a whole statement, false when it wants another line. */
typedef bool PromptWhole(const char *text, void *arg);
/* A one-line hint for the text before the cursor ("{ data =, model =, epochs = 30 ...}"), "" for none. */
typedef void PromptHint(const char *line, int end, char *dst, size_t size, void *arg);

typedef struct {
    const char *history; /* file; NULL for none */
    PromptComplete *complete;
    PromptWhole *whole;
    PromptHint *hint;
    void *arg;
} PromptOptions;

Status prompt_open(const PromptOptions *options, Err *err);
void prompt_close(void); /* writes the history */

/* One key's bytes, a character whole; those of KEY_PASTE_BEGIN and KEY_PASTE_END, too: what lies between is inserted as
 * text, newlines and all. Ctrl-C is not fed: the caller calls prompt_abandon. */
void prompt_feed(const char *bytes, int n);
void prompt_abandon(void); /* drop the line, and what of a statement came before it */

/* Ask something else than for a statement: its answer is one line. NULL: the usual. Borrowed. */
void prompt_ask(const char *question);

/* A finished statement, malloc'ed, its lines joined by newlines; NULL when there is none. */
char *prompt_take(void);

bool prompt_empty(void); /* nothing typed: keys may mean other things */

/* The hint for what is typed, "" for none: for whoever has a row that stays, so that panes do not jump. */
const char *prompt_hint(void);

/* Rows it wants now: the line, wrapped to width, and the match list when there is one (at most `most`). */
int prompt_rows(int width, int most);
/* Draw into its rows and say where the cursor is (columns by wcwidth). */
void prompt_draw(Canvas *canvas, int *x, int *y);

void prompt_resize(int width, int height);

#endif
