/* test_ui_layout.c - frames at every size: inside, apart, and all cells used; which panes there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui/face.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 200, HEIGHT = 60 };

static char taken[HEIGHT][WIDTH];

/* Take the cells of a rectangle; fails where one is outside or taken. Returns how many. */
static int take(Rect r, int width, int height, char who)
{
    if (r.width == 0 || r.height == 0) return 0;
    assert_true(r.x >= 0 && r.y >= 0 && r.width > 0 && r.height > 0);
    assert_true(r.x + r.width <= width && r.y + r.height <= height);
    for (int y = r.y; y < r.y + r.height; y++) {
        static const char none[WIDTH];
        if (memcmp(taken[y] + r.x, none, (size_t)r.width))
            fail_msg("%c lies on another in row %d of %d x %d", who, y, width, height);
        memset(taken[y] + r.x, who, (size_t)r.width);
    }
    return r.width * r.height;
}

/* The sum of all areas is the screen: together with no overlap, every cell belongs to one part. */
static void check_shared(const Layout *layout, const Shares *shares, int width, int height, int prompt_rows, int zoom)
{
    Placed placed;
    layout_place(&placed, layout, shares, width, height, prompt_rows, zoom);
    for (int y = 0; y < height; y++) memset(taken[y], 0, (size_t)width);
    int cells = take(placed.prompt, width, height, 'p') + take(placed.status, width, height, 's');
    int wanted = prompt_rows < height ? prompt_rows : height;
    assert_int_equal(placed.prompt.height, wanted);
    assert_int_equal(placed.prompt.width, width);
    assert_int_equal(placed.prompt.y, height - wanted);
    bool gone = false;
    for (int i = 0; i < LAYOUT_PANES; i++) {
        bool shown = placed.frame[i].width > 0 && placed.frame[i].height > 0;
        assert_false(shown && !layout->pane[i]);
        if (zoom < 0) assert_false(shown && gone); /* the first ones are the last to go */
        if (zoom >= 0) assert_true(shown == (i == zoom && wanted < height));
        gone = gone || !shown;
        cells += take(placed.frame[i], width, height, (char)('0' + i));
    }
    assert_int_equal(cells, width * height);
}

static void check(const Layout *layout, int width, int height, int prompt_rows, int zoom)
{
    check_shared(layout, &layout->shares, width, height, prompt_rows, zoom);
}

static void every_size(void **state)
{
    (void)state;
    for (const Layout *layout = layouts; layout->name; layout++)
        for (int width = 1; width <= WIDTH; width++)
            for (int height = 1; height <= HEIGHT; height++)
                for (int rows = 0; rows <= 3; rows++) check(layout, width, height, rows, -1);
}

static void every_zoom(void **state)
{
    (void)state;
    for (const Layout *layout = layouts; layout->name; layout++)
        for (int zoom = 0; zoom < LAYOUT_PANES && layout->pane[zoom]; zoom++)
            for (int width = 1; width <= WIDTH; width++)
                for (int height = 1; height <= HEIGHT; height++)
                    for (int rows = 0; rows <= 3; rows++) check(layout, width, height, rows, zoom);
}

static void how_many_panes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *layout;
        int width, height, panes;
        bool status;
    } row[] = {
        {"train at 80x24", "train", 80, 24, 5, true},         {"train at 60x24", "train", 60, 24, 5, true},
        {"train, narrow and high", "train", 40, 40, 5, true}, {"train at 40x12: two", "train", 40, 12, 2, true},
        {"train at 20x5: one", "train", 20, 5, 1, false},     {"calibration at 80x24", "calibration", 80, 24, 5, true},
        {"compare at 80x24", "compare", 80, 24, 3, true},     {"compare at 40x12: two", "compare", 40, 12, 2, true},
        {"a prompt alone", "train", 80, 1, 0, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Placed placed;
        int shown = 0;
        const Layout *layout = layout_find(row[i].layout);
        layout_place(&placed, layout, &layout->shares, row[i].width, row[i].height, 1, -1);
        for (int p = 0; p < LAYOUT_PANES; p++) shown += placed.frame[p].height > 0;
        if (shown != row[i].panes) fail_msg("%s: %d panes, not %d", row[i].name, shown, row[i].panes);
        assert_int_equal(placed.status.height, row[i].status);
    }
}

/* The border at (x, y) of the layout at 80x24 (prompt in row 23, status in 22), pulled somewhere: what moves. */
static void dragging(void **state)
{
    (void)state;
    static const struct {
        const char *name, *layout;
        int x, y, to_x, to_y;
        GripKind kind;
        int pane;
        Rect frame; /* of that pane afterwards */
    } row[] = {
        {"the divider of the columns", "train", 40, 5, 50, 9, GRIP_LEFT, 1, {50, 0, 30, 10}},
        {"not beyond a pane's least width", "train", 40, 5, 79, 9, GRIP_LEFT, 1, {56, 0, 24, 10}},
        {"nor to the left", "train", 40, 5, 0, 9, GRIP_LEFT, 1, {24, 0, 56, 10}},
        {"between two panes of a column", "train", 10, 10, 0, 7, GRIP_ROW, 2, {0, 7, 40, 10}},
        {"not beyond a pane's least height", "train", 10, 10, 0, 0, GRIP_ROW, 2, {0, 4, 40, 13}},
        {"nor its own", "train", 10, 10, 0, 23, GRIP_ROW, 2, {0, 13, 40, 4}},
        {"what goes across below", "train", 10, 17, 0, 12, GRIP_BOTTOM, 4, {0, 12, 80, 10}},
        {"leaves the columns their room", "train", 10, 17, 0, 0, GRIP_BOTTOM, 4, {0, 8, 80, 14}},
        {"what goes across above", "compare", 10, 9, 0, 14, GRIP_TOP, 1, {0, 14, 40, 8}},
        {"leaves them theirs", "compare", 10, 9, 0, 30, GRIP_TOP, 1, {0, 18, 40, 4}},
        {"no border inside a pane", "train", 10, 5, 30, 9, GRIP_NONE, 0, {0, 0, 40, 10}},
        {"nor at the top", "train", 10, 0, 10, 9, GRIP_NONE, 0, {0, 0, 40, 10}},
        {"nor at the left edge", "train", 0, 5, 30, 5, GRIP_NONE, 0, {0, 0, 40, 10}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Placed placed;
        const Layout *layout = layout_find(row[i].layout);
        Shares shares = layout->shares;
        layout_place(&placed, layout, &shares, 80, 24, 1, -1);
        Grip grip = layout_grip(layout, &placed, row[i].x, row[i].y);
        if (grip.kind != row[i].kind || grip.pane != row[i].pane)
            fail_msg("%s: grip %d of pane %d", row[i].name, grip.kind, grip.pane);
        layout_pull(&shares, layout, &placed, grip, row[i].to_x, row[i].to_y);
        layout_place(&placed, layout, &shares, 80, 24, 1, -1);
        Rect r = placed.frame[row[i].pane], wanted = row[i].frame;
        if (memcmp(&r, &wanted, sizeof r) != 0)
            fail_msg("%s: %d, %d, %d x %d", row[i].name, r.x, r.y, r.width, r.height);
    }
    Placed placed;
    layout_place(&placed, &layouts[0], &layouts[0].shares, 80, 24, 1, -1);
    assert_int_equal(layout_grip(&layouts[0], &placed, 3, 22).pane, -1); /* the status line */
    assert_int_equal(layout_grip(&layouts[0], &placed, -1, 500).pane, -1);
}

/* However borders are pulled, on whatever screen afterwards, panes stay inside and apart. */
static void dragged_anywhere(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (const Layout *layout = layouts; layout->name; layout++) {
        Shares shares = layout->shares;
        for (int i = 0; i < 3000; i++) {
            int at[6];
            Placed placed;
            for (int k = 0; k < 6; k++) at[k] = (int)((random = random * 1664525u + 1013904223u) >> 8);
            int width = 1 + at[0] % WIDTH, height = 1 + at[1] % HEIGHT;
            layout_place(&placed, layout, &shares, width, height, 1, -1);
            Grip grip = layout_grip(layout, &placed, at[2] % width, at[3] % height);
            layout_pull(&shares, layout, &placed, grip, at[4] % 250 - 20, at[5] % 90 - 10);
            check_shared(layout, &shares, width, height, 1, -1);
            check_shared(layout, &shares, 1 + at[4] % WIDTH, 1 + at[5] % HEIGHT, 1, -1);
        }
    }
}

static void found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(layout_find("train"), &layouts[0]);
    assert_string_equal(layout_find("compare")->name, "compare");
    assert_string_equal(layout_find("compare")->pane[0], "runs");
    for (const Layout *l = layouts; l->name; l++) /* a layout names panes that there are */
        for (int i = 0; i < layout_panes(l); i++) assert_non_null(pane_find(l->pane[i]));
    assert_null(layout_find("trains"));
}

/* F1 in a view prints the tables: what each row says of itself is there, whole, in a line with its name. */
static void said_where_it_stands(const char *text, const char *name, const char *help)
{
    char line[256];
    assert_non_null(help);
    snprintf(line, sizeof line, "    %-16s %s\n", name, help);
    if (!*help || !strstr(text, line)) fail_msg("nothing says: %s %s", name, help);
}

static void every_row_is_in_the_help(void **state)
{
    (void)state;
    char *text = face_keys();
    const char *name, *help;
    int keys = 0, panes = 0;
    assert_non_null(text);
    for (; face_key(keys, &name, &help); keys++) said_where_it_stands(text, name, help);
    for (const Layout *l = layouts; l->name; l++) said_where_it_stands(text, l->name, l->help);
    for (; pane_nth(panes); panes++) said_where_it_stands(text, pane_nth(panes)->name, pane_nth(panes)->help);
    assert_true(keys > 20 && panes > 5);
    assert_non_null(strstr(text, "    F1               a page of help\n"));
    assert_non_null(strstr(text, "    q                in a replay: quit\n"));
    assert_non_null(strstr(text, "    compare          all runs with their figures"));
    assert_non_null(strstr(text, "    confidence       how sure"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(every_zoom),
        cmocka_unit_test(how_many_panes),
        cmocka_unit_test(dragging),
        cmocka_unit_test(dragged_anywhere),
        cmocka_unit_test(found_by_name),
        cmocka_unit_test(every_row_is_in_the_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
