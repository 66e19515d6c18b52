/* test_ui_screen.c - the screens of a stored run against tests/gold/screens (UPDATE_GOLD=1 writes them anew), and every
 * pane at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "file/whole.h"
#include "run/record.h"
#include "ui/layout.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static RunLog base, vtst, half, empty;
static LogLines lines, no_lines;
static ViewRun run[4];

/* The first `seq` events of a stored run, as if it were still running. */
static void fold_part(RunLog *log, const char *name, uint64_t seq)
{
    char path[PATH_SIZE], text[8192];
    snprintf(path, sizeof path, "tests/gold/run/%s/events.jsonl", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (log->seq < seq && fgets(text, sizeof text, file)) {
        Event event;
        json_t *json = json_loads(text, 0, NULL);
        assert_int_equal(event_from_json(&event, json, NULL), OK);
        assert_int_equal(runlog_fold(log, &event, NULL), OK);
        json_decref(json);
    }
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    Err err = {0};
    runlog_init(&empty);
    assert_int_equal(record_fold("tests/gold/run", "base", &base, &err), OK);
    assert_int_equal(record_fold("tests/gold/run", "vtst", &vtst, &err), OK);
    fold_part(&half, "vtst", 31);
    run[0] = (ViewRun){"base", &base, NULL, NULL};
    run[1] = (ViewRun){"vtst", &vtst, &base, "base"};
    run[2] = (ViewRun){"vtst-2", &half, &base, "base"};
    run[3] = (ViewRun){"tst", &empty, &base, "base"};
    log_add(&lines, "tare: small recipe, 400 images of Fashion-MNIST");
    for (int i = 1; i <= 30; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "epoch %d: \u03bb = %.2f\n  a second line of it, which is longer than the pane is wide", i, i / 10.);
        log_add(&lines, text);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    runlog_free(&base);
    runlog_free(&vtst);
    runlog_free(&half);
    log_free(&lines);
    return 0;
}

/* A screen as text, malloc'ed. */
static char *screen_of(const View *view, const char *layout, int width, int height, int zoom)
{
    Canvas canvas;
    Placed placed;
    assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
    layout_place(&placed, layout_find(layout), &layout_find(layout)->shares, width, height, 1, zoom);
    screen_draw(&canvas, layout_find(layout), &placed, view, zoom < 0 ? 0 : zoom);
    char *text = canvas_string(&canvas, NULL);
    canvas_close(&canvas);
    return text;
}

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *name, *layout;
        int width, height;
        GlyphSet glyphs;
        int runs, chosen, scrub, bins;
        bool log_loss;
        int line, zoom; /* the log from that line on; 0: its end */
    } row[] = {
        {"train-80x24-braille", "train", 80, 24, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"train-80x24-block", "train", 80, 24, GLYPHS_BLOCK, 4, 1, 0, 10, false, 0, -1},
        {"train-80x24-ascii", "train", 80, 24, GLYPHS_ASCII, 4, 1, 0, 10, false, 0, -1},
        {"train-120x40-braille", "train", 120, 40, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"train-120x40-ascii", "train", 120, 40, GLYPHS_ASCII, 4, 1, 0, 10, false, 0, -1},
        {"train-200x60-braille", "train", 200, 60, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"train-20x5-braille", "train", 20, 5, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"train-20x5-ascii", "train", 20, 5, GLYPHS_ASCII, 4, 1, 0, 10, false, 0, -1},
        {"train-40x60-block", "train", 40, 60, GLYPHS_BLOCK, 4, 1, 0, 15, false, 0, -1},
        {"train-stage1", "train", 80, 24, GLYPHS_BRAILLE, 1, 0, 0, 10, false, 0, -1},
        {"train-running", "train", 80, 24, GLYPHS_BRAILLE, 4, 2, 0, 10, false, 0, -1},
        {"train-queued", "train", 80, 24, GLYPHS_BRAILLE, 4, 3, 0, 10, false, 0, -1},
        {"train-no-run", "train", 80, 24, GLYPHS_BRAILLE, 0, 0, 0, 10, false, 0, -1},
        {"train-no-run-20x5", "train", 20, 5, GLYPHS_ASCII, 0, 0, 0, 10, false, 0, -1},
        {"scrubbed-own", "train", 80, 24, GLYPHS_BRAILLE, 4, 1, -8, 10, true, 0, -1},
        {"scrubbed-parent", "train", 80, 24, GLYPHS_BRAILLE, 4, 1, -99, 10, false, 0, -1},
        {"calibration-80x24-braille", "calibration", 80, 24, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"calibration-120x40-ascii", "calibration", 120, 40, GLYPHS_ASCII, 4, 1, 0, 5, false, 0, -1},
        {"compare-80x24-braille", "compare", 80, 24, GLYPHS_BRAILLE, 4, 1, 0, 10, false, 0, -1},
        {"zoomed-loss", "train", 80, 24, GLYPHS_BRAILLE, 4, 1, 0, 10, true, 0, 0},
        {"zoomed-log", "train", 60, 12, GLYPHS_BLOCK, 4, 1, 0, 10, false, 40, 4},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        View view = {.run = run,
                     .runs = row[i].runs,
                     .chosen = row[i].chosen,
                     .bins = row[i].bins,
                     .log_loss = row[i].log_loss,
                     .top = {row[i].line > 0, row[i].line - 1, 0},
                     .zoomed = row[i].zoom >= 0,
                     .log = row[i].runs ? &lines : &no_lines,
                     .glyphs = glyphs_of(row[i].glyphs)};
        char path[PATH_SIZE];
        unsigned char *gold;
        size_t size;
        if (row[i].scrub) view_scrub(&view, row[i].scrub);
        char *text = screen_of(&view, row[i].layout, row[i].width, row[i].height, row[i].zoom);
        assert_non_null(text);
        snprintf(path, sizeof path, "tests/gold/screens/%s.txt", row[i].name);
        if (getenv("UPDATE_GOLD")) assert_int_equal(file_write(path, text, strlen(text), NULL), OK);
        assert_int_equal(file_read(path, 1 << 20, false, &gold, &size, NULL), OK);
        if (strcmp(text, (char *)gold)) fail_msg("%s is\n%snot\n%s", path, text, (char *)gold);
        free(text);
        free(gold);
    }
}

/* Under the address sanitizer this finds what runs over. */
static void every_pane_at_every_size(void **state)
{
    (void)state;
    View view = {.run = run, .runs = 4, .bins = 10, .log = &lines};
    for (int width = 1; width <= 200; width += width < 40 ? 1 : 7)
        for (int height = 1; height <= 60; height += height < 24 ? 1 : 5)
            for (int p = 0; pane_nth(p); p++) {
                Canvas canvas;
                view.glyphs = glyphs_of((GlyphSet)((width + height) % (GLYPHS_BRAILLE + 1)));
                view.chosen = (width + height) % 5; /* 4: none */
                view.bins = height % 2 ? 30 : 5;
                view.log_loss = width % 2;
                view.at = 0;
                view_scrub(&view, -(height % 14));
                assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
                pane_draw(&canvas, pane_nth(p), &view);
                canvas_close(&canvas);
            }
}

/* A screen of any size is drawn without touching the prompt's rows. */
static void prompt_stays_blank(void **state)
{
    (void)state;
    View view = {.run = run, .runs = 4, .chosen = 1, .bins = 10, .log = &lines, .glyphs = glyphs_of(GLYPHS_BRAILLE)};
    for (int width = 1; width <= 200; width += 3)
        for (int height = 1; height <= 60; height += 2) {
            const Layout *layout = &layouts[(width + height) % 3];
            Canvas canvas;
            Placed placed;
            assert_int_equal(canvas_open(&canvas, width, height, NULL), OK);
            layout_place(&placed, layout, &layout->shares, width, height, 2, -1);
            screen_draw(&canvas, layout, &placed, &view, 0);
            for (int i = placed.prompt.y * width; i < height * width; i++) assert_int_equal(canvas.cell[i].code, ' ');
            canvas_close(&canvas);
        }
}

/* Names give way to figures, and the chosen run is always among those shown. */
static void long_names_and_many_runs(void **state)
{
    (void)state;
    static ViewRun many[40];
    View view = {.run = many, .runs = 40, .chosen = 30, .bins = 10, .glyphs = glyphs_of(GLYPHS_ASCII)};
    Canvas canvas;
    for (int i = 0; i < 40; i++)
        many[i] = (ViewRun){i == 31 ? "a-name-as-long-as-names-may-be" : "vtst", &vtst, &base, "base"};
    assert_int_equal(canvas_open(&canvas, 38, 5, NULL), OK);
    pane_runs.draw(&canvas, &view);
    char *text = canvas_string(&canvas, NULL);
    assert_string_equal(text, "  run               nll ECE% acc%\n"
                              "  vtst            1.296 32.3 66.5\n"
                              "  vtst            1.296 32.3 66.5\n"
                              "> vtst            1.296 32.3 66.5\n"
                              "  a-name-as-long~ 1.296 32.3 66.5\n");
    free(text);
    canvas_close(&canvas);
}

static void focus_is_marked(void **state)
{
    (void)state;
    View view = {.run = run, .runs = 4, .chosen = 1, .bins = 10, .log = &lines, .glyphs = glyphs_of(GLYPHS_ASCII)};
    Canvas canvas;
    Placed placed;
    const Layout *layout = layout_find("train");
    layout_place(&placed, layout, &layout->shares, 80, 24, 1, -1);
    for (int focus = 0; focus < 5; focus++) {
        assert_int_equal(canvas_open(&canvas, 80, 24, NULL), OK);
        screen_draw(&canvas, layout, &placed, &view, focus);
        for (int i = 0; i < 5; i++) {
            Rect r = placed.frame[i];
            const Cell *border = &canvas.cell[r.y * 80 + r.x + 1];
            assert_int_equal(border->ink == INK_FOCUS, i == focus);
            assert_int_equal(border->code, i == focus ? '=' : '-');
        }
        canvas_close(&canvas);
    }
}

/* A window that shrank since its panes were placed: nothing is written beside the smaller canvas. */
static void panes_placed_for_a_larger_screen(void **state)
{
    (void)state;
    enum { WIDE = 160, HIGH = 50, WIDTH = 100, HEIGHT = 10, BESIDE = 0x2603 };
    static Cell cells[WIDE * HIGH];
    View view = {.run = run, .runs = 4, .bins = 10, .log = &lines, .glyphs = glyphs_of(GLYPHS_BRAILLE)};
    for (int focus = 0; focus < layout_panes(&layouts[0]); focus++) {
        for (int i = 0; i < WIDE * HIGH; i++) cells[i] = (Cell){.code = BESIDE, .ink = INK_TEXT};
        Canvas canvas = {WIDTH, HEIGHT, cells};
        Placed placed;
        layout_place(&placed, &layouts[0], &layouts[0].shares, WIDE, HIGH, 1, -1);
        screen_draw(&canvas, &layouts[0], &placed, &view, focus);
        for (int i = WIDTH * HEIGHT; i < WIDE * HIGH; i++) {
            assert_int_equal(cells[i].code, BESIDE);
            assert_int_equal(cells[i].ink, INK_TEXT);
        }
    }
}

/* The head of the table of runs stands where it stands, however long a run takes. */
static void columns_stay(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *shown;
    } row[] = {{12, " 12 s"}, {59.4, " 59 s"}, {60, " 1:00"}, {3725, "62:05"}, {7500, " 2h05"}, {86400, "24h00"}};
    RunLog log = base;
    ViewRun one = {"base", &log, NULL, NULL};
    View view = {.run = &one, .runs = 1, .bins = 10, .glyphs = glyphs_of(GLYPHS_ASCII)};
    char head[128] = "";
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Canvas canvas;
        log.seconds = row[i].seconds;
        assert_int_equal(canvas_open(&canvas, 80, 4, NULL), OK);
        pane_draw(&canvas, &pane_runs, &view);
        char *text = canvas_string(&canvas, NULL);
        canvas_close(&canvas);
        assert_non_null(text);
        int size = (int)strcspn(text, "\n");
        if (*head && (strlen(head) != (size_t)size || strncmp(head, text, (size_t)size)))
            fail_msg("%g s: %.*s, not %s", row[i].seconds, size, text, head);
        snprintf(head, sizeof head, "%.*s", size, text);
        if (!strstr(text, row[i].shown)) fail_msg("%g s is not %s:\n%s", row[i].seconds, row[i].shown, text);
        free(text);
    }
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(columns_stay),
        cmocka_unit_test(every_pane_at_every_size),
        cmocka_unit_test(prompt_stays_blank),
        cmocka_unit_test(focus_is_marked),
        cmocka_unit_test(long_names_and_many_runs),
        cmocka_unit_test(panes_placed_for_a_larger_screen),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
