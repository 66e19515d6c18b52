/* test_nn_head.c - what heads predict: log softmax, the mean of V-TST's draws, streams, threads, extremes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "nn/net.h"

#include <math.h>
#include <string.h>

enum { F = 12, Z = 6, C = 4, ROWS = 150 };

static float features[ROWS * F];

static Net *open_head(const char *kind)
{
    Err err = {0};
    HeadSpec spec = {.z = Z};
    memcpy(spec.kind, kind, strlen(kind) + 1);
    Net *head = net_head(&spec, F, C, &err);
    assert_non_null(head);
    net_init(head, 3, 1);
    return head;
}

/* logp of one row, in double, from the weights: draw m from stream (seed, RNG_EPS_EVAL, m, row). */
static void naive(const Net *head, const float *x, int draws, uint64_t seed, uint32_t row, double logp[C])
{
    double hidden[2][Z] = {{0}}, mean[C] = {0};
    static const char *const part[2] = {"qzx_model", "qzx_var"};
    for (int i = 0; i < 2; i++) {
        char name[4][64];
        const float *v[4];
        static const char *const end[4] = {".fc1.weight", ".fc1.bias", ".fc2.weight", ".fc2.bias"};
        for (int k = 0; k < 4; k++) {
            strcpy(name[k], part[i]);
            v[k] = head->values + net_param(head, strcat(name[k], end[k]))->offset;
        }
        for (int j = 0; j < Z; j++) hidden[i][j] = (double)v[3][j];
        for (int u = 0; u < 3 * Z; u++) {
            double a = (double)v[1][u];
            for (int f = 0; f < F; f++) a += (double)v[0][u * F + f] * (double)x[f];
            for (int j = 0; j < Z && a > 0; j++) hidden[i][j] += a * (double)v[2][j * 3 * Z + u];
        }
    }
    const float *w = head->values + net_param(head, "pyz.fc1_y.weight")->offset;
    const float *b = head->values + net_param(head, "pyz.fc1_y.bias")->offset;
    for (int m = 0; m < (draws ? draws : 1); m++) {
        Rng r = rng_stream(seed, RNG_EPS_EVAL, (uint32_t)m, row);
        float eps[Z] = {0};
        double p[C], sum = 0;
        if (draws) rng_normals(&r, eps, Z);
        for (int c = 0; c < C; c++) {
            double logit = (double)b[c];
            for (int j = 0; j < Z; j++) {
                double variance = 1 / (1 + exp(-hidden[1][j])); /* exp(logsigmoid) */
                logit += (double)w[c * Z + j] * (hidden[0][j] + sqrt(variance) * (double)eps[j]);
            }
            sum += p[c] = exp(logit);
        }
        for (int c = 0; c < C; c++) mean[c] += p[c] / sum / (draws ? draws : 1);
    }
    for (int c = 0; c < C; c++) logp[c] = log(mean[c]);
}

static const struct {
    const char *name;
    int draws;
    uint64_t seed;
    ptrdiff_t first_row;
} draws[] = {
    {"z = mu", 0, 1, 0},
    {"one draw", 1, 1, 0},
    {"ten draws", 10, 1, 0},
    {"rows further on", 10, 2, 1000},
};

static void test_draws(void **state)
{
    (void)state;
    Net *head = open_head("vtst");
    Tape *tape = tape_open(head, ROWS, false, NULL);
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        float logp[ROWS * C];
        head_predict(head, tape, features, ROWS, draws[i].draws, draws[i].seed, draws[i].first_row, NULL, logp);
        for (int row = 0; row < ROWS; row++) {
            double want[C];
            naive(head, features + row * F, draws[i].draws, draws[i].seed, (uint32_t)(draws[i].first_row + row), want);
            for (int c = 0; c < C; c++)
                if (!(fabs((double)logp[row * C + c] - want[c]) <= 1e-5))
                    fail_msg("%s: row %d: %g, not %g", draws[i].name, row, (double)logp[row * C + c], want[c]);
        }
    }
    tape_close(tape);
    net_release(head);
}

/* Any number of threads; a call for the last rows alone, at a chunk's border, draws what the whole call drew. */
static void test_same_bits(void **state)
{
    (void)state;
    float want[ROWS * C], got[ROWS * C];
    Net *head = open_head("vtst");
    Tape *tape = tape_open(head, ROWS, true, NULL);
    head_predict(head, tape, features, ROWS, 5, 9, 0, NULL, want);
    for (int threads = 1; threads <= 3; threads++) {
        Pool *pool = pool_open(threads, NULL);
        head_predict(head, tape, features, ROWS, 5, 9, 0, pool, got);
        assert_memory_equal(got, want, sizeof want);
        pool_close(pool);
    }
    head_predict(head, tape, features + 128 * F, ROWS - 128, 5, 9, 128, NULL, got);
    assert_memory_equal(got, want + 128 * C, (ROWS - 128) * C * sizeof *want);
    tape_close(tape);
    net_release(head);
}

/* linear and tst: log softmax, whatever the draws. */
static void test_plain_heads(void **state)
{
    (void)state;
    static const char *const kinds[] = {"linear", "tst"};
    for (int i = 0; i < 2; i++) {
        float logp[ROWS * C], again[ROWS * C];
        Net *head = open_head(kinds[i]);
        Tape *tape = tape_open(head, ROWS, false, NULL);
        head_predict(head, tape, features, ROWS, 0, 0, 0, NULL, logp);
        head_predict(head, tape, features, ROWS, 10, 5, 0, NULL, again);
        assert_memory_equal(logp, again, sizeof logp);
        assert_null(tape_kl(tape));
        for (int row = 0; row < ROWS; row++) {
            double sum = 0;
            for (int c = 0; c < C; c++) sum += exp((double)logp[row * C + c]);
            assert_true(fabs(sum - 1) <= 1e-6);
            float gap = tape_output(tape)[row * C + 1] - tape_output(tape)[row * C];
            assert_true(fabsf(logp[row * C + 1] - logp[row * C] - gap) <= 1e-5f);
        }
        tape_close(tape);
        net_release(head);
    }
}

/* Logits thousands apart leave a class without probability: its logp stays finite. A NaN stays a NaN. */
static void test_extremes(void **state)
{
    (void)state;
    float logp[C];
    Net *head = open_head("vtst");
    Tape *tape = tape_open(head, 1, false, NULL);
    float *b = head->values + net_param(head, "pyz.fc1_y.bias")->offset;
    b[0] = 5000;
    head_predict(head, tape, features, 1, 3, 1, 0, NULL, logp);
    assert_true(logp[0] == 0);
    for (int c = 1; c < C; c++) assert_true(isfinite(logp[c]) && logp[c] < -700);
    b[1] = NAN;
    head_predict(head, tape, features, 1, 3, 1, 0, NULL, logp);
    assert_true(isnan(logp[1]));
    tape_close(tape);
    net_release(head);
}

int main(void)
{
    Rng r = rng_stream(4, RNG_BLENDS, 0, 0);
    rng_normals(&r, features, ROWS * F);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_plain_heads),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
