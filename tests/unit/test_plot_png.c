/* test_plot_png.c - figures as PNG: size, colours and marks at computed places, texts, what the file says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot/figure.h"
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file and its pixels. */
typedef struct {
    char *bytes;
    size_t size;
    int width, height;
    uint8_t *pixel; /* (height, width, 3) */
} Decoded;

static void decode(Decoded *d)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, d->bytes, d->size)) fail_msg("%s", image.message);
    assert_int_equal(image.format, PNG_FORMAT_RGB);
    d->width = (int)image.width;
    d->height = (int)image.height;
    d->pixel = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(d->pixel);
    if (!png_image_finish_read(&image, NULL, d->pixel, 0, NULL)) fail_msg("%s", image.message);
}

static void decoded_free(Decoded *d)
{
    free(d->bytes);
    free(d->pixel);
}

static uint32_t colour_at(const Decoded *d, int x, int y)
{
    const uint8_t *p = d->pixel + ((ptrdiff_t)y * d->width + x) * 3;
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* Pixels of a rectangle that are darker than half. */
static int dark(const Decoded *d, int x0, int y0, int x1, int y1)
{
    int count = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) count += (colour_at(d, x, y) & 0xFF) < 0x80;
    return count;
}

static void has(const Decoded *d, const void *bytes, size_t size, const char *name)
{
    if (!memmem(d->bytes, d->size, bytes, size)) fail_msg("the file has no %s", name);
}

/* ---- figures ---- */

static const Figure figure = {&paper_png, "title \xc2\xb1", "note", "seed 1 \x01 \xff", 400, 300};
static const Bin two[] = {{10, 5, 2.5, 0, 0.5}, {10, 6, 9, 0.5, 1}};

static void draw(Decoded *d, const Figure *f)
{
    Err err = {.msg = ""};
    FigureFile file = {0};
    if (figure_diagram(&file, f, two, NULL, NULL, 2, &err) != OK) fail_msg("%s", err.msg);
    *d = (Decoded){.bytes = file.bytes, .size = file.size};
    decode(d);
}

/* Whatever the font and so the legend's rows: the lower bars end above the middle of the figure, and the upper plot
 * begins below 49 + 17 rows of legend. Two pixels a unit. */
static void test_diagram(void **state)
{
    (void)state;
    Decoded d;
    draw(&d, &figure);
    assert_int_equal(d.width, 800);
    assert_int_equal(d.height, 600);
    int bottom = 0, blue = 0;
    for (int y = 0; y < d.height; y++)
        if (colour_at(&d, 2 * 120, y) == 0x0072B2) {
            bottom = y;
            blue++;
        }
    int high = 4 * blue, over = bottom - high * 3 / 4; /* the bar is a quarter of the plot, confidence .25 */
    assert_in_range(high, 200, 300);
    assert_int_equal(colour_at(&d, 2 * 300, bottom - high / 4), 0x0072B2); /* right in .6 */
    assert_int_equal(colour_at(&d, 2 * 300, over), 0xF0C566);        /* .6 of E69F00 on white, between .6 and .9 */
    assert_true(dark(&d, 2 * 180, 2 * 280, 2 * 262, 2 * 298) > 100); /* "confidence" */
    assert_true(dark(&d, 10, bottom - high, 50, bottom) > 60);       /* "accuracy", upright */
    assert_int_equal(dark(&d, 0, 0, 6, 600), 0);
    decoded_free(&d);
}

/* 192 dpi are 7559 pixels a metre; words that PNG has no place for are '?'. */
static void test_what_it_says(void **state)
{
    (void)state;
    Decoded d;
    draw(&d, &figure);
    has(&d, "pHYs\0\0\x1d\x87\0\0\x1d\x87\1", 13, "resolution");
    has(&d, "iTXtTitle\0\0\0\0\0title \xc2\xb1", 22, "title");
    has(&d, "iTXtDescription\0\0\0\0\0seed 1 ? ?", 30, "description");
    has(&d, "iTXtSoftware\0\0\0\0\0tare ", 22, "name of this program");
    decoded_free(&d);
}

static void test_same_bytes(void **state)
{
    (void)state;
    Decoded a, b;
    draw(&a, &figure);
    draw(&b, &figure);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.bytes, b.bytes, a.size);
    decoded_free(&a);
    decoded_free(&b);
}

/* ---- marks ---- */

static Paper paper;

static void begin(int width, int height)
{
    Err err = {.msg = ""};
    const PaperHead head = {"", "", width, height};
    paper = (Paper){.kind = &paper_png};
    if (paper_png.open(&paper, &err) != OK || paper_png.begin(&paper, &head, &err) != OK) fail_msg("%s", err.msg);
}

static Decoded end(void)
{
    Err err = {.msg = ""};
    Decoded d = {0};
    if (paper_png.take(&paper, &d.bytes, &d.size, &err) != OK) fail_msg("%s", err.msg);
    paper_png.close(&paper);
    decode(&d);
    return d;
}

/* A line of one pixel between two rows darkens both by half. */
static void test_thin_line(void **state)
{
    (void)state;
    const double x[] = {5, 15}, y[] = {10, 10};
    const Stroke stroke = {.colour = 0x000000, .width = 0.5};
    begin(20, 20);
    paper_png.polyline(&paper, x, y, 2, &stroke);
    Decoded d = end();
    assert_in_range(colour_at(&d, 20, 19) & 0xFF, 126, 129);
    assert_in_range(colour_at(&d, 20, 20) & 0xFF, 126, 129);
    assert_int_equal(colour_at(&d, 20, 18), 0xFFFFFF);
    assert_int_equal(colour_at(&d, 20, 21), 0xFFFFFF);
    assert_int_equal(colour_at(&d, 9, 19), 0xFFFFFF);
    assert_int_equal(colour_at(&d, 30, 19), 0xFFFFFF);
    decoded_free(&d);
}

/* Dashes of 4, 2 apart, go on around the corner; a thick line covers its joint. */
static void test_dashes_and_joints(void **state)
{
    (void)state;
    const double x[] = {2, 12, 12}, y[] = {4, 4, 24}, bent[] = {20, 30, 30}, down[] = {10, 10, 20};
    const Stroke dashed = {0x000000, 2, 4, 2}, thick = {0x123456, 6, 0, 0};
    begin(40, 30);
    paper_png.polyline(&paper, x, y, 3, &dashed);
    paper_png.polyline(&paper, bent, down, 3, &thick);
    Decoded d = end();
    assert_int_equal(colour_at(&d, 2 * 4, 8), 0x000000);  /* 2 along: drawn */
    assert_int_equal(colour_at(&d, 2 * 9, 8), 0x000000);  /* 7 */
    assert_int_equal(colour_at(&d, 2 * 7, 8), 0xFFFFFF);  /* 5: a gap */
    assert_int_equal(colour_at(&d, 24, 2 * 5), 0xFFFFFF); /* 10 + 1: the gap from 10 to 12 */
    assert_int_equal(colour_at(&d, 24, 2 * 8), 0x000000); /* 14 */
    assert_int_equal(colour_at(&d, 62, 18), 0x123456);    /* outside of both lines, within the round joint */
    assert_int_equal(colour_at(&d, 65, 14), 0xFFFFFF);    /* its corner is round */
    assert_int_equal(colour_at(&d, 2 * 25, 2 * 10), 0x123456);
    decoded_free(&d);
}

/* What lies outside, far outside or nowhere leaves the picture as it is. */
static void test_clipped(void **state)
{
    (void)state;
    const double x[] = {-1e300, -5, NAN}, y[] = {-1e300, -5, 3};
    const Stroke stroke = {.colour = 0x000000, .width = 1};
    const Fill fill = {0x00FF00, 1, 0x0000FF, 1};
    const Type type = {0x000000, 12, ANCHOR_END, false};
    begin(20, 20);
    paper_png.polyline(&paper, x, y, 2, &stroke);
    paper_png.polyline(&paper, x + 2, y + 2, 1, &stroke);
    paper_png.box(&paper, 30, 30, 1e9, 1e9, &fill);
    paper_png.text(&paper, -3, 10, "left", &type);
    paper_png.text(&paper, 1e300, 10, "right", &type);
    paper_png.box(&paper, -100, 15, 110, 1000, &fill);
    Decoded d = end();
    assert_int_equal(dark(&d, 0, 0, 40, 28), 0);
    assert_int_equal(colour_at(&d, 0, 39), 0x00FF00);
    assert_int_equal(colour_at(&d, 20, 35), 0x0000FF); /* its right edge */
    decoded_free(&d);
}

/* Ink of a text about a point, left, right, above and below it. */
static void ink_around(const char *words, const Type *type, int ink[4])
{
    begin(100, 100);
    paper_png.text(&paper, 50, 50, words, type);
    Decoded d = end();
    ink[0] = dark(&d, 0, 0, 100, 200);
    ink[1] = dark(&d, 100, 0, 200, 200);
    ink[2] = dark(&d, 0, 0, 200, 100);
    ink[3] = dark(&d, 0, 100, 200, 200);
    decoded_free(&d);
}

static void test_texts(void **state)
{
    (void)state;
    int ink[4];
    ink_around("HHHH", &(Type){0, 12, ANCHOR_START, false}, ink);
    assert_true(ink[0] == 0 && ink[1] > 100 && ink[2] > 100 && ink[3] == 0);
    ink_around("HHHH", &(Type){0, 12, ANCHOR_END, false}, ink);
    assert_true(ink[0] > 100 && ink[1] == 0);
    ink_around("HHHH", &(Type){0, 12, ANCHOR_MIDDLE, false}, ink);
    assert_true(ink[0] > 50 && ink[1] > 50 && abs(ink[0] - ink[1]) < 30);
    ink_around("HHHH", &(Type){0, 12, ANCHOR_START, true}, ink); /* read from below: upwards, to the left of its line */
    assert_true(ink[0] > 100 && ink[1] == 0 && ink[2] > 100 && ink[3] == 0);
}

/* U+10FFFD is in no font; a broken byte is no character. */
static void test_characters_that_lack(void **state)
{
    (void)state;
    Decoded d[3];
    const char *const words[] = {"a?b",
                                 "a\xf4\x8f\xbf\xbd"
                                 "b",
                                 "a\xff"
                                 "b"};
    const Type type = {0, 12, ANCHOR_START, false};
    for (int i = 0; i < 3; i++) {
        begin(60, 30);
        assert_true(paper_png.measure(&paper, words[i], 12) > 12);
        paper_png.text(&paper, 5, 20, words[i], &type);
        d[i] = end();
        assert_int_equal(d[i].size, d[0].size);
        assert_memory_equal(d[i].bytes, d[0].bytes, d[0].size);
    }
    for (int i = 0; i < 3; i++) decoded_free(&d[i]);
}

/* ---- refusals ---- */

static void test_fonts(void **state)
{
    (void)state;
    const struct {
        const char *file;
        Status code;
    } row[] = {{"/nonexistent", ERR_IO}, {"/", ERR_IO}, {"Makefile", ERR_FORMAT}, {"/dev/null", ERR_IO}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        Err err = {.msg = ""};
        FigureFile file = {0};
        setenv("TARE_FONT", row[i].file, 1);
        Status drawn = figure_diagram(&file, &figure, two, NULL, NULL, 2, &err);
        unsetenv("TARE_FONT");
        if (drawn != row[i].code || !strstr(err.msg, "TARE_FONT") || !strstr(err.msg, row[i].file))
            fail_msg("%s: %s", row[i].file, err.msg);
        assert_null(file.bytes);
    }
}

/* A system without fonts: fontconfig is given an empty configuration. */
static void test_no_font(void **state)
{
    (void)state;
    char conf[] = "/tmp/tare-fonts-XXXXXX";
    static const char empty[] = "<fontconfig><cachedir>/nonexistent</cachedir></fontconfig>";
    Err err = {.msg = ""};
    FigureFile file = {0};
    int fd = mkstemp(conf);
    assert_true(fd >= 0 && write(fd, empty, sizeof empty - 1) == sizeof empty - 1);
    close(fd);
    setenv("FONTCONFIG_FILE", conf, 1);
    Status drawn = figure_diagram(&file, &figure, two, NULL, NULL, 2, &err);
    unsetenv("FONTCONFIG_FILE");
    unlink(conf);
    assert_int_equal(drawn, ERR_IO);
    if (!strstr(err.msg, "fonts-dejavu-core") || !strstr(err.msg, "TARE_FONT=")) fail_msg("%s", err.msg);
}

static void test_too_large(void **state)
{
    (void)state;
    static const char *cells[20000];
    const Column column = {"n", ALIGN_LEFT};
    Err err = {.msg = ""};
    FigureFile file = {0};
    assert_int_equal(figure_table(&file, &figure, &column, 1, cells, 20000, NULL, &err), ERR_USAGE);
    assert_non_null(strstr(err.msg, "save it as .svg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagram),
        cmocka_unit_test(test_what_it_says),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_thin_line),
        cmocka_unit_test(test_dashes_and_joints),
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_characters_that_lack),
        cmocka_unit_test(test_fonts),
        cmocka_unit_test(test_no_font),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
