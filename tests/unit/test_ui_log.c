/* test_ui_log.c - the log's lines, whole and bounded, and what of them a pane shows: every row once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui/pane.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LogLines lines;

static int empties(void **state)
{
    (void)state;
    log_free(&lines);
    return 0;
}

static void whole_lines(void **state)
{
    (void)state;
    static const struct {
        const char *name, *added, *line[3];
    } row[] = {
        {"newlines", "one\ntwo\n", {"one", "two"}},
        {"nothing", "", {""}},
        {"tabs", "a\tb\n\nc", {"a       b", "", "c"}},
        {"tabs by cells", "\u00e4\u00f6\tb\n\u4e2d\tc", {"\u00e4\u00f6      b", "\u4e2d      c"}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int n = 0;
        log_add(&lines, row[i].added);
        for (; n < 3 && row[i].line[n]; n++)
            if (n >= lines.lines || strcmp(log_line_at(&lines, n), row[i].line[n]))
                fail_msg("%s: line %d of %d", row[i].name, n, lines.lines);
        assert_int_equal(lines.lines, n);
        log_free(&lines);
    }
}

/* A line of 10,000 bytes is one; only what no screen holds goes on in another, cut between characters. */
static void long_lines(void **state)
{
    (void)state;
    enum { LONG = LOG_LINE_MOST + 1000 };
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    memset(text, 'x', LONG);
    text[LONG] = 0;
    log_add(&lines, text + LONG - 10000);
    assert_int_equal(lines.lines, 1);
    assert_int_equal(strlen(log_line_at(&lines, 0)), 10000);

    memcpy(text + LOG_LINE_MOST - 1, "\u2026y", 4);
    log_add(&lines, text);
    assert_int_equal(lines.lines, 3);
    assert_int_equal(strlen(log_line_at(&lines, 1)), LOG_LINE_MOST - 1);
    assert_memory_equal(log_line_at(&lines, 2), "\u2026y", 4);
    free(text);
}

/* 10,000 lines are kept; a flood drops the oldest, and what is kept is bounded in bytes, however short the lines. */
static void bounded(void **state)
{
    (void)state;
    char text[32];
    for (int i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "line %d", i);
        log_add(&lines, text);
    }
    assert_int_equal(lines.lines, 10000);
    assert_string_equal(log_line_at(&lines, 0), "line 0");
    for (int i = 0; i < 300000; i++) log_add(&lines, "");
    assert_true(lines.bytes <= LOG_BYTES);
    assert_true(lines.lines < 300000 && lines.lines > 50000);
    assert_int_equal(lines.added, 310000);
    log_add(&lines, "the newest");
    assert_string_equal(log_line_at(&lines, lines.lines - 1), "the newest");
}

/* ---- what is looked at ---- */

/* Six lines, eight rows where a row has 10 cells: one, two, this is / cut to / rows, four, five, six. */
static const char six_lines[] = "one\ntwo\nthis is cut to rows\nfour\nfive\nsix";

static void an_answer_on_top(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int lines, width, height, line; /* on top; -1: the end is seen */
    } row[] = {
        {"all fit", 6, 10, 8, -1},
        {"a row is missing", 6, 10, 7, 0},
        {"the first of them on top", 4, 10, 4, 2},
        {"wider: nothing is wrapped", 4, 40, 4, -1},
        {"higher than the pane, on its own", 4, 10, 2, 2},
        {"the newest", 1, 10, 4, -1},
        {"more than there are", 99, 10, 3, 0},
        {"a pane of one cell", 6, 1, 1, 0},
    };
    log_add(&lines, six_lines);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        LogFrame frame = {row[i].width, row[i].height, glyphs_of(GLYPHS_ASCII)};
        LogTop top = log_answer(&lines, row[i].lines, &frame);
        if (top.back != (row[i].line >= 0) || (top.back && (top.line != row[i].line || top.row != 0)))
            fail_msg("%s: %d, line %d, row %d", row[i].name, top.back, (int)top.line, top.row);
    }
}

static void by_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int move[3], width, height, line, row; /* line -1: at the end */
    } row[] = {
        {"a row back", {-1}, 10, 3, 2, 2},
        {"into a wrapped line", {-2}, 10, 3, 2, 1},
        {"not before the first", {-99}, 10, 3, 0, 0},
        {"and on", {-99, 3}, 10, 3, 2, 1},
        {"on to the end", {-3, 3}, 10, 3, -1, 0},
        {"not past it", {-3, 99}, 10, 3, -1, 0},
        {"a page back and on", {-2, 2}, 10, 3, -1, 0},
        {"all are seen", {-5}, 10, 8, -1, 0},
        {"a pane of one row", {-1}, 10, 1, 4, 0},
    };
    log_add(&lines, six_lines);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        LogFrame frame = {row[i].width, row[i].height, glyphs_of(GLYPHS_ASCII)};
        LogTop top = {0};
        for (int m = 0; m < 3; m++) top = log_moved(&lines, top, row[i].move[m], &frame);
        if (top.back != (row[i].line >= 0) || (top.back && (top.line != row[i].line || top.row != row[i].row)))
            fail_msg("%s: %d, line %d, row %d", row[i].name, top.back, (int)top.line, top.row);
    }
}

/* Rows of the pane, as text. */
static char *drawn(LogTop top, int width, int height)
{
    Canvas canvas;
    View view = {.log = &lines, .top = top, .glyphs = glyphs_of(GLYPHS_ASCII)};
    assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
    pane_draw(&canvas, &pane_log, &view);
    char *text = canvas_string(&canvas, NULL);
    canvas_close(&canvas);
    assert_non_null(text);
    return text;
}

/* An answer of 44 wrapped lines, read by pages: every row is seen, the row of a page's end again on the next one's top.
 */
static void pages_lose_nothing(void **state)
{
    (void)state;
    enum { WIDTH = 20, HEIGHT = 7, ANSWER = 44 };
    char text[64], seen[ANSWER] = {0};
    LogFrame frame = {WIDTH, HEIGHT, glyphs_of(GLYPHS_ASCII)};
    for (int i = 0; i < 700; i++) log_add(&lines, "before");
    for (int i = 0; i < ANSWER; i++) {
        snprintf(text, sizeof text, "begin of it, which is wrapped %02d.", i);
        log_add(&lines, text);
    }
    LogTop top = log_answer(&lines, ANSWER, &frame);
    for (int page = 0; page < 100; page++) {
        char *rows = drawn(top, WIDTH, HEIGHT);
        for (int i = 0; i < ANSWER; i++) {
            snprintf(text, sizeof text, "%02d.", i);
            if (strstr(rows, text)) seen[i] = 1;
        }
        free(rows);
        if (!top.back) break;
        top = log_moved(&lines, top, HEIGHT - 1, &frame);
    }
    assert_false(top.back);
    for (int i = 0; i < ANSWER; i++)
        if (!seen[i]) fail_msg("line %d is on no page", i);
    char *rows = drawn(top, WIDTH, HEIGHT);
    assert_non_null(strstr(rows, "43."));
    free(rows);
}

/* What is looked at stays when more comes; what is gone gives way to the oldest there is; another width is another row.
 */
static void it_stays(void **state)
{
    (void)state;
    LogFrame frame = {10, 3, glyphs_of(GLYPHS_ASCII)}, wide = {40, 3, frame.glyphs};
    log_add(&lines, six_lines);
    LogTop top = log_moved(&lines, (LogTop){0}, -1, &frame);
    assert_int_equal(top.row, 2);
    char *before = drawn(top, 10, 3);
    for (int i = 0; i < 100; i++) log_add(&lines, "more");
    char *after = drawn(top, 10, 3);
    assert_string_equal(before, after);
    assert_string_equal(before, "rows\nfour\nfive\n");
    free(before);
    free(after);
    LogTop wider = log_moved(&lines, top, 0, &wide);
    assert_true(wider.back && wider.line == 2 && wider.row == 0);
    for (int i = 0; i < 300000; i++) log_add(&lines, "");
    LogTop oldest = log_moved(&lines, top, 0, &frame);
    assert_true(oldest.back && oldest.line == lines.added - lines.lines && oldest.row == 0);
}

/* A page is read from its first row to its last, and says where it is; without one it says what to press. */
static void a_page(void **state)
{
    (void)state;
    static Page page = {.title = "help ece"};
    char text[64];
    LogFrame frame = {10, 4, glyphs_of(GLYPHS_ASCII)};
    View view = {.page = &page, .glyphs = frame.glyphs};
    pane_title(text, sizeof text, &pane_page, &view);
    assert_string_equal(text, "help ece");
    log_add(&page.lines, six_lines);
    page.top = log_answer(&page.lines, page.lines.lines, &frame);
    pane_title(text, sizeof text, &pane_page, &view);
    assert_string_equal(text, "help ece - from line 1 of 6 (PgDn)");
    static const char *const rows[] = {"one\ntwo\nthis is\ncut to\n", "cut to\nrows\nfour\nfive\n",
                                       "rows\nfour\nfive\nsix\n"};
    for (int i = 0; i < 3; i++) {
        Canvas canvas;
        assert_int_equal(canvas_open(&canvas, 10, 4, NULL), OK);
        pane_draw(&canvas, &pane_page, &view);
        char *drawn_rows = canvas_string(&canvas, NULL);
        assert_string_equal(drawn_rows, rows[i]);
        free(drawn_rows);
        canvas_close(&canvas);
        page.top = log_moved(&page.lines, page.top, 3, &frame);
    }
    pane_title(text, sizeof text, &pane_page, &view);
    assert_string_equal(text, "help ece");
    log_free(&page.lines);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whole_lines, empties), cmocka_unit_test_teardown(long_lines, empties),
        cmocka_unit_test_teardown(bounded, empties),     cmocka_unit_test_teardown(an_answer_on_top, empties),
        cmocka_unit_test_teardown(by_rows, empties),     cmocka_unit_test_teardown(pages_lose_nothing, empties),
        cmocka_unit_test_teardown(it_stays, empties),    cmocka_unit_test(a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
