/* schedule.c - see schedule.h. Pure functions; any thread. */
#include "train/schedule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static double constant(const TrainSpec *spec, double step, double steps)
{
    (void)spec, (void)step, (void)steps;
    return 1;
}

static double cosine(const TrainSpec *spec, double step, double steps)
{
    (void)spec;
    return 0.5 * (1 + cos(M_PI * step / steps));
}

static double drops(const TrainSpec *spec, double step, double steps)
{
    double every = spec->step_every > 0 ? (double)spec->step_every : ceil(steps / 3);
    return pow(spec->step_gamma, floor(step / every));
}

/* Along half a cosine from a (at = 0) to b (at = 1). */
static double anneal(double a, double b, double at)
{
    return b + (a - b) / 2 * (1 + cos(M_PI * at));
}

static double onecycle(const TrainSpec *spec, double step, double steps)
{
    (void)spec;
    const double first = 1.0 / 25, last = first / 1e4, rise = 0.3;
    double peak = rise * steps - 1, end = steps - 1; /* a run of a few steps begins behind its peak */
    return step <= peak ? anneal(first, 1, step / peak) : anneal(1, last, (step - peak) / (end - peak));
}

const Schedule schedules[] = {
    {"constant", constant}, {"cosine", cosine}, {"step", drops}, {"onecycle", onecycle}, {0},
};

static const Schedule *find(const char *name)
{
    const Schedule *s = schedules;
    while (s->name && strcmp(s->name, name) != 0) s++;
    assert(s->name); /* the option takes no other */
    return s;
}

double schedule_factor(const TrainSpec *spec, double step, double steps)
{
    const Schedule *s = find(spec->schedule);
    double warmup = (double)spec->warmup;
    if (step < warmup) return s->factor(spec, 0, steps - warmup) * (step + 1) / (warmup + 1);
    return s->factor(spec, step - warmup, steps - warmup);
}
