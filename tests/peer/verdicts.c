/* verdicts.c - how often verdicts claim a difference: between equally good methods (the level; 5 in 100 is meant), and
 * between methods that differ (the power). Made-up methods whose images and seeds vary as in networks' answers.
 *
 *     make build/release/peer/verdicts && build/release/peer/verdicts [repetitions, default 2000] [seed]
 *
 * An image has a difficulty, which all networks see. What a network makes of it is moved by its seed (all its images
 * alike), by its method (an image alike for all seeds) and by chance; the label comes from the margin that is left, so
 * that a network is calibrated until `over` stretches its margins. */
#include "base/rng.h"
#include "calib/paired.h"
#include "calib/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, IMAGES_MOST = 10000, SEEDS_MOST = 12 };

/* sds of the margin (logits) by seed, by seed of a shared body, by method and image, and by all of these. */
typedef struct {
    const char *name;
    ptrdiff_t n;
    int runs[2];
    bool by_seed;
    double over[2]; /* the methods' margins are 1 + over times too long */
    double seed, body, image, rest;
} Setting;

static const Setting equals[] = {
    {"one network a side, n 1,000", 1000, {1, 1}, true, {.25, .25}, 0, .3, .3, .3},
    {"one network a side, n 4,000, calibrated", 4000, {1, 1}, true, {0, 0}, 0, .3, .3, .3},
    {"one network a side, n 10,000", 10000, {1, 1}, true, {.25, .25}, 0, .3, .3, .3},
    {"two seeds", 1000, {2, 2}, true, {.25, .25}, .05, .3, .3, .3},
    {"three seeds", 1000, {3, 3}, true, {.25, .25}, .05, .3, .3, .3},
    {"three seeds, calibrated", 1000, {3, 3}, true, {0, 0}, .05, .3, .3, .3},
    {"five seeds on one body", 1000, {5, 5}, true, {.25, .25}, .05, 0, .3, .2},
    {"five seeds on one body, n 4,000", 4000, {5, 5}, true, {.2, .2}, .05, 0, .3, .2},
    {"five seeds against one network", 1000, {5, 1}, false, {.25, .25}, 0, 0, .3, .3},
    {"six bodies, six seeds", 1000, {6, 6}, true, {.25, .25}, .1, .4, .2, .2},
    {"six bodies, six seeds, other bodies", 1000, {6, 6}, false, {.25, .25}, .1, .4, .2, .2},
    {"six bodies, ECE .07", 1000, {6, 6}, true, {.7, .7}, .1, .4, .2, .2},
    {"eleven seeds", 1000, {11, 11}, true, {.25, .25}, .1, .3, .2, .3},
};

static const Setting others[] = {
    {"ECE 1.95 and 3.00 %, six seeds, n 4,000", 4000, {6, 6}, true, {.11, .235}, .03, .3, .05, .1},
    {"ECE 1.2 and 6.7 %, one network a side, n 4,000", 4000, {1, 1}, true, {.05, .6}, 0, .3, .05, .1},
    {"ECE 3.0 and 3.5 %, three seeds, n 4,000", 4000, {3, 3}, true, {.205, .25}, .03, .3, .05, .1},
};

static const char *const judged[] = {"nll", "brier", "accuracy", "ece"};

enum { JUDGED = sizeof judged / sizeof *judged };

/* What is drawn once for all networks of a repetition. */
typedef struct {
    float difficulty[IMAGES_MOST], method[2][IMAGES_MOST], body[SEEDS_MOST][IMAGES_MOST];
    double luck[IMAGES_MOST]; /* uniform: the label is the top class where it is below the true probability */
    int32_t labels[IMAGES_MOST];
    float logp[IMAGES_MOST * CLASSES];
    float rest[IMAGES_MOST];
} World;

static void draw_world(World *w, const Setting *s, uint64_t seed, uint32_t repetition)
{
    Rng r = rng_stream(seed, RNG_BLENDS, repetition, 0);
    rng_normals(&r, w->difficulty, s->n);
    for (int m = 0; m < 2; m++) rng_normals(&r, w->method[m], s->n);
    for (int k = 0; k < SEEDS_MOST; k++) rng_normals(&r, w->body[k], s->n);
    for (ptrdiff_t i = 0; i < s->n; i++) {
        w->luck[i] = rng_uniform(&r);
        w->labels[i] = 0;
    }
}

/* Network k of method m. Class 0 is every image's label: the network's top class is 0 where it is right, else 1. */
static Predictions *draw_network(World *w, const Setting *s, int m, int k, uint64_t seed, uint32_t repetition)
{
    Err err;
    Rng r = rng_stream(seed, RNG_BLENDS, repetition, 1 + (uint32_t)(m * SEEDS_MOST + k));
    double shift = s->seed * (double)rng_normal(&r);
    rng_normals(&r, w->rest, s->n);
    const float *body = w->body[s->by_seed ? k : (m * SEEDS_MOST / 2 + k) % SEEDS_MOST];
    for (ptrdiff_t i = 0; i < s->n; i++) {
        double margin =
            1.6 + 1.6 * w->difficulty[i] + s->body * body[i] + s->image * w->method[m][i] + s->rest * w->rest[i];
        double truth = .1 + .9 / (1 + exp(-margin)), said = .1 + .9 / (1 + exp(-(margin * (1 + s->over[m]) + shift)));
        int top = w->luck[i] < truth ? 0 : 1;
        for (int c = 0; c < CLASSES; c++)
            w->logp[i * CLASSES + c] = (float)log(c == top ? said : (1 - said) / (CLASSES - 1));
    }
    Predictions *made = predictions_new(SAID_LOGP, false, s->n, CLASSES, w->logp, w->labels, &err);
    if (!made) fprintf(stderr, "%s\n", err.msg), exit(1);
    return made;
}

/* claims[j] += whether measure j tells the methods apart; claims[JUDGED] += whether a t test over the seeds alone does,
 * of the ECE; ece[m] += what method m reads. */
static void repeat(World *w, const Setting *s, uint64_t seed, uint32_t repetition, double *claims, double ece[2])
{
    Err err;
    Predictions *network[2][SEEDS_MOST];
    double value[2][SEEDS_MOST];
    draw_world(w, s, seed, repetition);
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < s->runs[m]; k++) {
            Scores scores;
            network[m][k] = draw_network(w, s, m, k, seed, repetition);
            if (scores_of(&scores, network[m][k], 10, &err) != OK) exit(1);
            value[m][k] = score(&scores, "ece");
            ece[m] += value[m][k] / s->runs[m];
        }
    const Method a = {(const Predictions *const *)network[0], s->runs[0]};
    const Method b = {(const Predictions *const *)network[1], s->runs[1]};
    for (int j = 0; j < JUDGED; j++) {
        Paired result;
        if (paired_compare(&result, measure_find(judged[j]), &a, &b, s->by_seed, 10, &err) != OK)
            fprintf(stderr, "%s\n", err.msg), exit(1);
        claims[j] += result.p < .05;
    }
    if (s->by_seed && s->runs[0] > 1) {
        double mean = 0, square = 0, n = s->runs[0];
        for (int k = 0; k < s->runs[0]; k++) mean += (value[0][k] - value[1][k]) / n;
        for (int k = 0; k < s->runs[0]; k++) square += pow(value[0][k] - value[1][k] - mean, 2);
        claims[JUDGED] += student_p(mean / sqrt(square / (n - 1) / n), n - 1) < .05;
    }
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < s->runs[m]; k++) predictions_release(network[m][k]);
}

static void table(World *w, const char *title, const Setting *setting, size_t settings, int repetitions, uint64_t seed)
{
    printf("%s\n%-48s %6s %6s %9s %6s  %7s  %s\n", title, "", "NLL", "Brier", "accuracy", "ECE", "(seeds)", "ECE read");
    for (size_t i = 0; i < settings; i++) {
        double claims[JUDGED + 1] = {0}, ece[2] = {0};
        for (int k = 0; k < repetitions; k++) repeat(w, &setting[i], seed + i, (uint32_t)k, claims, ece);
        printf("%-48s", setting[i].name);
        for (int j = 0; j < JUDGED; j++) printf(j == 2 ? " %9.1f" : " %6.1f", 100 * claims[j] / repetitions);
        if (setting[i].by_seed && setting[i].runs[0] > 1)
            printf("  %7.1f", 100 * claims[JUDGED] / repetitions);
        else
            printf("  %7s", "");
        printf("  %.2f %% %.2f %%\n", 100 * ece[0] / repetitions, 100 * ece[1] / repetitions);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    int repetitions = argc > 1 ? atoi(argv[1]) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    World *w = malloc(sizeof *w);
    if (!w || repetitions < 1) return 1;
    printf("Claims at p < .05 in 100 comparisons; %d repetitions, so that 5 in 100 is read as 5 +- %.1f.\n",
           repetitions, 200 * sqrt(.05 * .95 / repetitions));
    table(w, "\nEqually good methods", equals, sizeof equals / sizeof *equals, repetitions, seed);
    table(w, "\nMethods that differ", others, sizeof others / sizeof *others, repetitions / 4 + 1, seed + 100);
    free(w);
    return 0;
}
