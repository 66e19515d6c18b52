/* test_data_batch.c - images as floats: normalisation, border, crop, flip, labels, order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "data/batch.h"
#include <math.h>
#include <string.h>

enum { N = 5, H = 4, W = 6, C = 3, IN = H * W * C, OUT = (H + 2) * (W + 2) * C };
static const float BORDER = 123.5f;

static uint8_t images[N * IN];
static int32_t labels[N] = {4, 3, 2, 1, 0};
static Dataset set;

static int set_open(void **state)
{
    (void)state;
    for (int i = 0; i < N * IN; i++) images[i] = (uint8_t)(i * 37 + i / 7 + 1);
    set = (Dataset){.h = H, .w = W, .c = C, .classes = 5, .mean = {.1f, .5f, .9f}, .sd = {.25f, 1, 2}};
    set.split[SPLIT_VALID] = (Split){.n = N, .images = images, .labels = labels};
    return 0;
}

static float level(int pixel, int c)
{
    return ((float)pixel / 255.0f - set.mean[c]) / set.sd[c];
}

/* Pixel (y, x, c) of image i, black outside. */
static float expected_at(int i, int y, int x, int c)
{
    bool inside = y >= 0 && y < H && x >= 0 && x < W;
    return level(inside ? images[i * IN + (y * W + x) * C + c] : 0, c);
}

static void fill(float *dst, int rows)
{
    for (int i = 0; i < rows * OUT; i++) dst[i] = BORDER;
}

/* Row r of dst is image i moved by (dy, dx), mirrored first when flip; its border is untouched. */
static bool row_is(const float *dst, int r, int i, int dy, int dx, bool flip)
{
    for (int y = -1; y <= H; y++)
        for (int x = -1; x <= W; x++)
            for (int c = 0; c < C; c++) {
                bool border = y < 0 || y == H || x < 0 || x == W;
                float want = border ? BORDER : expected_at(i, y + dy, (flip ? W - 1 - x : x) + dx, c);
                if (fabsf(dst[r * OUT + ((y + 1) * (W + 2) + x + 1) * C + c] - want) > 1e-6f) return false;
            }
    return true;
}

static void normalises_inside_its_border(void **state)
{
    (void)state;
    static const int32_t index[] = {3, 0, 4, 4, 1};
    float dst[3 * OUT];
    fill(dst, 3);
    batch_images(dst, &set, SPLIT_VALID, index, 1, 3, NULL, NULL);
    assert_true(row_is(dst, 0, 0, 0, 0, false));
    assert_true(row_is(dst, 1, 4, 0, 0, false));
    assert_true(row_is(dst, 2, 4, 0, 0, false));
    int32_t got[3];
    batch_labels(got, &set, SPLIT_VALID, index, 1, 3);
    assert_int_equal(got[0], 4);
    assert_int_equal(got[1], 0);
    assert_int_equal(got[2], 0);
}

/* Each row's shift, found by trying all; counts[flip][dy + crop][dx + crop]. */
static void find_shifts(const Augment *a, int counts[2][5][5])
{
    static const int32_t index[] = {0, 1, 2, 3, 4, 0, 1, 2};
    float dst[8 * OUT];
    fill(dst, 8);
    batch_images(dst, &set, SPLIT_VALID, index, 0, 8, a, NULL);
    for (int r = 0; r < 8; r++) {
        int found = 0;
        for (int flip = 0; flip < 2; flip++)
            for (int dy = -a->crop; dy <= a->crop; dy++)
                for (int dx = -a->crop; dx <= a->crop; dx++)
                    if (row_is(dst, r, index[r], dy, dx, flip)) {
                        counts[flip][dy + a->crop][dx + a->crop]++;
                        found++;
                    }
        assert_int_equal(found, 1); /* every row is one of the shifts, border and all */
    }
}

static void crops_and_flips_evenly(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        int crop;
        bool flip;
    } cases[] = {{"both", 2, true}, {"crop only", 2, false}, {"flip only", 0, true}, {"neither", 0, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int counts[2][5][5] = {0}, steps = 250, span = 2 * cases[k].crop + 1, cells = span * span * (1 + cases[k].flip);
        for (int step = 0; step < steps; step++)
            find_shifts(&(Augment){cases[k].crop, cases[k].flip, 11, (uint32_t)step}, counts);
        double mean = 8.0 * steps / cells, chi2 = 0;
        for (int flip = 0; flip <= cases[k].flip; flip++)
            for (int y = 0; y < span; y++)
                for (int x = 0; x < span; x++) chi2 += pow(counts[flip][y][x] - mean, 2) / mean;
        /* chi-square with cells - 1 degrees of freedom: mean cells - 1, sd sqrt(2 (cells - 1)) */
        if (chi2 > cells - 1 + 4 * sqrt(2.0 * (cells - 1))) fail_msg("%s: chi-square %g", cases[k].row, chi2);
    }
}

/* A row's shift is named by its place in the index, not by how the batch is cut. */
static void pieces_equal_the_whole(void **state)
{
    (void)state;
    static const int32_t index[] = {2, 0, 1, 4, 3};
    Augment a = {1, true, 5, 77};
    float whole[N * OUT], pieces[N * OUT];
    fill(whole, N);
    fill(pieces, N);
    batch_images(whole, &set, SPLIT_VALID, index, 0, N, &a, NULL);
    batch_images(pieces + 3 * OUT, &set, SPLIT_VALID, index, 3, 2, &a, NULL);
    batch_images(pieces, &set, SPLIT_VALID, index, 0, 3, &a, NULL);
    assert_memory_equal(whole, pieces, sizeof whole);
}

/* Turning the flip off leaves every crop as it was. */
static void flips_do_not_move_crops(void **state)
{
    (void)state;
    static const int32_t index[] = {0, 1, 2, 3, 4};
    float with[N * OUT], without[N * OUT];
    for (uint32_t step = 0; step < 50; step++) {
        fill(with, N);
        fill(without, N);
        batch_images(with, &set, SPLIT_VALID, index, 0, N, &(Augment){1, true, 5, step}, NULL);
        batch_images(without, &set, SPLIT_VALID, index, 0, N, &(Augment){1, false, 5, step}, NULL);
        for (int r = 0; r < N; r++) {
            int shifts = 0;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++)
                    shifts += row_is(without, r, r, dy, dx, false) &&
                              (row_is(with, r, r, dy, dx, false) || row_is(with, r, r, dy, dx, true));
            assert_int_equal(shifts, 1);
        }
    }
}

static void orders_are_permutations(void **state)
{
    (void)state;
    int32_t order[100], again[100], next[100], seen[100] = {0};
    batch_order(order, 100, 3, 0);
    batch_order(again, 100, 3, 0);
    batch_order(next, 100, 3, 1);
    assert_memory_equal(order, again, sizeof order);
    assert_memory_not_equal(order, next, sizeof order);
    for (int i = 0; i < 100; i++) seen[order[i]]++;
    for (int i = 0; i < 100; i++) assert_int_equal(seen[i], 1);
    batch_order(order, 1, 3, 0);
    assert_int_equal(order[0], 0);
}

static void mixes_rows_with_their_partners(void **state)
{
    (void)state;
    enum { ROWS = 19, WIDTH = 3 };
    float src[ROWS * WIDTH], dst[ROWS * WIDTH];
    int32_t partner[ROWS];
    for (int i = 0; i < ROWS * WIDTH; i++) src[i] = (float)(i * i % 101);
    for (int r = 0; r < ROWS; r++) partner[r] = (r + 7) % ROWS;
    Pool *pool = pool_open(3, NULL);
    batch_mix(dst, src, partner, 0.25f, ROWS, WIDTH, pool);
    pool_close(pool);
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < WIDTH; i++)
            assert_true(dst[r * WIDTH + i] == 0.25f * src[r * WIDTH + i] + 0.75f * src[partner[r] * WIDTH + i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalises_inside_its_border), cmocka_unit_test(crops_and_flips_evenly),
        cmocka_unit_test(pieces_equal_the_whole),       cmocka_unit_test(flips_do_not_move_crops),
        cmocka_unit_test(orders_are_permutations),      cmocka_unit_test(mixes_rows_with_their_partners),
    };
    return cmocka_run_group_tests_name("data batch", tests, set_open, NULL);
}
