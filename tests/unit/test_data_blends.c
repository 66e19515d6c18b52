/* test_data_blends.c - the synthetic images: is their posterior what it claims to be? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "data/dataset.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Small images keep the checks fast. */
static DataSpec small_spec(void)
{
    DataSpec spec = {0};
    option_defaults(blends_options, &spec);
    spec.size = 16;
    spec.train = 20;
    spec.valid = 10;
    spec.test = 2000;
    return spec;
}

static Dataset *load(DataSpec spec)
{
    Err err = {0};
    Dataset *d = dataset_load(&spec, &err);
    if (!d) fail_msg("%s", err.msg);
    return d;
}

/* One set of 3,000 test images for the tests that only look. */
static Dataset *shared;

static int shared_open(void **state)
{
    (void)state;
    DataSpec spec = small_spec();
    spec.test = 3000;
    return (shared = dataset_load(&spec, NULL)) ? 0 : -1;
}

static int shared_close(void **state)
{
    (void)state;
    dataset_release(shared);
    return 0;
}

static ptrdiff_t likeliest(const float *p, ptrdiff_t classes)
{
    ptrdiff_t best = 0;
    for (ptrdiff_t k = 1; k < classes; k++)
        if (p[k] > p[best]) best = k;
    return best;
}

static void shape_and_names(void **state)
{
    (void)state;
    DataSpec spec = small_spec();
    spec.classes = 4;
    spec.size = 20;
    spec.test = 7;
    Dataset *d = load(spec);
    assert_int_equal(d->h, 20);
    assert_int_equal(d->w, 20);
    assert_int_equal(d->c, 3);
    assert_int_equal(d->classes, 4);
    assert_string_equal(d->class_names[1], "45 deg fine");
    assert_int_equal(d->split[SPLIT_TRAIN].n, 20);
    assert_int_equal(d->split[SPLIT_VALID].n, 10);
    assert_int_equal(d->split[SPLIT_TEST].n, 7);
    assert_int_equal(d->split[SPLIT_TEST].source[6], 6);
    dataset_release(d);
}

/* Both the posterior's own E[1 - max p*] and the error of its arg max on the drawn labels. The bounds are
 * four standard errors: sd of 1 - max p* is below .18, and 2,000 reference images set beta. */
static void the_best_classifier_errs_as_set(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        int64_t classes, size;
        double noise, bayes;
    } cases[] = {
        {"defaults, small", 8, 16, .06, .1}, {"two classes", 2, 16, .06, .3}, {"twenty", 20, 16, .06, .2},
        {"no noise", 8, 16, 0, .05},         {"much noise", 5, 16, .3, .4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DataSpec spec = small_spec();
        spec.classes = cases[i].classes;
        spec.size = cases[i].size;
        spec.noise = cases[i].noise;
        spec.bayes = cases[i].bayes;
        Dataset *d = load(spec);
        const Split *s = &d->split[SPLIT_TEST];
        double own = 0, drawn = 0, n = (double)s->n;
        for (ptrdiff_t k = 0; k < s->n; k++) {
            const float *p = s->posterior + k * d->classes;
            ptrdiff_t best = likeliest(p, d->classes);
            own += 1 - p[best];
            drawn += best != s->labels[k];
        }
        double bayes = cases[i].bayes, error = own / n, seen = drawn / n;
        if (fabs(error - bayes) > 4 * .18 * sqrt(1 / n + 1 / 2000.0))
            fail_msg("%s: E[1 - max p*] = %.4f, expected %g", cases[i].row, error, bayes);
        if (fabs(seen - error) > 4 * sqrt(error * (1 - error) / n))
            fail_msg("%s: arg max p* errs on %.4f of the labels, expected %.4f", cases[i].row, seen, error);
        dataset_release(d);
    }
}

/* Labels follow p* at every level of p*, in every class: among all (image, class) pairs with p* in a bin, the
 * share where the class is the label is the bin's mean p*. */
static void labels_follow_the_posterior(void **state)
{
    (void)state;
    enum { BINS = 10 };
    double hits[BINS] = {0}, sum[BINS] = {0}, spread[BINS] = {0}, chi2 = 0;
    const Dataset *d = shared;
    const Split *s = &d->split[SPLIT_TEST];
    for (ptrdiff_t i = 0; i < s->n; i++) {
        double total = 0;
        for (ptrdiff_t k = 0; k < d->classes; k++) {
            double p = s->posterior[i * d->classes + k];
            int bin = p < 1 ? (int)(p * BINS) : BINS - 1;
            hits[bin] += s->labels[i] == k;
            sum[bin] += p;
            spread[bin] += p * (1 - p);
            total += p;
            assert_true(p >= 0 && p <= 1);
        }
        assert_true(fabs(total - 1) < 1e-5);
        assert_in_range(s->labels[i], 0, d->classes - 1);
    }
    for (int b = 0; b < BINS; b++) {
        assert_true(spread[b] > 5); /* p* takes all values, so that there is something to calibrate */
        chi2 += pow(hits[b] - sum[b], 2) / spread[b];
    }
    assert_true(chi2 < BINS + 4 * sqrt(2.0 * BINS)); /* chi-square, 10 degrees of freedom: 4 sd above its mean */
}

/* Labels are draws, so no class has an exact share; all come to within a tenth of it. */
static void classes_are_about_equally_frequent(void **state)
{
    (void)state;
    const Dataset *d = shared;
    double mean[20] = {0};
    const Split *s = &d->split[SPLIT_TEST];
    for (ptrdiff_t i = 0; i < s->n * d->classes; i++) mean[i % d->classes] += s->posterior[i] / (double)s->n;
    for (ptrdiff_t k = 0; k < d->classes; k++) assert_true(fabs(mean[k] * 8 - 1) < .1);
}

/* Correlation of a class's indicator with the brightness of each channel, and with that of each quarter of the image:
 * none beyond chance (5 / sqrt(n)), so what a linear model of colour or place can see says nothing. */
static void colour_and_place_say_nothing(void **state)
{
    (void)state;
    const Dataset *d = shared;
    const Split *s = &d->split[SPLIT_TEST];
    ptrdiff_t side = d->h, half = side / 2;
    double n = (double)s->n;
    for (int feature = 0; feature < 12; feature++) {
        ptrdiff_t c = feature % 3, top = feature / 6 * half, left = feature / 3 % 2 * half;
        double sx = 0, sxx = 0, sy[20] = {0}, sxy[20] = {0};
        for (ptrdiff_t i = 0; i < s->n; i++) {
            double v = 0;
            for (ptrdiff_t y = top; y < top + half; y++)
                for (ptrdiff_t x = left; x < left + half; x++) v += s->images[((i * side + y) * side + x) * 3 + c];
            sx += v;
            sxx += v * v;
            sy[s->labels[i]] += 1;
            sxy[s->labels[i]] += v;
        }
        for (ptrdiff_t k = 0; k < d->classes; k++) {
            double r =
                (sxy[k] / n - sx / n * sy[k] / n) / sqrt((sxx / n - sx / n * sx / n) * (sy[k] / n) * (1 - sy[k] / n));
            if (fabs(r) > 5 / sqrt(n)) fail_msg("class %td: correlation %.3f with feature %d", k, r, feature);
        }
    }
}

/* Images are named by seed, split and row: sizes change none of them; another seed changes all. */
static void sizes_do_not_change_images(void **state)
{
    (void)state;
    DataSpec spec = small_spec();
    spec.test = 50;
    Dataset *a = load(spec), *again = load(spec);
    spec.train = 45;
    spec.test = 30;
    Dataset *b = load(spec);
    spec.seed++;
    Dataset *other = load(spec);
    size_t bytes = 16 * 16 * 3;
    assert_true(a->fingerprint == again->fingerprint);
    assert_memory_equal(a->split[SPLIT_TEST].images, b->split[SPLIT_TEST].images, 30 * bytes);
    assert_memory_equal(a->split[SPLIT_TEST].labels, b->split[SPLIT_TEST].labels, 30 * sizeof(int32_t));
    assert_memory_equal(a->split[SPLIT_TEST].posterior, b->split[SPLIT_TEST].posterior, 30 * 8 * sizeof(float));
    assert_memory_equal(a->split[SPLIT_TRAIN].images, b->split[SPLIT_TRAIN].images, 20 * bytes);
    assert_memory_not_equal(a->split[SPLIT_TRAIN].images, a->split[SPLIT_TEST].images, bytes);
    assert_memory_not_equal(b->split[SPLIT_TEST].images, other->split[SPLIT_TEST].images, bytes);
    dataset_release(a);
    dataset_release(again);
    dataset_release(b);
    dataset_release(other);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        int64_t train, classes, size;
        double noise, bayes;
        const char *message;
    } cases[] = {
        {"one class", 20, 1, 16, .06, .1, "blends: classes = 1: expected a whole number from 2 to 20"},
        {"too many classes", 20, 21, 16, .06, .1, "classes = 21"},
        {"never set", 20, 0, 0, 0, 0, "classes = 0"},
        {"odd size", 20, 8, 18, .06, .1, "size = 18: expected a multiple of 4"},
        {"small size", 20, 8, 12, .06, .1, "size = 12"},
        {"no images", 0, 8, 16, .06, .1, "train = 0"},
        {"noise", 20, 8, 16, .5, .1, "noise = 0.5"},
        {"not a number", 20, 8, 16, .06, NAN, "bayes = nan"},
        {"worse than guessing", 20, 2, 16, .06, .5, "bayes = 0.5: with 2 classes even guessing errs less|below 0.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        DataSpec spec = small_spec();
        Err err = {0};
        spec.train = cases[i].train;
        spec.classes = cases[i].classes;
        spec.size = cases[i].size;
        spec.noise = cases[i].noise;
        spec.bayes = cases[i].bayes;
        assert_null(dataset_load(&spec, &err));
        assert_int_equal(err.code, ERR_USAGE);
        char copy[256], *rest = copy;
        snprintf(copy, sizeof copy, "%s", cases[i].message);
        for (char *piece; (piece = strsep(&rest, "|"));)
            if (!strstr(err.msg, piece)) fail_msg("%s: no \"%s\" in: %s", cases[i].row, piece, err.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape_and_names),
        cmocka_unit_test(the_best_classifier_errs_as_set),
        cmocka_unit_test(labels_follow_the_posterior),
        cmocka_unit_test(classes_are_about_equally_frequent),
        cmocka_unit_test(colour_and_place_say_nothing),
        cmocka_unit_test(sizes_do_not_change_images),
        cmocka_unit_test(refuses_what_cannot_be),
    };
    return cmocka_run_group_tests_name("data blends", tests, shared_open, shared_close);
}
