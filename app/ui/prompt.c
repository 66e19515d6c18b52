/* prompt.c - the line that is being typed. readline edits, from a queue of bytes, and draws into /dev/null; what it
 * would show is drawn here. Enter on an unfinished statement puts a newline into it. Main thread; one a process. */
#include "ui/prompt.h"

#include "file/whole.h"
#include "base/clock.h"
#include "base/text.h"
#include "ui/pen.h"
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <readline/readline.h>
#include <readline/history.h>

enum { HISTORY_MOST = 2000, HINT_SIZE = 256, GAP = 2, NESTED_MOST = 4 };
enum {
    PENDING_MOST = 64,
    ARGUMENT_MOST = 1000
}; /* what one key may do: keys of readline's own, times it is repeated */

static const double escape_seconds = 1; /* Escape, let go, and then a key is Alt and the key for so long */

static const char *const ask = "tare> ", *const ask_narrow = "> ";
static const char paste_begin[] = "\x1b[200~", paste_end[] = "\x1b[201~";

typedef struct {
    char **item;
    int count, room;
} Strings;

static struct {
    PromptOptions options;
    bool open, pasting, cr;  /* cr: the last pasted byte was a carriage return */
    bool enter;              /* Enter was typed: judge the text once readline has returned */
    double escaped;          /* when a lone Escape was typed, the last of all keys; 0: it was not */
    char history[PATH_SIZE]; /* file; "" for none */
    FILE *null;
    const char *queue; /* bytes of one key that readline has not read yet */
    int queued;
    Strings done;    /* statements that nobody took yet */
    Strings matches; /* what Tab found; shown until the next key */
    char hint[HINT_SIZE];
    const char *question; /* in place of "tare> " */
} self;

/* ---- lists of strings ---- */

/* The list owns `text` from now on; without memory it is dropped. */
static void strings_add(Strings *list, char *text)
{
    if (list->count == list->room) {
        int room = 2 * list->room + 8;
        char **item = realloc(list->item, (size_t)room * sizeof *item);
        if (!item) {
            free(text);
            return;
        }
        list->item = item;
        list->room = room;
    }
    if (text) list->item[list->count++] = text;
}

static void strings_clear(Strings *list)
{
    for (int i = 0; i < list->count; i++) free(list->item[i]);
    free(list->item);
    *list = (Strings){0};
}

/* ---- what readline calls ---- */

static int next_byte(FILE *unused)
{
    (void)unused;
    if (self.queued == 0) return EOF;
    self.queued--;
    return (unsigned char)*self.queue++;
}

static int byte_waits(void)
{
    return self.queued > 0;
}

static void no_redisplay(void) {}

static int on_enter(int count, int key)
{
    (void)count, (void)key;
    self.enter = true;
    return 0;
}

static void on_line(char *line)
{
    if (!line) return; /* Ctrl-D on an empty line: the caller's */
    bool blank = line[strspn(line, " \t\n")] == 0;
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    if (!blank && !(last && strcmp(last->line, line) == 0)) {
        add_history(line);
        if (*self.history) append_history(1, self.history); /* at once: another tare may write, too */
    }
    if (blank)
        free(line);
    else
        strings_add(&self.done, line);
}

/* Candidates as readline wants them: the whole text up to the cursor, so that our own idea of a word counts. */
static struct {
    Strings list;
    int start, next; /* of the word; the candidate that readline gets next */
} found;

static void add_candidate(void *list, const char *word)
{
    char *text = NULL;
    if (asprintf(&text, "%.*s%s", found.start, rl_line_buffer, word) >= 0) strings_add(list, text);
}

static char *next_candidate(const char *text, int state)
{
    (void)text, (void)state;
    return found.next < found.list.count ? found.list.item[found.next++] : NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    rl_attempted_completion_over = 1; /* no file names of readline's own */
    rl_completion_suppress_append = 1;
    rl_sort_completion_matches = 0;
    if (end > rl_end) end = rl_end; /* vi's completion steps past the end */
    char *line = strdup(rl_line_buffer);
    if (!line || !self.options.complete || self.question) return free(line), NULL;
    found.start = end;
    found.next = 0;
    self.options.complete(line, end, &found.start, add_candidate, &found.list, self.options.arg);
    free(line);
    char **matches = rl_completion_matches(text, next_candidate);
    free(found.list.item); /* readline has the strings */
    found.list = (Strings){0};
    return matches;
}

static void keep_matches(char **matches, int count, int longest)
{
    (void)longest;
    strings_clear(&self.matches);
    for (int i = 1; i <= count; i++) {
        int start = found.start <= (int)strlen(matches[i]) ? found.start : 0;
        strings_add(&self.matches, strdup(matches[i] + start));
    }
}

/* ---- opening and closing ---- */

/* What terminals send for keys that readline does not know without terminfo; ~/.inputrc goes before. */
static const struct {
    const char *keys;
    rl_command_func_t *command;
} bindings[] = {
    {"\\e[1~", rl_beg_of_line},     {"\\e[7~", rl_beg_of_line},    {"\\e[4~", rl_end_of_line},
    {"\\e[8~", rl_end_of_line},     {"\\e[3~", rl_delete},         {"\\e[1;5C", rl_forward_word},
    {"\\e[1;3C", rl_forward_word},  {"\\eOc", rl_forward_word},    {"\\e[1;5D", rl_backward_word},
    {"\\e[1;3D", rl_backward_word}, {"\\eOd", rl_backward_word},   {"\\e[3;5~", rl_kill_word},
    {"\\e[3;3~", rl_kill_word},     {"\\e\\e[C", rl_forward_word}, {"\\e\\e[D", rl_backward_word},
};

/* What ~/.inputrc may not choose. readline 8.2's vi mode frees undo lists twice under random keys: emacs it is. */
static const char *const settings[][2] = {
    {"editing-mode", "emacs"},          {"bell-style", "none"},          {"show-all-if-ambiguous", "on"},
    {"enable-bracketed-paste", "off"},  {"blink-matching-paren", "off"}, {"completion-query-items", "0"},
    {"echo-control-characters", "off"},
};

static void bind_keys(void)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) rl_variable_bind(settings[i][0], settings[i][1]);
    rl_bind_key_in_map('\r', on_enter, emacs_standard_keymap);
    rl_bind_key_in_map('\n', rl_newline, emacs_standard_keymap);
    rl_unbind_function_in_map(rl_vi_editing_mode, emacs_meta_keymap);
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
        rl_bind_keyseq_if_unbound(bindings[i].keys, bindings[i].command);
}

/* Statements of several lines are told apart by the time stamps between them. */
static void open_history(void)
{
    history_comment_char = '#';
    history_write_timestamps = 1;
    using_history();
    stifle_history(HISTORY_MOST);
    if (!*self.history) return;
    int fd = open(self.history, O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* append_history makes none */
    if (fd >= 0) close(fd);
    read_history(self.history);
}

/* Cut the file, with what others appended to it, to its newest statements. (history_truncate_file counts lines, and
 * drops the first time stamp, without which readline takes every line for a statement.) */
static void trim_history(void)
{
    clear_history(); /* rl_clear_history of 8.2 leaves what it freed to the next search */
    if (*self.history && read_history(self.history) == 0 && history_base > 1) write_history(self.history);
}

Status prompt_open(const PromptOptions *options, Err *err)
{
    self.options = *options;
    if (options->history && !text_copy(self.history, sizeof self.history, options->history))
        return err_set(err, ERR_USAGE, "path of the history too long: %.200s...", options->history);
    self.null = fopen("/dev/null", "r+e");
    if (!self.null) return err_sys(err, "cannot open /dev/null");
    rl_readline_name = "tare";
    rl_instream = rl_outstream = self.null;
    rl_catch_signals = rl_catch_sigwinch = rl_change_environment = 0;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_redisplay_function = no_redisplay; /* before rl_initialize: it then leaves terminfo to curses */
    rl_getc_function = next_byte;
    rl_input_available_hook = byte_waits;
    rl_attempted_completion_function = complete;
    rl_basic_word_break_characters = rl_completer_word_break_characters = "";
    rl_completion_display_matches_hook = keep_matches;
    rl_initialize();
    bind_keys();
    open_history();
    rl_callback_handler_install(ask, on_line);
    self.open = true;
    return OK;
}

void prompt_close(void)
{
    if (!self.open) return;
    prompt_abandon(); /* a search points into the history */
    rl_callback_handler_remove();
    trim_history();
    clear_history();
    strings_clear(&self.done);
    strings_clear(&self.matches);
    fclose(self.null);
    memset(&self, 0, sizeof self);
}

/* ---- feeding ---- */

enum { SEARCHES = RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_SEARCH };
enum {
    BEGUN = SEARCHES | RL_STATE_NUMERICARG | RL_STATE_MULTIKEY | RL_STATE_METANEXT | RL_STATE_MOREINPUT |
            RL_STATE_CHARSEARCH | RL_STATE_VIMOTION
};

/* A key may leave readline keys of its own to read, as the one that ends a search does. It never ends on them where
 * that is a NUL, which it takes for none, and so asks for ever; whatever else there may be is bounded as well. */
static void feed(const char *bytes, int n)
{
    self.queue = bytes;
    self.queued = n;
    for (int left = n + PENDING_MOST; left > 0; left--) {
        if (self.queued == 0 && rl_pending_input == 0) break;
        rl_callback_read_char();
    }
    self.queued = 0;
    rl_clear_pending_input();

    /* Alt-9 and nine digits more would insert the next character that often. */
    if (rl_numeric_arg > ARGUMENT_MOST) rl_numeric_arg = ARGUMENT_MOST;
}

/* Pasted text is text: its newlines do not run it, its control characters do nothing. */
static void paste(const char *bytes, int n)
{
    char text[64];
    bool cr = n == 1 && bytes[0] == '\r', crlf = self.cr && n == 1 && bytes[0] == '\n';
    self.cr = cr;
    if (crlf || n >= (int)sizeof text) return;
    memcpy(text, cr ? "\n" : bytes, (size_t)n);
    text[n] = 0;
    if (n > 0 && (!iscntrl((unsigned char)text[0]) || text[0] == '\n' || text[0] == '\t')) rl_insert_text(text);
}

/* Ctrl-G ends a search, an argument, a sequence of keys; inside one another it takes a few. */
static void end_begun(void)
{
    for (int i = 0; i < NESTED_MOST && RL_ISSTATE(BEGUN); i++) feed("\a", 1);
}

static void set_pasting(bool on)
{
    if (on == self.pasting) return;
    if (on) end_begun();
    if (on)
        rl_begin_undo_group();
    else
        rl_end_undo_group();
    self.pasting = on;
    self.cr = false;
}

static bool is(const char *bytes, int n, const char *what)
{
    return n == (int)strlen(what) && memcmp(bytes, what, (size_t)n) == 0;
}

/* What readline can take: a character, Alt and one of ASCII, or a sequence that is bound. Broken UTF-8 would corrupt
 * its buffers, an unbound sequence would be typed as text. */
static bool acceptable(const char *bytes, int n)
{
    mbstate_t state = {0};
    int type = ISFUNC;
    if (n == 1 && bytes[0] == 0) return true; /* Ctrl-Space */
    if (n == 1 && bytes[0] != '\x1b') rl_function_of_keyseq_len(bytes, 1, rl_get_keymap(), &type);
    if (type == ISKMAP && RL_ISSTATE(SEARCHES)) return false; /* Ctrl-X in a search crashes readline 8.2 */
    if (bytes[0] != '\x1b') return mbrlen(bytes, (size_t)n, &state) == (size_t)n;
    if (n == 1 || (n == 2 && (unsigned char)bytes[1] < 0x80)) return true;
    return rl_function_of_keyseq_len(bytes, (size_t)n, rl_get_keymap(), NULL) != NULL;
}

/* Commands that leave the line for another. readline 8.2 can free the undo list of such a line twice, so it is emptied
 * before: what was done to a line cannot be undone from another. */
static rl_command_func_t *const leaving[] = {
    rl_get_previous_history,
    rl_get_next_history,
    rl_beginning_of_history,
    rl_end_of_history,
    rl_reverse_search_history,
    rl_forward_search_history,
    rl_noninc_reverse_search,
    rl_noninc_forward_search,
    rl_noninc_reverse_search_again,
    rl_noninc_forward_search_again,
    rl_history_search_forward,
    rl_history_search_backward,
    rl_history_substr_search_forward,
    rl_history_substr_search_backward,
    rl_operate_and_get_next,
    rl_vi_search,
    rl_vi_search_again,
    rl_vi_fetch_history,
    rl_fetch_history,
};

static void forget_undo(const char *bytes, int n)
{
    rl_command_func_t *command = rl_function_of_keyseq_len(bytes, (size_t)n, rl_get_keymap(), NULL);
    for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++)
        if (command == leaving[i]) rl_free_undo_list();
}

static void enter(void)
{
    self.enter = false;
    if (!self.question && self.options.whole && !self.options.whole(rl_line_buffer, self.options.arg))
        rl_insert_text("\n");
    else
        feed("\n", 1); /* bound to rl_newline: on_line gets the text */
}

/* A lone Escape does nothing, but for a while stands for Alt before the next key; readline would wait for that key for
 * ever. True when it is kept; *key (2), filled, takes the place of a key that follows one. */
static bool escape(const char **bytes, int *n, char key[2])
{
    double escaped = self.escaped;
    self.escaped = 0;
    if (escaped > 0 && *n == 1 && **bytes != '\x1b' && clock_seconds() - escaped < escape_seconds) {
        key[0] = '\x1b';
        key[1] = **bytes;
        *bytes = key;
        *n = 2;
    } else if (is(*bytes, *n, "\x1b") && !RL_ISSTATE(BEGUN)) {
        self.escaped = clock_seconds();
    }
    return self.escaped > 0;
}

void prompt_feed(const char *bytes, int n)
{
    char key[2];
    if (n < 1) return;
    strings_clear(&self.matches);
    if (is(bytes, n, paste_begin) || is(bytes, n, paste_end))
        set_pasting(is(bytes, n, paste_begin));
    else if (self.pasting)
        paste(bytes, n);
    else if (!escape(&bytes, &n, key) && acceptable(bytes, n)) {
        forget_undo(bytes, n);
        feed(is(bytes, n, "\n") ? "\r" : bytes, n);
    }
    if (self.enter) enter();

    /* The hint reads all that stands before the cursor: for each character of a paste that would be quadratic. */
    if (self.pasting) return;
    self.hint[0] = 0;
    if (self.options.hint && !RL_ISSTATE(BEGUN))
        self.options.hint(rl_line_buffer, rl_point, self.hint, sizeof self.hint, self.options.arg);
}

void prompt_abandon(void)
{
    set_pasting(false);
    end_begun();
    rl_free_line_state();
    rl_callback_sigcleanup();
    rl_callback_handler_remove();
    rl_callback_handler_install(ask, on_line);
    strings_clear(&self.matches);
    self.hint[0] = 0;
}

char *prompt_take(void)
{
    if (self.done.count == 0) return NULL;
    char *first = self.done.item[0];
    memmove(self.done.item, self.done.item + 1, (size_t)--self.done.count * sizeof *self.done.item);
    return first;
}

void prompt_ask(const char *question)
{
    self.question = question;
}

bool prompt_empty(void)
{
    return rl_end == 0 && !self.pasting && !RL_ISSTATE(BEGUN);
}

/* ---- drawing ---- */

/* Draw the line, cursor at (*x, *y) counted from its first row; returns its rows. */
static int draw_line(Pen pen, int *x, int *y)
{
    bool plain =
        rl_display_prompt == NULL || strcmp(rl_display_prompt, ask) == 0; /* else "(reverse-i-search)`...': " */
    const char *before = !plain                   ? rl_display_prompt
                         : pen.width < PEN_NARROW ? ask_narrow
                         : self.question          ? self.question
                                                  : ask;
    pen_text(&pen, before, INK_TITLE, -1, NULL, NULL);
    pen_text(&pen, rl_line_buffer, INK_TEXT, rl_point, x, y);
    return (pen.y > *y ? pen.y : *y) + 1;
}

/* Columns of the match list. */
static int match_columns(int width, int *column)
{
    int longest = 0;
    for (int i = 0; i < self.matches.count; i++) {
        int columns = pen_columns(self.matches.item[i]);
        if (columns > longest) longest = columns;
    }
    *column = longest + GAP;
    return (width + GAP) / *column > 1 ? (width + GAP) / *column : 1;
}

static int extra_rows(int width)
{
    int column, columns = match_columns(width, &column);
    if (self.matches.count > 0) return (self.matches.count + columns - 1) / columns;
    return 0;
}

static void draw_cut(Canvas *canvas, int x, int y, const char *text)
{
    Pen pen = {.width = 1 << 20, .canvas = canvas, .x = x, .y = y};
    pen_text(&pen, text, INK_DIM, -1, NULL, NULL);
}

/* Matches in rows, from left to right; when they do not fit, the last row says how many are missing. */
static void draw_matches(Canvas *canvas, int top, int rows)
{
    int column, columns = match_columns(canvas->width, &column);
    bool all = extra_rows(canvas->width) <= rows;
    int shown = all ? self.matches.count : columns * (rows - 1);
    for (int i = 0; i < shown; i++) draw_cut(canvas, i % columns * column, top + i / columns, self.matches.item[i]);
    if (all) return;
    char note[48];
    snprintf(note, sizeof note, "(%d more)", self.matches.count - shown);
    draw_cut(canvas, 0, top + rows - 1, note);
}

int prompt_rows(int width, int most)
{
    int x = 0, y = 0, rows = draw_line((Pen){.width = width}, &x, &y) + extra_rows(width);
    return rows < most ? rows : most;
}

void prompt_draw(Canvas *canvas, int *x, int *y)
{
    *x = *y = 0;
    int rows = draw_line((Pen){.width = canvas->width}, x, y);
    int top = *y >= canvas->height ? *y - canvas->height + 1 : 0;
    draw_line((Pen){.width = canvas->width, .canvas = canvas, .top = top}, x, y);
    *y -= top;
    int left = canvas->height - rows;
    if (left < 1) return;
    if (self.matches.count > 0) draw_matches(canvas, rows, left);
}

const char *prompt_hint(void)
{
    return self.matches.count > 0 ? "" : self.hint;
}

void prompt_resize(int width, int height)
{
    rl_set_screen_size(height, width);
}
