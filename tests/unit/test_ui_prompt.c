/* test_ui_prompt.c - the prompt without a terminal: bytes in, statements and drawn cells out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "ui/prompt.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEFT        "\x1b[D"
#define UP          "\x1b[A"
#define CTRL_A      "\x01"
#define CTRL_R      "\x12"
#define ENTER       "\r"
#define PASTE(text) "\x1b[200~" text "\x1b[201~"

/* ---- a small language: names to complete; a statement is whole when its brackets are closed ---- */

static void complete(const char *line, int end, int *start, void (*add)(void *list, const char *word), void *list,
                     void *arg)
{
    static const char *const words[] = {"train.stage1", "train.tst", "train.vtst", "data.load", "größe", "grün"};
    (void)arg;
    *start = end;
    while (*start > 0 && !strchr(" \n(){}=,", line[*start - 1])) --*start;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(words[i], line + *start, (size_t)(end - *start)) == 0) add(list, words[i]);
}

static bool whole(const char *text, void *arg)
{
    int open = 0;
    (void)arg;
    for (; *text; text++) open += (*text == '{') - (*text == '}');
    return open <= 0;
}

static void hint(const char *line, int end, char *dst, size_t size, void *arg)
{
    (void)arg;
    snprintf(dst, size, "%s", end > 4 && strncmp(line, "load{", 5) == 0 ? "{ name =, train = }" : "");
}

static const PromptOptions plain = {.complete = complete, .whole = whole, .hint = hint};

/* ---- driving it ---- */

/* Feed text key by key: a sequence of ESC, or a character, whole. */
static void type(const char *text)
{
    for (int n; *text; text += n) {
        n = 1;
        if (text[0] == '\x1b' && (text[1] == '[' || text[1] == 'O')) {
            for (n = 3; text[2] != 0 && ((unsigned char)text[n - 1] < 0x40 || (n == 3 && text[2] == '[')); n++)
                continue;
        } else {
            n = text[0] == '\x1b' ? 2 : 1;
            while (((unsigned char)text[n] & 0xC0) == 0x80) n++;
        }
        prompt_feed(text, n);
    }
}

static void assert_taken(const char *name, const char *expected)
{
    char *text = prompt_take();
    bool same = text == expected || (text && expected && strcmp(text, expected) == 0);
    if (!same) fail_msg("%s: took '%s', not '%s'", name, text ? text : "(none)", expected ? expected : "(none)");
    free(text);
}

/* The prompt as text in `width` columns, cursor as given; compares both. */
static void assert_drawn(const char *name, int width, int most, const char *expected, int x, int y)
{
    Canvas canvas;
    Err err;
    int at_x = -1, at_y = -1;
    assert_int_equal(canvas_open(&canvas, width, prompt_rows(width, most), &err), OK);
    prompt_draw(&canvas, &at_x, &at_y);
    char *text = canvas_string(&canvas, &err);
    assert_non_null(text);
    if (strcmp(text, expected) != 0) fail_msg("%s: drawn\n%s-- not\n%s", name, text, expected);
    if (at_x != x || at_y != y) fail_msg("%s: cursor at %d, %d, not %d, %d", name, at_x, at_y, x, y);
    free(text);
    canvas_close(&canvas);
}

static int prompt_opens(void **state)
{
    (void)state;
    Err err;
    return prompt_open(&plain, &err);
}

static int prompt_closes(void **state)
{
    (void)state;
    prompt_close();
    return 0;
}

/* ---- tests ---- */

static void typing_gives_statements(void **state)
{
    (void)state;
    static const struct {
        const char *name, *keys, *taken;
    } rows[] = {
        {"a line", "print(1)" ENTER, "print(1)"},
        {"not yet", "print(1", NULL},
        {"blank lines are none", ENTER "  " ENTER, NULL},
        {"a line feed is Enter", "x\n", "x"},
        {"Left inserts before", "ac" LEFT "b" ENTER, "abc"},
        {"Backspace takes a character", "\xc3\xbc\x7fu" ENTER, "u"},
        {"Left passes a character", "\xc3\xbc\xe6\xbc\xa2" LEFT LEFT "x" ENTER, "x\xc3\xbc\xe6\xbc\xa2"},
        {"Ctrl-A, Ctrl-K, Ctrl-Y",
         "abc" CTRL_A "\x0b"
         "x\x19" ENTER,
         "xabc"},
        {"Alt-b and Ctrl-right",
         "one two\x1b"
         "b\x1b[1;5D\x1b[1;5C!" ENTER,
         "one! two"},
        {"Delete, Home and End", "abc\x1b[H\x1b[3~\x1b[F!" ENTER, "bc!"},
        {"linux' and rxvt's Home", "bc\x1b[1~a\x1b[8~d\x1b[7~." ENTER, ".abcd"},
        {"an unbound key is nothing",
         "a\x1b[15~\x1b[1;6P\x1b\xc3\xa9"
         "b" ENTER,
         "ab"},
        {"an unfinished statement goes on", "f{" ENTER "a" ENTER "}" ENTER, "f{\na\n}"},
        {"an earlier line can be mended", "f{" ENTER "}" LEFT "g" LEFT LEFT LEFT "x" ENTER, "fx{\ng}"},
        {"a paste is one statement", PASTE("a\rb\r\nc\n") ENTER, "a\nb\nc\n"},
        {"a paste keeps control out", PASTE("a\x03\x12\tb") ENTER, "a\tb"},
        {"a paste is undone at once", "x" PASTE("abc\ndef") "\x1f" ENTER, "x"},
        {"Tab takes what is common", "x = tr\t" ENTER, "x = train."},
        {"Tab takes the only one", "da\t{}" ENTER, "data.load{}"},
        {"Tab in the middle", "(da)" LEFT "\t" ENTER, "(data.load)"},
        {"Tab after a newline", "f{" ENTER "da\t}" ENTER, "f{\ndata.load}"},
        {"Tab and UTF-8", "gr\xc3\xbc\t" ENTER, "gr\xc3\xbcn"},
        {"Tab without a match", "zz\t" ENTER, "zz"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        type(rows[i].keys);
        assert_taken(rows[i].name, rows[i].taken);
        assert_taken(rows[i].name, NULL);
        prompt_abandon();
        assert_true(prompt_empty());
    }
}

static void typed_ahead_waits_in_order(void **state)
{
    (void)state;
    type("a" ENTER "b" ENTER "c");
    assert_false(prompt_empty());
    assert_taken("first", "a");
    assert_taken("second", "b");
    assert_taken("third", NULL);
    prompt_abandon();
    assert_true(prompt_empty());
}

static void it_is_drawn(void **state)
{
    (void)state;
    static const struct {
        const char *name, *keys;
        int width, most;
        const char *drawn;
        int x, y;
    } rows[] = {
        {"empty", "", 20, 5, "tare>\n", 6, 0},
        {"narrow", "ab", 8, 5, "> ab\n", 4, 0},
        {"one cell", "a", 1, 1, "\n", 0, 0},
        {"the cursor counts columns",
         "a\xe6\xbc\xa2"
         "b" LEFT,
         20, 5,
         "tare> a\xe6\xbc\xa2"
         "b\n",
         9, 0},
        {"combining marks take none", "e\xcc\x81x", 20, 5, "tare> ex\n", 8, 0},
        {"it wraps", "0123456789abcdefgh", 20, 5, "tare> 0123456789abcd\nefgh\n", 4, 1},
        {"a full row has the cursor on the next", "0123456789abcd", 20, 5, "tare> 0123456789abcd\n\n", 0, 1},
        {"a wide character does not break", "0123456789abc\xe6\xbc\xa2", 20, 5, "tare> 0123456789abc\n\xe6\xbc\xa2\n",
         2, 1},
        {"the cursor before it", "0123456789abc\xe6\xbc\xa2" LEFT, 20, 5, "tare> 0123456789abc\n\xe6\xbc\xa2\n", 0, 1},
        {"lines of a statement", "f{" ENTER "a", 20, 5, "tare> f{\n    > a\n", 7, 1},
        {"a pasted tab", PASTE("a\tb"), 20, 5, "tare> a    b\n", 12, 0},
        {"the cursor stays in view", "f{" ENTER "a" ENTER "b" ENTER "c", 20, 2, "    > b\n    > c\n", 7, 1},
        {"matches", "tr\t", 40, 5, "tare> train.\ntrain.stage1  train.tst     train.vtst\n", 12, 0},
        {"matches in columns", "train.\t", 30, 5, "tare> train.\ntrain.stage1  train.tst\ntrain.vtst\n", 12, 0},
        {"matches of the word", "x = (tr\t", 14, 9, "tare> x = (tra\nin.\ntrain.stage1\ntrain.tst\ntrain.vtst\n", 3, 1},
        {"too many matches", "train.\t", 14, 3, "tare> train.\ntrain.stage1\n(2 more)\n", 12, 0},
        {"matches go with the next key", "tr\ts", 40, 5, "tare> train.s\n", 13, 0},
        {"a hint takes no row", "load{", 40, 5, "tare> load{\n", 11, 0},
        {"a broken byte is no character", "a\xff", 20, 5, "tare> a\n", 7, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        type(rows[i].keys);
        assert_drawn(rows[i].name, rows[i].width, rows[i].most, rows[i].drawn, rows[i].x, rows[i].y);
        prompt_abandon();
    }
    type("load{");
    assert_string_equal(prompt_hint(), "{ name =, train = }");
    type("}");
    prompt_abandon();
    assert_string_equal(prompt_hint(), "");
}

static void ctrl_r_searches(void **state)
{
    (void)state;
    type("alpha = 1" ENTER "b\xc3\xa4r = 2" ENTER "gamma = 3" ENTER);
    for (int i = 0; i < 3; i++) free(prompt_take());
    type(CTRL_R "\xc3\xa4");
    assert_false(prompt_empty());
    assert_drawn("searching", 60, 5, "(reverse-i-search)`\xc3\xa4': b\xc3\xa4r = 2\n", 24, 0);
    type(ENTER);
    assert_taken("found", "b\xc3\xa4r = 2");
    type(CTRL_R "alph\x1b[C!" ENTER);
    assert_taken("an arrow ends the search", "a!lpha = 1");
    type(CTRL_R "gam");
    prompt_abandon();
    assert_drawn("abandoned", 60, 5, "tare>\n", 6, 0);
    type(CTRL_R "gam" PASTE("x") ENTER);
    assert_taken("a paste ends the search", "x");
    type(CTRL_R "nothing like it\x07");
    assert_true(prompt_empty());
}

/* Two programs with one file: neither loses the other's lines; statements of several lines come back whole. */
static void history_is_kept(void **state)
{
    (void)state;
    char path[] = "/tmp/tare-history-XXXXXX";
    Err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    PromptOptions options = plain;
    options.history = path;
    prompt_close();
    assert_int_equal(prompt_open(&options, &err), OK);
    type("one" ENTER "f{" ENTER "}" ENTER "same" ENTER "same" ENTER);
    FILE *other = fopen(path, "a");
    assert_non_null(other);
    fputs("#1700000000\nof another\n", other);
    fclose(other);
    type("last" ENTER);
    prompt_close();
    assert_int_equal(prompt_open(&options, &err), OK);
    static const char *const expected[] = {"last", "of another", "same", "f{\n}", "one"};
    for (int i = 0; i < 5; i++) {
        for (int up = 0; up <= i; up++) type(UP);
        type("\x1b[F" ENTER);
        assert_taken("history", expected[i]);
        prompt_close();
        unlink(path);
        other = fopen(path, "w");
        assert_non_null(other);
        fputs("#1700000000\none\n#1700000000\nf{\n}\n#1700000000\nsame\n#1700000000\nof another\n#1700000000\nlast\n",
              other);
        fclose(other);
        assert_int_equal(prompt_open(&options, &err), OK);
    }
    unlink(path);
}

static void history_has_a_limit(void **state)
{
    (void)state;
    char path[] = "/tmp/tare-history-XXXXXX", line[64];
    Err err;
    FILE *file = fdopen(mkstemp(path), "r+");
    assert_non_null(file);
    for (int i = 0; i < 2100; i++) fprintf(file, "#1700000000\nline %d\n", i);
    fflush(file);
    PromptOptions options = plain;
    options.history = path;
    prompt_close();
    assert_int_equal(prompt_open(&options, &err), OK);
    type("newest" ENTER);
    assert_taken("newest", "newest");
    prompt_close();
    fclose(file);
    file = fopen(path, "r");
    assert_non_null(file);
    int lines = 0;
    while (fgets(line, sizeof line, file)) lines++;
    fclose(file);
    unlink(path);
    assert_int_equal(lines, 2 * 2000);
    assert_string_equal(line, "newest\n");
    assert_int_equal(prompt_open(&plain, &err), OK);
}

static void rubbish_does_no_harm(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "a",         "{",        "}",     " ",      ENTER,    "\n",       "\t",           CTRL_R,
        "\x13",      "\a",       "\x7f",  CTRL_A,   "\x05",   "\x0b",     "\x19",         "\x1f",
        "\x16",      "\x18",     "\x1b",  "\x1b[A", "\x1b[B", LEFT,       "\x1b[3~",      "\x1b[200~",
        "\x1b[201~", "\x1b\x35", "\x1bp", "\x1b.",  "\x1d",   "\xc3\xa4", "\xe6\xbc\xa2", "\xcc\x81",
    };
    Rng rng = rng_stream(1, RNG_SHUFFLE, 0, 0);
    for (int i = 0; i < 10000; i++) {
        const char *key = keys[rng_below(&rng, sizeof keys / sizeof *keys)];
        char bytes[8];
        int n = (int)strlen(strcpy(bytes, key)), x, y;
        for (int k = 0; rng_below(&rng, 4) == 0 && k < 4; k++) bytes[n = k] = (char)rng_u32(&rng), n++;
        prompt_feed(bytes, n);
        if (i % 50 == 0) prompt_abandon();
        if (i % 3 == 0) free(prompt_take());
        Canvas canvas;
        int width = 1 + (int)rng_below(&rng, 80), rows = prompt_rows(width, 1 + (int)rng_below(&rng, 8));
        assert_int_equal(canvas_open(&canvas, width, rows, NULL), OK);
        prompt_draw(&canvas, &x, &y);
        if (x < 0 || x >= width || y < 0 || y >= rows) fail_msg("cursor at %d, %d of %d x %d", x, y, width, rows);
        canvas_close(&canvas);
    }
    prompt_abandon();
    type("still here" ENTER);
    for (char *text, *last = NULL;; last = text) {
        text = prompt_take();
        if (!text) {
            assert_string_equal(last, "still here");
            free(last);
            break;
        }
        free(last);
    }
}

/* What one key may do has bounds: in a locale of one byte a character, readline takes the NUL that ends a search for a
 * key that is still to come; and a numeric argument has no end of its own. An alarm ends what does not return. */
static void no_key_goes_on_for_ever(void **state)
{
    (void)state;
    Err err;
    alarm(60);
    setenv("LC_ALL", "C", 1);
    setlocale(LC_CTYPE, "");
    assert_int_equal(prompt_open(&plain, &err), OK);
    static const char *const searches[] = {CTRL_R, "\x13", "\x1bp"};
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        type("abc" ENTER);
        free(prompt_take());
        prompt_feed(searches[i], (int)strlen(searches[i]));
        prompt_feed("\0", 1);
        prompt_feed("\0", 1);
        prompt_abandon();
        type("whole" ENTER);
        assert_taken("after it", "whole");
    }
    prompt_close();
    setenv("LC_ALL", "C.UTF-8", 1);
    setlocale(LC_CTYPE, "");
    assert_int_equal(prompt_open(&plain, &err), OK);
    type("\x1b"
         "99999999x" ENTER);
    char *text = prompt_take();
    assert_non_null(text);
    if (strlen(text) > 10000) fail_msg("a numeric argument repeats a key %zu times", strlen(text));
    free(text);
    prompt_close();
    alarm(0);
}

/* A lone Escape is Alt before what follows at once, and nothing before what follows later. */
static void a_lone_escape_is_forgotten(void **state)
{
    (void)state;
    type("one two");
    prompt_feed("\x1b", 1);
    type("b!" ENTER);
    assert_taken("at once", "one !two");
    type("one two");
    prompt_feed("\x1b", 1);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    type("b!" ENTER);
    assert_taken("later", "one twob!");
    prompt_feed("\x1b", 1);
    type(LEFT "x" ENTER);
    assert_taken("before a key with a name", "x");
}

static int hints;

static void counted_hint(const char *line, int end, char *dst, size_t size, void *arg)
{
    hint(line, end, dst, size, arg);
    hints++;
}

/* A paste asks for one hint, not for one a character: each reads all that is typed. Tabs are text. */
static void a_paste_is_one_piece(void **state)
{
    (void)state;
    enum { LINES = 1000 };
    PromptOptions options = plain;
    Err err;
    options.hint = counted_hint;
    assert_int_equal(prompt_open(&options, &err), OK);
    hints = 0;
    prompt_feed("\x1b[200~", 6);
    for (int i = 0; i < LINES; i++) type("\tlocal r = i * 10\r");
    prompt_feed("\x1b[201~", 6);
    assert_int_equal(hints, 1);
    type(ENTER);
    char *text = prompt_take();
    assert_non_null(text);
    assert_int_equal(strlen(text), LINES * strlen("\tlocal r = i * 10\n"));
    assert_memory_equal(text, "\tlocal r = i * 10\n\tlocal", 24);
    free(text);
    prompt_close();
}

/* For LeakSanitizer: readline 8.2 itself loses what a search held that was cut off. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libreadline";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(typing_gives_statements, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(typed_ahead_waits_in_order, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(it_is_drawn, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(ctrl_r_searches, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(history_is_kept, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(history_has_a_limit, prompt_opens, prompt_closes),
        cmocka_unit_test_setup_teardown(rubbish_does_no_harm, prompt_opens, prompt_closes),
        cmocka_unit_test(no_key_goes_on_for_ever),
        cmocka_unit_test_setup_teardown(a_lone_escape_is_forgotten, prompt_opens, prompt_closes),
        cmocka_unit_test(a_paste_is_one_piece),
    };
    setenv("LC_ALL", "C.UTF-8", 1); /* readline looks there */
    setenv("INPUTRC", "/dev/null", 1);
    setlocale(LC_CTYPE, "");
    return cmocka_run_group_tests_name("ui: prompt", tests, NULL, NULL);
}
