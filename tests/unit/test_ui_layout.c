/* test_ui_layout.c - frames at every size: inside, apart, and all cells used; which panes there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui/layout.h"

#include <stdbool.h>
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
static void check(const Layout *layout, int width, int height, int prompt_rows, int zoom)
{
    Placed placed;
    layout_place(&placed, layout, width, height, prompt_rows, zoom);
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

static void every_size(void **state)
{
    (void)state;
    for (const Layout *layout = layouts; layout->name; layout++)
        for (int width = 1; width <= WIDTH; width++)
            for (int height = 1; height <= HEIGHT; height++)
                for (int rows = 1; rows <= 3; rows++) check(layout, width, height, rows, -1);
}

static void every_zoom(void **state)
{
    (void)state;
    for (const Layout *layout = layouts; layout->name; layout++)
        for (int zoom = 0; zoom < LAYOUT_PANES && layout->pane[zoom]; zoom++)
            for (int width = 1; width <= WIDTH; width++)
                for (int height = 1; height <= HEIGHT; height++)
                    for (int rows = 1; rows <= 3; rows++) check(layout, width, height, rows, zoom);
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
        {"train at 20x5: one", "train", 20, 5, 1, false},     {"calibration at 80x24", "calibration", 80, 24, 4, true},
        {"compare at 80x24", "compare", 80, 24, 3, true},     {"compare at 40x12: two", "compare", 40, 12, 2, true},
        {"a prompt alone", "train", 80, 1, 0, false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Placed placed;
        int shown = 0;
        layout_place(&placed, layout_find(row[i].layout), row[i].width, row[i].height, 1, -1);
        for (int p = 0; p < LAYOUT_PANES; p++) shown += placed.frame[p].height > 0;
        if (shown != row[i].panes) fail_msg("%s: %d panes, not %d", row[i].name, shown, row[i].panes);
        assert_int_equal(placed.status.height, row[i].status);
    }
}

static void found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(layout_find("train"), &layouts[0]);
    assert_string_equal(layout_find("compare")->name, "compare");
    assert_ptr_equal(layout_find("compare")->pane[0], &pane_runs);
    assert_null(layout_find("trains"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(every_zoom),
        cmocka_unit_test(how_many_panes),
        cmocka_unit_test(found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
